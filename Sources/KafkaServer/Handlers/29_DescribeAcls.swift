import KafkaProtocol

extension Service {
    private static let noAuthorizer = "there are no rules of access here: whoever reaches the broker may do everything"

    func describeAcls(_ request: DescribeAclsRequest) -> DescribeAclsResponse {
        DescribeAclsResponse(error: .securityDisabled, message: Self.noAuthorizer)
    }

    func createAcls(_ request: CreateAclsRequest) -> CreateAclsResponse {
        CreateAclsResponse(count: request.count, error: .securityDisabled, message: Self.noAuthorizer)
    }

    func deleteAcls(_ request: DeleteAclsRequest) -> DeleteAclsResponse {
        DeleteAclsResponse(count: request.count, error: .securityDisabled, message: Self.noAuthorizer)
    }
}
