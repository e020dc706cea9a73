import Records

/// One member of a consumer group: it is handed batches of the partitions it owns, in order per partition.
///
/// Used by one task at a time. Not calling `next` is the back-pressure: a channel reads ahead by no more than one delivery a partition.
public protocol InputChannel: Sendable {
    /// The next event, or `.idle` when nothing came within `limit`, or nil once the channel is closed.
    ///
    /// After `.revoked`, the partitions named stay with this member until `next` is called again: time to commit what was done.
    /// Read committed: records of aborted transactions and control records are never delivered.
    func next(waitingUpTo limit: Duration) async throws(BinderError) -> InputEvent?

    /// Makes positions durable for the group. Of an anonymous group it does nothing.
    /// - Throws: `.fenced` where a partition is no longer this member's; none of the positions is then committed.
    func commit(_ positions: [InputPosition]) async throws(BinderError)

    /// Leaves the group. What was delivered and not committed is delivered again to the partitions' next owner.
    func close() async
}

/// What an input channel hands out.
public enum InputEvent: Sendable {
    /// Batches of one partition.
    case delivery(Delivery)
    /// Partitions that are now this member's, with the position each continues from.
    case assigned([InputPosition])
    /// Partitions that are this member's no longer once `next` is called again.
    case revoked([TopicPartition])
    /// Nothing came within the time given: everything there is has been delivered.
    case idle
}

/// Consecutive batches of one partition.
public struct Delivery: Sendable {
    /// The partition.
    public var source: TopicPartition
    /// Whole batches in offset order, at least one. The first may hold records before `startOffset`: they are to be passed over.
    public var batches: [RecordBatch]
    /// The first offset to process.
    public var startOffset: Int64
    /// The position after this delivery, to be committed once everything derived from it is durable. It also passes records that were filtered out.
    public var nextOffset: Int64
    /// Where the partition's readable records end at present: `endOffset - nextOffset` is the lag.
    public var endOffset: Int64
    /// The member's other partitions that have nothing to read at present, as far as the binder can tell.
    public var readToEnd: [TopicPartition]

    /// Creates a delivery.
    public init(
        source: TopicPartition, batches: [RecordBatch], startOffset: Int64, nextOffset: Int64, endOffset: Int64,
        readToEnd: [TopicPartition] = []
    ) {
        self.source = source
        self.batches = batches
        self.startOffset = startOffset
        self.nextOffset = nextOffset
        self.endOffset = endOffset
        self.readToEnd = readToEnd
    }
}

/// A group's place in one partition.
public struct InputPosition: Sendable, Equatable {
    /// The partition.
    public var source: TopicPartition
    /// The offset of the next record to process.
    public var offset: Int64
    /// What the consumer wishes to be told when it continues from here, such as a window's watermark; at most 4096 bytes.
    public var metadata: String

    /// Creates a position.
    public init(source: TopicPartition, offset: Int64, metadata: String = "") {
        self.source = source
        self.offset = offset
        self.metadata = metadata
    }
}
