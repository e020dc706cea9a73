import BrokerCore
import KafkaProtocol

extension Service {
    /// Takes the members out, one after the other.
    func leaveGroup(_ request: LeaveGroupRequest) -> LeaveGroupResponse {
        var response = LeaveGroupResponse(members: [])
        for member in request.members {
            let refusal = broker.classicGroups.leave(
                request.group, memberId: member.memberId, instanceId: member.instanceId)
            if refusal == .invalidGroup || refusal == .notAvailable {
                response.error = refusal.map(ErrorCode.init) ?? .none
            }
            response.members.append(
                LeaveGroupResponse.Member(
                    memberId: member.memberId, instanceId: member.instanceId,
                    error: refusal.map(ErrorCode.init) ?? .none))
        }
        return response
    }
}
