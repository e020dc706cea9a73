import Logging
import Records
import SegmentedLog

/// Ends what an earlier process left open: prepared transactions are committed, all others aborted. Those of clients stay as they are, where they may.
///
/// Which partitions a transaction of this process has touched is not logged while it runs (Kafka's AddPartitionsToTxn): the producers live in this process and die
/// with it, and every partition knows its own open transactions, so at the start all of them can be asked.
actor TransactionRecovery {
    /// What becomes of an open transaction.
    enum Outcome {
        case committed
        case aborted
        /// Its client's producer, or its time, is to end it.
        case open
    }

    /// The transactions to commit wherever they are open.
    private nonisolated let committed: Set<ProducerIdentity>
    /// The latest record of each transactional id of a client.
    nonisolated let ofClients: [TransactionRecord]
    private nonisolated let clientRecords: [Int64: TransactionRecord]
    private let log: TransactionLog
    private let logger: Logger
    /// Prepared transactions without a COMPLETE record.
    private var unfinished: [TransactionRecord]
    private var pending = PendingMarkers()
    private var refused: [LogError] = []

    /// - Parameter log: the decisions, which are read here.
    init(log: TransactionLog, logger: Logger) throws(BrokerError) {
        self.log = log
        self.logger = logger
        let all = try log.latest().values
        ofClients = all.filter(\.isOfClient)
        clientRecords = Dictionary(ofClients.map { ($0.identity.id, $0) }) { first, _ in first }
        let latest = all.filter { !$0.isOfClient }
        // COMPLETE counts as well: its markers are durable, but under `flush: os` a power cut may have taken them.
        committed = Set(
            latest.filter { $0.status == .prepareCommit || $0.status == .completeCommit }.map(\.identity))
        unfinished = latest.filter { $0.status == .prepareCommit }
    }

    /// Writes the missing markers. On a full disk they are written later, by `settle` or by themselves.
    func run(_ partitions: [Partition]) async throws(BrokerError) {
        let markers = partitions.flatMap { partition in
            partition.log.openTransactions.compactMap { open -> TransactionMarker? in
                let identity = ProducerIdentity(id: open.producerId, epoch: open.producerEpoch)
                let outcome = outcome(of: identity, in: partition.id)
                if outcome == .open || isDecidedForClient(identity, in: partition.id) { return nil }
                return TransactionMarker(partition: partition, identity: identity, isCommit: outcome == .committed)
            }
        }
        try await write(markers)
        guard !pending.isEmpty else { return }
        logger.error("no room on the disk to end the transactions of the last run: waiting for room")
        Task { [weak self] in
            repeat { try? await Task.sleep(for: PendingMarkers.retryPause) } while await self?.retry() ?? false
        }
    }

    /// What becomes of a transaction that is open in a partition.
    nonisolated func outcome(of identity: ProducerIdentity, in partition: TopicPartition) -> Outcome {
        guard let record = clientRecords[identity.id] else {
            return committed.contains(identity) ? .committed : .aborted
        }
        guard record.partitions.contains(partition) else {
            // Only a power cut under a policy that does not sync can have taken the record that it is there.
            return .aborted
        }
        switch record.status {
        case .ongoing: return record.identity == identity ? .open : .aborted
        case .prepareCommit: return record.identity == identity ? .committed : .aborted
        default: return .aborted
        }
    }

    /// Whether the end is decided and left to the coordinator of clients' transactions, which writes it with the epoch that was decided.
    private nonisolated func isDecidedForClient(_ identity: ProducerIdentity, in partition: TopicPartition) -> Bool {
        guard let record = clientRecords[identity.id], record.partitions.contains(partition) else { return false }
        return record.status == .prepareCommit || record.status == .prepareAbort
    }

    /// - Throws: `.diskFull` while something is left: no session may begin before, or its records would supersede the decisions; `.io` when a
    ///   partition refuses its marker.
    func settle() async throws(BrokerError) {
        if pending.isEmpty, unfinished.isEmpty { return }
        try await write([])
        guard pending.isEmpty else {
            throw BrokerError(.diskFull, "no room on the disk to end the transactions of the last run")
        }
    }

    private func retry() async -> Bool {
        do throws(BrokerError) {
            try await write([])
        } catch {
            if error.code != .diskFull { return false }
        }
        return !pending.isEmpty
    }

    private func write(_ markers: [TransactionMarker]) async throws(BrokerError) {
        let (written, failures) = pending.write(markers)
        refused += failures
        for failure in failures { logger.error("a transaction of the last run stays open: \(failure)") }
        try await log.gate.waitUntilDurable(written, "cannot end the transactions of the last run")
        guard pending.isEmpty else { return }
        if let failure = refused.first, !unfinished.isEmpty {
            throw BrokerError(failure, "cannot finish a committed transaction of the last run")
        }
        while var record = unfinished.last {
            record.status = .completeCommit
            record.lastUpdate = systemMilliseconds()
            do throws(BrokerError) {
                _ = try log.append(record)
            } catch {
                // The markers stand; only that there is nothing to do is not noted.
                if error.code != .diskFull { throw error }
            }
            unfinished.removeLast()
        }
    }
}
