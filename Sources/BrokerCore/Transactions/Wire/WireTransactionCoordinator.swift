import Logging
import Records
import SegmentedLog
import Synchronization

/// The transactions of clients: drives each transactional id's state machine, writes what it decides, and waits for the disk.
///
/// A client's producer outlives the broker, so all that it was told is durable before, and a transaction that was open when the broker stopped stays open until
/// its producer ends it or its time is over. Steps of one id follow one another; those of different ids share the rounds of the flush gate.
package final class WireTransactionCoordinator: Sendable {
    struct Entry {
        var machine: WireTransaction
        var timer: TimerWheel.Timer?
        /// Of those that wait for the step under way.
        var signals: [ObjectIdentifier: WakeSignal] = [:]
    }

    struct State {
        var entries: [String: Entry] = [:]
        var isClosed = false
    }

    let services: TransactionServices
    let settings: TransactionSettings
    private let recovery: TransactionRecovery
    private let ids: NameClaims
    let timers: TimerWheel
    let partition: @Sendable (TopicPartition) -> Partition?
    let state: Mutex<State>

    /// - Parameter partition: the partition of that name, while there is one.
    init(
        services: TransactionServices, settings: TransactionSettings, recovery: TransactionRecovery,
        ids: NameClaims, timers: TimerWheel,
        partition: @escaping @Sendable (TopicPartition) -> Partition?
    ) throws(BrokerError) {
        self.services = services
        self.settings = settings
        self.recovery = recovery
        self.ids = ids
        self.timers = timers
        self.partition = partition
        var state = State()
        for record in recovery.ofClients {
            try Self.claim(record.transactionalId, ids)
            state.entries[record.transactionalId] = Entry(machine: WireTransaction(record))
        }
        self.state = Mutex(state)
    }

    /// Ends what an earlier process has decided, and minds the time of what it has left open. Without room on the disk it returns all the same, and goes on.
    func resume() async {
        let unfinished = state.withLock { $0.entries.mapValues(\.machine.unfinished) }.filter { !$0.value.isEmpty }
        for (id, actions) in unfinished { _ = try? await carryOut(actions, of: id) }
        let deadline = ContinuousClock.now + services.waitMax
        for id in unfinished.keys { _ = await isSettled(id, until: deadline) }
    }

    /// No more steps: what is open stays open.
    func close() {
        let entries = state.withLock { state in
            state.isClosed = true
            return state.entries.values.map { $0 }
        }
        for entry in entries {
            if let timer = entry.timer { timers.cancel(timer) }
            for signal in entry.signals.values { signal.raise() }
        }
    }

    // MARK: What clients ask for

    /// Begins a producer: fences the one before, and aborts what it left open.
    /// - Parameter expected: what the producer was given before, if it says so.
    /// - Throws: `.transactionTimeout`, `.fenced`, `.inUse`; `.transactionUnderWay` and what a disk can bring: ask again.
    package func initialise(
        _ id: String, timeoutMilliseconds: Int32, expected: ProducerIdentity?
    ) async throws(BrokerError) -> ProducerIdentity {
        guard !id.isEmpty, id.utf8.count <= WireTransactionLimits.nameBytesMax else {
            throw BrokerError(
                .invalid, "a transactional id has 1 to \(WireTransactionLimits.nameBytesMax) bytes: '\(id)'")
        }
        let timeoutMax = settings.timeoutMax.milliseconds
        guard timeoutMilliseconds >= 1, timeoutMilliseconds <= timeoutMax else {
            throw BrokerError(
                .transactionTimeout, "a transaction lasts 1 to \(timeoutMax) ms, not \(timeoutMilliseconds)")
        }
        // What a pipeline of this name had decided must not be superseded before it is carried out.
        try await recovery.settle()
        let deadline = ContinuousClock.now + services.waitMax
        var fresh: ProducerIdentity?
        while true {
            try makeEntry(id)
            do throws(BrokerError) {
                let event = WireTransaction.Event.initialise(
                    expected: expected, timeoutMilliseconds: timeoutMilliseconds, fresh: fresh,
                    now: systemMilliseconds())
                let actions = try handle(id, event)
                if actions == [.needsIdentity] {
                    fresh = ProducerIdentity(id: try await services.producerIds.take(), epoch: 0)
                    continue
                }
                if let identity = try await carryOut(actions, of: id) { return identity }
                // What was open is being aborted.
            } catch {
                // Unknown: another that began it has failed meanwhile.
                guard error.code == .transactionUnderWay || error.code == .unknownProducer else {
                    forgetUnborn(id)
                    throw error
                }
            }
            guard await isSettled(id, until: deadline) else {
                throw BrokerError(.transactionUnderWay, "the last transaction of '\(id)' is being ended")
            }
        }
    }

    /// Makes the partitions part of the producer's transaction, which begins with them if none is open.
    package func add(
        _ partitions: [TopicPartition], to id: String, of identity: ProducerIdentity
    ) async throws(BrokerError) {
        try await step(id) { .add(identity, partitions, now: systemMilliseconds()) }
    }

    /// Makes a group's positions part of the producer's transaction.
    package func addPositions(to id: String, of identity: ProducerIdentity) async throws(BrokerError) {
        try await add([services.offsets.partition.id], to: id, of: identity)
    }

    /// Commits or aborts. Returns once that is decided and, unless the disk lets it wait for long, to be seen.
    package func end(_ id: String, of identity: ProducerIdentity, commit: Bool) async throws(BrokerError) {
        try await step(id) { .end(identity, commit: commit, now: systemMilliseconds()) }
        _ = await isSettled(id, until: .now + services.waitMax)
    }

    /// Writes positions that become the group's with the commit.
    package func commit(
        _ positions: [TopicPartition: CommittedPosition], of group: String, in id: String, of identity: ProducerIdentity
    ) async throws(BrokerError) {
        let offsets = services.offsets
        let mark = offsets.log.transactionMark(of: identity.id)
        try verify(id, identity, offsets.partition.id)
        let records = positions.map { OffsetRecord(group: group, source: $0, position: $1) }
        try await offsets.commit(records, in: identity, since: mark)
    }

    /// Throws unless the producer's transaction is open and has the partition. It may end at any time: see `TransactionMark`.
    func verify(_ id: String, _ identity: ProducerIdentity, _ partition: TopicPartition) throws(BrokerError) {
        guard let machine = state.withLock({ $0.entries[id]?.machine }) else { throw Self.unknown(id) }
        try machine.verify(identity, partition)
    }

    // MARK: What an operator asks for

    /// The transaction of that id as it is; nil for none.
    package func status(of id: String) -> WireTransactionStatus? {
        state.withLock { $0.entries[id]?.machine }.flatMap(WireTransactionStatus.init)
    }

    /// All of them, by their ids.
    package var statuses: [WireTransactionStatus] {
        state.withLock { $0.entries.values.map(\.machine) }.compactMap(WireTransactionStatus.init).sorted {
            $0.id < $1.id
        }
    }

    /// Forgets the ids that nobody has used for long.
    func expire(now: Int64) async {
        let unusedFor = settings.idExpiration.milliseconds
        let idle = state.withLock { state in
            state.entries.filter { $0.value.machine.isExpired(now: now, unusedFor: unusedFor) }.keys.map { $0 }
        }
        for id in idle {
            do throws(BrokerError) {
                _ = try await carryOut(try handle(id, .expire(now: now, unusedFor: unusedFor)), of: id)
            } catch {
                // The next run tries again.
                services.logger.warning("transactional id '\(id)' is not forgotten yet: \(error)")
                // Without room for one there is none for the next, and a line for each would take what room there is.
                if error.code == .diskFull || error.code == .io { return }
            }
        }
    }

    // MARK: Steps

    private static func unknown(_ id: String) -> BrokerError {
        BrokerError(.unknownProducer, "there is no producer of transactional id '\(id)'")
    }

    private static func claim(_ id: String, _ ids: NameClaims) throws(BrokerError) {
        guard ids.claim(id, for: .clients) else {
            throw BrokerError(
                .inUse, "transactional id '\(id)' is that of a pipeline of this process: choose another")
        }
    }

    /// Each entry has one claim of its id.
    private func makeEntry(_ id: String) throws(BrokerError) {
        try Self.claim(id, ids)
        let (isNew, isFull) = state.withLock { state in
            if state.entries[id] != nil { return (false, false) }
            guard state.entries.count < WireTransactionLimits.idsMax else { return (false, true) }
            state.entries[id] = Entry(machine: WireTransaction(id: id))
            return (true, false)
        }
        if !isNew { ids.release(id) }
        guard !isFull else {
            throw BrokerError(
                .limitReached,
                "\(WireTransactionLimits.idsMax) transactional ids are remembered; those unused for \(settings.idExpiration) are forgotten"
            )
        }
    }

    /// An id that nobody was given is anybody's.
    private func forgetUnborn(_ id: String) {
        let isForgotten = state.withLock { state in
            guard state.entries[id]?.machine.isUnborn == true else { return false }
            state.entries[id] = nil
            return true
        }
        if isForgotten { ids.release(id) }
    }

    func handle(_ id: String, _ event: WireTransaction.Event) throws(BrokerError) -> [WireTransaction.Action] {
        let (result, signals) = state.withLock {
            state -> (Result<[WireTransaction.Action], BrokerError>, [WakeSignal]) in
            guard !state.isClosed else { return (.failure(BrokerError(.closed, "the broker is closed")), []) }
            guard state.entries[id] != nil else { return (.failure(Self.unknown(id)), []) }
            let result = Result { () throws(BrokerError) in try state.entries[id]?.machine.handle(event) ?? [] }
            let signals =
                state.entries[id]?.machine.isSettled == true ? state.entries[id]?.signals.values.map { $0 } : nil
            if state.entries[id]?.machine.isForgotten == true { state.entries[id] = nil }
            return (result, signals ?? [])
        }
        for signal in signals { signal.raise() }
        return try result.get()
    }

    /// Takes a step once the one before it is over.
    private func step(_ id: String, _ event: () -> WireTransaction.Event) async throws(BrokerError) {
        let deadline = ContinuousClock.now + services.waitMax
        while true {
            do throws(BrokerError) {
                _ = try await carryOut(try handle(id, event()), of: id)
                return
            } catch {
                guard error.code == .transactionUnderWay, await isSettled(id, until: deadline) else { throw error }
            }
        }
    }

    private func isSettled(_ id: String, until deadline: ContinuousClock.Instant) async -> Bool {
        let signal = WakeSignal(timers)
        defer { state.withLock { $0.entries[id]?.signals[ObjectIdentifier(signal)] = nil } }
        while true {
            // Lowered before looking: a step that ends behind the look raises it again.
            signal.lower()
            let isSettled = state.withLock { state in
                guard let machine = state.entries[id]?.machine, !state.isClosed else { return true }
                state.entries[id]?.signals[ObjectIdentifier(signal)] = signal
                return machine.isSettled
            }
            if isSettled { return true }
            guard await signal.wait(until: deadline) else { return false }
        }
    }

    /// Does what the machine says; returns who the producer is, where it says that.
    func carryOut(
        _ actions: [WireTransaction.Action], of id: String
    ) async throws(BrokerError) -> ProducerIdentity? {
        var rest = actions[...]
        while let action = rest.popFirst() {
            switch action {
            case .needsIdentity: return nil
            case .answer(let identity): return identity
            case .log(let record):
                rest += try await log(record)
                if record.status == .dead { ids.release(id) }
            case .note(let record): note(record)
            case .mark(let record): Task { await mark(record) }
            case .arm(let time): arm(id, at: time)
            }
        }
        return nil
    }
}
