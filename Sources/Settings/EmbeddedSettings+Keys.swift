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

    /// Where Kafka's clients are served.
    package static let listenField: ConfigField<EmbeddedSettings> = {
        let key = ConfigKey(
            "listen", .optional(.listenAddress), default: KafkaListener.usualAddress.description,
            "Where Kafka's clients are served; `none` for nowhere. Nobody has to say who they are: leave it on this machine."
                + " A port that is taken is an error where it was set, and a warning where it was not.")
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            root.listen = try key.parse(value) { text -> KafkaListener? in
                text.lowercased() == "none" ? .off : ListenAddress(text).map(KafkaListener.at)
            }
        }
    }()

    private static let advertiseField: ConfigField<EmbeddedSettings> = {
        let key = ConfigKey(
            "advertise", .advertisedAddress, default: "that of listen",
            "Where Kafka's clients are told to connect: needed where `listen` takes every address (0.0.0.0), and behind a forwarded port."
        )
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            root.advertise = try key.parse(value) { AdvertisedAddress($0) }
        }
    }()

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
        .duration(
            "maintenance-interval", \.maintenanceInterval, .milliseconds(10) ... .seconds(86_400),
            "How often old segments are looked for and topics are compacted."),
        autoCreateTopics, minPartitionCount, listenField, advertiseField,
    ]
}
