import ArgumentParser
import KafkaClient
import Records

/// `sluice topics`: the topics of a cluster.
struct TopicsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics", abstract: "Lists, makes, describes, changes and deletes topics.",
        subcommands: [TopicsList.self, TopicsCreate.self, TopicsDescribe.self, TopicsAlter.self, TopicsDelete.self])
}

/// `sluice topics list`.
struct TopicsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the topics with their partitions and replicas.")

    @Flag(help: "Also the cluster's own, whose names begin with two underscores.")
    var `internal` = false

    @OptionGroup var report: ReportOption
    @OptionGroup var cluster: ClusterOptions

    private struct Row: Encodable {
        let name: String
        let partitions: Int
        let replicationFactor: Int
    }

    func run() async throws {
        try await reportingFailures {
            let rows = try await cluster.run {
                try AdminClient(cluster.configuration()).cluster.metadata(timeout: cluster.reachTimeout).topics
                    .filter { self.internal || !$0.name.hasPrefix("__") }
                    .map { topic in
                        Row(
                            name: topic.name, partitions: topic.partitions.count,
                            replicationFactor: topic.partitions.map(\.replicas.count).max() ?? 0)
                    }
            }
            var table = TextTable(["topic", "partitions", "replicas"])
            for row in rows { table.add([row.name, "\(row.partitions)", "\(row.replicationFactor)"]) }
            try report.print(rows, as: [table])
        }
    }
}

/// `sluice topics create`.
struct TopicsCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "create", abstract: "Makes topics.")

    @Argument(help: "The names.")
    var names: [String]

    @Option(parsing: .unconditional, help: "How many partitions each gets. Default: the broker's.")
    var partitions: Int32?

    @Option(
        name: .customLong("replication-factor"), parsing: .unconditional,
        help: "On how many brokers each partition is. Default: the broker's; `sluice broker` has one.")
    var replicationFactor: Int32?

    @Option(
        name: .customLong("config"),
        help: ArgumentHelp(
            "A config of the topics, such as retention.ms=3600000; may be repeated.", valueName: "key=value"),
        transform: KeyValue.init(parsing:))
    var configs: [KeyValue] = []

    @Flag(name: .customLong("if-not-exists"), help: "A topic that is there already is left as it is.")
    var ifNotExists = false

    @OptionGroup var cluster: ClusterOptions

    func validate() throws {
        guard partitions ?? 1 > 0, replicationFactor ?? 1 > 0, replicationFactor ?? 1 <= Int16.max else {
            throw ValidationError("--partitions and --replication-factor are numbers above zero")
        }
        try KeyValue.checkOnce(configs, option: "--config")
    }

    func run() async throws {
        try await reportingFailures {
            let topics = names.map { name in
                NewTopic(
                    name: name, partitions: partitions, replicationFactor: replicationFactor,
                    configs: Dictionary(configs.map { ($0.key, $0.value) }) { $1 })
            }
            let results = try await cluster.administer {
                try $0.createTopics(topics, timeout: cluster.timeout.duration)
            }
            try cluster.tell(results.filter { !ifNotExists || $0.error?.code != .topicExists })
        }
    }
}

/// `sluice topics delete`.
struct TopicsDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Deletes topics, with every record in them.")

    @Argument(help: "The names.")
    var names: [String]

    @OptionGroup var cluster: ClusterOptions

    func run() async throws {
        try await reportingFailures {
            try await cluster.tell(cluster.administer { try $0.deleteTopics(names, timeout: cluster.timeout.duration) })
        }
    }
}

/// `sluice topics alter`.
struct TopicsAlter: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alter", abstract: "Gives a topic more partitions, or other configs.",
        discussion: "More partitions move keys: what is written from then on may be in another partition than before.")

    @Argument(help: "The name.")
    var name: String

    @Option(parsing: .unconditional, help: "How many partitions it is to have; never fewer than before.")
    var partitions: Int?

    @OptionGroup var change: ConfigChange
    @OptionGroup var cluster: ClusterOptions

    func validate() throws {
        guard partitions ?? 1 > 0 else { throw ValidationError("--partitions is a number above zero") }
        guard partitions != nil || !change.isEmpty else {
            throw ValidationError("there is nothing to change; give --partitions, --config or --delete-config")
        }
    }

    func run() async throws {
        try await reportingFailures {
            try await cluster.administer { client in
                let timeout = cluster.timeout.duration
                // First what may be refused for its value: a partition cannot be taken back.
                if !change.isEmpty { try change.apply(to: .topic(name), by: client, timeout: timeout) }
                if let partitions { try client.createPartitions(of: name, count: partitions, timeout: timeout) }
            }
        }
    }
}

/// `sluice topics describe`.
struct TopicsDescribe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Shows the partitions of topics with their leaders and offsets, and the configs that are not default."
    )

    @Argument(help: "The names.")
    var names: [String]

    @OptionGroup var report: ReportOption
    @OptionGroup var cluster: ClusterOptions

    private struct Topic: Encodable, Sendable {
        let name: String
        let configs: [String: String]
        let partitions: [Partition]
    }

    private struct Partition: Encodable, Sendable {
        let partition: Int32
        let leader: Int32?
        let replicas: [Int32]
        let inSyncReplicas: [Int32]
        let start: Int64
        let end: Int64
    }

    func validate() throws {
        guard !names.isEmpty else { throw ValidationError("Missing expected argument '<names> ...'") }
    }

    func run() async throws {
        try await reportingFailures {
            let topics = try await cluster.administer { client in try names.map { try describe($0, by: client) } }
            try report.print(topics, as: topics.flatMap { Self.tables(of: $0) })
        }
    }

    private func describe(_ name: String, by client: AdminClient) throws -> Topic {
        let timeout = cluster.timeout.duration
        let known = try client.cluster.topic(name, reachTimeout: timeout)
        let configs = try client.configs(of: .topic(name), timeout: timeout).filter { $0.source == .topic }
        let led = known.partitions.filter { $0.leader != nil }
        let ends = try client.cluster.ends(
            of: led.map { TopicPartition(topic: name, partition: $0.number) }, timeout: timeout)
        let byNumber = Dictionary(ends.map { ($0.partition.partition, $0) }) { $1 }
        return Topic(
            name: name,
            configs: Dictionary(configs.map { ($0.name, $0.value ?? "") }) { $1 },
            partitions: known.partitions.map { partition in
                // Without a leader nobody knows its offsets.
                Partition(
                    partition: partition.number, leader: partition.leader, replicas: partition.replicas,
                    inSyncReplicas: partition.inSyncReplicas, start: byNumber[partition.number]?.start ?? -1,
                    end: byNumber[partition.number]?.end ?? -1)
            })
    }

    private static func tables(of topic: Topic) -> [TextTable] {
        var table = TextTable(["topic", "partition", "leader", "replicas", "in sync", "start", "end"])
        for partition in topic.partitions {
            table.add([
                topic.name, "\(partition.partition)", partition.leader.map { "\($0)" } ?? "none",
                partition.replicas.map { "\($0)" }.joined(separator: ","),
                partition.inSyncReplicas.map { "\($0)" }.joined(separator: ","), "\(partition.start)",
                "\(partition.end)",
            ])
        }
        guard !topic.configs.isEmpty else { return [table] }
        var configs = TextTable(["topic", "config", "value"])
        for (name, value) in topic.configs.sorted(by: { $0.key < $1.key }) { configs.add([topic.name, name, value]) }
        return [table, configs]
    }
}
