import ArgumentParser
import KafkaClient
import Records

/// `sluice groups reset-offsets`: moves a group that has no members.
struct GroupsResetOffsets: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset-offsets", abstract: "Moves a group without members to another place in its topics.",
        discussion: "Shows where it would move; with --execute it moves.")

    @Argument(help: "The group.")
    var group: String

    @Option(
        name: .customLong("topic"),
        help: ArgumentHelp(
            "A topic to move in, or some of its partitions as TOPIC:0,2; may be repeated.", valueName: "topic"),
        transform: Target.init(parsing:))
    var topics: [Target] = []

    @Flag(name: .customLong("all-topics"), help: "In every partition in which the group has committed.")
    var allTopics = false

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Where to: \(StartPosition.help).", valueName: "place"),
        transform: StartPosition.init(parsing:))
    var to: StartPosition

    @Flag(help: "Move it, rather than show where it would move.")
    var execute = false

    @Flag(name: .customLong("dry-run"), help: "Only show where it would move; the default.")
    var dryRun = false

    @OptionGroup var report: ReportOption
    @OptionGroup var cluster: ClusterOptions

    /// A topic, or some of its partitions.
    struct Target: Sendable {
        let topic: String
        /// nil: all of them.
        let partitions: [Int32]?

        init(parsing text: String) throws {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            topic = String(parts[0])
            guard parts.count == 2 else {
                partitions = nil
                return
            }
            let numbers = parts[1].split(separator: ",", omittingEmptySubsequences: false).map { Int32($0) }
            guard !topic.isEmpty, numbers.allSatisfy({ $0 ?? -1 >= 0 }) else {
                throw ValidationError("'\(text)' is neither a topic nor partitions of one, as TOPIC:0,2")
            }
            partitions = numbers.compactMap { $0 }
        }
    }

    private struct Move: Encodable, Sendable {
        let topic: String
        let partition: Int32
        let committed: Int64?
        let new: Int64
    }

    func validate() throws {
        guard !group.isEmpty else { throw ValidationError("the group needs a name") }
        guard topics.isEmpty == allTopics else {
            throw ValidationError("say where the group is to move: --topic NAME, or --all-topics")
        }
        guard !(execute && dryRun) else { throw ValidationError("--execute and --dry-run exclude one another") }
    }

    func run() async throws {
        try await reportingFailures {
            let moves = try await cluster.administer { try move(by: $0) }
            var table = TextTable(["group", "topic", "partition", "committed", "new"])
            for move in moves {
                let committed = move.committed.map { "\($0)" } ?? "-"
                table.add([group, move.topic, "\(move.partition)", committed, "\(move.new)"])
            }
            try report.print(moves, as: [table])
            if !execute { complain("nothing was changed; --execute does it") }
        }
    }

    private func move(by client: AdminClient) throws -> [Move] {
        let timeout = cluster.timeout.duration
        let state = try client.describe(group: group, timeout: timeout)
        guard state.members.isEmpty else {
            let count = state.members.count
            throw CommandFailure(
                "group '\(group)' has \(count == 1 ? "a member that is" : "\(count) members that are") reading; stop them first"
            )
        }
        let committed = try client.committed(group: group, timeout: timeout)
        let partitions = allTopics ? committed.map(\.partition) : try chosenPartitions(client)
        guard !partitions.isEmpty else { throw KafkaClientError(unknownGroup: group) }
        let places = try to.resolve(partitions, in: client.cluster, timeout: timeout)
        if execute { try client.commit(places, for: group, timeout: timeout) }
        let before = Dictionary(committed.map { ($0.partition, $0.offset) }) { $1 }
        return places.map { place in
            Move(
                topic: place.partition.topic, partition: place.partition.partition, committed: before[place.partition],
                new: place.offset)
        }
    }

    private func chosenPartitions(_ client: AdminClient) throws -> [TopicPartition] {
        var chosen: Set<TopicPartition> = []
        for target in topics {
            let known = try client.cluster.topic(target.topic, reachTimeout: cluster.timeout.duration)
            let numbers = Set(known.partitions.map(\.number))
            for number in target.partitions ?? Array(numbers) {
                guard numbers.contains(number) else {
                    throw CommandFailure(
                        "topic '\(target.topic)' has no partition \(number), but \(numbers.count), counted from 0")
                }
                chosen.insert(TopicPartition(topic: target.topic, partition: number))
            }
        }
        return chosen.sorted()
    }
}
