import Records

/// A session of a transactional producer. A transaction begins with the first append after opening, commit or abort. Used by one task at a time.
package final class TransactionHandle: Sendable {
    /// The transactional id.
    package let transactionalId: String
    private let producer: TransactionalProducer
    private let session: TransactionMachine.SessionID
    private let lookup: @Sendable (TopicPartition) throws(BrokerError) -> Partition

    init(
        transactionalId: String, producer: TransactionalProducer, session: TransactionMachine.SessionID,
        lookup: @escaping @Sendable (TopicPartition) throws(BrokerError) -> Partition
    ) {
        self.transactionalId = transactionalId
        self.producer = producer
        self.session = session
        self.lookup = lookup
    }

    /// Appends a batch to the open transaction; it becomes durable and visible with the commit.
    /// - Throws: `.fenced`; `.unknownTopic`; `.diskFull`: the batch is not there, and the call may be made again or the transaction aborted.
    package func append(_ batch: RecordBatch, to topicPartition: TopicPartition) async throws(BrokerError) {
        try await producer.append(batch, to: try lookup(topicPartition), session: session)
    }

    /// Makes what was appended and the positions of the member's group durable and visible in one step.
    ///
    /// After an error other than `.uncertain` nothing of the transaction is or will be visible; a new one may begin, unless the session is fenced.
    /// - Throws: `.fenced`, also where a partition is no longer the member's; `.uncertain` when only the next start can tell.
    package func commit(
        _ positions: [TopicPartition: CommittedPosition] = [:], of member: GroupMember? = nil
    ) async throws(BrokerError) {
        guard let member, let group = member.group, !positions.isEmpty else {
            return try await producer.commit([], session: session)
        }
        let held: [TopicPartition: CommittedPosition]
        do throws(BrokerError) {
            held = try await member.beginCommit(positions)
        } catch {
            try await producer.abort(session: session)
            throw error
        }
        defer { member.endCommit() }
        let records = held.map { OffsetRecord(group: group, source: $0, position: $1) }
        try await producer.commit(records, session: session)
    }

    /// Gives up what was appended since the last commit.
    package func abort() async throws(BrokerError) { try await producer.abort(session: session) }
}
