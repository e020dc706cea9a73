/// How one partition is kept. Plain values; the defaults are Kafka's.
package struct LogConfig: Sendable, Equatable {
    /// What happens to old data.
    package enum CleanupPolicy: Sendable {
        /// Whole segments go by age and size.
        case delete
        /// The latest record of each key stays.
        case compact
        /// Both: the latest records go too once they are old or too many.
        case compactAndDelete

        /// Whether whole segments go by age and size.
        package var deletes: Bool { self != .compact }
        /// Whether superseded records go.
        package var compacts: Bool { self != .delete }
    }

    /// Whose clock a batch's timestamps are.
    package enum TimestampType: Sendable {
        /// The producer's: kept as they are.
        case create
        /// The log's, at the moment of the append.
        case logAppend
    }

    /// No batch is larger than this, whatever `maxBatchBytes` says: what recovery takes for a plausible length.
    package static let batchBytesLimit = 256 << 20

    /// A segment is closed before it would exceed this many bytes; 1 to 2^31 - 1 (index positions are 32 bits).
    package var segmentBytes: Int
    /// A segment is closed when its first append is this old, in milliseconds.
    package var segmentMilliseconds: Int64
    /// Oldest segments go while the rest still holds this many bytes; nil keeps all.
    package var retentionBytes: Int64?
    /// Segments whose newest timestamp is older than this go, in milliseconds; nil keeps all.
    package var retentionMilliseconds: Int64?
    /// One index entry per this many bytes of batches.
    package var indexIntervalBytes: Int
    /// Delete or compact.
    package var cleanupPolicy: CleanupPolicy
    /// The largest batch `append` takes, header included.
    package var maxBatchBytes: Int
    /// Whose timestamps are stored.
    package var timestampType: TimestampType
    /// How long a null value (tombstone) stays readable in a compacted topic, in milliseconds.
    package var deleteRetentionMilliseconds: Int64
    /// Compaction leaves segments alone whose newest record is younger than this, in milliseconds.
    package var compactionLagMilliseconds: Int64
    /// A segment of a compacted topic is closed when its first append is this old, and compaction does not wait for more to do once a closed one is; in
    /// milliseconds.
    package var compactionLagMaxMilliseconds: Int64
    /// Compaction waits until this part of what is closed has not been compacted yet: 0 to 1.
    package var dirtyRatioMin: Double
    /// How long a producer's sequence is remembered after its last write, in milliseconds.
    package var producerExpirationMilliseconds: Int64
    /// How many distinct keys one compaction pass holds in memory (24 bytes each); the rest waits for the next pass.
    package var compactionKeysMax: Int

    package init(
        segmentBytes: Int = 1 << 30, segmentMilliseconds: Int64 = 604_800_000, retentionBytes: Int64? = nil,
        retentionMilliseconds: Int64? = 604_800_000, indexIntervalBytes: Int = 4096,
        cleanupPolicy: CleanupPolicy = .delete, maxBatchBytes: Int = 1_048_588,
        timestampType: TimestampType = .create, deleteRetentionMilliseconds: Int64 = 86_400_000,
        compactionLagMilliseconds: Int64 = 0, compactionLagMaxMilliseconds: Int64 = .max, dirtyRatioMin: Double = 0.5,
        producerExpirationMilliseconds: Int64 = 86_400_000, compactionKeysMax: Int = 1 << 20
    ) {
        self.segmentBytes = segmentBytes
        self.segmentMilliseconds = segmentMilliseconds
        self.retentionBytes = retentionBytes
        self.retentionMilliseconds = retentionMilliseconds
        self.indexIntervalBytes = indexIntervalBytes
        self.cleanupPolicy = cleanupPolicy
        self.maxBatchBytes = maxBatchBytes
        self.timestampType = timestampType
        self.deleteRetentionMilliseconds = deleteRetentionMilliseconds
        self.compactionLagMilliseconds = compactionLagMilliseconds
        self.compactionLagMaxMilliseconds = compactionLagMaxMilliseconds
        self.dirtyRatioMin = dirtyRatioMin
        self.producerExpirationMilliseconds = producerExpirationMilliseconds
        self.compactionKeysMax = compactionKeysMax
    }

    /// The age in milliseconds at which the next append closes the segment.
    var segmentAgeMax: Int64 {
        cleanupPolicy.compacts ? min(segmentMilliseconds, compactionLagMaxMilliseconds) : segmentMilliseconds
    }
}

/// When an append counts as durable.
package enum FlushPolicy: Sendable, Equatable {
    /// After an fdatasync that covers it; concurrent appends share one. Readers see only what is durable.
    case always
    /// At once; every dirty file is synced after at most this long. A power cut loses up to that much; a killed process loses nothing.
    case interval(Duration)
    /// At once. The operating system writes back; a closed segment is synced after half a minute, or with the fourth that waits for it.
    case os
}
