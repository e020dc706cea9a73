import BrokerCore
import KafkaProtocol

extension Service {
    /// Tells the configs of topics and of this broker.
    func describeConfigs(_ request: DescribeConfigsRequest) -> DescribeConfigsResponse {
        DescribeConfigsResponse(
            results: request.resources.once(by: \.resource).map { wanted in
                var result = DescribeConfigsResponse.Result(resource: wanted.resource)
                do throws(AdminRefusal) {
                    let names = wanted.names.map { Set($0) }
                    let isOneBroker = wanted.resource.kind == .broker && !wanted.resource.name.isEmpty
                    result.configs = try configs(of: wanted.resource)
                        .filter { names?.contains($0.name) ?? true }
                        .map { DescribeConfigsResponse.Config($0, ofOneBroker: isOneBroker, for: request) }
                } catch {
                    result.error = error.code
                    result.message = error.message
                }
                return result
            })
    }

    private func configs(of resource: ConfigResource) throws(AdminRefusal) -> [ConfigEntry] {
        switch resource.kind {
        case .topic: return broker.configs(of: try topic(of: resource))
        case .broker:
            try checkBroker(resource)
            return brokerConfigs
        // There is nothing that could be said of them.
        case .clientMetrics, .group: return []
        case .brokerLogger, nil:
            throw AdminRefusal(.invalidRequest, "resources of type \(resource.type) have no configs here")
        }
    }

    /// The topic that the resource is.
    func topic(of resource: ConfigResource) throws(AdminRefusal) -> Topic {
        do throws(BrokerError) {
            try TopicName.validate(resource.name)
        } catch {
            throw AdminRefusal(.invalidTopic, error.description)
        }
        guard let topic = broker.topic(named: resource.name) else {
            throw AdminRefusal(.unknownTopicOrPartition, "topic '\(resource.name)' does not exist")
        }
        return topic
    }

    /// The resource is this broker, or all brokers.
    func checkBroker(_ resource: ConfigResource) throws(AdminRefusal) {
        guard resource.name.isEmpty || resource.name == "\(nodeId)" else {
            throw AdminRefusal(.invalidRequest, "there is the broker \(nodeId) alone, no '\(resource.name)'")
        }
    }

    /// What the log has, and how it is served.
    private var brokerConfigs: [ConfigEntry] {
        let usual = ServerLimits()
        let served = [
            ConfigEntry(broker: "broker.id", .integer, "\(nodeId)", "The one broker's number."),
            ConfigEntry(broker: "node.id", .integer, "\(nodeId)", "The one broker's number."),
            ConfigEntry(
                broker: "advertised.listeners", .string, "PLAINTEXT://\(host):\(port)",
                "Where clients are told to connect."),
            ConfigEntry(
                broker: "socket.request.max.bytes", .integer, "\(limits.requestBytesMax)",
                standard: "\(usual.requestBytesMax)", "The longest request in bytes; a longer one ends its connection."),
            ConfigEntry(
                broker: "max.connections", .integer, "\(limits.connectionsMax)", standard: "\(usual.connectionsMax)",
                "The connections at a time; more are closed at once."),
            ConfigEntry(
                broker: "connections.max.idle.ms", .long, "\(limits.idleMax.nanoseconds / 1_000_000)",
                standard: "\(usual.idleMax.nanoseconds / 1_000_000)",
                "A connection on which nothing happens for so long is closed."),
            ConfigEntry(
                broker: "fetch.max.bytes", .integer, "\(limits.fetchBytesMax)", standard: "\(usual.fetchBytesMax)",
                "The bytes of records in one answer to a fetch; the first batch comes whole all the same."),
        ]
        return (broker.configs + served).sorted { $0.name < $1.name }
    }
}

extension DescribeConfigsResponse.Config {
    fileprivate init(_ entry: ConfigEntry, ofOneBroker isOneBroker: Bool, for request: DescribeConfigsRequest) {
        self.init(
            name: entry.name, value: entry.value, isReadOnly: entry.isReadOnly,
            source: ConfigSource(entry.source, ofOneBroker: isOneBroker),
            type: ConfigValueType(entry.type),
            synonyms: request.wantsSynonyms
                ? entry.synonyms.map {
                    .init(
                        name: $0.name, value: $0.value, source: ConfigSource($0.source, ofOneBroker: isOneBroker))
                } : [],
            documentation: request.wantsDocumentation ? entry.documentation : nil)
    }
}

extension ConfigSource {
    /// - Parameter isOneBroker: one broker was asked, not all. There is one, so what was changed for it and for all is the same; clients and tools look for
    ///   the source that fits what they asked.
    init(_ source: ConfigEntry.Source, ofOneBroker isOneBroker: Bool = false) {
        self =
            switch source {
            case .topic: .topic
            case .broker: isOneBroker ? .broker : .allBrokers
            case .settings: .staticBroker
            case .standard: .standard
            }
    }
}

extension ConfigValueType {
    fileprivate init(_ type: ConfigEntry.ValueType) {
        self =
            switch type {
            case .boolean: .boolean
            case .string: .string
            case .integer: .integer
            case .long: .long
            case .double: .double
            case .list: .list
            }
    }
}
