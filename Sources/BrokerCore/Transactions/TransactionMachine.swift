import Records
import SegmentedLog

/// The transactions of one transactional id, one after another, as a value without clock or I/O.
///
/// Every transaction has an identity of its own (the epoch rises after each, as in KIP-890), so a decision on disk can never be taken for that of
/// another transaction whose data happen to be on disk as well.
struct TransactionMachine: Sendable {
    typealias SessionID = UInt64

    enum Phase: Equatable {
        /// Nothing was sent since the last transaction.
        case idle
        case open
        /// A commit is under way, its decision not yet durable.
        case preparing
        /// The decision to commit is durable; the markers are on their way.
        case decided
        /// Whether the decision is durable is not known: only a restart of the broker can tell.
        case undecided
    }

    enum Event: Equatable {
        /// A new session takes over.
        case sessionOpened
        /// The identity of the next transaction, fresh or with a higher epoch than all before.
        case identityGiven(ProducerIdentity)
        /// A session wants to append to a partition.
        case appending(SessionID, TopicPartition)
        /// Records were appended to the partition.
        case appended(TopicPartition, records: Int32)
        /// An append failed in a way that may have left bytes behind.
        case appendFailed(TopicPartition)
        case commitRequested(SessionID)
        case abortRequested(SessionID)
        /// The decision to commit is durable.
        case decided
        /// Before the decision something failed.
        case commitFailed
        /// The decision was written, but whether it is durable is not known.
        case decisionLost
        /// All markers are written, or on a queue that will write them.
        case finished
    }

    enum Action: Equatable {
        /// Stamp the batch with this and append it.
        case append(ProducerIdentity, baseSequence: Int32)
        /// Make these partitions durable, then the decision.
        case prepare(ProducerIdentity, [TopicPartition])
        case mark(commit: Bool, ProducerIdentity, [TopicPartition])
        /// The epochs are used up: a new producer id is needed before the next append.
        case needsIdentity
    }

    private(set) var session: SessionID = 0
    private(set) var phase = Phase.idle
    private(set) var identity: ProducerIdentity?
    /// The next sequence of each partition of the open transaction.
    private var sequences: [TopicPartition: Int32] = [:]
    private var mustAbort = false

    /// Whether a commit is between its request and its markers: a new session has to wait for its end.
    var isCommitting: Bool { phase == .preparing || phase == .decided }

    /// - Throws: `.fenced` for a session that is not the newest, `.uncertain` once a decision was lost, `.invalid` for a step out of order.
    mutating func handle(_ event: Event) throws(BrokerError) -> [Action] {
        switch event {
        case .sessionOpened:
            try refuseUndecided()
            guard !isCommitting else { throw BrokerError(.invalid, "a commit is under way") }
            session += 1
            // A rise of the epoch fences the older session's writes in every log, also when it has nothing open.
            return phase == .open ? abortOpen() : finish()
        case .identityGiven(let identity):
            guard phase == .idle else { throw BrokerError(.invalid, "a transaction is open") }
            self.identity = identity
            return []
        case .appending(let session, let partition):
            return [try beginAppend(session, partition)]
        case .appended(let partition, let records):
            sequences[partition] = ProducerSequence.advanced(sequences[partition] ?? 0, by: records)
            phase = .open
            return []
        case .appendFailed(let partition):
            sequences[partition] = sequences[partition] ?? 0
            mustAbort = true
            phase = .open
            return []
        case .commitRequested(let session):
            return try beginCommit(session)
        case .abortRequested(let session):
            try check(session)
            guard !isCommitting else { throw BrokerError(.invalid, "a commit is under way") }
            return abortOpen()
        case .decided:
            phase = .decided
            return identity.map { [.mark(commit: true, $0, sequences.keys.sorted())] } ?? []
        case .commitFailed:
            phase = .open
            return abortOpen()
        case .decisionLost:
            phase = .undecided
            return []
        case .finished:
            return finish()
        }
    }

    private func check(_ session: SessionID) throws(BrokerError) {
        guard session == self.session else {
            throw BrokerError(.fenced, "a newer session of the same transactional id has taken over")
        }
        try refuseUndecided()
    }

    private func refuseUndecided() throws(BrokerError) {
        guard phase == .undecided else { return }
        throw BrokerError(
            .uncertain, "the last commit's outcome is not known; it is decided when the data directory is opened anew")
    }

    private func beginAppend(_ session: SessionID, _ partition: TopicPartition) throws(BrokerError) -> Action {
        try check(session)
        guard !isCommitting else { throw BrokerError(.invalid, "a commit is under way") }
        guard !mustAbort else {
            throw BrokerError(.invalid, "an earlier append failed: the transaction can only be aborted")
        }
        guard let identity else { return .needsIdentity }
        return .append(identity, baseSequence: sequences[partition] ?? 0)
    }

    private mutating func beginCommit(_ session: SessionID) throws(BrokerError) -> [Action] {
        try check(session)
        guard !isCommitting else { throw BrokerError(.invalid, "a commit is under way") }
        guard !mustAbort else {
            throw BrokerError(.invalid, "an append failed: the transaction can only be aborted")
        }
        guard phase == .open, let identity else { return [] }
        phase = .preparing
        return [.prepare(identity, sequences.keys.sorted())]
    }

    private mutating func abortOpen() -> [Action] {
        guard phase == .open, let identity else { return [] }
        return [.mark(commit: false, identity, sequences.keys.sorted())] + finish()
    }

    private mutating func finish() -> [Action] {
        phase = .idle
        sequences = [:]
        mustAbort = false
        guard let last = identity else { return [.needsIdentity] }
        // Kafka keeps the last epoch for fencing a producer whose epochs are used up.
        identity = last.epoch < Int16.max - 1 ? ProducerIdentity(id: last.id, epoch: last.epoch + 1) : nil
        return identity == nil ? [.needsIdentity] : []
    }
}
