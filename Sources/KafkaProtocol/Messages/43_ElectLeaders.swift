/// Partitions that are to have a leader elected. Versions 0 to 2.
package struct ElectLeadersRequest: KafkaRequest {
    package typealias Response = ElectLeadersResponse
    package typealias Topic = NamedTopic<Int32>

    /// Nil for all.
    package let topics: [Topic]?

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        if version >= 1 { _ = try reader.int8() }  // whether a replica that misses records may be elected
        topics = try reader.nullableTopics { (reader) throws(ProtocolError) in try reader.int32() }
        _ = try reader.int32()  // how long to wait for other brokers
        try reader.endOfStructure()
        try reader.end()
    }
}

/// What became of each.
package struct ElectLeadersResponse: KafkaResponse {
    package typealias Topic = NamedTopic<Partition>

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
        writer.throttleTime()
        if version >= 1 { writer.error(.none) }
        writer.topics(topics) { writer, partition in
            writer.int32(partition.index)
            writer.error(partition.error)
            writer.string(partition.message)
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
