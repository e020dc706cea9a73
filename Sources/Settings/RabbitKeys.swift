/// The keys of Spring Cloud Stream's Rabbit binder: known, so that they are not called misspelt, and refused but for those
/// that say how to reach a server.
enum RabbitKeys {
    private static let noServer =
        "the Rabbit binder is not in this version; topics are kept in the embedded log"
    private static let noQueues =
        "the Rabbit binder is not in this version; in the embedded log a group is the queue"
    private static let deadLetters =
        "the Rabbit binder is not in this version; set stream.embedded.bindings.<name>.consumer.enable-dlq"

    private static let binder = ConfigKey.withoutEffect(
        ["admin-addresses", "nodes", "compression-level", "connection-name-prefix"], noServer)

    private static let common: [ConfigKey] =
        ConfigKey.planned(
            [
                "exchange-type", "declare-exchange", "exchange-durable", "exchange-auto-delete", "delayed-exchange",
                "queue-name-group-only", "bind-queue", "binding-routing-key", "binding-routing-key-delimiter", "ttl",
                "expires", "max-length", "max-length-bytes", "max-priority", "overflow-behavior", "lazy",
                "single-active-consumer", "quorum", "queue-binding-arguments", "prefix",
            ], noQueues)
        + ConfigKey.planned(
            [
                "auto-bind-dlq", "dead-letter-queue-name", "dead-letter-exchange", "dead-letter-routing-key",
                "dead-letter-exchange-type", "declare-dlx", "dlq-ttl", "dlq-expires", "dlq-max-length",
                "dlq-max-length-bytes", "dlq-max-priority", "dlq-overflow-behavior", "dlq-lazy",
                "dlq-single-active-consumer", "dlq-quorum", "dlq-binding-arguments",
            ], deadLetters)

    private static let consumer: [ConfigKey] =
        common
        + ConfigKey.planned(
            [
                "transacted", "acknowledge-mode", "max-concurrency", "prefetch", "batch-size", "durable-subscription",
                "requeue-rejected", "header-patterns", "recovery-interval", "exclusive", "missing-queues-fatal",
                "enable-batching", "super-stream", "consumer-priority",
            ], noQueues)
        + [.planned("republish-to-dlq", deadLetters)]
        + ConfigKey.withoutEffect(
            ["republish-delivery-mode", "tx-size"], "Spring Cloud Stream does not read it either")

    private static let producer: [ConfigKey] =
        common
        + ConfigKey.planned(
            [
                "compress", "batching-enabled", "batch-size", "batch-buffer-limit", "batch-timeout", "transacted",
                "delivery-mode", "header-patterns", "delay-expression", "routing-key", "routing-key-expression",
                "confirm-ack-channel", "use-confirm-header", "alternate-exchange", "super-stream",
            ], noQueues)

    static let mounts: [ConfigMount] = [
        ConfigMount("stream.rabbit.binder", .foreign, binder, title: "Spring's Rabbit binder"),
        ConfigMount(
            "stream.rabbit.bindings.<binding>.consumer", .foreign, consumer, title: "A binding's Rabbit consumer"),
        ConfigMount(
            "stream.rabbit.bindings.<binding>.producer", .foreign, producer, title: "A binding's Rabbit producer"),
        ConfigMount("stream.rabbit.default.consumer", .foreign, consumer),
        ConfigMount("stream.rabbit.default.producer", .foreign, producer),
    ]
}
