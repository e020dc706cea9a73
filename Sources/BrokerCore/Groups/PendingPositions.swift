import Records

/// Positions in transactions that are not over, as a value: they count once their transaction is committed.
struct PendingPositions: Sendable {
    /// What a group has in a partition.
    private struct Place: Hashable {
        var group: String
        var source: TopicPartition
    }

    /// A position and where it is written.
    struct Written {
        var record: OffsetRecord
        var recordOffset: Int64
    }

    /// Positions that are being written.
    typealias Ticket = UInt64

    private struct Transaction {
        var written: [Place: Written] = [:]
        /// Known before they are in the log: whoever ends the transaction meanwhile leaves its outcome here.
        var beingWritten: [Ticket: [Written]] = [:]
        /// Nothing of it is written before.
        let firstOffset: Int64
        var count: Int { beingWritten.values.reduce(written.count) { $0 + $1.count } }
    }

    private var byProducer: [Int64: Transaction] = [:]
    /// What was being written when its transaction ended; whether it is in the log is not known yet.
    private var ended: [Ticket: (records: [Written], isCommit: Bool)] = [:]
    private var lastTicket: Ticket = 0
    /// About what all of them take in memory.
    private(set) var sizeInBytes = 0

    /// The lowest offset of any pending record; nil without one.
    var firstOffset: Int64? {
        let open = byProducer.values.lazy.map(\.firstOffset).min()
        let ended = ended.values.lazy.flatMap { $0.records }.map(\.recordOffset).min()
        return [open, ended].compactMap(\.self).min()
    }

    /// How many the producer's transaction has.
    func count(of producerId: Int64) -> Int { byProducer[producerId]?.count ?? 0 }

    func contains(_ source: TopicPartition, of group: String) -> Bool {
        let place = Place(group: group, source: source)
        func isThere(_ written: Written) -> Bool { written.record.group == group && written.record.source == source }
        return ended.values.contains { $0.records.contains(where: isThere) }
            || byProducer.values.contains { transaction in
                transaction.written[place] != nil
                    || transaction.beingWritten.values.joined().contains(where: isThere)
            }
    }

    /// - Parameter recordOffset: where they will be, at least.
    mutating func begin(_ records: [OffsetRecord], of producerId: Int64, recordOffset: Int64) -> Ticket {
        lastTicket += 1
        sizeInBytes += Self.sizeInBytes(records)
        byProducer[producerId, default: Transaction(firstOffset: recordOffset)].beingWritten[lastTicket] = records.map {
            Written(record: $0, recordOffset: recordOffset)
        }
        return lastTicket
    }

    /// They are in the log at that offset, or nowhere.
    /// - Returns: what counts from now on, since its transaction was committed meanwhile.
    mutating func finish(_ ticket: Ticket, of producerId: Int64, recordOffset: Int64?) -> [Written] {
        if let (records, isCommit) = ended.removeValue(forKey: ticket) {
            sizeInBytes -= Self.sizeInBytes(records.map(\.record))
            guard isCommit, let recordOffset else { return [] }
            return records.map { Written(record: $0.record, recordOffset: recordOffset) }
        }
        guard let records = byProducer[producerId]?.beingWritten.removeValue(forKey: ticket) else { return [] }
        sizeInBytes -= Self.sizeInBytes(records.map(\.record))
        if let recordOffset {
            add(records.map(\.record), of: producerId, recordOffset: recordOffset)
        } else if byProducer[producerId]?.count == 0 {
            byProducer[producerId] = nil
        }
        return []
    }

    mutating func add(_ records: [OffsetRecord], of producerId: Int64, recordOffset: Int64) {
        for record in records {
            let place = Place(group: record.group, source: record.source)
            let old = byProducer[producerId]?.written[place]
            if let old, old.recordOffset > recordOffset { continue }
            sizeInBytes += Self.sizeInBytes([record]) - Self.sizeInBytes(old.map { [$0.record] } ?? [])
            byProducer[producerId, default: Transaction(firstOffset: recordOffset)].written[place] = Written(
                record: record, recordOffset: recordOffset)
        }
    }

    /// The producer's transaction is over.
    /// - Returns: what counts from now on. Positions that are just being written may be refused; `finish` tells.
    mutating func end(_ producerId: Int64, isCommit: Bool) -> [Written] {
        guard let transaction = byProducer.removeValue(forKey: producerId) else { return [] }
        for (ticket, records) in transaction.beingWritten { ended[ticket] = (records, isCommit) }
        sizeInBytes -= Self.sizeInBytes(transaction.written.values.map(\.record))
        return isCommit ? Array(transaction.written.values) : []
    }

    private static func sizeInBytes(_ records: [OffsetRecord]) -> Int {
        records.reduce(0) { $0 + $1.sizeInBytes(with: $1.position) }
    }
}
