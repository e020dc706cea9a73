import KafkaProtocol

extension Service {
    func describeUserScramCredentials(
        _ request: DescribeUserScramCredentialsRequest
    ) -> DescribeUserScramCredentialsResponse {
        DescribeUserScramCredentialsResponse(
            users: request.users ?? [], error: .resourceNotFound, message: "there are no users here")
    }

    func alterUserScramCredentials(_ request: AlterUserScramCredentialsRequest) -> AlterUserScramCredentialsResponse {
        AlterUserScramCredentialsResponse(
            users: request.users, error: .securityDisabled,
            message: "there are no users here: nobody has to say who they are")
    }
}
