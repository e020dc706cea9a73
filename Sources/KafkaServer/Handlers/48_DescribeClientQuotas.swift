import KafkaProtocol

extension Service {
    func describeClientQuotas(_ request: DescribeClientQuotasRequest) -> DescribeClientQuotasResponse {
        DescribeClientQuotasResponse()
    }

    func alterClientQuotas(_ request: AlterClientQuotasRequest) -> AlterClientQuotasResponse {
        AlterClientQuotasResponse(
            entities: request.entities, error: .invalidRequest,
            message: "there are no quotas here: every client gets what the machine can give")
    }
}
