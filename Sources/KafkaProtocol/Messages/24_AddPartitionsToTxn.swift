/// Makes partitions part of a transaction. Versions 0 to 3; from 4 on only brokers ask among themselves.
package struct AddPartitionsToTxnRequest: KafkaRequest {
    package typealias Response = AddPartitionsToTxnResponse
    package typealias Topic = NamedTopic<Int32>

    package let transactionalId: String
    package let producerId: Int64
    package let producerEpoch: Int16
    package let topics: [Topic]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        transactionalId = try reader.string()
        producerId = try reader.int64()
        producerEpoch = try reader.int16()
        topics = try reader.topics { (reader) throws(ProtocolError) in try reader.int32() }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// What became of each partition: the answer to AddPartitionsToTxn and to TxnOffsetCommit.
package struct AddPartitionsToTxnResponse: KafkaResponse {
    package typealias Topic = NamedTopic<(index: Int32, error: ErrorCode)>

    package var topics: [Topic]

    package init(topics: [Topic]) { self.topics = topics }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.topics(topics) { writer, partition in
            writer.int32(partition.index)
            writer.error(partition.error)
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
