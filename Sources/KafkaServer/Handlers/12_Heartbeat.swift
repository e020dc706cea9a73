import BrokerCore
import KafkaProtocol

extension Service {
    func heartbeat(_ request: HeartbeatRequest) -> HeartbeatResponse {
        let member = ClassicGroup.Identity(
            memberId: request.memberId, instanceId: request.instanceId, generation: request.generation)
        let refusal = broker.classicGroups.heartbeat(request.group, by: member)
        return HeartbeatResponse(error: refusal.map { ErrorCode($0) } ?? .none)
    }
}
