/// What a topic of the embedded log follows where it sets nothing itself, beside segments, retention and partition count, which `EmbeddedSettings` has. Kafka's
/// broker-wide keys of the same meaning are named with each.
public struct TopicDefaults: Sendable, Equatable {
    /// What happens to old data.
    public enum CleanupPolicy: String, Sendable, CaseIterable {
        /// Whole segments go by age and size.
        case delete
        /// The latest record of each key stays.
        case compact
        /// Both.
        case compactAndDelete = "compact,delete"
    }

    /// Whose clock the timestamps of records are.
    public enum TimestampType: String, Sendable, CaseIterable {
        /// The producer's.
        case createTime = "CreateTime"
        /// The log's, at the moment of the append.
        case logAppendTime = "LogAppendTime"
    }

    /// `log.cleanup.policy`.
    public var cleanupPolicy = CleanupPolicy.delete
    /// The largest batch in bytes: four of the largest agent batches, where Kafka has 1 MiB. `message.max.bytes`.
    public var maxMessageBytes = 16 << 20
    /// `log.message.timestamp.type`.
    public var timestampType = TimestampType.createTime
    /// How long a tombstone can be read in a compacted topic. `log.cleaner.delete.retention.ms`.
    public var deleteRetention = Duration.seconds(24 * 3600)
    /// How young a record is left alone by compaction. `log.cleaner.min.compaction.lag.ms`.
    public var minCompactionLag = Duration.zero
    /// When a record is compacted at the latest, as far as appends close segments; nil for no limit. `log.cleaner.max.compaction.lag.ms`.
    public var maxCompactionLag: Duration?
    /// Which part of a log has to be new for a compaction, 0 to 1. `log.cleaner.min.cleanable.ratio`.
    public var minCleanableDirtyRatio = 0.5
    /// One index entry per this many bytes of batches. `log.index.interval.bytes`.
    public var indexIntervalBytes = 4096

    /// Creates the documented defaults: Kafka's, but for the size of a batch.
    public init() {}
}
