import Settings

/// One config as it is now: of a topic, or of the broker.
package struct ConfigEntry: Sendable, Equatable {
    /// Where a value comes from.
    package enum Source: Sendable {
        /// The topic sets it.
        case topic
        /// It was changed for the broker while that ran.
        case broker
        /// The broker's settings say it.
        case settings
        /// Nobody does.
        case standard
    }

    /// What a value is.
    package enum ValueType: Sendable {
        case boolean
        case string
        case integer
        case long
        case double
        case list
    }

    /// A value that holds, or would hold without those before it.
    package struct Synonym: Sendable, Equatable {
        package var name: String
        package var value: String
        package var source: Source
    }

    package var name: String
    package var type: ValueType
    package var documentation: String
    /// Whether it can only be changed where the broker is started.
    package var isReadOnly: Bool
    /// The value that holds first, then those that would hold without it. Never empty.
    package var synonyms: [Synonym]

    package var value: String { synonyms[0].value }
    package var source: Source { synonyms[0].source }

    /// A config of the broker that the settings say.
    /// - Parameter standard: what it is where they do not.
    package init(
        broker name: String, _ type: ValueType, _ value: String, standard: String? = nil, _ documentation: String
    ) {
        self.name = name
        self.type = type
        self.documentation = documentation
        isReadOnly = true
        synonyms = Self.general(name, value, standard: standard ?? value)
    }

    /// A config of a topic.
    init(_ key: TopicConfigKey, of config: TopicConfig, inheriting broker: BrokerConfig) {
        name = key.name
        type = key.kind.valueType
        documentation = key.text
        isReadOnly = false
        var inherited = config
        inherited.forget(key)
        synonyms = Self.general(
            key.brokerName, inherited.value(of: key, inheriting: BrokerConfig(settings: broker.settings)),
            standard: inherited.value(of: key, inheriting: BrokerConfig(settings: EmbeddedSettings())))
        if broker.changed[key] != nil {
            let value = inherited.value(of: key, inheriting: broker)
            synonyms.insert(Synonym(name: key.brokerName, value: value, source: .broker), at: 0)
        }
        if let own = config[key] { synonyms.insert(Synonym(name: key.name, value: own, source: .topic), at: 0) }
    }

    /// A config of the broker that topics follow.
    init(_ key: TopicConfigKey, of broker: BrokerConfig) {
        self.init(
            broker: key.brokerName, key.kind.valueType, key.fallback(broker.settings),
            standard: key.fallback(EmbeddedSettings()), key.text)
        isReadOnly = false
        if let changed = broker.changed[key] {
            synonyms.insert(Synonym(name: name, value: changed, source: .broker), at: 0)
        }
    }

    private static func general(_ name: String, _ value: String, standard: String) -> [Synonym] {
        let standard = Synonym(name: name, value: standard, source: .standard)
        return value == standard.value ? [standard] : [Synonym(name: name, value: value, source: .settings), standard]
    }
}

extension TopicConfigKey {
    /// What it does, and why it does nothing where that is so.
    package var text: String { whyWithoutEffect.map { "\(documentation) Has no effect: \($0)." } ?? documentation }
}

extension TopicConfigKey.Kind {
    var valueType: ConfigEntry.ValueType {
        switch self {
        case .integer: .integer
        case .long: .long
        case .ratio: .double
        case .boolean: .boolean
        case .choice: .string
        case .list, .replicas: .list
        }
    }
}

extension Broker {
    /// All configs of a topic, by name.
    package func configs(of topic: Topic) -> [ConfigEntry] { configs(of: topic.description.config) }

    /// All configs that a topic would have which sets these.
    package func configs(of config: TopicConfig) -> [ConfigEntry] {
        let broker = registry.config
        return TopicConfigKey.all.map { ConfigEntry($0, of: config, inheriting: broker) }
    }

    /// What topics follow and how the log is kept, under Kafka's names, by name.
    package var configs: [ConfigEntry] {
        let usual = EmbeddedSettings()
        let config = registry.config
        let general = TopicConfigKey.all.filter { $0.brokerName != TopicConfigKey.remoteStorage }.map {
            ConfigEntry($0, of: config)
        }
        let own = [
            ConfigEntry(
                broker: "auto.create.topics.enable", .boolean, "\(settings.autoCreateTopics)",
                standard: "\(usual.autoCreateTopics)", "Whether a missing topic is made on first use."),
            ConfigEntry(
                broker: "num.partitions", .integer, "\(settings.minPartitionCount)",
                standard: "\(usual.minPartitionCount)", "The partitions of a topic for which no number is asked."),
            ConfigEntry(
                broker: "log.retention.check.interval.ms", .long, "\(settings.maintenanceInterval.milliseconds)",
                standard: "\(usual.maintenanceInterval.milliseconds)",
                "How often old segments are looked for and topics are compacted."),
            ConfigEntry(broker: "default.replication.factor", .integer, "1", "There is one broker."),
            ConfigEntry(broker: "delete.topic.enable", .boolean, "true", "Topics can be deleted."),
            ConfigEntry(broker: "log.dirs", .list, directory, standard: "data", "The data directory."),
            ConfigEntry(broker: "log.dir", .string, directory, standard: "data", "The data directory."),
        ]
        return (general + own).sorted { $0.name < $1.name }
    }
}
