/// Positions of a group, to be committed with a transaction. Versions 0 to 5. The answer is that of AddPartitionsToTxn.
package struct TxnOffsetCommitRequest: KafkaRequest {
    package typealias Response = AddPartitionsToTxnResponse
    package typealias Topic = NamedTopic<Partition>

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
        topics = try reader.topics { (reader) throws(ProtocolError) in
            let index = try reader.int32()
            let offset = try reader.int64()
            let leaderEpoch = version >= 2 ? try reader.int32() : -1
            let partition = Partition(
                index: index, offset: offset, leaderEpoch: leaderEpoch, metadata: try reader.nullableString())
            try reader.endOfStructure()
            return partition
        }
        try reader.endOfStructure()
        try reader.end()
    }
}
