import BrokerCore
import KafkaProtocol

extension Service {
    /// Waits until the group's members have come together.
    func joinGroup(_ request: JoinGroupRequest, from client: Client) async -> JoinGroupResponse {
        var response = JoinGroupResponse(memberId: request.memberId)
        let join = ClassicGroup.Join(
            memberId: request.memberId, instanceId: request.instanceId,
            client: GroupClient(id: client.id, host: client.host),
            sessionTimeout: .milliseconds(request.sessionTimeoutMilliseconds),
            rebalanceTimeout: .milliseconds(max(0, request.rebalanceTimeoutMilliseconds)),
            protocolType: request.protocolType,
            protocols: request.protocols.map { GroupProtocol(name: $0.name, metadata: $0.metadata) },
            requiresKnownMember: request.requiresKnownMember, canSkipAssignment: request.canSkipAssignment)
        switch await broker.classicGroups.join(request.group, join) {
        case .joined(let joined):
            response.generation = joined.generation
            response.protocolType = joined.protocolType
            response.protocolName = joined.protocolName
            response.leader = joined.leader
            response.skipsAssignment = joined.skipsAssignment
            response.memberId = joined.memberId
            response.members = joined.members.map {
                JoinGroupResponse.Member(memberId: $0.memberId, instanceId: $0.instanceId, metadata: $0.metadata)
            }
        case .refused(let refusal, let memberId):
            response.error = ErrorCode(refusal)
            response.memberId = memberId
        case .synced, .done: response.error = .unknownServerError
        }
        return response
    }
}
