extension ServerProperties {
    /// The keys that take effect. Where several say the same thing, the later one here is the stronger, wherever they stand in the file.
    package static let fields: [ConfigField<ServerProperties>] = serving + storing + compacting + coordinating

    private static let serving: [ConfigField<ServerProperties>] = [
        .integer(
            "broker.id", \.settings.nodeId, 0...Int(Int32.max), default: "1",
            "The broker's number, which clients are told."),
        .integer("node.id", \.settings.nodeId, 0...Int(Int32.max), default: "1", "The same, and stronger."),
        ConfigField(listenersKey) { value, _, root throws(Diagnostic) in
            root.listeners = try listenersKey.single(value)
        },
        ConfigField(advertisedListenersKey) { value, _, root throws(Diagnostic) in
            root.advertisedListeners = try advertisedListenersKey.single(value)
        },
        protocolMap,
        .texts(
            "controller.listener.names", "Listeners of a controller, which are passed over: there is no controller."
        ) { $1.controllerListeners = Set($0.map { $0.uppercased() }) },
        .integer(
            "socket.request.max.bytes", \.settings.requestBytesMax, 1024...Int(Int32.max), default: "104857600",
            "A longer request closes its connection."),
        .integer(
            "queued.max.request.bytes", \.settings.requestMemoryMax, 1 << 20...Int(Int32.max) << 10,
            default: "268435456", "The memory of all requests together; who needs more waits."),
        .integer(
            "fetch.max.bytes", \.settings.fetchBytesMax, 1024...Int(Int32.max), default: "57671680",
            "The records in one answer to a fetch, whatever it asks for."),
        .integer(
            "max.connections", \.settings.connectionsMax, 1...Int(Int32.max), default: "10000",
            "More connections are closed at once."),
        .time(
            "connections.max.idle.ms", .milliseconds, \.settings.connectionIdleMax, 1...ages, default: "600000",
            "A connection on which nothing happens for so long is closed."),
    ]

    private static let storing: [ConfigField<ServerProperties>] = [
        directory("log.dir", "The folder of the log."),
        directory("log.dirs", "The same, and stronger. There is one: partitions are not spread over several disks."),
        .integer(
            "num.partitions", \.settings.embedded.minPartitionCount, 1...10_000,
            "The partitions of a topic that is made without saying how many."),
        .boolean(
            "auto.create.topics.enable", \.settings.embedded.autoCreateTopics,
            "Whether a missing topic is made on first use."),
        .limit(
            "log.retention.bytes", \.settings.embedded.retentionBytes, 0...Int.max,
            "The oldest segments of a partition are deleted above this size; -1 keeps all."),
        .time(
            "log.retention.hours", .hours, \.settings.embedded.retentionAge, -1...ages / 3_600_000, default: "168",
            "Segments are deleted at this age; -1 keeps all."),
        .time(
            "log.retention.minutes", .minutes, \.settings.embedded.retentionAge, -1...ages / 60_000,
            "The same, and stronger than hours."),
        .time(
            "log.retention.ms", .milliseconds, \.settings.embedded.retentionAge, -1...ages,
            "The same, and stronger than hours and minutes."),
        .integer(
            "log.segment.bytes", \.settings.embedded.segmentBytes, 1024...Int(Int32.max),
            "A segment is closed at this size."),
        .time(
            "log.roll.hours", .hours, \.settings.embedded.segmentAge, 1...ages / 3_600_000, default: "168",
            "A segment is closed at this age."),
        .time(
            "log.roll.ms", .milliseconds, \.settings.embedded.segmentAge, 1...ages, "The same, and stronger."),
        .time(
            "log.retention.check.interval.ms", .milliseconds, \.settings.embedded.maintenanceInterval, 10...86_400_000,
            default: "30000", "How often old segments are looked for and topics are compacted."),
        .integer(
            "log.index.interval.bytes", \.settings.embedded.topicDefaults.indexIntervalBytes, 0...Int(Int32.max),
            "One index entry per this many bytes of batches."),
        .integer(
            "message.max.bytes", \.settings.embedded.topicDefaults.maxMessageBytes, 0...256 << 20,
            "The largest batch, as it is on the wire, compressed."),
        .choice(
            "log.message.timestamp.type", \.settings.embedded.topicDefaults.timestampType,
            "Whose clock the timestamps of records are: the producer's, or the log's at the append."),
        flushInterval, flushMessages,
        .only(
            "compression.type", "producer", "Batches are kept as producers compressed them.",
            otherwise: "batches are kept as they come: let producers choose the codec"),
        .only(
            "delete.topic.enable", "true", "Topics can be deleted.",
            otherwise: "that cannot be turned off yet"),
        .only(
            "security.inter.broker.protocol", "PLAINTEXT", "There are no other brokers.",
            otherwise: "there are no other brokers, and TLS and SASL are not implemented yet"),
    ]

    private static let compacting: [ConfigField<ServerProperties>] = [
        cleanupPolicy,
        .only(
            "log.cleaner.enable", "true", "Topics whose policy is `compact` are compacted.",
            otherwise: "topics whose policy is compact are always compacted"),
        .time(
            "log.cleaner.delete.retention.ms", .milliseconds, \.settings.embedded.topicDefaults.deleteRetention,
            0...ages,
            default: "86400000", "How long a tombstone can be read in a compacted topic."),
        .time(
            "log.cleaner.min.compaction.lag.ms", .milliseconds, \.settings.embedded.topicDefaults.minCompactionLag,
            0...ages, default: "0", "Younger records are not compacted."),
        .number(
            "log.cleaner.max.compaction.lag.ms", 1...Int.max, default: "\(Int.max)",
            "When a record is compacted at the latest, as far as appends close segments."
        ) { lag, root in
            root.settings.embedded.topicDefaults.maxCompactionLag = lag > ages ? nil : .milliseconds(lag)
        },
        .number(
            "log.cleaner.min.cleanable.ratio", \.settings.embedded.topicDefaults.minCleanableDirtyRatio, 0...1,
            "Which part of the closed segments has to be new before they are compacted."),
    ]

    private static let coordinating: [ConfigField<ServerProperties>] = [
        .time(
            "group.initial.rebalance.delay.ms", .milliseconds, \.settings.groupInitialRebalanceDelay, 0...3_600_000,
            default: "300",
            "How long the first join of an empty group is held back, so that members started together share it."),
        .time(
            "group.min.session.timeout.ms", .milliseconds, \.settings.sessionTimeoutMin, 1...Int(Int32.max),
            default: "6000", "The shortest session timeout that a member may ask for."),
        .time(
            "group.max.session.timeout.ms", .milliseconds, \.settings.sessionTimeoutMax, 1...Int(Int32.max),
            default: "1800000", "The longest."),
        .integer(
            "group.max.size", \.settings.groupMembersMax, 1...Int(Int32.max), default: "1000",
            "The members of one group."),
        .time(
            "offsets.retention.minutes", .minutes, \.settings.offsetsRetention, 1...ages / 60_000, default: "10080",
            "How long positions outlive the last member of their group, or their last commit where it has none."),
        .time(
            "transaction.max.timeout.ms", .milliseconds, \.settings.transactionTimeoutMax, 1...Int(Int32.max) - 1,
            default: "900000", "The longest a transaction may be asked to last."),
        .time(
            "transactional.id.expiration.ms", .milliseconds, \.settings.transactionalIdExpiration, 1...Int(Int32.max),
            default: "604800000", "A transactional id that was not used for so long is forgotten."),
    ]

    private static let cleanupPolicy: ConfigField<ServerProperties> = {
        let key = ConfigKey(
            "log.cleanup.policy", .list(.choice(["delete", "compact"])), default: "delete",
            "What happens to old data: whole segments go by age and size, or the latest record of each key stays, or both."
        )
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            var words: Set<String> = []
            for element in try key.elements(value) {
                guard let word = ConfigType.parseChoice(element.text, of: ["delete", "compact"]) else {
                    throw key.refusal(of: element)
                }
                words.insert(word)
            }
            root.settings.embedded.topicDefaults.cleanupPolicy =
                words.count == 2 ? .compactAndDelete : words.contains("compact") ? .compact : .delete
        }
    }()

    /// Ten years, in milliseconds.
    private static let ages = 3650 * 86_400_000

    private static let protocolMap: ConfigField<ServerProperties> = {
        let key = ConfigKey(
            "listener.security.protocol.map", .list(.text), default: "PLAINTEXT:PLAINTEXT,...",
            "The protocols of listeners that are not named after theirs, each NAME:PROTOCOL.")
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            for element in try key.elements(value) {
                guard let match = element.text.wholeMatch(of: /([A-Za-z0-9_.-]+):([A-Za-z_]+)/) else {
                    throw Diagnostic(
                        .error, "'\(key.name)' has '\(element.text)'; it must be NAME:PROTOCOL", at: element.location)
                }
                root.protocols[match.1.uppercased()] = match.2.uppercased()
            }
        }
    }()

    private static func directory(_ name: String, _ documentation: String) -> ConfigField<ServerProperties> {
        let key = ConfigKey(name, .text, default: "data", documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            let folders = try key.elements(value)
            guard let folder = folders.first, folders.count == 1 else {
                throw Diagnostic(
                    .error, "'\(name)' has \(folders.count) folders; there is one: the log is not spread over several",
                    at: value.location)
            }
            guard !folder.text.isEmpty else {
                throw Diagnostic(.error, "'\(name)' names no folder", at: value.location)
            }
            root.settings.dataDirectory = folder.text
        }
    }

    /// Kafka's default is to leave it to the kernel, ours to acknowledge nothing that is not on disk; what a file asks for explicitly is done.
    private static let flushInterval = ConfigField<ServerProperties>.time(
        "log.flush.interval.ms", .milliseconds, 1...3_600_000,
        "Appends are acknowledged at once, and synced after at most this long, as in Kafka. Without it each is on disk before it is"
            + " acknowledged (`flush: always`)."
    ) { interval, root in
        root.settings.embedded.flush = .interval
        root.settings.embedded.flushInterval = interval
    }

    private static let flushMessages: ConfigField<ServerProperties> = {
        let key = ConfigKey(
            "log.flush.interval.messages", .integer(1...Int.max),
            "1: each append is on disk before it is acknowledged, whatever log.flush.interval.ms says. More: nothing is counted, since"
                + " without log.flush.interval.ms each append is synced as well.")
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            let count = try key.parse(value) { ConfigType.parseInteger($0, in: 1...Int.max) }
            if count == 1 { root.settings.embedded.flush = .always }
        }
    }()
}

/// The unit that a key's name says its value is in.
package enum PropertyUnit: Int {
    case milliseconds = 1
    case seconds = 1000
    case minutes = 60_000
    case hours = 3_600_000

    fileprivate func duration(_ count: Int) -> Duration { .milliseconds(count * rawValue) }
}

// The kinds of fields that `ConfigField` has not: Kafka's times have their unit in the key, and -1 is none.
extension ConfigField<ServerProperties> {
    /// A time; in the range -1, if it is there, stands for none. Where it does, 0 would empty every topic: Kafka refuses it too.
    static func time(
        _ name: String, _ unit: PropertyUnit, _ path: SettingPath<ServerProperties, Duration?>,
        _ range: ClosedRange<Int>, default text: String? = nil, _ documentation: String
    ) -> ConfigField {
        let times = max(range.lowerBound, 1)...range.upperBound
        let type = range.lowerBound < 0 ? ConfigType.limit(times) : .integer(range)
        let key = ConfigKey(name, type, default: text, documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            let count = try key.parse(value) { text in
                ConfigType.parseInteger(text, in: range).flatMap { $0 == 0 && range.lowerBound < 0 ? nil : $0 }
            }
            root[keyPath: path] = count < 0 ? nil : unit.duration(count)
        }
    }

    /// A time.
    static func time(
        _ name: String, _ unit: PropertyUnit, _ path: SettingPath<ServerProperties, Duration>,
        _ range: ClosedRange<Int>, default text: String? = nil, _ documentation: String
    ) -> ConfigField {
        time(name, unit, range, default: text, documentation) { time, root in root[keyPath: path] = time }
    }

    /// A time, stored by a closure.
    static func time(
        _ name: String, _ unit: PropertyUnit, _ range: ClosedRange<Int>, default text: String? = nil,
        _ documentation: String, _ store: @escaping @Sendable (Duration, inout ServerProperties) -> Void
    ) -> ConfigField {
        number(name, range, default: text, documentation) { count, root in store(unit.duration(count), &root) }
    }

    /// A whole number, where -1 stands for none.
    static func limit(
        _ name: String, _ path: SettingPath<ServerProperties, Int?>, _ range: ClosedRange<Int>, _ documentation: String
    ) -> ConfigField {
        number(name, -1...range.upperBound, default: "-1", documentation) { count, root in
            root[keyPath: path] = count < 0 ? nil : count
        }
    }

    /// A whole number, stored by a closure.
    static func number(
        _ name: String, _ range: ClosedRange<Int>, default text: String?, _ documentation: String,
        _ store: @escaping @Sendable (Int, inout ServerProperties) -> Void
    ) -> ConfigField {
        let key = ConfigKey(name, .integer(range), default: text, documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            store(try key.parse(value) { ConfigType.parseInteger($0, in: range) }, &root)
        }
    }

    /// A list, stored by a closure.
    static func texts(
        _ name: String, _ documentation: String,
        _ store: @escaping @Sendable ([String], inout ServerProperties) -> Void
    ) -> ConfigField {
        let key = ConfigKey(name, .list(.text), documentation)
        return ConfigField(key) { value, _, root throws(Diagnostic) in
            store(try key.elements(value).map(\.text), &root)
        }
    }

    /// The one value that says what is the case anyway.
    static func only(_ name: String, _ word: String, _ documentation: String, otherwise: String) -> ConfigField {
        let key = ConfigKey(name, .choice([word]), default: word, documentation)
        return ConfigField(key) { value, _, _ throws(Diagnostic) in
            let text = try key.single(value)
            guard text.text.lowercased() == word.lowercased() else {
                throw Diagnostic(
                    .error, "'\(name)' is '\(text.text)'; it must be \(word): \(otherwise)", at: text.location)
            }
        }
    }
}
