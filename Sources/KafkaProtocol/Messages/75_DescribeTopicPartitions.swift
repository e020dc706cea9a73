/// Topics with their partitions, some at a time (KIP-966). Version 0.
package struct DescribeTopicPartitionsRequest: KafkaRequest {
    package typealias Response = DescribeTopicPartitionsResponse

    /// Empty for all.
    package let topics: [String]
    package let partitionsMax: Int32
    /// Where an earlier answer has stopped; nil for the beginning.
    package let cursor: DescribeTopicPartitionsResponse.Cursor?

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        topics = try reader.array { (reader) throws(ProtocolError) in
            let name = try reader.string()
            try reader.endOfStructure()
            return name
        }
        partitionsMax = try reader.int32()
        // A structure that can be null has a byte before it that says so.
        if try reader.int8() < 0 {
            cursor = nil
        } else {
            cursor = .init(topic: try reader.string(), partition: try reader.int32())
            try reader.endOfStructure()
        }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// The topics by name, as far as there was room.
package struct DescribeTopicPartitionsResponse: KafkaResponse {
    package struct Cursor: Sendable, Equatable {
        package var topic: String
        package var partition: Int32

        package init(topic: String, partition: Int32) {
            self.topic = topic
            self.partition = partition
        }
    }

    package struct Topic: Sendable {
        package var error = ErrorCode.none
        package var name: String
        package var id = TopicID.none
        package var isInternal = false
        package var partitions: Range<Int32> = 0..<0

        package init(name: String) { self.name = name }
    }

    package var brokerId: Int32
    package var topics: [Topic]
    /// Where to go on; nil where that was all.
    package var next: Cursor?

    package init(brokerId: Int32, topics: [Topic], next: Cursor?) {
        self.brokerId = brokerId
        self.topics = topics
        self.next = next
    }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.array(topics) { writer, topic in
            writer.error(topic.error)
            writer.string(topic.name)
            writer.topicID(topic.id)
            writer.bool(topic.isInternal)
            writer.array(Array(topic.partitions)) { writer, index in
                writer.error(.none)
                writer.int32(index)
                writer.int32(brokerId)  // the leader
                writer.int32(0)  // its epoch: there has never been another
                writer.array([brokerId])  // the replicas
                writer.array([brokerId])  // those in sync
                // Who else could lead, and could once: nobody, but not null, which the Java client does not expect.
                writer.emptyArray()
                writer.emptyArray()
                writer.emptyArray()  // the replicas that are offline
                writer.endOfStructure()
            }
            writer.operations(topic.isInternal ? .readOnlyTopic : .topic, areAsked: topic.error == .none)
            writer.endOfStructure()
        }
        if let next {
            writer.int8(1)
            writer.string(next.topic)
            writer.int32(next.partition)
            writer.endOfStructure()
        } else {
            writer.int8(-1)
        }
        writer.endOfStructure()
    }
}
