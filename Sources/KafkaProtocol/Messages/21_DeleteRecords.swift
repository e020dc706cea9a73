/// Where partitions are to begin. Versions 0 to 2.
package struct DeleteRecordsRequest: KafkaRequest {
    package typealias Response = DeleteRecordsResponse
    package typealias Topic = NamedTopic<Partition>

    package struct Partition: Sendable {
        package let index: Int32
        /// The first offset that stays; -1 for the high watermark.
        package let offset: Int64
    }

    package let topics: [Topic]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        topics = try reader.topics { (reader) throws(ProtocolError) in
            let partition = Partition(index: try reader.int32(), offset: try reader.int64())
            try reader.endOfStructure()
            return partition
        }
        _ = try reader.int32()  // how long to wait for other brokers
        try reader.endOfStructure()
        try reader.end()
    }
}

/// Where they begin now.
package struct DeleteRecordsResponse: KafkaResponse {
    package typealias Topic = NamedTopic<Partition>

    package struct Partition: Sendable {
        package var index: Int32
        /// The start; -1 after an error.
        package var lowWatermark: Int64 = -1
        package var error = ErrorCode.none

        package init(index: Int32) { self.index = index }
    }

    package var topics: [Topic]

    package init(topics: [Topic]) { self.topics = topics }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.topics(topics) { writer, partition in
            writer.int32(partition.index)
            writer.int64(partition.lowWatermark)
            writer.error(partition.error)
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
