extension BindingSettings: DefaultedSettings {
    package static let defaults = BindingSettings(name: "", destinations: [])

    /// The topics of a binding.
    package static let destinationField = ConfigField<BindingSettings>(
        ConfigKey(
            "destination", .list(.topic), default: "the binding's name",
            "The topic. An input may have several, separated by commas.")
    ) { value, _, root throws(Diagnostic) in
        root.destinations = try destinationKey.elements(value).map { text throws(Diagnostic) in
            guard let name = ConfigType.parseTopic(text.text) else { throw destinationKey.refusal(of: text) }
            return name
        }
    }

    private static var destinationKey: ConfigKey { destinationField.key }

    /// The keys below `stream.bindings.<binding>` and `stream.default`.
    package static let fields: [ConfigField<BindingSettings>] = [
        destinationField,
        .text(
            "group", \.group, default: "an anonymous group",
            "The consumer group: its members share the partitions, and its positions are kept."),
        .text("content-type", \.contentType, "The media type of the payload."),
        binderField,
    ]

    /// The binder of one binding.
    package static let binderField = ConfigField<BindingSettings>.text(
        "binder", \.binder, default: "stream.default-binder", "The binder; this version has `embedded`.")

    /// Known keys of a binding that this version refuses.
    package static let plannedKeys = [
        ConfigKey.planned(
            "error-handler-definition", "set consumer.max-attempts and enable-dlq to say what becomes of bad records")
    ]
}

extension ConsumerSettings: DefaultedSettings {
    package static let defaults = ConsumerSettings()

    /// How long a pause between attempts may be.
    private static let pauses: ClosedRange<Duration> = .zero ... .seconds(86_400)

    /// Whether errors are retried unless named.
    package static let defaultRetryable = ConfigField<ConsumerSettings>.boolean(
        "default-retryable", \.defaultRetryable, "Whether errors that retryable-exceptions does not name are retried.")

    /// Whether partitions are shared out by group.
    package static let partitionedField = ConfigField<ConsumerSettings>.boolean(
        "partitioned", \.partitioned, "Whether the input relies on partitions; it then needs a group.")

    /// The keys below `stream.bindings.<binding>.consumer` and `stream.default.consumer`.
    package static let fields: [ConfigField<ConsumerSettings>] = [
        .boolean("auto-startup", \.autoStartup, "Whether the binding starts with the application."),
        .integer("concurrency", \.concurrency, 1...1024, "Workers that share the group's partitions."),
        partitionedField,
        .integer("max-attempts", \.maxAttempts, 1...1_000_000, "How often a failing record is tried in all."),
        .duration(
            "back-off-initial-interval", \.backOffInitialInterval, pauses, "The pause before the second attempt."),
        .duration("back-off-max-interval", \.backOffMaxInterval, pauses, "The longest pause between attempts."),
        .number("back-off-multiplier", \.backOffMultiplier, 1...1000, "What each pause is multiplied by for the next."),
        defaultRetryable,
        retryableExceptions,
        .boolean("batch-mode", \.batchMode, "Whether the stage takes whole batches."),
    ]

    private static let retryableExceptions = ConfigField<ConsumerSettings>(
        ConfigKey(
            "retryable-exceptions.<error*>", .boolean, default: "{}",
            "Whether the error of this type or code name is retried.")
    ) { value, captures, root throws(Diagnostic) in
        guard let name = captures.first else { return }
        root.retryableExceptions[name] = try retryableExceptionsKey.parse(value, ConfigType.parseBoolean)
    }

    private static var retryableExceptionsKey: ConfigKey { retryableExceptions.key }

    /// Known consumer keys that this version refuses.
    package static let plannedKeys =
        ConfigKey.planned(
            ["instance-count", "instance-index", "instance-index-list"],
            "the members of a group share its partitions by themselves; set consumer.concurrency")
        + [
            .planned("retry-template-name", "set max-attempts and the back-off keys"),
            .planned("header-mode", "headers always travel as record headers"),
            .planned("use-native-decoding", "a stage gets the record's bytes as they are"),
            .planned("multiplex", "a comma list of destinations is read by one binding without it"),
        ]

    /// Where a group without a position starts.
    package static let startOffset = ConfigField<ConsumerSettings>.choice(
        "start-offset", \.startOffset, default: "earliest; latest for an anonymous group",
        "Where a group without a committed position starts.")

    /// Whether bad records are kept.
    package static let enableDlq = ConfigField<ConsumerSettings>(
        ConfigKey(
            "enable-dlq", .boolean, default: "true; false for an anonymous group",
            "Whether a record that failed for good goes to the dead-letter topic.")
    ) { value, _, root throws(Diagnostic) in
        root.enableDlq = try enableDlqKey.parse(value, ConfigType.parseBoolean)
    }

    private static var enableDlqKey: ConfigKey { enableDlq.key }

    /// The keys below `stream.embedded.bindings.<binding>.consumer` and `stream.embedded.default.consumer`.
    package static let embeddedFields: [ConfigField<ConsumerSettings>] = [
        startOffset, enableDlq,
        .topic("dlq-name", \.dlqName, default: "error.<destination>.<group>", "The dead-letter topic."),
    ]
}

extension ProducerSettings: DefaultedSettings {
    package static let defaults = ProducerSettings()

    /// The keys below `stream.bindings.<binding>.producer` and `stream.default.producer`.
    package static let fields: [ConfigField<ProducerSettings>] = [
        .boolean("auto-startup", \.autoStartup, "Whether the binding starts with the application."),
        .expression(
            "partition-key-expression", \.partitionKeyExpression,
            "The value whose Java hash chooses the partition; without it batches are spread over all partitions."),
        .integer(
            "partition-count", \.partitionCount, 1...10_000,
            "The partitions the topic is made with; a greater count of an existing topic wins."),
    ]

    /// Known producer keys that this version refuses.
    package static let plannedKeys: [ConfigKey] =
        ConfigKey.planned(
            ["partition-key-extractor-name", "partition-selector-name", "partition-selector-expression"],
            "set partition-key-expression")
        + [
            .planned("required-groups", "positions of a group are kept from its first start"),
            .planned("header-mode", "headers always travel as record headers"),
            .planned("use-native-encoding", "a stage writes the record's bytes as they are"),
            .planned("error-channel-enabled", "a failed send is retried, then stops the stage with its reason"),
            .planned("poller", "a stage runs when records arrive"),
            .planned("dynamic-partition-updates-enabled", "restart after adding partitions"),
        ]

    /// The codec of the batches.
    package static let compressionType = ConfigField<ProducerSettings>.choice(
        "compression-type", \.compressionType, of: ["none", "gzip", "snappy", "lz4", "zstd"],
        "The codec of the batches.")

    /// The keys below `stream.embedded.bindings.<binding>.producer` and `stream.embedded.default.producer`.
    package static let embeddedFields: [ConfigField<ProducerSettings>] = [compressionType, compressionLevel]

    /// The codec's level.
    package static let compressionLevel = ConfigField<ProducerSettings>.integer(
        "compression-level", \.compressionLevel, -7...22, default: "the codec's fast one",
        "The level: gzip 1 to 12, lz4 0 to 12, zstd -7 to 22.")
}
