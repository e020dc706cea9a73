import ArgumentParser
import KafkaClient
import Records

/// `sluice groups`: the consumer groups of a cluster.
struct GroupsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "groups", abstract: "Lists, describes, moves and deletes consumer groups.",
        subcommands: [GroupsList.self, GroupsDescribe.self, GroupsResetOffsets.self, GroupsDelete.self])
}

/// `sluice groups list`.
struct GroupsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the consumer groups with their states.")

    @OptionGroup var report: ReportOption
    @OptionGroup var cluster: ClusterOptions

    private struct Row: Encodable {
        let group: String
        let state: String
    }

    func run() async throws {
        try await reportingFailures {
            let groups = try await cluster.administer { try $0.groups(timeout: cluster.timeout.duration) }
            var table = TextTable(["group", "state"])
            for group in groups { table.add([group.name, group.state]) }
            try report.print(groups.map { Row(group: $0.name, state: $0.state) }, as: [table])
        }
    }
}

/// `sluice groups delete`.
struct GroupsDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Deletes groups without members, with what they have committed.")

    @Argument(help: "The names.")
    var names: [String]

    @OptionGroup var cluster: ClusterOptions

    func run() async throws {
        try await reportingFailures {
            try await cluster.tell(cluster.administer { try $0.deleteGroups(names, timeout: cluster.timeout.duration) })
        }
    }
}

/// `sluice groups describe`.
struct GroupsDescribe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe", abstract: "Shows where a group is in each partition, how far behind, and who reads it."
    )

    @Argument(help: "The names.")
    var names: [String]

    @OptionGroup var report: ReportOption
    @OptionGroup var cluster: ClusterOptions

    private struct Group: Encodable, Sendable {
        let group: String
        let state: String
        let assignor: String
        let members: [Member]
        let partitions: [Place]
    }

    private struct Member: Encodable, Sendable {
        let member: String
        let client: String
        let host: String
        let instance: String?
    }

    private struct Place: Encodable, Sendable {
        let topic: String
        let partition: Int32
        let committed: Int64?
        /// Nil where the partition is gone.
        let end: Int64?
        let lag: Int64?
        let member: String?

        private enum CodingKeys: CodingKey {
            case topic, partition, committed, end, lag, member
        }

        /// With null for what there is not, so that every place has the same keys.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(topic, forKey: .topic)
            try container.encode(partition, forKey: .partition)
            try container.encode(committed, forKey: .committed)
            try container.encode(end, forKey: .end)
            try container.encode(lag, forKey: .lag)
            try container.encode(member, forKey: .member)
        }
    }

    func run() async throws {
        try await reportingFailures {
            let groups = try await cluster.administer { client in try names.map { try describe($0, by: client) } }
            try report.print(groups, as: groups.flatMap { Self.tables(of: $0) })
        }
    }

    private func describe(_ name: String, by client: AdminClient) throws -> Group {
        let timeout = cluster.timeout.duration
        let known = try client.describe(group: name, timeout: timeout)
        let committed = try client.committed(group: name, timeout: timeout)
        guard known.state != "Dead" || !committed.isEmpty else { throw KafkaClientError(unknownGroup: name) }
        let offsets = Dictionary(committed.map { ($0.partition, $0.offset) }) { $1 }
        let readers = Dictionary(
            known.members.flatMap { member in member.partitions.map { ($0, member.id) } }
        ) { $1 }
        let partitions = Set(offsets.keys).union(readers.keys).sorted()
        let ends = try ends(of: partitions, by: client)
        return Group(
            group: name, state: known.state, assignor: known.assignor,
            members: known.members.map {
                Member(member: $0.id, client: $0.clientID, host: $0.host, instance: $0.instanceID)
            },
            partitions: partitions.map { partition in
                let offset = offsets[partition]
                let place = ends[partition]
                // A commit before the start of the partition is behind by what can still be read.
                let lag = place.flatMap { place in offset.map { max(place.end - max($0, place.start), 0) } }
                return Place(
                    topic: partition.topic, partition: partition.partition, committed: offset, end: place?.end,
                    lag: lag, member: readers[partition])
            })
    }

    /// Where the partitions begin and end that are there; a group may outlive a topic.
    private func ends(
        of partitions: [TopicPartition], by client: AdminClient
    ) throws -> [TopicPartition: PartitionEnds] {
        let timeout = cluster.timeout.duration
        let counts = Dictionary(
            try client.cluster.metadata(timeout: timeout).topics.map { ($0.name, $0.partitions.count) }
        ) { $1 }
        let present = partitions.filter { $0.partition < counts[$0.topic] ?? 0 }
        let ends = try client.cluster.ends(of: present, timeout: timeout)
        return Dictionary(ends.map { ($0.partition, $0) }) { $1 }
    }

    private static func tables(of group: Group) -> [TextTable] {
        var places = TextTable(["group", "topic", "partition", "committed", "end", "lag", "member"])
        for place in group.partitions {
            places.add([
                group.group, place.topic, "\(place.partition)", place.committed.map { "\($0)" } ?? "-",
                place.end.map { "\($0)" } ?? "-", place.lag.map { "\($0)" } ?? "-", place.member ?? "-",
            ])
        }
        var members = TextTable(["group", "state", "member", "client", "host"])
        for member in group.members {
            members.add([group.group, group.state, member.member, member.client, member.host])
        }
        if group.members.isEmpty { members.add([group.group, group.state, "-", "-", "-"]) }
        return [places, members]
    }
}
