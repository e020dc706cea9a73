/// The keys of Spring Cloud Stream's Kafka binder. Those that exist here apply to the embedded log; those that say how to
/// reach a cluster are passed over with a warning; the others are refused.
enum KafkaKeys {
    private static let noCluster =
        "the Kafka binder is not in this version; topics are kept in the embedded log"
    private static let notRead = "Spring Cloud Stream does not read it either"

    /// `stream.kafka.binder.*`
    private static let binder: [ConfigKey] =
        ConfigKey.withoutEffect(
            [
                "brokers", "default-broker-port", "configuration", "consumer-properties", "producer-properties",
                "replication-factor", "required-acks", "health-timeout",
                "consider-down-when-any-partition-has-no-leader", "authorization-exception-retry-interval", "jaas",
            ], noCluster)
        + ConfigKey.withoutEffect(["zk-nodes"], notRead)
        + ConfigKey.planned(
            ["auto-alter-topics", "auto-add-partitions"], "an existing topic is left as it is")
        + [
            .planned("headers", "all headers travel"),
            .planned("enable-observation", "stage metrics are always on"),
            .planned("transaction", "outputs and positions always commit together in the embedded log"),
            .planned("metrics", "stage metrics are always on"),
        ]

    /// `stream.kafka.bindings.<binding>.consumer.*`
    private static let consumer: [ConfigKey] =
        [
            .planned("auto-rebalance-enabled", "the members of a group share its partitions by themselves"),
            .planned("ack-mode", "a position commits once all that was derived from the record is durable"),
            .planned("reset-offsets", "take a new group to read from the start again"),
            .planned("dlq-partitions", "the dead-letter topic has its source's partitions"),
            .planned("dlq-producer-properties", "set the dead-letter topic's codec on an output of its own"),
            .planned("standard-headers", "offset, partition and timestamp come with every record"),
            .planned("idle-event-interval", "watch the lag instead"),
            .planned("destination-is-pattern", "list the destinations, separated by commas"),
            .planned("configuration", "set the embedded log's keys"),
            .planned("topic", "set partition-count and stream.embedded.binder.*"),
            .planned("poll-timeout", "a stage runs when records arrive"),
            .planned("tx-commit-recovered", "outputs and positions always commit together"),
        ]
        + ConfigKey.withoutEffect(["ack-each-record", "auto-commit-offset"], notRead)

    /// `stream.kafka.bindings.<binding>.producer.*`
    private static let producer: [ConfigKey] =
        [
            ConfigKey(
                "compression", .anything, "The same as compression-type.",
                status: .alias(
                    of: ProducerSettings.compressionType.key.name,
                    note: "Spring Cloud Stream does not read it; its key is compression-type")),
            .planned("buffer-size", "a stage's output is one batch"),
            .planned("sync", "every send waits until it is durable"),
            .planned("send-timeout-expression", "a send waits until it is durable"),
            .planned("batch-timeout", "a stage's output is one batch"),
            .planned("message-key-expression", "set partition-key-expression"),
            .planned("header-patterns", "all headers travel"),
            .planned("configuration", "set the embedded log's keys"),
            .planned("topic", "set partition-count and stream.embedded.binder.*"),
            .planned("use-topic-header", "use a stage with 'use: route'"),
            .planned("record-metadata-channel", "a send returns once it is durable"),
            .planned("close-timeout", "outputs are flushed before they close"),
            .planned("allow-non-transactional", "outputs and positions always commit together"),
        ]

    /// In Spring a key of the binding's own consumer that is often written here.
    private static let misplaced = ConfigKey(
        ConsumerSettings.defaultRetryable.key.name, .anything, "The same as in the binding's consumer.",
        status: .alias(
            of: ConsumerSettings.defaultRetryable.key.name,
            note: "Spring Cloud Stream does not read it here; it belongs to stream.bindings.<name>.consumer"))

    static let mounts: [ConfigMount] = [
        ConfigMount(
            "stream.kafka.binder", .embedded,
            [EmbeddedSettings.autoCreateTopics.key, EmbeddedSettings.minPartitionCount.key] + binder,
            title: "Spring's Kafka binder"),
        ConfigMount(
            "stream.kafka.bindings.<binding>.consumer", .embeddedConsumer,
            ConsumerSettings.embeddedFields.map(\.key) + consumer, title: "A binding's Kafka consumer"),
        ConfigMount("stream.kafka.bindings.<binding>.consumer", .consumer, [misplaced]),
        ConfigMount(
            "stream.kafka.bindings.<binding>.producer", .embeddedProducer,
            [ProducerSettings.compressionType.key] + producer, title: "A binding's Kafka producer"),
        ConfigMount(
            "stream.kafka.default.consumer", .embeddedConsumerDefault,
            ConsumerSettings.embeddedFields.map(\.key) + consumer),
        ConfigMount("stream.kafka.default.consumer", .consumerDefault, [misplaced]),
        ConfigMount(
            "stream.kafka.default.producer", .embeddedProducerDefault,
            [ProducerSettings.compressionType.key] + producer),
        ConfigMount(
            "stream.kafka", .foreign,
            ConfigKey.withoutEffect(["streams.binder.serde-error"], notRead)
                + [.planned("streams", "use stages with 'use: aggregate', or Swift stages")],
            title: "Spring's Kafka Streams binder"),
    ]
}
