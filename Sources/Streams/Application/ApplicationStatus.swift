import Records

/// A stream application at one moment.
public struct ApplicationStatus: Sendable, Equatable {
    /// Every stage, or chain of stages, that runs on its own input binding, by name.
    public var stages: [StageStatus]

    /// The stage of this name.
    public subscript(name: String) -> StageStatus? { stages.first { $0.name == name } }
}

/// One stage at one moment. The counts are of committed work: what an aborted delivery did is counted once it has succeeded.
public struct StageStatus: Sendable, Equatable {
    /// What a stage is doing.
    public enum State: String, Sendable {
        /// Not started yet, or ended.
        case stopped
        /// Its workers read.
        case running
        /// Held by `pause` or by `auto-startup: false`.
        case paused
        /// A worker waits to repeat a record or a delivery; `lastError` says why.
        case retrying
    }

    /// The stage's or chain's name.
    public var name: String
    /// What it is doing.
    public var state: State
    /// Records read.
    public var recordsIn: Int = 0
    /// Records sent, without dead letters.
    public var recordsOut: Int = 0
    /// Records sent to a dead-letter topic.
    public var deadLetters: Int = 0
    /// Records that failed for good and were logged and passed over, since the binding has `enable-dlq: false`.
    public var passedOver: Int = 0
    /// Further attempts made of failed records.
    public var retries: Int = 0
    /// Records that wait in the partitions its workers own, as of their last deliveries.
    public var lag: Int64 = 0
    /// The last thing that went wrong.
    public var lastError: StageFault?
}

/// Something that went wrong in a stage, and where.
public struct StageFault: Sendable, Equatable, CustomStringConvertible {
    /// What.
    public var message: String
    /// The record's partition; nil where no single record is concerned.
    public var source: TopicPartition?
    /// The record's offset; nil where no single record is concerned.
    public var offset: Int64?
    /// Milliseconds since the epoch.
    public var time: Int64

    /// The message with its place: `nginx.access-3 offset 17: not in the format`.
    public var description: String {
        guard let source else { return message }
        guard let offset else { return "\(source): \(message)" }
        return "\(source) offset \(offset): \(message)"
    }
}
