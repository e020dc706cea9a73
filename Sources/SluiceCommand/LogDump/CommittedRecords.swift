import Records
import SegmentedLog

/// The records of a partition that a consumer would see: first the transactions' ends are read, then the records between them.
struct CommittedRecords {
    private let reader: LogReader
    private let from: Int64
    /// Per producer, the offsets of its control records and whether each commits, in order.
    private var ends: [Int64: [(offset: Int64, commits: Bool)]] = [:]

    init(folder: PartitionFolder, from: Int64) throws {
        reader = try LogReader(directory: folder.path)
        self.from = from
        var batches = reader.batches(from: from)
        while let batch = try batches.next() {
            guard let control = batch.controlType else { continue }
            ends[batch.header.producerId, default: []].append((batch.baseOffset, control == .commit))
        }
    }

    /// Calls `body` with every record, and the decoded batch it lies in, in the order of their offsets.
    func visit(_ body: (DecodedRecords, RecordView) throws -> Void) throws {
        var batches = reader.batches(from: from)
        while let batch = try batches.next() {
            guard isCommitted(batch) else { continue }
            let records = try batch.records()
            for record in records where record.offset >= from { try body(records, record) }
        }
    }

    private func isCommitted(_ batch: RecordBatch) -> Bool {
        if batch.header.isControl { return false }
        guard batch.header.isTransactional else { return true }
        // The first end after the batch is its transaction's; without one the transaction is open.
        let ends = ends[batch.header.producerId] ?? []
        var low = 0
        var high = ends.count
        while low < high {
            let middle = (low + high) / 2
            if ends[middle].offset > batch.lastOffset { high = middle } else { low = middle + 1 }
        }
        return low < ends.count && ends[low].commits
    }
}
