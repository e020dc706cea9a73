import Records
import SegmentedLog

/// Reading committed: a read of the log without control batches and without the batches of aborted transactions.
struct CommittedRead {
    /// What is left; empty only when there is nothing more to read.
    var batches: [RecordBatch]
    /// The position behind all that was read or passed over.
    var nextOffset: Int64

    /// Reads on from `offset` until there is something to hand out or the last stable offset is reached.
    static func read(_ log: PartitionLog, from offset: Int64, bytesMax: Int) throws(LogError) -> CommittedRead {
        var position = offset
        while position < log.lastStableOffset {
            let read = try log.read(from: position, bytesMax: bytesMax, isolation: .readCommitted)
            guard read.nextOffset > position else { break }
            position = read.nextOffset
            let batches = visible(read)
            if !batches.isEmpty { return CommittedRead(batches: batches, nextOffset: position) }
        }
        return CommittedRead(batches: [], nextOffset: position)
    }

    /// What comes next in a partition, as far as it takes to tell when its turn is.
    enum Next {
        /// Records that were committed; the greatest timestamp of their batch, as its producer set it.
        case records(time: Int64)
        /// A batch to pass over.
        case hidden(nextOffset: Int64)
        case end
    }

    /// Looks at what comes next from `offset` on. Of records it reads the header; what is to be passed over it reads whole, since a header proves nothing,
    /// and a record that a flipped bit calls a marker is not to be passed over. A compaction in between may also have taken away what the header was of.
    static func next(_ log: PartitionLog, from offset: Int64) throws(LogError) -> Next {
        guard let next = try log.committedHeader(from: offset) else { return .end }
        if next.isVisible { return .records(time: next.header.maxTimestamp) }
        let read = try log.read(from: offset, bytesMax: 1, isolation: .readCommitted)
        if let first = visible(read).first { return .records(time: first.maxTimestamp) }
        return read.nextOffset > offset ? .hidden(nextOffset: read.nextOffset) : .end
    }

    /// Kafka's client-side rule: a producer's batches are dropped from its aborted transaction's first offset to its abort marker.
    private static func visible(_ read: LogRead) -> [RecordBatch] {
        var aborted = read.abortedTransactions[...]
        var abortedProducers: Set<Int64> = []
        return read.batches.filter { batch in
            while let next = aborted.first, next.firstOffset <= batch.lastOffset {
                abortedProducers.insert(next.producerId)
                aborted.removeFirst()
            }
            if batch.header.isControl {
                if batch.controlType == .abort { abortedProducers.remove(batch.header.producerId) }
                return false
            }
            return !(batch.header.isTransactional && abortedProducers.contains(batch.header.producerId))
        }
    }
}
