/// A topic by its name, with what a message says about some of its partitions.
package struct NamedTopic<Partition: Sendable>: Sendable {
    package var name: String
    package var partitions: [Partition]

    package init(name: String, partitions: [Partition]) {
        self.name = name
        self.partitions = partitions
    }
}

extension FrameReader {
    /// Topics, none where their array is null. `partition` reads all of a partition, also the end of its structure if it is one.
    mutating func topics<Partition>(
        _ partition: (inout FrameReader) throws(ProtocolError) -> Partition
    ) throws(ProtocolError) -> [NamedTopic<Partition>] {
        try nullableTopics(partition) ?? []
    }

    /// Topics, or nil.
    mutating func nullableTopics<Partition>(
        _ partition: (inout FrameReader) throws(ProtocolError) -> Partition
    ) throws(ProtocolError) -> [NamedTopic<Partition>]? {
        try nullableArray { (reader) throws(ProtocolError) in
            let topic = NamedTopic(name: try reader.string(), partitions: try reader.array(partition))
            try reader.endOfStructure()
            return topic
        }
    }
}

extension FrameWriter {
    /// Topics. `partition` writes all of a partition, also the end of its structure if it is one.
    mutating func topics<Partition>(
        _ topics: [NamedTopic<Partition>], _ partition: (inout FrameWriter, Partition) -> Void
    ) {
        array(topics) { writer, topic in
            writer.string(topic.name)
            writer.array(topic.partitions, partition)
            writer.endOfStructure()
        }
    }
}
