import Records

/// What is known of a client's transactional id.
package struct WireTransactionStatus: Sendable {
    package let id: String
    package let identity: ProducerIdentity
    package let state: TransactionRecord.Status
    /// The partitions of a transaction that is not over.
    package let partitions: [TopicPartition]
    package let timeoutMilliseconds: Int32
    /// When the transaction began, in milliseconds since the epoch; -1 where none did.
    package let start: Int64

    /// Whether a transaction has begun and is not over.
    package var isOpen: Bool { [.ongoing, .prepareCommit, .prepareAbort].contains(state) }

    /// Nil of an id that nobody was given yet.
    init?(_ machine: WireTransaction) {
        let record = machine.record
        guard record.identity.id >= 0, !machine.isForgotten else { return nil }
        id = record.transactionalId
        identity = record.identity
        state = record.status
        partitions = record.partitions
        timeoutMilliseconds = record.timeoutMilliseconds
        start = record.start
    }
}

extension TransactionRecord.Status {
    /// Kafka's name of it.
    package var name: String {
        switch self {
        case .empty: "Empty"
        case .ongoing: "Ongoing"
        case .prepareCommit: "PrepareCommit"
        case .prepareAbort: "PrepareAbort"
        case .completeCommit: "CompleteCommit"
        case .completeAbort: "CompleteAbort"
        case .dead: "Dead"
        case .prepareEpochFence: "PrepareEpochFence"
        }
    }
}
