import Records

/// A transactional producer: what it sends becomes visible, together with input positions, at `commit`; or never.
///
/// Used by one task at a time. A transaction begins with the first `send` after opening, `commit` or `abort`. Once any method has thrown
/// `.fenced`, a newer session of the same name has taken over and this one is of no more use.
public protocol TransactionSession: Sendable {
    /// Appends a batch to the open transaction; the topic must exist.
    func send(_ batch: RecordBatch, to partition: TopicPartition) async throws(BinderError)

    /// Makes everything sent and the positions, which belong to `input`'s group, durable and visible in one atomic step.
    ///
    /// After an error nothing of the transaction is visible, now or later, unless its code is `.uncertain`. `.fenced` also means that a
    /// partition of `input` has another owner: then a new session and member are the way on.
    /// `positions` may be empty, and `input` nil then.
    func commit(_ positions: [InputPosition], of input: (any InputChannel)?) async throws(BinderError)

    /// Gives up what was sent since the last commit.
    func abort() async throws(BinderError)

    /// Aborts what is open and closes the session.
    func close() async
}
