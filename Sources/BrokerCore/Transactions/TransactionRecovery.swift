import Logging
import Records
import SegmentedLog

/// Ends what an earlier process left open: prepared transactions are committed, all others aborted.
///
/// Which partitions a transaction has touched is not logged while it runs (Kafka's AddPartitionsToTxn): the producers live in this process and die with
/// it, and every partition knows its own open transactions, so at the start all of them can be asked.
actor TransactionRecovery {
    /// The transactions to commit wherever they are open.
    nonisolated let committed: Set<ProducerIdentity>
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
        let latest = try log.latest().values
        // COMPLETE counts as well: its markers are durable, but under `flush: os` a power cut may have taken them.
        committed = Set(
            latest.filter { $0.status == .prepareCommit || $0.status == .completeCommit }.map(\.identity))
        unfinished = latest.filter { $0.status == .prepareCommit }
    }

    /// Writes the missing markers. On a full disk they are written later, by `settle` or by themselves.
    func run(_ partitions: [Partition]) async throws(BrokerError) {
        let markers = partitions.flatMap { partition in
            partition.log.openTransactions.map { open in
                let identity = ProducerIdentity(id: open.producerId, epoch: open.producerEpoch)
                return TransactionMarker(
                    partition: partition, identity: identity, isCommit: committed.contains(identity))
            }
        }
        try await write(markers)
        guard !pending.isEmpty else { return }
        logger.error("no room on the disk to end the transactions of the last run: waiting for room")
        Task { [weak self] in
            repeat { try? await Task.sleep(for: PendingMarkers.retryPause) } while await self?.retry() ?? false
        }
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
        do throws(LogError) {
            try await log.gate.waitUntilDurable(written)
        } catch {
            throw BrokerError(error, "cannot end the transactions of the last run")
        }
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
