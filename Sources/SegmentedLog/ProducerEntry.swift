/// What the log remembers of one producer id, in Kafka's scheme: its epoch, its last five batches, and its open transaction.
struct ProducerEntry: Sendable, Equatable {
    /// One appended batch of the producer.
    struct Batch: Sendable, Equatable {
        var lastSequence: Int32
        var lastOffset: Int64
        /// Last offset minus first offset; the same distance lies between the sequences.
        var offsetDelta: Int32
        var timestamp: Int64

        var baseOffset: Int64 { lastOffset - Int64(offsetDelta) }
        var baseSequence: Int32 { ProducerSequence.advanced(lastSequence, by: -offsetDelta) }
    }

    /// How many batches are kept: Kafka's clients have at most five requests in flight.
    static let batchesMax = 5

    var epoch: Int16
    /// Oldest first; empty after a marker brought a new epoch.
    var batches: [Batch] = []
    /// The first offset of the open transaction.
    var transactionFirstOffset: Int64?
    /// Where its last transaction ended, as far as this process has seen it end.
    var lastMarkerOffset: Int64?
    /// When the log last heard of it, by the log's clock: expiry counts from here.
    var lastSeen: Int64

    /// The sequence of the last record; -1 before the first one.
    var lastSequence: Int32 { batches.last?.lastSequence ?? -1 }

    /// The kept batch with exactly these sequences.
    func duplicate(baseSequence: Int32, lastSequence: Int32) -> Batch? {
        batches.first { $0.baseSequence == baseSequence && $0.lastSequence == lastSequence }
    }
}

/// Sequence numbers count records from 0 and wrap from Int32.max to 0.
package enum ProducerSequence {
    /// `sequence` moved by `distance` records, in either direction.
    package static func advanced(_ sequence: Int32, by distance: Int32) -> Int32 {
        let modulus = Int64(Int32.max) + 1
        let moved = (Int64(sequence) + Int64(distance)) % modulus
        return Int32(moved < 0 ? moved + modulus : moved)
    }
}
