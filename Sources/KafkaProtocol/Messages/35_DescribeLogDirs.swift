/// What is in the data directories. Versions 1 to 4.
package struct DescribeLogDirsRequest: KafkaRequest {
    package typealias Response = DescribeLogDirsResponse
    package typealias Topic = NamedTopic<Int32>

    /// Nil for all.
    package let topics: [Topic]?

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        topics = try reader.nullableTopics { (reader) throws(ProtocolError) in try reader.int32() }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// The one data directory.
package struct DescribeLogDirsResponse: KafkaResponse {
    package typealias Topic = NamedTopic<Partition>

    package struct Partition: Sendable {
        package var index: Int32
        package var sizeBytes: Int64

        package init(index: Int32, sizeBytes: Int64) {
            self.index = index
            self.sizeBytes = sizeBytes
        }
    }

    package var directory: String
    /// The volume's size and what of it is free, in bytes; -1 where that is not known.
    package var totalBytes: Int64
    package var usableBytes: Int64
    package var topics: [Topic]

    package init(directory: String, totalBytes: Int64, usableBytes: Int64, topics: [Topic]) {
        self.directory = directory
        self.totalBytes = totalBytes
        self.usableBytes = usableBytes
        self.topics = topics
    }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        if version >= 3 { writer.error(.none) }
        writer.array([directory]) { writer, directory in
            writer.error(.none)
            writer.string(directory)
            writer.topics(topics) { writer, partition in
                writer.int32(partition.index)
                writer.int64(partition.sizeBytes)
                writer.int64(0)  // how far it is behind: there is no other replica
                writer.bool(false)  // whether it is about to move to this directory
                writer.endOfStructure()
            }
            if version >= 4 {
                writer.int64(totalBytes)
                writer.int64(usableBytes)
            }
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
