import Records

/// The transactions of one client's transactional id, one after another, as a value without clock or I/O: the rules of Kafka's transaction coordinator.
///
/// Each step but one is a record that has to be durable before the next begins. The exception is that a transaction is complete: its markers say so.
struct WireTransaction: Sendable {
    enum Event: Equatable {
        /// A producer begins; it names what it was given before, if it lost its way in between (KIP-360). `fresh` is an id that nobody had.
        case initialise(expected: ProducerIdentity?, timeoutMilliseconds: Int32, fresh: ProducerIdentity?, now: Int64)
        case add(ProducerIdentity, [TopicPartition], now: Int64)
        case end(ProducerIdentity, commit: Bool, now: Int64)
        /// It may be that the transaction has lasted too long.
        case clock(now: Int64)
        /// It may be that nobody uses the id any more.
        case expire(now: Int64, unusedFor: Int64)
        /// The record of the step under way is durable.
        case logged
        /// It was not written, nor will it be.
        case logFailed
        /// Whether it was written only the next start can tell.
        case logLost
        /// All markers are durable.
        case marked(now: Int64)
    }

    enum Action: Equatable {
        /// A producer id that nobody had is needed for this.
        case needsIdentity
        /// Make this durable, or of a dead one that there is none; then comes `logged`.
        case log(TransactionRecord)
        /// Write this if there is room, and wait for nothing.
        case note(TransactionRecord)
        /// End the transaction in its partitions; then comes `marked`.
        case mark(TransactionRecord)
        /// Call `clock` at this time.
        case arm(at: Int64)
        /// The producer begins as this one.
        case answer(ProducerIdentity)
    }

    /// What is durable.
    private(set) var record: TransactionRecord
    /// What is being written.
    private(set) var next: TransactionRecord?
    /// Before the last rise of the epoch: a producer that has not heard of the rise asks with it.
    private var previous: ProducerIdentity?
    private var previousOfNext: ProducerIdentity?
    private(set) var isLost = false

    /// One that nobody has heard of.
    init(id: String) {
        record = TransactionRecord(
            transactionalId: id, identity: ProducerIdentity(id: -1, epoch: -1), status: .empty, partitions: [],
            timeoutMilliseconds: 0, lastUpdate: 0)
    }

    /// One that an earlier process has left.
    init(_ record: TransactionRecord) { self.record = record }

    /// Whether no step is under way.
    var isSettled: Bool { next == nil && record.status != .prepareCommit && record.status != .prepareAbort }

    /// Whether nobody has used it for so many milliseconds.
    func isExpired(now: Int64, unusedFor: Int64) -> Bool {
        isSettled && record.status != .ongoing && !isLost && record.identity.id >= 0
            && now - record.lastUpdate >= unusedFor
    }

    /// Whether nobody was given it, nor is about to be.
    var isUnborn: Bool { record.identity.id < 0 && next == nil && !isLost }

    /// Whether there is nothing to remember any more.
    var isForgotten: Bool { record.status == .dead }

    /// What an earlier process has left to do.
    var unfinished: [Action] {
        switch record.status {
        case .prepareCommit, .prepareAbort: [.mark(record)]
        case .ongoing: [.arm(at: deadline)]
        default: []
        }
    }

    private var deadline: Int64 { record.start + Int64(record.timeoutMilliseconds) }

    /// - Throws: `.fenced`, `.unknownProducer`, `.transactionUnderWay`, `.transactionState`; `.uncertain` once a record was lost. Nothing has changed then.
    mutating func handle(_ event: Event) throws(BrokerError) -> [Action] {
        switch event {
        case .initialise(let expected, let timeout, let fresh, let now):
            return try initialise(expected, timeout, fresh, now)
        case .add(let identity, let partitions, let now):
            return try add(identity, partitions, now)
        case .end(let identity, let isCommit, let now):
            return try end(identity, isCommit, now)
        case .clock(let now):
            return clock(now)
        case .expire(let now, let unusedFor):
            guard isExpired(now: now, unusedFor: unusedFor) else { return [] }
            var dead = record
            dead.status = .dead
            dead.lastUpdate = now
            return log(dead)
        case .logged:
            return logged()
        case .logFailed:
            next = nil
            return []
        case .logLost:
            isLost = true
            return []
        case .marked(let now):
            return marked(now)
        }
    }

    /// Throws unless the producer's transaction is open and has the partition.
    func verify(_ identity: ProducerIdentity, _ partition: TopicPartition) throws(BrokerError) {
        try check(identity)
        let isEnding = next.map { $0.status != .ongoing } ?? false
        guard record.status == .ongoing, !isEnding, record.partitions.contains(partition) else {
            throw BrokerError(.transactionState, "\(partition) is not in the open transaction of '\(id)'")
        }
    }

    private var id: String { record.transactionalId }

    private func check(_ identity: ProducerIdentity) throws(BrokerError) {
        guard identity.id == record.identity.id else {
            throw BrokerError(.unknownProducer, "producer id \(identity.id) is not that of '\(id)'")
        }
        guard identity.epoch == record.identity.epoch else {
            throw BrokerError(
                .fenced, "epoch \(identity.epoch) of '\(id)' is fenced: the epoch is \(record.identity.epoch)")
        }
        guard !isLost else {
            throw BrokerError(.uncertain, "what became of '\(id)' is known after the next start of the broker")
        }
    }

    private func refuseUnsettled() throws(BrokerError) {
        guard isSettled else { throw BrokerError(.transactionUnderWay, "a step of '\(id)' is under way") }
    }

    private mutating func log(_ record: TransactionRecord) -> [Action] {
        next = record
        return [.log(record)]
    }

    // MARK: Beginning

    private mutating func initialise(
        _ expected: ProducerIdentity?, _ timeout: Int32, _ fresh: ProducerIdentity?, _ now: Int64
    ) throws(BrokerError) -> [Action] {
        guard !isLost else {
            throw BrokerError(.uncertain, "what became of '\(id)' is known after the next start of the broker")
        }
        try refuseUnsettled()
        let isNew = record.identity.id < 0
        if let expected, !isNew, expected != record.identity {
            guard expected == previous, record.status != .ongoing else {
                throw BrokerError(.fenced, "epoch \(expected.epoch) of '\(id)' is fenced")
            }
            // It was told already, and has not heard it.
            return [.answer(record.identity)]
        }
        if record.status == .ongoing { return fence(now, previous: expected, timeout: timeout) }
        var begun = record
        if isNew || isExhausted {
            guard let fresh else { return [.needsIdentity] }
            begun.identity = fresh
        } else {
            begun.identity.epoch += 1
        }
        begun.status = .empty
        begun.partitions = []
        begun.timeoutMilliseconds = timeout
        begun.start = -1
        begun.lastUpdate = now
        previousOfNext = isNew ? nil : expected
        return log(begun)
    }

    /// Kafka keeps the last epoch for fencing a producer whose epochs are used up.
    private var isExhausted: Bool { record.identity.epoch >= Int16.max - 1 }

    /// Aborts under an epoch that nobody has been given, so that what its producer sends from now on is refused.
    /// - Parameter timeout: how long the transactions of the producer that begins with it may last.
    private mutating func fence(_ now: Int64, previous: ProducerIdentity?, timeout: Int32? = nil) -> [Action] {
        var aborted = record
        if let timeout { aborted.timeoutMilliseconds = timeout }
        aborted.status = .prepareAbort
        aborted.lastUpdate = now
        if aborted.identity.epoch < Int16.max { aborted.identity.epoch += 1 }
        previousOfNext = previous
        return log(aborted)
    }

    // MARK: Going on

    private mutating func add(
        _ identity: ProducerIdentity, _ partitions: [TopicPartition], _ now: Int64
    ) throws(BrokerError) -> [Action] {
        try check(identity)
        try refuseUnsettled()
        let isOpen = record.status == .ongoing
        let all = Set(isOpen ? record.partitions : []).union(partitions)
        guard !isOpen || all.count > record.partitions.count else { return [] }
        guard all.count <= WireTransactionLimits.partitionsMax else {
            throw BrokerError(
                .invalid, "a transaction has at most \(WireTransactionLimits.partitionsMax) partitions")
        }
        var grown = record
        grown.status = .ongoing
        grown.partitions = all.sorted()
        if !isOpen { grown.start = now }
        grown.lastUpdate = now
        previousOfNext = previous
        return log(grown)
    }

    private mutating func end(
        _ identity: ProducerIdentity, _ isCommit: Bool, _ now: Int64
    ) throws(BrokerError) -> [Action] {
        try check(identity)
        guard next == nil else { throw BrokerError(.transactionUnderWay, "a step of '\(id)' is under way") }
        switch (record.status, isCommit) {
        case (.ongoing, _):
            var decided = record
            decided.status = isCommit ? .prepareCommit : .prepareAbort
            decided.lastUpdate = now
            previousOfNext = previous
            return log(decided)
        // Asked again, since the answer was lost.
        case (.completeCommit, true), (.completeAbort, false):
            return []
        case (.prepareCommit, true), (.prepareAbort, false):
            throw BrokerError(.transactionUnderWay, "the transaction of '\(id)' is being ended")
        default:
            throw BrokerError(
                .transactionState, "the transaction of '\(id)' cannot be \(isCommit ? "committed" : "aborted")")
        }
    }

    private mutating func clock(_ now: Int64) -> [Action] {
        guard record.status == .ongoing, !isLost else { return [] }
        // A step under way may end it, or fail: look again.
        guard next == nil else { return [.arm(at: now + WireTransactionLimits.retryMilliseconds)] }
        guard now >= deadline else { return [.arm(at: deadline)] }
        return fence(now, previous: nil)
    }

    private mutating func logged() -> [Action] {
        guard let next else { return [] }
        let wasOpen = record.status == .ongoing
        record = next
        self.next = nil
        previous = previousOfNext
        switch record.status {
        case .empty: return [.answer(record.identity)]
        case .ongoing: return wasOpen ? [] : [.arm(at: deadline)]
        case .prepareCommit, .prepareAbort: return [.mark(record)]
        default: return []
        }
    }

    private mutating func marked(_ now: Int64) -> [Action] {
        guard record.status == .prepareCommit || record.status == .prepareAbort else { return [] }
        record.status = record.status == .prepareCommit ? .completeCommit : .completeAbort
        record.partitions = []
        record.lastUpdate = now
        return [.note(record)]
    }
}
