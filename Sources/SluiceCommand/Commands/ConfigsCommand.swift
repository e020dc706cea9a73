import ArgumentParser
import KafkaClient
import Settings

/// `sluice configs`: the configs of topics and brokers.
struct ConfigsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "configs", abstract: "Shows and changes the configs of a topic or a broker.",
        subcommands: [ConfigsDescribe.self, ConfigsAlter.self])
}

/// Whose configs are meant.
struct ConfigTarget: ParsableArguments {
    @Option(name: .shortAndLong, help: "The topic whose configs are meant.")
    var topic: String?

    @Option(parsing: .unconditional, help: "The id of the broker whose configs are meant.")
    var broker: Int32?

    func validate() throws {
        guard (topic == nil) != (broker == nil) else {
            throw ValidationError("say whose configs are meant: --topic NAME or --broker ID")
        }
        guard topic != "" else { throw ValidationError("--topic needs a name") }
        guard broker ?? 0 >= 0 else { throw ValidationError("--broker is a number from 0 on") }
    }

    var resource: ConfigResource { topic.map { .topic($0) } ?? .broker(broker ?? 0) }
}

/// What is to be different about configs.
struct ConfigChange: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp("A config to set, such as retention.ms=3600000; may be repeated.", valueName: "key=value"),
        transform: KeyValue.init(parsing:))
    var settings: [KeyValue] = []

    @Option(
        name: .customLong("delete-config"),
        help: ArgumentHelp("A config to take back to its default; may be repeated.", valueName: "key"))
    var deletions: [String] = []

    var isEmpty: Bool { settings.isEmpty && deletions.isEmpty }

    func validate() throws {
        try KeyValue.checkOnce(settings, option: "--config")
        guard let both = settings.first(where: { deletions.contains($0.key) }) else { return }
        throw ValidationError("'\(both.key)' is both set and taken back to its default: give one of them")
    }

    func apply(to resource: ConfigResource, by client: AdminClient, timeout: Duration) throws {
        let present = try client.configs(of: resource, timeout: timeout)
        let known = present.map(\.name)
        if let wrong = deletions.first(where: { !known.contains($0) }) {
            let near = RelaxedName.nearest(to: wrong, among: known).map { "; did you mean '\($0)'?" } ?? ""
            throw CommandFailure("there is no config '\(wrong)' to take back to its default\(near)")
        }
        try client.changeConfigs(
            of: resource, from: present, set: Dictionary(settings.map { ($0.key, $0.value) }) { $1 },
            delete: Set(deletions), timeout: timeout)
    }
}

/// `sluice configs describe`.
struct ConfigsDescribe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe", abstract: "Shows the configs that are not default, or all.")

    @OptionGroup var target: ConfigTarget

    @Flag(help: "Also those that are as they are by default.")
    var all = false

    @OptionGroup var report: ReportOption
    @OptionGroup var cluster: ClusterOptions

    private struct Row: Encodable {
        let name: String
        let value: String?
        let source: String
        let readOnly: Bool
    }

    func run() async throws {
        try await reportingFailures {
            let entries = try await cluster.administer { client in
                try cluster.check(target.resource, by: client)
                return try client.configs(of: target.resource, timeout: cluster.timeout.duration)
            }
            let rows = entries.filter { all || $0.source != .default }.map { entry in
                Row(name: entry.name, value: entry.value, source: entry.source.rawValue, readOnly: entry.isReadOnly)
            }
            var table = TextTable(["config", "value", "set by", "read-only"])
            for row in rows {
                table.add([row.name, row.value ?? "(secret)", row.source, row.readOnly ? "yes" : "no"])
            }
            try report.print(rows, as: [table])
        }
    }
}

/// `sluice configs alter`.
struct ConfigsAlter: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alter", abstract: "Sets configs, and takes others back to their defaults.",
        discussion: """
            What is set already and not named stays. It is read and sent again whole, as librdkafka 2.0.2 has no other way: two changes of the same configs at \
            the same moment can undo one another.
            """)

    @OptionGroup var target: ConfigTarget
    @OptionGroup var change: ConfigChange
    @OptionGroup var cluster: ClusterOptions

    func validate() throws {
        guard !change.isEmpty else {
            throw ValidationError("there is nothing to change; give --config or --delete-config")
        }
    }

    func run() async throws {
        try await reportingFailures {
            try await cluster.administer { client in
                try cluster.check(target.resource, by: client)
                try change.apply(to: target.resource, by: client, timeout: cluster.timeout.duration)
            }
        }
    }
}
