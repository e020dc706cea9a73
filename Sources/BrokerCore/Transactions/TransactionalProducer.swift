import Logging
import Records
import SegmentedLog

/// What all transactional producers of a broker share.
struct TransactionServices: Sendable {
    let gate: FlushGate
    let log: TransactionLog
    let offsets: OffsetStore
    let producerIds: ProducerIds
    /// How long a step of a client's transaction waits for the one before it, and its end for its markers.
    let waitMax: Duration
    let logger: Logger
}

/// Runs the transactions of one transactional id: does what its state machine says. Sessions of the same id share it; only the newest may act.
actor TransactionalProducer {
    private let id: String
    private let services: TransactionServices
    private var machine = TransactionMachine()
    /// The partitions of the open transaction.
    private var partitions: [TopicPartition: Partition] = [:]
    private var pending = PendingMarkers()
    /// Why a marker of the commit under way could not be written and never will be in this process.
    private var markerFailure: LogError?
    private var retries: Task<Void, Never>?
    /// Sessions that wait for the end of a commit, and commits that wait for room for their markers.
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var isShutDown = false

    init(id: String, services: TransactionServices) {
        self.id = id
        self.services = services
    }

    // MARK: Sessions

    /// Fences older sessions, aborts what they left open, and registers the new identity durably (Kafka's InitProducerId).
    func openSession() async throws(BrokerError) -> TransactionMachine.SessionID {
        while machine.isCommitting && !isShutDown { await waitForChange() }
        try refuseShutDown()
        let actions = try machine.handle(.sessionOpened)
        // Before anything is waited for: a newer session may come in meanwhile, and its decisions must not be superseded by this one's record.
        let session = machine.session
        await end(actions)
        let identity = try await giveIdentity()
        try requireNewest(session)
        let offset = try services.log.append(
            TransactionRecord(
                transactionalId: id, identity: identity, status: .empty, partitions: [],
                lastUpdate: systemMilliseconds()))
        try await services.log.waitUntilDurable(offset)
        try requireNewest(session)
        return session
    }

    private func requireNewest(_ session: TransactionMachine.SessionID) throws(BrokerError) {
        guard session == machine.session else {
            throw BrokerError(.fenced, "a newer session of '\(id)' has taken over")
        }
    }

    /// Appends to the open transaction, beginning one if there is none. The data become durable with the commit.
    @discardableResult
    func append(
        _ batch: RecordBatch, to partition: Partition, session: TransactionMachine.SessionID
    ) async throws(BrokerError) -> AppendResult {
        try refuseShutDown()
        var action = try machine.handle(.appending(session, partition.id)).first
        if action == .needsIdentity {
            _ = try await giveIdentity()
            action = try machine.handle(.appending(session, partition.id)).first
        }
        guard case .append(let identity, let baseSequence) = action else {
            throw BrokerError(.invalid, "the transaction cannot be appended to")
        }
        // An abort of this producer that is not in the partition yet must come before its next transaction there.
        if pending.contains(partition.id) { try writePendingMarkers(in: partition.id) }
        let stamped = batch.stamped(
            producerId: identity.id, producerEpoch: identity.epoch, baseSequence: baseSequence, isTransactional: true)
        let result: AppendResult
        do throws(LogError) {
            result = try partition.log.append(stamped)
        } catch {
            try noteFailure(error, in: partition)
            throw BrokerError(error, "cannot append to \(partition.id)")
        }
        partitions[partition.id] = partition
        _ = try machine.handle(.appended(partition.id, records: Int32(clamping: batch.recordCount)))
        return result
    }

    /// Gives up what was appended since the last commit. On a full disk the markers are written later; until then readers wait there.
    func abort(session: TransactionMachine.SessionID) async throws(BrokerError) {
        try refuseShutDown()
        await end(try machine.handle(.abortRequested(session)))
    }

    /// Aborts what is open; whoever waits gets an error.
    func shutDown() async {
        while machine.isCommitting && pending.isEmpty { await waitForChange() }
        if !machine.isCommitting, let actions = try? machine.handle(.abortRequested(machine.session)) {
            await end(actions)
        }
        isShutDown = true
        retries?.cancel()
        announceChange()
    }

    // MARK: Commit

    /// Commits the open transaction together with a group's positions. Returns once it is visible.
    func commit(
        _ positions: [OffsetRecord], session: TransactionMachine.SessionID
    ) async throws(BrokerError) {
        try refuseShutDown()
        let ticket = services.offsets.begin()
        defer { services.offsets.end(ticket) }
        var positionsOffset: Int64 = 0
        let prepare: TransactionMachine.Action?
        do throws(BrokerError) {
            if !positions.isEmpty {
                let batch = try OffsetStore.batch(positions)
                positionsOffset = try await append(batch, to: services.offsets.partition, session: session).baseOffset
            }
            prepare = try machine.handle(.commitRequested(session)).first
        } catch {
            // For a fenced session this does nothing: what is open now is another one's.
            if let actions = try? machine.handle(.abortRequested(session)) { await end(actions) }
            throw error
        }
        guard case .prepare(let identity, let prepared) = prepare else { return }
        defer { announceChange() }
        try await decide(identity, prepared)
        // Decided: nothing from here on can take it back.
        services.offsets.apply(positions, writtenAt: positionsOffset)
        try await complete(identity, prepared)
    }

    /// Everything before and including the commit point.
    private func decide(_ identity: ProducerIdentity, _ prepared: [TopicPartition]) async throws(BrokerError) {
        let decision: Int64
        do throws(BrokerError) {
            try await waitUntilDurable(prepared)
        } catch {
            await end(try machine.handle(.commitFailed))
            throw error
        }
        do throws(BrokerError) {
            decision = try services.log.append(record(.prepareCommit, identity, prepared))
        } catch {
            // Any other failed write may have left the whole record on the disk, to be found by the next start.
            guard error.code == .diskFull || error.code == .closed else { throw try loseDecision(error) }
            await end(try machine.handle(.commitFailed))
            throw error
        }
        do throws(BrokerError) {
            try await services.log.waitUntilDurable(decision)
        } catch {
            throw try loseDecision(error)
        }
    }

    private func loseDecision(_ cause: BrokerError) throws(BrokerError) -> BrokerError {
        _ = try machine.handle(.decisionLost)
        return BrokerError(.uncertain, "whether the transaction of '\(id)' is committed is not known", cause: cause)
    }

    /// Makes a decided commit visible.
    private func complete(_ identity: ProducerIdentity, _ prepared: [TopicPartition]) async throws(BrokerError) {
        let markers = markers(try machine.handle(.decided))
        markerFailure = pending.write(markers).failures.first
        if pending.contains(identity) {
            services.logger.error("no room on the disk to finish the transaction of '\(id)': waiting for room")
            startRetrying()
        }
        while pending.contains(identity) && !isShutDown { await waitForChange() }
        let isWritten = !pending.contains(identity) && markerFailure == nil
        do throws(BrokerError) {
            guard isWritten else {
                throw BrokerError(.uncertain, "not every partition has its marker", cause: markerFailure)
            }
            // Before COMPLETE, and before any later record of this id: once the decision is superseded the markers must stand for themselves.
            try await waitUntilDurable(prepared)
            _ = try services.log.append(record(.completeCommit, identity, prepared))
        } catch {
            if error.code != .diskFull {
                _ = try machine.handle(.decisionLost)
                throw BrokerError(
                    .uncertain,
                    "the transaction of '\(id)' is committed but not visible everywhere until the next start",
                    cause: error)
            }
            // Only COMPLETE found no room: recovery finds nothing left to do for it.
        }
        partitions = [:]
        _ = try machine.handle(.finished)
    }

    // MARK: Steps

    private func refuseShutDown() throws(BrokerError) {
        guard !isShutDown else { throw BrokerError(.closed, "the broker is closed") }
    }

    /// The identity of the next transaction: a new producer id on first use in this process (what an earlier process used up is not known) and
    /// when the epochs are used up, else the one the machine has.
    private func giveIdentity() async throws(BrokerError) -> ProducerIdentity {
        if let identity = machine.identity { return identity }
        let fresh = ProducerIdentity(id: try await services.producerIds.take(), epoch: 0)
        if let identity = machine.identity { return identity }
        _ = try machine.handle(.identityGiven(fresh))
        return fresh
    }

    private func record(
        _ status: TransactionRecord.Status, _ identity: ProducerIdentity, _ prepared: [TopicPartition]
    ) -> TransactionRecord {
        let now = systemMilliseconds()
        return TransactionRecord(
            transactionalId: id, identity: identity, status: status, partitions: prepared, start: now, lastUpdate: now)
    }

    private func waitUntilDurable(_ prepared: [TopicPartition]) async throws(BrokerError) {
        let logs = prepared.compactMap { partitions[$0]?.log }.map { ($0, through: $0.endOffset - 1) }
        try await services.gate.waitUntilDurable(logs, "cannot make the transaction of '\(id)' durable")
    }

    private func noteFailure(_ error: LogError, in partition: Partition) throws(BrokerError) {
        switch error.code {
        // Refused before a byte was written, or taken back: the transaction is as it was.
        case .diskFull, .batchTooLarge, .invalidBatch, .closed: return
        default:
            partitions[partition.id] = partition
            _ = try machine.handle(.appendFailed(partition.id))
        }
    }

    private func markers(_ actions: [TransactionMachine.Action]) -> [TransactionMarker] {
        actions.flatMap { action -> [TransactionMarker] in
            guard case .mark(let isCommit, let identity, let sources) = action else { return [] }
            return sources.compactMap { partitions[$0] }.map {
                TransactionMarker(partition: $0, identity: identity, isCommit: isCommit)
            }
        }
    }

    /// Writes abort markers. What they are worth does not depend on their being durable, but readers see past them only then.
    private func end(_ actions: [TransactionMachine.Action]) async {
        let markers = markers(actions)
        guard !markers.isEmpty else { return }
        partitions = [:]
        let (written, failures) = pending.write(markers)
        for failure in failures { services.logger.warning("an abort of '\(id)' is left to the next start: \(failure)") }
        if !pending.isEmpty { startRetrying() }
        do throws(LogError) {
            try await services.gate.waitUntilDurable(written)
        } catch {
            services.logger.warning("an abort of '\(id)' is left to the next start: \(error)")
        }
    }

    private func writePendingMarkers(in source: TopicPartition) throws(BrokerError) {
        _ = pending.write()
        guard pending.contains(source) else { return }
        throw BrokerError(.diskFull, "no room on the disk to finish the last transaction of '\(id)' in \(source)")
    }

    // MARK: Waiting for room

    private func startRetrying() {
        guard retries == nil else { return }
        retries = Task {
            repeat { try? await Task.sleep(for: PendingMarkers.retryPause) } while await retry()
        }
    }

    /// Whether to go on trying.
    private func retry() async -> Bool {
        guard !isShutDown else { return false }
        let (written, failures) = pending.write()
        for failure in failures {
            markerFailure = failure
            services.logger.warning("a marker of '\(id)' is left to the next start: \(failure)")
        }
        if !written.isEmpty { try? await services.gate.waitUntilDurable(written) }
        announceChange()
        if pending.isEmpty { retries = nil }
        return !pending.isEmpty
    }

    private func waitForChange() async {
        await withCheckedContinuation { waiters.append($0) }
    }

    private func announceChange() {
        let resumed = waiters
        waiters = []
        for waiter in resumed { waiter.resume() }
    }
}
