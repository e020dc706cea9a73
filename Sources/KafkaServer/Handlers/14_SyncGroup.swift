import BrokerCore
import KafkaProtocol

extension Service {
    /// Waits until the leader has assigned the partitions.
    func syncGroup(_ request: SyncGroupRequest) async -> SyncGroupResponse {
        var response = SyncGroupResponse()
        let sync = ClassicGroup.Sync(
            identity: .init(
                memberId: request.memberId, instanceId: request.instanceId, generation: request.generation),
            protocolType: request.protocolType, protocolName: request.protocolName,
            assignments: Dictionary(request.assignments.map { ($0.memberId, $0.assignment) }) { $1 })
        switch await broker.classicGroups.sync(request.group, sync) {
        case .synced(let protocolType, let protocolName, let assignment):
            response.protocolType = protocolType
            response.protocolName = protocolName
            response.assignment = assignment
        case .refused(let refusal, _): response.error = ErrorCode(refusal)
        case .joined, .done: response.error = .unknownServerError
        }
        return response
    }
}
