/// Topics to make. Versions 2 to 7.
package struct CreateTopicsRequest: KafkaRequest {
    package typealias Response = CreateTopicsResponse

    package struct Topic: Sendable {
        package let name: String
        /// -1: as many as the broker likes, or as are assigned.
        package let partitionCount: Int32
        /// -1: as many as the broker likes, or as are assigned.
        package let replicationFactor: Int16
        /// Which brokers have which partition; empty where the broker may choose.
        package let assignments: [Assignment]
        package let configs: [(name: String, value: String?)]
    }

    package struct Assignment: Sendable {
        package let partition: Int32
        package let brokerIds: [Int32]
    }

    package let topics: [Topic]
    /// Whether it is only to be checked what could be made.
    package let isTrial: Bool

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        topics = try reader.array { (reader) throws(ProtocolError) in
            let name = try reader.string()
            let partitionCount = try reader.int32()
            let replicationFactor = try reader.int16()
            let assignments = try reader.array { (reader) throws(ProtocolError) in
                let assignment = Assignment(partition: try reader.int32(), brokerIds: try reader.int32Array())
                try reader.endOfStructure()
                return assignment
            }
            let configs = try reader.configs()
            try reader.endOfStructure()
            return Topic(
                name: name, partitionCount: partitionCount, replicationFactor: replicationFactor,
                assignments: assignments, configs: configs)
        }
        _ = try reader.int32()  // how long to wait for other brokers
        isTrial = try reader.bool()
        try reader.endOfStructure()
        try reader.end()
    }
}

/// What became of each.
package struct CreateTopicsResponse: KafkaResponse {
    package struct Topic: Sendable {
        package var name: String
        package var id = TopicID.none
        package var error = ErrorCode.none
        package var message: String?
        /// -1 after an error.
        package var partitionCount: Int32 = -1
        /// -1 after an error.
        package var replicationFactor: Int16 = -1
        /// Empty after an error: the Java client does not expect null.
        package var configs: [Config] = []

        package init(name: String) { self.name = name }
    }

    package struct Config: Sendable {
        package var name: String
        package var value: String
        package var isReadOnly: Bool
        package var source: ConfigSource

        package init(name: String, value: String, isReadOnly: Bool, source: ConfigSource) {
            self.name = name
            self.value = value
            self.isReadOnly = isReadOnly
            self.source = source
        }
    }

    package var topics: [Topic]

    package init(topics: [Topic]) { self.topics = topics }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.array(topics) { writer, topic in
            writer.string(topic.name)
            if version >= 7 { writer.topicID(topic.id) }
            writer.error(topic.error)
            writer.string(topic.message)
            if version >= 5 {
                writer.int32(topic.partitionCount)
                writer.int16(topic.replicationFactor)
                writer.array(topic.configs) { writer, config in
                    writer.string(config.name)
                    writer.string(config.value)
                    writer.bool(config.isReadOnly)
                    writer.int8(config.source.rawValue)
                    writer.bool(false)  // whether it is a secret
                    writer.endOfStructure()
                }
            }
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
