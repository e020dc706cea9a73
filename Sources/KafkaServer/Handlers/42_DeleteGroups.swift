import BrokerCore
import KafkaProtocol

extension Service {
    /// Forgets the groups that nobody is in, with their positions.
    func deleteGroups(_ request: DeleteGroupsRequest) async -> DeleteGroupsResponse {
        var response = DeleteGroupsResponse(results: [])
        for group in request.groups {
            var error = ErrorCode.none
            do throws(BrokerError) {
                if let refusal = try await broker.deleteGroup(group) { error = ErrorCode(refusal) }
            } catch let failure {
                error = ErrorCode(writingPositions: failure)
                logger.warning("\(group): \(failure)")
            }
            response.results.append((group, error))
        }
        return response
    }
}
