import Records

@testable import SegmentedLog

/// A promise that a log did not keep.
struct BrokenPromise: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Looks at a log that was just opened and holds what is there against what its writers were told.
struct LogPromises {
    let log: PartitionLog
    let ledger: LogLedger
    let isCompacted: Bool

    /// The data records by offset, once all is found as promised.
    func check() throws -> [Int64: LogLedger.Written] {
        if let damage = log.damage.first { throw BrokenPromise("damage: \(damage)") }
        guard log.startOffset >= ledger.startOffset else {
            throw BrokenPromise("the log start offset \(log.startOffset) was \(ledger.startOffset)")
        }
        let found = try everything()
        if let last = ledger.acknowledged.keys.max(), last >= log.endOffset {
            throw BrokenPromise("the log ends at \(log.endOffset); \(last) was acknowledged")
        }
        if isCompacted { try checkKeys(found) } else { try checkAll(found) }
        try checkOnce(found)
        try checkCommitted(found)
        try checkTimes(found)
        return found
    }

    /// Walks from the start to the end, batch by batch: none may be missing, and none may hold what nobody wrote.
    private func everything() throws -> [Int64: LogLedger.Written] {
        var found: [Int64: LogLedger.Written] = [:]
        var next = log.startOffset
        while next < log.endOffset {
            let read = try log.read(from: next, bytesMax: 1 << 20, isolation: .readUncommitted)
            for batch in read.batches {
                let isDue = batch.baseOffset == next || (batch.baseOffset < next && next == log.startOffset)
                guard isDue || (isCompacted && batch.baseOffset > next) else {
                    throw BrokenPromise("offset \(next) is due and \(batch.baseOffset) follows")
                }
                next = batch.nextOffset
                if batch.header.isControl { continue }
                for record in try records(of: batch) where record.offset >= log.startOffset {
                    let candidates = ledger.attempts[record.offset] ?? []
                    let same = candidates.filter { $0.key == record.key && $0.value == record.value }
                    // Of two tombstones of a key only the batch tells which it is; compaction makes plain records of a transaction's.
                    let isTransactional = batch.header.isTransactional
                    guard let match = same.last(where: { ($0.transaction != nil) == isTransactional }) ?? same.last
                    else { throw BrokenPromise("nobody wrote \(record), but \(candidates)") }
                    found[record.offset] = match
                }
            }
            guard read.nextOffset >= next, read.nextOffset > log.startOffset else {
                throw BrokenPromise("nothing to read at \(next) of \(log.endOffset)")
            }
            if !isCompacted, read.nextOffset != next { throw BrokenPromise("offsets \(next) on are missing") }
            next = read.nextOffset
        }
        return found
    }

    private func checkAll(_ found: [Int64: LogLedger.Written]) throws {
        for (offset, record) in ledger.acknowledged where offset >= log.startOffset {
            guard found[offset] == record else {
                throw BrokenPromise("offset \(offset) was acknowledged as \(record) and is \(found[offset] as Any)")
            }
        }
    }

    /// Of every key the last acknowledged record or a later one is there; nothing if that was a tombstone.
    private func checkKeys(_ found: [Int64: LogLedger.Written]) throws {
        var newest: [String: Int64] = [:]
        for (offset, record) in found {
            guard let key = record.key, isVisible(record) else { continue }
            newest[key] = max(newest[key] ?? -1, offset)
        }
        let tombstones = newestTombstones()
        for (offset, record) in ledger.acknowledged where offset >= log.startOffset {
            guard let key = record.key else {
                if found[offset] != record { throw BrokenPromise("offset \(offset), without a key, is gone") }
                continue
            }
            guard isCertain(record) else { continue }
            let last = newest[key] ?? -1
            // A later tombstone takes what is before it, and after a while itself.
            let isDeleted = last < 0 && (record.value == nil || (tombstones[key] ?? -1) > offset)
            if last < offset, !isDeleted {
                throw BrokenPromise("key \(key): \(record) at \(offset) was acknowledged, and the newest is at \(last)")
            }
        }
    }

    /// By key the last tombstone that compaction may have followed, acknowledged or not.
    private func newestTombstones() -> [String: Int64] {
        var newest: [String: Int64] = [:]
        for (offset, records) in ledger.attempts {
            for record in records where record.value == nil && isVisible(record) {
                if let key = record.key { newest[key] = max(newest[key] ?? -1, offset) }
            }
        }
        return newest
    }

    private func isVisible(_ record: LogLedger.Written) -> Bool {
        guard let transaction = record.transaction, let fate = ledger.fates[transaction] else { return true }
        return fate == .committed || fate == .committing
    }

    /// Whether a reader may count on it already.
    private func isCertain(_ record: LogLedger.Written) -> Bool {
        guard let transaction = record.transaction, let fate = ledger.fates[transaction] else { return true }
        return fate == .committed
    }

    /// Each value was written once; a writer's values carry rising numbers.
    private func checkOnce(_ found: [Int64: LogLedger.Written]) throws {
        var newest: [Substring: Int] = [:]
        for (offset, record) in found.sorted(by: { $0.key < $1.key }) {
            let parts = (record.value ?? "").split(separator: ":")
            guard parts.count >= 2, let number = Int(parts[1]) else { continue }
            if let last = newest[parts[0]], last >= number {
                throw BrokenPromise("offset \(offset): \(parts[0]) wrote \(number) after \(last), or twice")
            }
            newest[parts[0]] = number
        }
    }

    private func checkCommitted(_ found: [Int64: LogLedger.Written]) throws {
        let committed = Set(try log.all(from: log.startOffset, .readCommitted).map(\.offset))
        for (offset, record) in found {
            guard let transaction = record.transaction, let fate = ledger.fates[transaction] else { continue }
            switch fate {
            case .open, .aborting, .aborted:
                if committed.contains(offset) {
                    throw BrokenPromise("offset \(offset) of transaction \(transaction), \(fate), is visible")
                }
            case .committed:
                if offset < log.lastStableOffset, !committed.contains(offset) {
                    throw BrokenPromise("offset \(offset) of committed transaction \(transaction) is not visible")
                }
            case .committing: break
            }
        }
    }

    private func checkTimes(_ found: [Int64: LogLedger.Written]) throws {
        for time in [Int64(0), 1500, 3000] {
            guard let answer = try log.offset(forTimestamp: time) else { continue }
            guard answer.timestamp >= time, found[answer.offset] != nil else {
                throw BrokenPromise("time \(time) is said to be at \(answer)")
            }
        }
    }
}
