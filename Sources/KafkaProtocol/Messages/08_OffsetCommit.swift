/// A group's positions. Versions 2 to 10.
package struct OffsetCommitRequest: KafkaRequest {
    package typealias Response = OffsetCommitResponse

    package struct Topic: Sendable {
        /// Empty where the topic is told by its id.
        package let name: String
        package let id: TopicID
        package let partitions: [Partition]
    }

    package struct Partition: Sendable {
        package let index: Int32
        package let offset: Int64
        /// -1 for none.
        package let leaderEpoch: Int32
        package let metadata: String?
    }

    package let group: String
    /// -1 for a client that assigns its partitions itself.
    package let generation: Int32
    package let memberId: String
    package let instanceId: String?
    package let topics: [Topic]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        group = try reader.string()
        generation = try reader.int32()
        memberId = try reader.string()
        instanceId = version >= 7 ? try reader.nullableString() : nil
        if version <= 4 { _ = try reader.int64() }  // how long to keep them: the broker's setting says
        topics = try reader.array { (reader) throws(ProtocolError) in
            let name = version < 10 ? try reader.string() : ""
            let id = version >= 10 ? try reader.topicID() : .none
            let partitions = try reader.array { (reader) throws(ProtocolError) in
                let index = try reader.int32()
                let offset = try reader.int64()
                let leaderEpoch = version >= 6 ? try reader.int32() : -1
                let metadata = try reader.nullableString()
                try reader.endOfStructure()
                return Partition(index: index, offset: offset, leaderEpoch: leaderEpoch, metadata: metadata)
            }
            try reader.endOfStructure()
            return Topic(name: name, id: id, partitions: partitions)
        }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// Which of them are kept.
package struct OffsetCommitResponse: KafkaResponse {
    package struct Topic: Sendable {
        package var name: String
        package var id: TopicID
        package var partitions: [(index: Int32, error: ErrorCode)]

        package init(name: String, id: TopicID, partitions: [(index: Int32, error: ErrorCode)]) {
            self.name = name
            self.id = id
            self.partitions = partitions
        }
    }

    package var topics: [Topic]

    package init(topics: [Topic]) { self.topics = topics }

    package func write(to writer: inout FrameWriter, version: Int16) {
        if version >= 3 { writer.throttleTime() }
        writer.array(topics) { writer, topic in
            if version < 10 { writer.string(topic.name) } else { writer.topicID(topic.id) }
            writer.array(topic.partitions) { writer, partition in
                writer.int32(partition.index)
                writer.error(partition.error)
                writer.endOfStructure()
            }
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
