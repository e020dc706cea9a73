import Settings

/// The numbers that a value may be.
private enum Numbers {
    static let natural32 = 0...Int64(Int32.max)
    static let positive32 = 1...Int64(Int32.max)
    static let natural = 0...Int64.max
    static let positive = 1...Int64.max
    /// -1 is no limit.
    static let limit = -1...Int64.max
}

extension TopicConfigKey {
    /// All configs of topics that Apache Kafka 4 has, by name.
    package static let all: [TopicConfigKey] = (effective + withoutEffect).sorted { $0.name < $1.name }

    static let cleanupPolicy = TopicConfigKey(
        "cleanup.policy", .list(of: ["compact", "delete"]), broker: "log.cleanup.policy",
        "What happens to old data: 'delete' removes whole segments by age and size, 'compact' keeps the latest record of each key."
    ) { $0.topicDefaults.cleanupPolicy.rawValue }

    static let segmentBytes = TopicConfigKey(
        "segment.bytes", .integer(14...Int64(Int32.max)), broker: "log.segment.bytes",
        "A segment is closed at this size in bytes. No batch is larger. A compacted topic that does not set it has segments of at most 16 MiB."
    ) { "\(min($0.segmentBytes, Int(Int32.max)))" }

    /// The broker's key for what there is none of.
    static let remoteStorage = "remote.log.storage.system.enable"

    private static let effective = [
        cleanupPolicy, segmentBytes,
        TopicConfigKey(
            "segment.ms", .long(Numbers.positive), broker: "log.roll.ms",
            "The first append after so many milliseconds closes the segment."
        ) { "\($0.segmentAge.milliseconds)" },
        TopicConfigKey(
            "retention.bytes", .long(Numbers.limit), broker: "log.retention.bytes",
            "The oldest segments of a partition are deleted above this size in bytes; -1 keeps all."
        ) { "\($0.retentionBytes ?? -1)" },
        TopicConfigKey(
            "retention.ms", .long(Numbers.limit), broker: "log.retention.ms",
            "Segments whose newest record is older than so many milliseconds are deleted; -1 keeps all."
        ) { "\($0.retentionAge?.milliseconds ?? -1)" },
        TopicConfigKey(
            "max.message.bytes", .integer(Numbers.natural32), broker: "message.max.bytes",
            "The largest batch in bytes, as it is on the wire, compressed."
        ) { "\($0.topicDefaults.maxMessageBytes)" },
        TopicConfigKey(
            "message.timestamp.type", .choice(TopicDefaults.TimestampType.allCases.map(\.rawValue)),
            broker: "log.message.timestamp.type",
            "Whose clock the timestamps are: the producer's (CreateTime) or the broker's at the append (LogAppendTime)."
        ) { $0.topicDefaults.timestampType.rawValue },
        TopicConfigKey(
            "delete.retention.ms", .long(Numbers.natural), broker: "log.cleaner.delete.retention.ms",
            "How many milliseconds a tombstone can be read in a compacted topic."
        ) { "\($0.topicDefaults.deleteRetention.milliseconds)" },
        TopicConfigKey(
            "min.compaction.lag.ms", .long(Numbers.natural), broker: "log.cleaner.min.compaction.lag.ms",
            "Records younger than so many milliseconds are not compacted."
        ) { "\($0.topicDefaults.minCompactionLag.milliseconds)" },
        TopicConfigKey(
            "max.compaction.lag.ms", .long(Numbers.positive), broker: "log.cleaner.max.compaction.lag.ms",
            "A segment of a compacted topic is closed by the first append after so many milliseconds, and compacted when it is that old."
        ) { "\($0.topicDefaults.maxCompactionLag?.milliseconds ?? .max)" },
        TopicConfigKey(
            "min.cleanable.dirty.ratio", .ratio, broker: "log.cleaner.min.cleanable.ratio",
            "Which part of the closed segments has to be new before they are compacted."
        ) { "\($0.topicDefaults.minCleanableDirtyRatio)" },
        TopicConfigKey(
            "index.interval.bytes", .integer(Numbers.natural32), broker: "log.index.interval.bytes",
            "One index entry per this many bytes of batches."
        ) { "\($0.topicDefaults.indexIntervalBytes)" },
        TopicConfigKey(
            "compression.type", .choice(["producer"]), broker: "compression.type",
            "Batches are kept as their producers have compressed them."
        ) { _ in "producer" },
        TopicConfigKey(
            "remote.storage.enable", .choice(["false"]), broker: remoteStorage,
            "All that is kept is on this machine's disk."
        ) { _ in "false" },
    ]

    private static let withoutEffect =
        replication + elsewhere + [
            level("gzip", -1...9, -1), level("lz4", 1...17, 9), level("zstd", -131_072...22, 3),
        ]

    private static let replication = [
        TopicConfigKey(
            "min.insync.replicas", .integer(Numbers.positive32), broker: "min.insync.replicas",
            "How many replicas have to have a record.", withoutEffect: "there is one replica"
        ) { _ in "1" },
        TopicConfigKey(
            "unclean.leader.election.enable", .boolean, broker: "unclean.leader.election.enable",
            "Whether a replica that misses records may lead.", withoutEffect: "there is one replica"
        ) { _ in "false" },
        TopicConfigKey(
            "leader.replication.throttled.replicas", .replicas, broker: "leader.replication.throttled.replicas",
            "Replicas that are read slowly.", withoutEffect: "there is one replica"
        ) { _ in "" },
        TopicConfigKey(
            "follower.replication.throttled.replicas", .replicas, broker: "follower.replication.throttled.replicas",
            "Replicas that are written slowly.", withoutEffect: "there is one replica"
        ) { _ in "" },
        TopicConfigKey(
            "local.retention.bytes", .long(-2...Int64.max), broker: "log.local.retention.bytes",
            "What of a partition stays on this machine.", withoutEffect: "there is no remote storage"
        ) { _ in "-2" },
        TopicConfigKey(
            "local.retention.ms", .long(-2...Int64.max), broker: "log.local.retention.ms",
            "How long segments stay on this machine.", withoutEffect: "there is no remote storage"
        ) { _ in "-2" },
    ]

    private static let elsewhere = [
        TopicConfigKey(
            "flush.messages", .long(Numbers.natural), broker: "log.flush.interval.messages",
            "A sync after so many records.",
            withoutEffect: "the setting 'flush' says for all topics when they are synced"
        ) { _ in "\(Int64.max)" },
        TopicConfigKey(
            "flush.ms", .long(Numbers.natural), broker: "log.flush.interval.ms", "A sync after so many milliseconds.",
            withoutEffect: "the setting 'flush' says for all topics when they are synced"
        ) { _ in "\(Int64.max)" },
        TopicConfigKey(
            "file.delete.delay.ms", .long(Numbers.natural), broker: "log.segment.delete.delay.ms",
            "How long a deleted segment's files stay.",
            withoutEffect: "they go at once; who is reading them reads on"
        ) { _ in "0" },
        TopicConfigKey(
            "preallocate", .boolean, broker: "log.preallocate", "Whether a new segment's file has its full size.",
            withoutEffect: "files grow with what is written"
        ) { _ in "false" },
        TopicConfigKey(
            "segment.index.bytes", .integer(4...Int64(Int32.max)), broker: "log.index.size.max.bytes",
            "The size of a segment's index.", withoutEffect: "indexes grow with their segments"
        ) { _ in "10485760" },
        TopicConfigKey(
            "segment.jitter.ms", .long(Numbers.natural), broker: "log.roll.jitter.ms",
            "By how much segments are closed earlier, at random.",
            withoutEffect: "segments are closed when they are due"
        ) { _ in "0" },
        TopicConfigKey(
            "message.timestamp.after.max.ms", .long(Numbers.natural), broker: "log.message.timestamp.after.max.ms",
            "How far ahead a producer's timestamps may be.", withoutEffect: "timestamps are taken as they are"
        ) { _ in "\(Int64.max)" },
        TopicConfigKey(
            "message.timestamp.before.max.ms", .long(Numbers.natural), broker: "log.message.timestamp.before.max.ms",
            "How far back a producer's timestamps may be.", withoutEffect: "timestamps are taken as they are"
        ) { _ in "\(Int64.max)" },
    ]

    private static func level(_ codec: String, _ range: ClosedRange<Int64>, _ usual: Int) -> TopicConfigKey {
        TopicConfigKey(
            "compression.\(codec).level", .integer(range), broker: "compression.\(codec).level",
            "How hard \(codec) tries.", withoutEffect: "batches are kept as their producers have compressed them"
        ) { _ in "\(usual)" }
    }
}
