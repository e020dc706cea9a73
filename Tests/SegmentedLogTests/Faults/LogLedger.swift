import Records

@testable import SegmentedLog

/// What the writers of one partition were told, and what therefore must be found whenever the log is opened.
struct LogLedger {
    /// One record as it was handed to the log.
    struct Written: Equatable {
        var key: String?
        var value: String?
        /// The number of its transaction.
        var transaction: Int?
    }

    enum Fate {
        /// Nobody has decided: it must never be seen as committed.
        case open
        /// The coordinator has decided to commit, and will say so until it is done.
        case committing
        case aborting
        /// The marker was acknowledged.
        case committed
        case aborted
    }

    /// Every record that may be found at an offset, acknowledged or not.
    private(set) var attempts: [Int64: [Written]] = [:]
    /// What was acknowledged, by offset.
    private(set) var acknowledged: [Int64: Written] = [:]
    /// Appended and not acknowledged yet.
    private var pending: [Int64: Written] = [:]
    private(set) var fates: [Int: Fate] = [:]
    /// Transactions whose marker was appended and is not acknowledged yet.
    private var ending: Set<Int> = []
    /// The last acknowledged log start offset.
    var startOffset: Int64 = 0
    /// What a power cut may take, under a policy that acknowledges before the sync.
    private var unsafe: Set<Int64> = []

    /// Appends the batch of these records and notes what can be found of it.
    mutating func append(_ batch: RecordBatch, of records: [Written], to log: PartitionLog) throws {
        let end = log.endOffset
        for (index, record) in records.enumerated() { attempts[end + Int64(index), default: []].append(record) }
        let base: Int64
        do throws(LogError) {
            // Half of them as a worker does, half as an event loop.
            base = try (end % 2 == 0 ? log.append(batch) : log.appendWhenFree(batch)).baseOffset
        } catch {
            guard error.code == .diskFull else { throw error }
            guard log.endOffset == end else {
                throw BrokenPromise("an append without room moved the end to \(log.endOffset)")
            }
            forget(records, at: end)
            throw error
        }
        // It may have been there already.
        if base != end { forget(records, at: end) }
        for (index, record) in records.enumerated() { pending[base + Int64(index)] = record }
    }

    private mutating func forget(_ records: [Written], at base: Int64) {
        for index in records.indices { attempts[base + Int64(index)]?.removeLast() }
    }

    mutating func begin(_ transaction: Int) { fates[transaction] = .open }

    mutating func decide(_ transaction: Int, commit: Bool) { fates[transaction] = commit ? .committing : .aborting }

    mutating func markerAppended(_ transaction: Int) { ending.insert(transaction) }

    /// Everything appended so far is acknowledged. `durable`: a power cut may not take it either.
    mutating func acknowledge(durable: Bool) {
        if durable { unsafe.removeAll() } else { unsafe.formUnion(pending.keys) }
        acknowledged.merge(pending) { $1 }
        pending.removeAll()
        guard durable else { return }
        for transaction in ending { fates[transaction] = fates[transaction] == .committing ? .committed : .aborted }
        ending.removeAll()
    }

    /// A crash: what was not acknowledged may be gone, and with the power also what was not synced.
    mutating func crashed(withPower: Bool) {
        pending.removeAll()
        ending.removeAll()
        guard withPower else { return }
        for offset in unsafe { acknowledged[offset] = nil }
        unsafe.removeAll()
    }

    /// From now on what was found is the truth: what compaction took may not come back, and is not asked for again.
    mutating func settle(_ found: [Int64: Written], start: Int64) {
        attempts = found.mapValues { [$0] }
        acknowledged = found
        // Opening has made it durable.
        unsafe.removeAll()
        startOffset = start
    }
}
