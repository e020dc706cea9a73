import BinderKit
import Records

/// What happens to each record between an input binding and its outputs.
///
/// A stage is a value: every worker gets its own from a factory and uses it from one task at a time, so a stage needs no locks and may keep
/// state. The calls come in this order: `assigned`, then for each delivery `process` once per record, `advance` once, and `position` for
/// every partition that is to be committed.
public protocol Stage {
    /// Handles one record. What it emits is sent on with the record's position in one step.
    /// - Throws: anything; what this record emitted is taken back. A `StageError` decides whether the record is tried again; other errors
    ///   are tried again as the binding's retry settings say. State the stage keeps must be unchanged when it throws.
    mutating func process(_ record: StageRecord, into output: inout StageOutput) throws

    /// Called after each delivery, and from time to time while there is nothing to read.
    ///
    /// When this emits anything, the positions of all assigned partitions are committed together with it, not only those just read.
    mutating func advance(_ clock: StageClock, into output: inout StageOutput) throws

    /// Partitions are now this worker's, each to be read from its position. State kept for one of them from before is out of date.
    mutating func assigned(_ positions: [InputPosition]) throws

    /// Partitions are no longer this worker's; what was done for them has been committed, or is done anew by their next owner.
    mutating func revoked(_ partitions: [TopicPartition])

    /// What may be committed once every record of `source` before `next` was processed.
    ///
    /// A stage that must see records again after a restart, such as one with open windows, returns an earlier offset.
    func position(of source: TopicPartition, next: Int64) -> InputPosition
}

extension Stage {
    /// Does nothing.
    public mutating func advance(_ clock: StageClock, into output: inout StageOutput) throws {}

    /// Does nothing.
    public mutating func assigned(_ positions: [InputPosition]) throws {}

    /// Does nothing.
    public mutating func revoked(_ partitions: [TopicPartition]) {}

    /// `next` itself: the stage keeps nothing between records.
    public func position(of source: TopicPartition, next: Int64) -> InputPosition {
        InputPosition(source: source, offset: next)
    }
}

/// A stage whose positions may lie before records it has already handled, which it then passes over in silence when they come again.
///
/// The stages before it in a chain do see such records as new. Their dead letters were committed the first time, so the application drops
/// a record's failure when the stage says that it was seen.
package protocol RewindingStage: Stage {
    /// Whether the record at `offset` was handled, and that committed, before the partition was assigned.
    func wasSeen(_ source: TopicPartition, offset: Int64) -> Bool
}

/// What a stage is told of time and progress.
public struct StageClock: Sendable {
    /// The wall clock, in milliseconds since the epoch.
    public var nowMilliseconds: Int64
    /// Whether every assigned partition has been read to its end.
    public var isCaughtUp: Bool
    /// Wall time since the last record was read, in milliseconds; 0 while not caught up.
    public var idleMilliseconds: Int64
    /// The assigned partitions that still have unread records.
    public var lagging: Set<TopicPartition>

    /// Creates a reading of the clock; `isCaughtUp` follows from `lagging`.
    public init(nowMilliseconds: Int64, idleMilliseconds: Int64 = 0, lagging: Set<TopicPartition> = []) {
        self.nowMilliseconds = nowMilliseconds
        self.isCaughtUp = lagging.isEmpty
        self.idleMilliseconds = lagging.isEmpty ? idleMilliseconds : 0
        self.lagging = lagging
    }
}
