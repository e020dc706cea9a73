/// Every key there is, and where it stands.
package enum ConfigSchema {
    /// All mounts, ours first.
    package static let mounts: [ConfigMount] = own + KafkaKeys.mounts + RabbitKeys.mounts + SpringKeys.mounts

    /// The path under which Spring Cloud Stream has what stands below `stream` here.
    package static let springRoot = ["spring", "cloud", "stream"]

    /// The path below which Sluice has the same keys.
    package static let streamRoot = ["stream"]

    /// Paths below which Spring has keys for others than us: what is unknown there is nobody's mistake.
    package static let openPaths: Set<[String]> = [
        ["spring"], ["spring", "cloud"], ["spring", "config"], ["spring", "cloud", "function"],
        ["spring", "integration"], ["spring", "integration", "poller"],
    ]

    /// Where bindings are declared.
    package static let bindings = "stream.bindings"
    /// Where bindings have the embedded log's keys.
    package static let embeddedBindings = "stream.embedded.bindings"
    /// Where a Spring file has what stands under `embeddedBindings` here.
    package static let kafkaBindings = "stream.kafka.bindings"
    /// Where stages are declared.
    package static let stages = "stream.stages"
    /// Where inputs are declared.
    package static let inputs = "agent.inputs"

    private static let own: [ConfigMount] = [
        ConfigMount("The agent", .agent, AgentSettings.fields.map(\.key)),
        ConfigMount("An input of the agent", .input, FileInputSettings.fields.map(\.key)),
        ConfigMount("All bindings", .stream, StreamSettings.fields.map(\.key) + StreamSettings.plannedKeys),
        ConfigMount("A binding", .binding, BindingSettings.fields.map(\.key) + BindingSettings.plannedKeys),
        ConfigMount(
            "How a binding consumes", .consumer, ConsumerSettings.fields.map(\.key) + ConsumerSettings.plannedKeys),
        ConfigMount(
            "How a binding produces", .producer, ProducerSettings.fields.map(\.key) + ProducerSettings.plannedKeys),
        ConfigMount(
            ConfigSection.bindingDefault.path, .bindingDefault,
            BindingSettings.fields.map(\.key) + BindingSettings.plannedKeys),
        ConfigMount(
            ConfigSection.consumerDefault.path, .consumerDefault,
            ConsumerSettings.fields.map(\.key) + ConsumerSettings.plannedKeys),
        ConfigMount(
            ConfigSection.producerDefault.path, .producerDefault,
            ProducerSettings.fields.map(\.key) + ProducerSettings.plannedKeys),
        ConfigMount("The embedded log", .embedded, EmbeddedSettings.fields.map(\.key)),
        ConfigMount(
            "How a binding consumes from the embedded log", .embeddedConsumer,
            ConsumerSettings.embeddedFields.map(\.key)),
        ConfigMount(
            "How a binding produces to the embedded log", .embeddedProducer,
            ProducerSettings.embeddedFields.map(\.key)),
        ConfigMount(
            ConfigSection.embeddedConsumerDefault.path, .embeddedConsumerDefault,
            ConsumerSettings.embeddedFields.map(\.key)),
        ConfigMount(
            ConfigSection.embeddedProducerDefault.path, .embeddedProducerDefault,
            ProducerSettings.embeddedFields.map(\.key)),
        ConfigMount("A stage without code", .stage, StageDraft.fields.map(\.key)),
        ConfigMount("A document of a file", .document, [SpringKeys.onProfile]),
    ]
}
