/// Offsets by timestamp. Versions 1 to 10.
package struct ListOffsetsRequest: KafkaRequest {
    package typealias Response = ListOffsetsResponse
    package typealias Topic = NamedTopic<Partition>

    package struct Partition: Sendable {
        package let index: Int32
        /// The leader's epoch as the client knows it; -1 for none.
        package let leaderEpoch: Int32
        /// Milliseconds since the epoch, or one of `ListOffsetsRequest`'s.
        package let timestamp: Int64
    }

    /// The end: the last stable offset for a reader of committed records, else the high watermark.
    package static let latest: Int64 = -1
    package static let earliest: Int64 = -2
    /// The record with the greatest timestamp (KIP-734).
    package static let maxTimestamp: Int64 = -3
    /// The start of what is kept on this machine's disk, which is all there is (KIP-405).
    package static let earliestLocal: Int64 = -4
    /// The end of what is kept elsewhere: nothing is (KIP-1005).
    package static let latestTiered: Int64 = -5

    package let isReadCommitted: Bool
    package let topics: [Topic]

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        _ = try reader.int32()  // the replica that asks: none does here
        isReadCommitted = version >= 2 ? try reader.int8() == 1 : false
        topics = try reader.topics { (reader) throws(ProtocolError) in
            let index = try reader.int32()
            let leaderEpoch = version >= 4 ? try reader.int32() : -1
            let partition = Partition(index: index, leaderEpoch: leaderEpoch, timestamp: try reader.int64())
            try reader.endOfStructure()
            return partition
        }
        if version >= 10 { _ = try reader.int32() }  // how long remote storage may take
        try reader.endOfStructure()
        try reader.end()
    }
}

/// The offsets, with the timestamps of the records there.
package struct ListOffsetsResponse: KafkaResponse {
    package typealias Topic = NamedTopic<Partition>

    package struct Partition: Sendable {
        package var index: Int32
        package var error = ErrorCode.none
        /// -1 where no record was looked for, or none found.
        package var timestamp: Int64 = -1
        /// -1 where there is none.
        package var offset: Int64 = -1
        package var leaderEpoch: Int32 = -1

        package init(index: Int32) { self.index = index }
    }

    package var topics: [Topic]

    package init(topics: [Topic]) { self.topics = topics }

    package func write(to writer: inout FrameWriter, version: Int16) {
        if version >= 2 { writer.throttleTime() }
        writer.topics(topics) { writer, partition in
            writer.int32(partition.index)
            writer.error(partition.error)
            writer.int64(partition.timestamp)
            writer.int64(partition.offset)
            if version >= 4 { writer.int32(partition.leaderEpoch) }
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
