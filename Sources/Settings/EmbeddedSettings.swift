/// The embedded log (`stream.embedded.binder.*`).
public struct EmbeddedSettings: Sendable, Equatable {
    /// When an append is acknowledged.
    public enum Flush: String, Sendable, CaseIterable {
        /// Once it is on disk; all waiting appends share one fdatasync.
        case always
        /// At once; the disk is synced every `flushInterval`.
        case interval
        /// At once; the kernel writes when it likes. What a killed process wrote is kept, a power cut may lose some.
        case os
    }

    /// When an append is acknowledged.
    public var flush: Flush
    /// The time between syncs under `flush: interval`.
    public var flushInterval: Duration
    /// A segment is closed at this size, in bytes.
    public var segmentBytes: Int
    /// A segment is closed at this age.
    public var segmentAge: Duration
    /// The oldest segments of a partition are deleted above this size, in bytes; nil keeps all.
    public var retentionBytes: Int?
    /// Segments are deleted at this age; nil keeps all.
    public var retentionAge: Duration?
    /// Whether a missing topic is made on first use.
    public var autoCreateTopics: Bool
    /// The fewest partitions a topic is made with.
    public var minPartitionCount: Int

    /// Whether and where Kafka's clients are served; the commands `up`, `demo` and `broker` do it, a program that opens a binder does not.
    public var listen: KafkaListener
    /// Where clients are told to connect; nil for the address that is listened on.
    public var advertise: AdvertisedAddress?
    /// How often old segments are looked for and topics are compacted.
    public var maintenanceInterval: Duration
    /// What topics follow that set nothing themselves, beside the above.
    public var topicDefaults: TopicDefaults

    /// Creates settings with the documented defaults: Kafka's, but `flush: always`.
    public init(
        flush: Flush = .always, flushInterval: Duration = .seconds(1), segmentBytes: Int = 1 << 30,
        segmentAge: Duration = .seconds(7 * 24 * 3600), retentionBytes: Int? = nil,
        retentionAge: Duration? = .seconds(7 * 24 * 3600), autoCreateTopics: Bool = true, minPartitionCount: Int = 1,
        listen: KafkaListener = .usual, advertise: AdvertisedAddress? = nil,
        maintenanceInterval: Duration = .seconds(30), topicDefaults: TopicDefaults = TopicDefaults()
    ) {
        self.flush = flush
        self.flushInterval = flushInterval
        self.segmentBytes = segmentBytes
        self.segmentAge = segmentAge
        self.retentionBytes = retentionBytes
        self.retentionAge = retentionAge
        self.autoCreateTopics = autoCreateTopics
        self.minPartitionCount = minPartitionCount
        self.listen = listen
        self.advertise = advertise
        self.maintenanceInterval = maintenanceInterval
        self.topicDefaults = topicDefaults
    }
}
