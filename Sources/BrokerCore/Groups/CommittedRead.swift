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
