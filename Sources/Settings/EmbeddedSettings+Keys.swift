extension EmbeddedSettings: DefaultedSettings {
    package static let defaults = EmbeddedSettings()

    /// A day, as often as needed for the longest age: ten years.
    private static let ages: ClosedRange<Duration> = .milliseconds(1) ... .seconds(86_400 * 3650)

    /// Whether a missing topic is made.
    package static let autoCreateTopics = ConfigField<EmbeddedSettings>.boolean(
        "auto-create-topics", \.autoCreateTopics, "Whether a missing topic is made on first use.")

    /// The fewest partitions of a new topic.
    package static let minPartitionCount = ConfigField<EmbeddedSettings>.integer(
        "min-partition-count", \.minPartitionCount, 1...10_000, "The fewest partitions a topic is made with.")

    /// The keys below `stream.embedded.binder`.
    package static let fields: [ConfigField<EmbeddedSettings>] = [
        .choice(
            "flush", \.flush,
            "When an append is acknowledged: once it is on disk (`always`), or at once, with a sync every flush-interval"
                + " (`interval`) or when the kernel likes (`os`)."),
        .duration(
            "flush-interval", \.flushInterval, .milliseconds(1) ... .seconds(3600),
            "The time between syncs under `flush: interval`."),
        .bytes(
            "segment-bytes", \.segmentBytes, 1024...(Int(Int32.max)), "A segment is closed at this size."),
        .duration("segment-age", \.segmentAge, ages, "A segment is closed at this age."),
        .bytes(
            "retention-bytes", \.retentionBytes, 0...Int.max,
            "The oldest segments of a partition are deleted above this size."),
        .duration("retention-age", \.retentionAge, ages, "Segments are deleted at this age."),
        autoCreateTopics, minPartitionCount,
    ]
}
