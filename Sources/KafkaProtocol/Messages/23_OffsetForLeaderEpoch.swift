/// Where leaders' epochs end, so that a consumer learns of records that were lost (KIP-320). Versions 2 to 4.
package struct OffsetForLeaderEpochRequest: KafkaRequest {
    package typealias Response = OffsetForLeaderEpochResponse
    package typealias Topic = NamedTopic<Partition>

    package struct Partition: Sendable {
        package let index: Int32
        /// The leader's epoch as the client knows it; -1 for none.
        package let currentEpoch: Int32
        /// The epoch whose end is asked for.
        package let epoch: Int32
    }

    package let topics: [Topic]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        if version >= 3 { _ = try reader.int32() }  // the replica that asks: none does here
        topics = try reader.topics { (reader) throws(ProtocolError) in
            let index = try reader.int32()
            let currentEpoch = try reader.int32()
            let partition = Partition(index: index, currentEpoch: currentEpoch, epoch: try reader.int32())
            try reader.endOfStructure()
            return partition
        }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// Where they end.
package struct OffsetForLeaderEpochResponse: KafkaResponse {
    package typealias Topic = NamedTopic<Partition>

    package struct Partition: Sendable {
        package var index: Int32
        package var error = ErrorCode.none
        /// The greatest epoch there is up to the one asked for; -1 for none.
        package var epoch: Int32 = -1
        /// The offset behind its last record; -1 for none.
        package var endOffset: Int64 = -1

        package init(index: Int32) { self.index = index }
    }

    package var topics: [Topic]

    package init(topics: [Topic]) { self.topics = topics }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        writer.topics(topics) { writer, partition in
            writer.error(partition.error)
            writer.int32(partition.index)
            writer.int32(partition.epoch)
            writer.int64(partition.endOffset)
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
