import BrokerCore
import KafkaProtocol

extension Service {
    func listGroups(_ request: ListGroupsRequest) -> ListGroupsResponse {
        func contains(_ wanted: [String], _ name: String) -> Bool {
            wanted.isEmpty || wanted.contains { $0.caseInsensitiveCompare(name) }
        }
        guard contains(request.types, ListGroupsResponse.type) else { return ListGroupsResponse(groups: []) }
        return ListGroupsResponse(
            groups: broker.groupDescriptions.filter { contains(request.states, $0.state.rawValue) }.map {
                ListGroupsResponse.Group(id: $0.name, protocolType: $0.protocolType, state: $0.state.rawValue)
            })
    }
}

extension String {
    /// Whether both are the same but for the case of their letters.
    fileprivate func caseInsensitiveCompare(_ other: String) -> Bool { lowercased() == other.lowercased() }
}
