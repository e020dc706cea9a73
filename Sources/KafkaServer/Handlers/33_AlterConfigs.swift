import BrokerCore
import KafkaProtocol

extension Service {
    /// Lets each topic, and the broker for all topics, set what it is given and nothing else.
    func alterConfigs(_ request: AlterConfigsRequest) async -> AlterConfigsResponse {
        await alter(request.resources.map(\.resource)) { place throws(AdminRefusal) in
            let wanted = request.resources[place]
            let changes = try wanted.configs.map { (name, value) throws(AdminRefusal) in
                TopicConfigChange.set(name, to: try given(value, for: name))
            }
            try await configure(wanted.resource, changes, replacing: true, isTrial: request.isTrial)
        }
    }

    /// Changes each resource for itself.
    func alter(
        _ resources: [ConfigResource], _ change: (Int) async throws(AdminRefusal) -> Void
    ) async -> AlterConfigsResponse {
        let twice = repeated(resources)
        var response = AlterConfigsResponse(results: [])
        for (place, resource) in resources.enumerated() {
            var result = AlterConfigsResponse.Result(resource: resource)
            do throws(AdminRefusal) {
                guard !twice.contains(resource) else {
                    throw AdminRefusal(.invalidRequest, "the request names '\(resource.name)' twice")
                }
                try await change(place)
            } catch {
                result.error = error.code
                result.message = error.message
            }
            response.results.append(result)
        }
        return response
    }

    /// Changes what a topic or the broker sets.
    func configure(
        _ resource: ConfigResource, _ changes: [TopicConfigChange], replacing: Bool, isTrial: Bool
    ) async throws(AdminRefusal) {
        if let name = repeated(changes.map(\.name)).first {
            throw AdminRefusal(.invalidRequest, "the config '\(name)' is changed twice")
        }
        switch resource.kind {
        case .topic:
            let topic = try topic(of: resource)
            try AdminRefusal.requireChangeable(topic.name)
            try await AdminRefusal.orResult(invalid: .invalidConfig) { () throws(BrokerError) in
                try await broker.configure(topic: topic.name, changes, replacing: replacing, isTrial: isTrial)
            }
        case .broker:
            try checkBroker(resource)
            try await AdminRefusal.orResult(invalid: .invalidConfig) { () throws(BrokerError) in
                try await broker.configure(changes, replacing: replacing, isTrial: isTrial)
            }
        case .brokerLogger, .clientMetrics, .group, nil:
            throw AdminRefusal(.invalidRequest, "resources of type \(resource.type) have no configs here")
        }
    }

    /// The value that a config is given.
    func given(_ value: String?, for name: String) throws(AdminRefusal) -> String {
        guard let value else { throw AdminRefusal(.invalidConfig, "the config '\(name)' has no value") }
        return value
    }
}
