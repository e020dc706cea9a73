import BinderKit
import Records

/// The way to the log: batches, then the state behind them, then the commit.
protocol ShippingChannel: Sendable {
    /// Sends a batch of the open transaction.
    func send(_ batch: RecordBatch, to partition: TopicPartition) async throws(BinderError)
    /// Makes what was sent durable and visible. The state is sent as the last batch before it.
    func commit() async throws(BinderError)
    /// Gives up what was sent since the last commit.
    func abort() async throws(BinderError)
    func close() async
}

/// Lines and positions in one transaction: exactly once.
struct TransactionalChannel: ShippingChannel {
    let session: any TransactionSession

    func send(_ batch: RecordBatch, to partition: TopicPartition) async throws(BinderError) {
        try await session.send(batch, to: partition)
    }

    func commit() async throws(BinderError) { try await session.commit([], of: nil) }
    func abort() async throws(BinderError) { try await session.abort() }
    func close() async { await session.close() }
}

/// Lines first and positions after them, for a binder without transactions: at least once. What an abort gives up is already visible.
struct PlainChannel: ShippingChannel {
    /// The channels by topic; opened before the first batch.
    let outputs: [String: any OutputChannel]

    func send(_ batch: RecordBatch, to partition: TopicPartition) async throws(BinderError) {
        guard let output = outputs[partition.topic] else {
            throw BinderError(.unknownTopic, "the agent has no channel to the topic '\(partition.topic)'")
        }
        try await output.send(batch, partition: partition.partition)
    }

    func commit() async throws(BinderError) {}
    func abort() async throws(BinderError) {}
    func close() async { for output in outputs.values { await output.close() } }
}
