import BrokerCore
import KafkaProtocol

extension Service {
    /// The groups with their members; each asked for once, since a small request could ask for a large group very often.
    func describeGroups(_ request: DescribeGroupsRequest) -> DescribeGroupsResponse {
        var seen: Set<String> = []
        return DescribeGroupsResponse(
            groups: request.groups.filter { seen.insert($0).inserted }.map { name in
                var group = DescribeGroupsResponse.Group(id: name)
                guard let description = broker.groupDescription(of: name) else {
                    group.isKnown = false
                    return group
                }
                group.state = description.state.rawValue
                group.protocolType = description.protocolType
                group.protocolName = description.protocolName
                group.members = description.members.map { member in
                    DescribeGroupsResponse.Member(
                        memberId: member.id, instanceId: member.instanceId, clientId: member.client.id,
                        // As Apache Kafka writes an address.
                        clientHost: "/" + member.client.host, metadata: member.metadata,
                        assignment: member.assignment)
                }
                return group
            })
    }
}
