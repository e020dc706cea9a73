import BrokerCore
import KafkaProtocol

extension Service {
    /// Lets each topic set what it is given and nothing else.
    func alterConfigs(_ request: AlterConfigsRequest) async -> AlterConfigsResponse {
        await alter(request.resources.map(\.resource)) { place throws(AdminRefusal) in
            let wanted = request.resources[place]
            let topic = try alterable(wanted.resource, wanted.configs.map(\.name))
            let config = try topicConfig(wanted.configs)
            try await AdminRefusal.orResult { () throws(BrokerError) in
                try await broker.configure(topic.name, to: config, isTrial: request.isTrial)
            }
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

    /// The topic that the resource is: nothing else can be changed while the broker runs.
    func alterable(_ resource: ConfigResource, _ names: [String]) throws(AdminRefusal) -> Topic {
        switch resource.kind {
        case .topic:
            let topic = try topic(of: resource)
            guard !topic.isInternal else {
                throw AdminRefusal(.invalidTopic, "topic '\(topic.name)' is the broker's own")
            }
            return topic
        case .broker:
            try checkBroker(resource)
            throw AdminRefusal(
                .invalidConfig,
                "\(names.joined(separator: ", ")): the broker's configs are said where it is started, in its settings or its properties file; a topic's can be changed"
            )
        case .brokerLogger, .clientMetrics, .group, nil:
            throw AdminRefusal(.invalidRequest, "resources of type \(resource.type) have no configs here")
        }
    }
}
