/// Record batches for partitions. Versions 3 to 13.
package struct ProduceRequest: KafkaRequest {
    package typealias Response = ProduceResponse

    package struct Topic: Sendable {
        /// Below version 13; empty from there on.
        package let name: String
        /// From version 13.
        package let id: TopicID
        package let partitions: [Partition]
    }

    package struct Partition: Sendable {
        package let index: Int32
        /// Where the records stand in the frame; nil for none.
        package let records: Range<Int>?
    }

    package let transactionalId: String?
    /// 0: no answer; 1 and -1: once the records are as durable as the broker promises.
    package let acks: Int16
    package let timeoutMilliseconds: Int32
    package let topics: [Topic]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        transactionalId = try reader.nullableString()
        acks = try reader.int16()
        timeoutMilliseconds = try reader.int32()
        topics = try reader.array { (reader) throws(ProtocolError) in
            let name = version < 13 ? try reader.string() : ""
            let id = version >= 13 ? try reader.topicID() : .none
            let partitions = try reader.array { (reader) throws(ProtocolError) in
                let partition = Partition(index: try reader.int32(), records: try reader.nullableBytes())
                try reader.endOfStructure()
                return partition
            }
            try reader.endOfStructure()
            return Topic(name: name, id: id, partitions: partitions)
        }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// Where the batches are now.
package struct ProduceResponse: KafkaResponse {
    package struct Topic: Sendable {
        package var name: String
        package var id: TopicID
        package var partitions: [Partition]

        package init(name: String, id: TopicID, partitions: [Partition]) {
            self.name = name
            self.id = id
            self.partitions = partitions
        }
    }

    package struct Partition: Sendable {
        package var index: Int32
        package var error = ErrorCode.none
        /// The offset of the batch's first record; -1 after an error.
        package var baseOffset: Int64 = -1
        /// The time the log gave the records, in milliseconds since the epoch; -1 where they keep their own.
        package var logAppendMilliseconds: Int64 = -1
        package var logStartOffset: Int64 = -1
        /// The records that the batch is refused for, by their place in it.
        package var recordErrors: [(index: Int32, message: String)] = []
        /// What is wrong, in one line.
        package var message: String?

        package init(index: Int32) { self.index = index }
    }

    package var topics: [Topic]

    package init(topics: [Topic]) { self.topics = topics }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.array(topics) { writer, topic in
            if version < 13 { writer.string(topic.name) } else { writer.topicID(topic.id) }
            writer.array(topic.partitions) { writer, partition in
                writer.int32(partition.index)
                writer.error(partition.error)
                writer.int64(partition.baseOffset)
                writer.int64(partition.logAppendMilliseconds)
                if version >= 5 { writer.int64(partition.logStartOffset) }
                if version >= 8 {
                    writer.array(partition.recordErrors) { writer, error in
                        writer.int32(error.index)
                        writer.string(error.message)
                        writer.endOfStructure()
                    }
                    writer.string(partition.message)
                }
                writer.endOfStructure()
            }
            writer.endOfStructure()
        }
        writer.throttleTime()
        writer.endOfStructure()
    }
}
