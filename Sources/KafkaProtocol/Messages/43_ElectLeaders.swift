/// Partitions that are to have a leader elected. Versions 0 to 2.
package struct ElectLeadersRequest: KafkaRequest {
    package typealias Response = ElectLeadersResponse

    package struct Topic: Sendable {
        package let name: String
        package let partitions: [Int32]
    }

    /// Nil for all.
    package let topics: [Topic]?

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        if version >= 1 { _ = try reader.int8() }  // whether a replica that misses records may be elected
        topics = try reader.nullableArray { (reader) throws(ProtocolError) in
            let topic = Topic(name: try reader.string(), partitions: try reader.int32Array())
            try reader.endOfStructure()
            return topic
        }
        _ = try reader.int32()  // how long to wait for other brokers
        try reader.endOfStructure()
        try reader.end()
    }
}

/// What became of each.
package struct ElectLeadersResponse: KafkaResponse {
    package struct Topic: Sendable {
        package var name: String
        package var partitions: [Partition]

        package init(name: String, partitions: [Partition]) {
            self.name = name
            self.partitions = partitions
        }
    }

    package struct Partition: Sendable {
        package var index: Int32
        package var error: ErrorCode
        package var message: String?

        package init(index: Int32, error: ErrorCode, message: String?) {
            self.index = index
            self.error = error
            self.message = message
        }
    }

    package var topics: [Topic]

    package init(topics: [Topic]) { self.topics = topics }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.int32(0)  // how long the client is throttled, in milliseconds
        if version >= 1 { writer.error(.none) }
        writer.array(topics) { writer, topic in
            writer.string(topic.name)
            writer.array(topic.partitions) { writer, partition in
                writer.int32(partition.index)
                writer.error(partition.error)
                writer.string(partition.message)
                writer.endOfStructure()
            }
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
