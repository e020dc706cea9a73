/// Records from offsets on. Versions 4 to 17.
package struct FetchRequest: KafkaRequest {
    package typealias Response = FetchResponse

    package struct Topic: Sendable {
        /// Below version 13; empty from there on.
        package let name: String
        /// From version 13.
        package let id: TopicID
        package fileprivate(set) var partitions: [Partition]
    }

    package struct Partition: Sendable {
        package let index: Int32
        /// The leader's epoch as the client knows it; -1 for none.
        package let leaderEpoch: Int32
        package let offset: Int64
        package let bytesMax: Int32
    }

    package let waitMaxMilliseconds: Int32
    package let bytesMin: Int32
    package let bytesMax: Int32
    package let isReadCommitted: Bool
    /// 0 for a request without a session.
    package let sessionId: Int32
    package private(set) var topics: [Topic]

    /// How many partitions are named.
    package var partitionCount: Int { topics.reduce(0) { $0 + $1.partitions.count } }

    /// The same, with each partition once.
    package var withoutRepetitions: FetchRequest {
        struct Place: Hashable {
            let name: String
            let id: TopicID
            let partition: Int32
        }
        var seen: Set<Place> = []
        var result = self
        for place in topics.indices {
            let topic = topics[place]
            result.topics[place].partitions = topic.partitions.filter {
                seen.insert(Place(name: topic.name, id: topic.id, partition: $0.index)).inserted
            }
        }
        return result
    }

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        if version <= 14 { _ = try reader.int32() }  // the replica that asks: none does here
        waitMaxMilliseconds = try reader.int32()
        bytesMin = try reader.int32()
        bytesMax = try reader.int32()
        isReadCommitted = try reader.int8() == 1
        sessionId = version >= 7 ? try reader.int32() : 0
        if version >= 7 { _ = try reader.int32() }  // the session's epoch
        topics = try reader.array { (reader) throws(ProtocolError) in
            let name = version < 13 ? try reader.string() : ""
            let id = version >= 13 ? try reader.topicID() : .none
            let partitions = try reader.array { (reader) throws(ProtocolError) in
                let index = try reader.int32()
                let leaderEpoch = version >= 9 ? try reader.int32() : -1
                let offset = try reader.int64()
                if version >= 12 { _ = try reader.int32() }  // the epoch of the last record fetched
                if version >= 5 { _ = try reader.int64() }  // a follower's log start offset
                let bytesMax = try reader.int32()
                try reader.endOfStructure()
                return Partition(index: index, leaderEpoch: leaderEpoch, offset: offset, bytesMax: bytesMax)
            }
            try reader.endOfStructure()
            return Topic(name: name, id: id, partitions: partitions)
        }
        if version >= 7 {
            // What a session is to forget: there are no sessions.
            _ = try reader.array { (reader) throws(ProtocolError) in
                if version < 13 { _ = try reader.string() } else { _ = try reader.topicID() }
                _ = try reader.array { (reader) throws(ProtocolError) in try reader.int32() }
                try reader.endOfStructure()
            }
        }
        if version >= 11 { _ = try reader.string() }  // the client's rack
        try reader.endOfStructure()
        try reader.end()
    }
}

/// Whole batches, of which the first may begin before the offset asked for.
package struct FetchResponse: KafkaResponse {
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

    package struct AbortedTransaction: Sendable {
        package var producerId: Int64
        package var firstOffset: Int64

        package init(producerId: Int64, firstOffset: Int64) {
            self.producerId = producerId
            self.firstOffset = firstOffset
        }
    }

    package struct Partition: Sendable {
        package var index: Int32
        package var error = ErrorCode.none
        package var highWatermark: Int64 = -1
        package var lastStableOffset: Int64 = -1
        package var logStartOffset: Int64 = -1
        /// Of a reader of committed records, ascending by first offset; nil for any other.
        package var abortedTransactions: [AbortedTransaction]?
        package var records: (any RecordSpan)?

        package init(index: Int32) { self.index = index }
    }

    package var error = ErrorCode.none
    package var topics: [Topic]

    package init(topics: [Topic]) { self.topics = topics }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.throttleTime()
        if version >= 7 {
            writer.error(error)
            writer.int32(0)  // no session: the next request names all partitions again (KIP-227)
        }
        writer.array(topics) { writer, topic in
            if version < 13 { writer.string(topic.name) } else { writer.topicID(topic.id) }
            writer.array(topic.partitions) { writer, partition in
                writer.int32(partition.index)
                writer.error(partition.error)
                writer.int64(partition.highWatermark)
                writer.int64(partition.lastStableOffset)
                if version >= 5 { writer.int64(partition.logStartOffset) }
                if let aborted = partition.abortedTransactions {
                    writer.array(aborted) { writer, transaction in
                        writer.int64(transaction.producerId)
                        writer.int64(transaction.firstOffset)
                        writer.endOfStructure()
                    }
                } else {
                    writer.nullArray()
                }
                if version >= 11 { writer.int32(-1) }  // no replica is preferred
                writer.records(partition.records)
                writer.endOfStructure()
            }
            writer.endOfStructure()
        }
        writer.endOfStructure()
    }
}
