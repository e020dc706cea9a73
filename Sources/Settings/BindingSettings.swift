/// One binding: a named channel joined to a topic.
public struct BindingSettings: Sendable, Equatable {
    /// The canonical name, such as `parse-in-0`.
    public var name: String
    /// The topics: one for an output, one or more for an input.
    public var destinations: [String]
    /// The consumer group; nil makes an anonymous one, which keeps no positions.
    public var group: String?
    /// The payload's media type.
    public var contentType: String
    /// The binder's name; nil for the default one.
    public var binder: String?
    /// How an input consumes.
    public var consumer: ConsumerSettings
    /// How an output produces.
    public var producer: ProducerSettings
    /// Where the binding is declared; nil where it follows from a stage's name alone.
    public var location: SourceLocation?

    /// Creates a binding with the documented defaults.
    public init(
        name: String, destinations: [String], group: String? = nil, contentType: String = "application/json",
        binder: String? = nil, consumer: ConsumerSettings = ConsumerSettings(),
        producer: ProducerSettings = ProducerSettings(), location: SourceLocation? = nil
    ) {
        self.name = name
        self.destinations = destinations
        self.group = group
        self.contentType = contentType
        self.binder = binder
        self.consumer = consumer
        self.producer = producer
        self.location = location
    }
}

/// How an input binding consumes (`consumer.*`, and the embedded binder's `consumer.*`).
public struct ConsumerSettings: Sendable, Equatable {
    /// Where a group without a committed position starts.
    public enum StartOffset: String, Sendable, CaseIterable {
        /// At the oldest record kept.
        case earliest
        /// At the end, with what is written from now on.
        case latest
    }

    /// Whether the binding starts with the application.
    public var autoStartup: Bool
    /// Workers that share the group's partitions, 1 or more.
    public var concurrency: Int
    /// Whether the input relies on partitions; it then needs a group.
    public var partitioned: Bool
    /// How often a failing record is tried in all, 1 or more.
    public var maxAttempts: Int
    /// The pause before the second attempt.
    public var backOffInitialInterval: Duration
    /// The longest pause between attempts.
    public var backOffMaxInterval: Duration
    /// What each pause is multiplied by to give the next, 1 or more.
    public var backOffMultiplier: Double
    /// Whether errors not named in `retryableExceptions` are retried.
    public var defaultRetryable: Bool
    /// Error type or code name -> whether it is retried.
    public var retryableExceptions: [String: Bool]
    /// Whether the stage takes whole batches.
    public var batchMode: Bool
    /// Where a group without a position starts; nil is earliest for a group and latest for an anonymous one.
    public var startOffset: StartOffset?
    /// Whether a record that failed for good goes to the dead-letter topic; otherwise it is logged and passed over.
    public var enableDlq: Bool
    /// The dead-letter topic; nil is `error.<destination>.<group>`.
    public var dlqName: String?

    /// Creates consumer settings with the documented defaults. Spring's `enable-dlq` is false by default; ours is true, since nothing is to be lost in silence.
    public init(
        autoStartup: Bool = true, concurrency: Int = 1, maxAttempts: Int = 3,
        backOffInitialInterval: Duration = .seconds(1), backOffMaxInterval: Duration = .seconds(10),
        backOffMultiplier: Double = 2, defaultRetryable: Bool = true, retryableExceptions: [String: Bool] = [:],
        batchMode: Bool = false, startOffset: StartOffset? = nil, enableDlq: Bool = true, dlqName: String? = nil,
        partitioned: Bool = false
    ) {
        self.autoStartup = autoStartup
        self.concurrency = concurrency
        self.partitioned = partitioned
        self.maxAttempts = maxAttempts
        self.backOffInitialInterval = backOffInitialInterval
        self.backOffMaxInterval = backOffMaxInterval
        self.backOffMultiplier = backOffMultiplier
        self.defaultRetryable = defaultRetryable
        self.retryableExceptions = retryableExceptions
        self.batchMode = batchMode
        self.startOffset = startOffset
        self.enableDlq = enableDlq
        self.dlqName = dlqName
    }
}

/// How an output binding produces (`producer.*`, and the embedded binder's `producer.*`).
public struct ProducerSettings: Sendable, Equatable {
    /// Whether the binding starts with the application.
    public var autoStartup: Bool
    /// The expression whose value chooses the partition; nil spreads batches over all partitions.
    public var partitionKeyExpression: SourceText?
    /// The partitions the topic is made with, 1 or more; an existing topic's greater count wins.
    public var partitionCount: Int
    /// The codec's name of the batches: none, gzip, snappy, lz4 or zstd.
    public var compressionType: String
    /// The codec's level; nil is its fast default.
    public var compressionLevel: Int?

    /// Creates producer settings with the documented defaults.
    public init(
        autoStartup: Bool = true, partitionKeyExpression: SourceText? = nil, partitionCount: Int = 1,
        compressionType: String = "none", compressionLevel: Int? = nil
    ) {
        self.autoStartup = autoStartup
        self.partitionKeyExpression = partitionKeyExpression
        self.partitionCount = partitionCount
        self.compressionType = compressionType
        self.compressionLevel = compressionLevel
    }
}
