import Logging
import Records
import SegmentedLog
import Synchronization

/// The committed positions of all groups: kept in memory, durable in `__consumer_offsets`.
final class OffsetStore: Sendable {
    /// The positions of all groups together, those in open transactions too: a million of them without metadata.
    private static let bytesMax = 300_000_000

    let partition: Partition
    private let gate: FlushGate
    private let table = Mutex(OffsetTable())

    var log: PartitionLog { partition.log }

    /// Reads all positions from the internal topic.
    /// - Parameter outcome: what becomes of a transaction without a marker there yet.
    init(
        partition: Partition, gate: FlushGate, logger: Logger,
        outcome: (ProducerIdentity) -> TransactionRecovery.Outcome
    ) throws(BrokerError) {
        self.partition = partition
        self.gate = gate
        try load(outcome, logger)
    }

    var groups: [String] { table.withLock { $0.groups.keys.sorted() } }

    func positions(of group: String) -> [TopicPartition: CommittedPosition] {
        table.withLock { $0.groups[group]?.mapValues(\.position) ?? [:] }
    }

    func position(of group: String, in source: TopicPartition) -> CommittedPosition? {
        table.withLock { $0.groups[group]?[source]?.position }
    }

    /// Appends the positions, waits until they are durable, and makes them those of the group.
    func commit(_ positions: [TopicPartition: CommittedPosition], of group: String) async throws(BrokerError) {
        let records = positions.map { OffsetRecord(group: group, source: $0, position: $1) }
        try table.withLock { (table) throws(BrokerError) in try Self.requireRoom(for: records, in: table) }
        try await write(records)
    }

    /// What replaces a position and is no larger always has room.
    private static func requireRoom(for records: [OffsetRecord], in table: OffsetTable) throws(BrokerError) {
        let added = records.reduce(0) { added, record in
            let old = record.sizeInBytes(with: table.groups[record.group]?[record.source]?.position)
            return added + max(0, record.sizeInBytes(with: record.position) - old)
        }
        guard added == 0 || table.sizeInBytes + table.pending.sizeInBytes + added <= bytesMax else {
            throw BrokerError(.invalid, "the positions of all groups take \(bytesMax) bytes, the most there can be")
        }
    }

    /// Forgets the group's positions in these partitions; those that are not there are passed over.
    func forget(_ sources: some Sequence<TopicPartition>, of group: String) async throws(BrokerError) {
        try requireKnown()
        let present = table.withLock { table in sources.filter { table.groups[group]?[$0] != nil } }
        try await bury(present.map { OffsetRecord(group: group, source: $0) })
    }

    /// Throws on a disk that has failed: a commit that was refused then may be in the log all the same, and the next start finds it. Of no position can
    /// be said that it is not there.
    func requireKnown() throws(BrokerError) {
        guard !log.isReadOnly else {
            throw BrokerError(.io, "which positions there are is not known before the next start: the disk has failed")
        }
    }

    /// When the group's positions were committed, in milliseconds since the epoch.
    func commitTimes(of group: String) -> [TopicPartition: Int64] {
        table.withLock { $0.groups[group]?.mapValues(\.committedAt) ?? [:] }
    }

    /// Forgets what all groups have in topics that are not there: one made again under its name starts anew.
    func forgetTopics(where isGone: (String) -> Bool) async throws(BrokerError) {
        let records = table.withLock { table in
            table.groups.flatMap { group, positions in
                positions.keys.filter { isGone($0.topic) }.map {
                    OffsetRecord(group: group, source: $0, position: nil)
                }
            }
        }
        try await bury(records)
    }

    /// So many tombstones are in one batch: a key has at most 1.3 KB, and a batch as much as a segment of this topic.
    private static let tombstonesPerBatchMax = 5_000

    private func bury(_ records: [OffsetRecord]) async throws(BrokerError) {
        for start in stride(from: 0, to: records.count, by: Self.tombstonesPerBatchMax) {
            try await write(Array(records[start..<min(start + Self.tombstonesPerBatchMax, records.count)]))
        }
    }

    /// The batch to append in a transaction, between `begin` and `end`; after its commit point `apply` makes the positions those of the group.
    static func batch(_ records: [OffsetRecord]) throws(BrokerError) -> RecordBatch {
        let now = systemMilliseconds()
        var builder = RecordBatchBuilder()
        for record in records.sorted(by: { $0.source < $1.source }) {
            let value = record.encodedValue(timestamp: now)
            record.encodedKey().withUnsafeBytes { key in
                if let value {
                    value.withUnsafeBytes { builder.append(key: key, value: $0, timestamp: now) }
                } else {
                    builder.append(key: key, value: nil, timestamp: now)
                }
            }
        }
        do throws(RecordsError) {
            return try builder.build()
        } catch {
            throw BrokerError(.invalid, "cannot commit these positions", cause: error)
        }
    }

    /// Records are about to be appended. `end` has to follow, behind their `apply`.
    func begin() -> OffsetTable.Ticket {
        let end = log.endOffset
        return table.withLock { $0.begin(at: end) }
    }

    func end(_ ticket: OffsetTable.Ticket) { table.withLock { $0.end(ticket) } }

    func apply(_ records: [OffsetRecord], writtenAt recordOffset: Int64) {
        table.withLock { table in
            for record in records { table.apply(record, recordOffset) }
        }
    }

    // MARK: In transactions of clients

    /// Appends positions that count once the producer's transaction is committed, and waits until they are durable.
    func commit(
        _ records: [OffsetRecord], in identity: ProducerIdentity, since mark: TransactionMark
    ) async throws(BrokerError) {
        let batch = try Self.batch(records).stamped(
            producerId: identity.id, producerEpoch: identity.epoch, baseSequence: -1, isTransactional: true)
        let end = log.endOffset
        let ticket = try table.withLock { (table) throws(BrokerError) in
            let count = table.pending.count(of: identity.id) + records.count
            guard count <= WireTransactionLimits.positionsMax else {
                let most = WireTransactionLimits.positionsMax
                throw BrokerError(.invalid, "a transaction commits at most \(most) positions")
            }
            try Self.requireRoom(for: records, in: table)
            return table.pending.begin(records, of: identity.id, recordOffset: end)
        }
        let result: AppendResult
        do throws(LogError) {
            result = try log.append(batch, since: mark)
        } catch {
            finish(ticket, of: identity, recordOffset: nil)
            throw BrokerError(error, "cannot commit positions")
        }
        finish(ticket, of: identity, recordOffset: result.baseOffset)
        try await gate.waitUntilDurable([(log, through: result.lastOffset)], "cannot make positions durable")
    }

    private func finish(_ ticket: PendingPositions.Ticket, of identity: ProducerIdentity, recordOffset: Int64?) {
        table.withLock { table in
            let counting = table.pending.finish(ticket, of: identity.id, recordOffset: recordOffset)
            for each in counting { table.apply(each.record, each.recordOffset) }
        }
    }

    /// The producer's transaction has its marker.
    func endTransaction(of producerId: Int64, isCommit: Bool) {
        table.withLock { table in
            let counting = table.pending.end(producerId, isCommit: isCommit)
            for each in counting { table.apply(each.record, each.recordOffset) }
        }
    }

    /// Whether a transaction that is not over has a position of the group in the partition.
    func isPending(_ source: TopicPartition, of group: String) -> Bool {
        table.withLock { $0.pending.contains(source, of: group) }
    }

    private func write(_ records: [OffsetRecord]) async throws(BrokerError) {
        let batch = try Self.batch(records)
        let ticket = begin()
        defer { end(ticket) }
        let result = try inBrokerTerms("cannot commit positions") { () throws(LogError) in try log.append(batch) }
        try await gate.waitUntilDurable([(log, through: result.lastOffset)], "cannot make positions durable")
        apply(records, writtenAt: result.baseOffset)
    }

    // MARK: Loading

    private func load(
        _ outcome: (ProducerIdentity) -> TransactionRecovery.Outcome, _ logger: Logger
    ) throws(BrokerError) {
        var loaded = OffsetTable()
        // What a transaction ends with may be written before a deletion that is read before.
        let ticket = loaded.begin(at: 0)
        // By producer id: the marker of an abort may have a higher epoch than the positions.
        var pending: [Int64: (epoch: Int16, records: [(OffsetRecord, Int64)])] = [:]
        let damaged = { (damage: LogError, isFirst: Bool) throws(BrokerError) in
            // A marker may be among what is lost, and the next one of its producer would decide what is not its own. Without these positions their groups read again.
            pending = [:]
            guard isFirst else { return }
            logger.error(
                "committed positions are lost: their groups go on from older ones, or from where groups without a position begin; one that was deleted may be back: \(damage)"
            )
        }
        try InternalTopicReader.forEachBatch(in: log, damaged: damaged) { (batch) throws(BrokerError) in
            let producer = batch.header.producerId
            if let control = batch.controlType {
                let records = pending.removeValue(forKey: producer)?.records ?? []
                if control == .commit { for (record, offset) in records { loaded.apply(record, offset) } }
                return
            }
            try InternalTopicReader.forEachRecord(in: batch) { (offset, key, value) throws(BrokerError) in
                guard let record = try OffsetRecord.decode(key: key, value: value) else { return }
                if batch.header.isTransactional {
                    pending[producer, default: (batch.header.producerEpoch, [])].records.append((record, offset))
                } else {
                    loaded.apply(record, offset)
                }
            }
        }
        for (producer, transaction) in pending {
            let outcome = outcome(ProducerIdentity(id: producer, epoch: transaction.epoch))
            for (record, offset) in transaction.records {
                switch outcome {
                case .committed: loaded.apply(record, offset)
                case .aborted: break
                case .open: loaded.pending.add([record], of: producer, recordOffset: offset)
                }
            }
        }
        loaded.end(ticket)
        table.withLock { $0 = loaded }
    }
}
