import CRdKafka

/// What has a configuration of its own.
package enum ConfigResource: Sendable, Equatable {
    case topic(String)
    case broker(Int32)

    package var name: String {
        switch self {
        case .topic(let name): name
        case .broker(let id): "\(id)"
        }
    }
}

/// A key of a configuration, and what it is set to.
package struct ConfigEntry: Sendable {
    /// Where the value comes from.
    package enum Source: String, Sendable {
        case topic
        case broker
        case cluster
        case file
        case `default`
        case unknown
    }

    package let name: String
    /// nil where the cluster keeps it secret.
    package let value: String?
    package let source: Source
    package let isReadOnly: Bool
    package let isSensitive: Bool
}

extension AdminClient {
    /// Every key of a configuration, by name.
    package func configs(of resource: ConfigResource, timeout: Duration) throws(KafkaClientError) -> [ConfigEntry] {
        var request: OpaquePointer? = Self.request(resource)
        defer { rd_kafka_ConfigResource_destroy(request) }
        return try perform(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout: timeout) { options, queue in
            rd_kafka_DescribeConfigs(handle.raw, &request, 1, options, queue)
        } read: { (event) throws(KafkaClientError) in
            let answer = rd_kafka_event_DescribeConfigs_result(event)
            let found = Self.elements { rd_kafka_DescribeConfigs_result_resources(answer, $0) }.first
            guard let found else { return [] }
            try Self.check(found, resource)
            return Self.elements { rd_kafka_ConfigResource_configs(found, $0) }.map(ConfigEntry.init)
                .sorted { $0.name < $1.name }
        }
    }

    /// Sets some keys of a configuration and takes others back to their defaults; the rest stays.
    ///
    /// librdkafka 2.0.2 can only replace all that is set: of two changes at the same moment one can be lost.
    /// - Parameter present: what `configs` has just told of it.
    package func changeConfigs(
        of resource: ConfigResource, from present: [ConfigEntry], set: [String: String], delete: Set<String>,
        timeout: Duration
    ) throws(KafkaClientError) {
        var wanted: [String: String] = [:]
        let own: ConfigEntry.Source = if case .topic = resource { .topic } else { .broker }
        for entry in present where entry.source == own {
            guard set[entry.name] == nil, !delete.contains(entry.name) else { continue }
            guard let value = entry.value else {
                throw KafkaClientError(
                    .other, name: "_INVALID_ARG", subject: resource.name,
                    message: "'\(entry.name)' is secret, and would be lost by this change; set it again with it")
            }
            wanted[entry.name] = value
        }
        wanted.merge(set) { $1 }
        var request: OpaquePointer? = Self.request(resource)
        defer { rd_kafka_ConfigResource_destroy(request) }
        for (name, value) in wanted.sorted(by: { $0.key < $1.key }) {
            rd_kafka_ConfigResource_set_config(request, name, value)
        }
        try perform(RD_KAFKA_ADMIN_OP_ALTERCONFIGS, timeout: timeout) { options, queue in
            rd_kafka_AlterConfigs(handle.raw, &request, 1, options, queue)
        } read: { (event) throws(KafkaClientError) in
            let answer = rd_kafka_event_AlterConfigs_result(event)
            for found in Self.elements({ rd_kafka_AlterConfigs_result_resources(answer, $0) }) {
                try Self.check(found, resource)
            }
        }
    }

    private static func request(_ resource: ConfigResource) -> OpaquePointer {
        switch resource {
        case .topic(let name): rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name)
        case .broker(let id): rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_BROKER, "\(id)")
        }
    }

    private static func check(_ found: OpaquePointer, _ resource: ConfigResource) throws(KafkaClientError) {
        let error = rd_kafka_ConfigResource_error(found)
        guard error != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        let text = rd_kafka_ConfigResource_error_string(found).map { String(cString: $0) }
        throw KafkaClientError(error, subject: resource.name, message: text)
    }
}

extension ConfigEntry {
    init(_ raw: OpaquePointer) {
        name = String(cString: rd_kafka_ConfigEntry_name(raw))
        value = rd_kafka_ConfigEntry_value(raw).map { String(cString: $0) }
        source =
            switch rd_kafka_ConfigEntry_source(raw) {
            case RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG: .topic
            case RD_KAFKA_CONFIG_SOURCE_DYNAMIC_BROKER_CONFIG: .broker
            case RD_KAFKA_CONFIG_SOURCE_DYNAMIC_DEFAULT_BROKER_CONFIG: .cluster
            case RD_KAFKA_CONFIG_SOURCE_STATIC_BROKER_CONFIG: .file
            case RD_KAFKA_CONFIG_SOURCE_DEFAULT_CONFIG: .default
            default: .unknown
            }
        isReadOnly = rd_kafka_ConfigEntry_is_read_only(raw) == 1
        isSensitive = rd_kafka_ConfigEntry_is_sensitive(raw) == 1
    }
}
