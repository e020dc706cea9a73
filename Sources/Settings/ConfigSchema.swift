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
        ConfigMount(.agent, AgentSettings.fields.map(\.key), title: "The agent"),
        ConfigMount(.input, FileInputSettings.fields.map(\.key), title: "An input of the agent"),
        ConfigMount(.stream, StreamSettings.fields.map(\.key) + StreamSettings.plannedKeys, title: "All bindings"),
        ConfigMount(.binding, binding, title: "A binding"),
        ConfigMount(.consumer, consumer, title: "How a binding consumes"),
        ConfigMount(.producer, producer, title: "How a binding produces"),
        ConfigMount(.bindingDefault, binding),
        ConfigMount(.consumerDefault, consumer),
        ConfigMount(.producerDefault, producer),
        ConfigMount(.embedded, EmbeddedSettings.fields.map(\.key), title: "The embedded log"),
        ConfigMount(.embeddedConsumer, embeddedConsumer, title: "How a binding consumes from the embedded log"),
        ConfigMount(.embeddedProducer, embeddedProducer, title: "How a binding produces to the embedded log"),
        ConfigMount(.embeddedConsumerDefault, embeddedConsumer),
        ConfigMount(.embeddedProducerDefault, embeddedProducer),
        ConfigMount(.stage, StageDraft.fields.map(\.key), title: "A stage without code"),
        ConfigMount(.document, [SpringKeys.onProfile], title: "A document of a file"),
    ]

    private static let binding = BindingSettings.fields.map(\.key) + BindingSettings.plannedKeys
    private static let consumer = ConsumerSettings.fields.map(\.key) + ConsumerSettings.plannedKeys
    private static let producer = ProducerSettings.fields.map(\.key) + ProducerSettings.plannedKeys
    private static let embeddedConsumer = ConsumerSettings.embeddedFields.map(\.key)
    private static let embeddedProducer = ProducerSettings.embeddedFields.map(\.key)
}
