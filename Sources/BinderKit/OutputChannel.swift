import Records

/// A way into one topic.
///
/// May be used by several tasks at once; batches sent one after another by one task to one partition keep that order.
public protocol OutputChannel: Sendable {
    /// The partitions of the topic.
    var partitionCount: Int32 { get }

    /// Appends the batch; returns once it is as durable as the binder's settings demand.
    /// - Returns: the offset of its first record.
    @discardableResult
    func send(_ batch: RecordBatch, partition: Int32) async throws(BinderError) -> Int64

    /// Waits for what is under way and closes the channel; sending afterwards throws `.closed`.
    func close() async
}
