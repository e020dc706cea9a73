/// What a config belongs to.
package struct ConfigResource: Hashable, Sendable {
    /// What there is with configs. Numbers: Apache Kafka's `ConfigResource.Type`.
    package enum Kind: Int8, Sendable {
        case topic = 2
        case broker = 4
        case brokerLogger = 8
        case clientMetrics = 16
        case group = 32
    }

    /// As the client says it: it may be none of `Kind`.
    package let type: Int8
    /// A topic's name, a broker's number in digits; empty for what holds for all brokers.
    package let name: String

    package init(type: Int8, name: String) {
        self.type = type
        self.name = name
    }

    package var kind: Kind? { Kind(rawValue: type) }

    init(_ reader: inout FrameReader) throws(ProtocolError) {
        type = try reader.int8()
        name = try reader.string()
    }
}

extension FrameReader {
    /// Configs by their names, each with the value that a request gives it.
    mutating func configs() throws(ProtocolError) -> [(name: String, value: String?)] {
        try array { (reader) throws(ProtocolError) in
            let config = (name: try reader.string(), value: try reader.nullableString())
            try reader.endOfStructure()
            return config
        }
    }
}

/// Where a config's value comes from. Numbers: Apache Kafka's `ConfigSource`.
package enum ConfigSource: Int8, Sendable {
    case topic = 1
    case broker = 2
    case allBrokers = 3
    case staticBroker = 4
    case standard = 5
}

/// What a config's value is. Numbers: Apache Kafka's `ConfigType`.
package enum ConfigValueType: Int8, Sendable {
    case boolean = 1
    case string = 2
    case integer = 3
    case long = 5
    case double = 6
    case list = 7
}
