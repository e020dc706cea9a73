import BrokerCore
import KafkaProtocol

extension Service {
    /// The topics and the broker: nothing else has configs.
    func listConfigResources(_ request: ListConfigResourcesRequest) -> ListConfigResourcesResponse {
        let topics = broker.topics.map { ConfigResource(type: ConfigResource.Kind.topic.rawValue, name: $0.name) }
        let all = topics + [ConfigResource(type: ConfigResource.Kind.broker.rawValue, name: "\(nodeId)")]
        var response = ListConfigResourcesResponse(
            resources: all.filter { request.types.isEmpty || request.types.contains($0.type) })
        if request.types.contains(where: { ConfigResource.Kind(rawValue: $0) == nil }) {
            response.error = .unsupportedVersion
            response.resources = []
        }
        return response
    }
}
