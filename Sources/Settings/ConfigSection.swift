/// A group of keys that are bound together: the canonical path its keys stand under, with `<...>` for a name.
package struct ConfigSection: Hashable, Sendable {
    /// The path, such as `stream.bindings.<binding>.consumer`.
    package let path: String

    private init(_ path: String) { self.path = path }

    /// The agent.
    package static let agent = ConfigSection("agent")
    /// One input of the agent.
    package static let input = ConfigSection("agent.inputs.<input>")
    /// All that is said once for all bindings.
    package static let stream = ConfigSection("stream")
    /// One binding.
    package static let binding = ConfigSection("stream.bindings.<binding>")
    /// How one binding consumes.
    package static let consumer = ConfigSection("stream.bindings.<binding>.consumer")
    /// How one binding produces.
    package static let producer = ConfigSection("stream.bindings.<binding>.producer")
    /// What every binding begins with.
    package static let bindingDefault = ConfigSection("stream.default")
    /// What every binding's consumer begins with.
    package static let consumerDefault = ConfigSection("stream.default.consumer")
    /// What every binding's producer begins with.
    package static let producerDefault = ConfigSection("stream.default.producer")
    /// The embedded log.
    package static let embedded = ConfigSection("stream.embedded.binder")
    /// What only the embedded log's consumers have.
    package static let embeddedConsumer = ConfigSection("stream.embedded.bindings.<binding>.consumer")
    /// What only the embedded log's producers have.
    package static let embeddedProducer = ConfigSection("stream.embedded.bindings.<binding>.producer")
    /// What every binding's embedded consumer begins with.
    package static let embeddedConsumerDefault = ConfigSection("stream.embedded.default.consumer")
    /// What every binding's embedded producer begins with.
    package static let embeddedProducerDefault = ConfigSection("stream.embedded.default.producer")
    /// One stage without code.
    package static let stage = ConfigSection("stream.stages.<stage>")
    /// Whether a document of a file counts.
    package static let document = ConfigSection("config.activate")
    /// Keys of brokers that are not in this version; nothing is bound from them.
    package static let foreign = ConfigSection("stream.kafka")
}

/// Keys at one place of the tree. A section may be mounted at several places: Spring's names for it among them.
package struct ConfigMount: Sendable {
    /// Where the keys stand, with `<...>` for a name.
    package let path: String
    /// What they are bound to.
    package let section: ConfigSection
    /// The keys.
    package let keys: [ConfigKey]
    /// The heading in the key reference; nil for another name of keys that are described elsewhere.
    package let title: String?

    init(_ path: String, _ section: ConfigSection, _ keys: [ConfigKey], title: String? = nil) {
        self.path = path
        self.section = section
        self.keys = keys
        self.title = title
    }

    /// Keys at their section's own place.
    init(_ section: ConfigSection, _ keys: [ConfigKey], title: String? = nil) {
        self.init(section.path, section, keys, title: title)
    }
}
