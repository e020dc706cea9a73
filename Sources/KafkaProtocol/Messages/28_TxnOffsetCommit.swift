/// Positions of a group, to be committed with a transaction. Versions 0 to 5.
package struct TxnOffsetCommitRequest: KafkaRequest {
    package typealias Response = TxnOffsetCommitResponse

    package struct Topic: Sendable {
        package let name: String
        package let partitions: [Partition]
    }

    package struct Partition: Sendable {
        package let index: Int32
        package let offset: Int64
        /// Of the last record that was read; -1 for none.
        package let leaderEpoch: Int32
        package let metadata: String?
    }

    package let transactionalId: String
    package let groupId: String
    package let producerId: Int64
    package let producerEpoch: Int16
    /// -1 of a consumer outside of the group's generations.
    package let generationId: Int32
    package let memberId: String
    package let groupInstanceId: String?
    package let topics: [Topic]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        transactionalId = try reader.string()
        groupId = try reader.string()
        producerId = try reader.int64()
        producerEpoch = try reader.int16()
        generationId = version >= 3 ? try reader.int32() : -1
        memberId = version >= 3 ? try reader.string() : ""
        groupInstanceId = version >= 3 ? try reader.nullableString() : nil
        topics = try reader.array { (reader) throws(ProtocolError) in
            let name = try reader.string()
            let partitions = try reader.array { (reader) throws(ProtocolError) in
                let index = try reader.int32()
                let offset = try reader.int64()
                let leaderEpoch = version >= 2 ? try reader.int32() : -1
                let partition = Partition(
                    index: index, offset: offset, leaderEpoch: leaderEpoch, metadata: try reader.nullableString())
                try reader.endOfStructure()
                return partition
            }
            try reader.endOfStructure()
            return Topic(name: name, partitions: partitions)
        }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// Whether they are written.
package struct TxnOffsetCommitResponse: KafkaResponse {
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

        package init(index: Int32, error: ErrorCode) {
            self.index = index
            self.error = error
        }
    }

    package var topics: [Topic]

    package init(topics: [Topic]) { self.topics = topics }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.int32(0)  // how long the client is throttled, in milliseconds
        writer.array(topics) { writer, topic in
            writer.string(topic.name)
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
