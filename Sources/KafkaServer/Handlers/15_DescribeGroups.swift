import BrokerCore
import KafkaProtocol

extension Service {
    /// The groups with their members.
    func describeGroups(_ request: DescribeGroupsRequest) -> DescribeGroupsResponse {
        DescribeGroupsResponse(
            to: request,
            groups: request.groups.once(by: \.self).map { name in
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
