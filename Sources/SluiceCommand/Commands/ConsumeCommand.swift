import ArgumentParser
import Foundation
import KafkaClient
import Records

/// `sluice consume`: prints the records of a topic.
struct ConsumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consume", abstract: "Prints the records of a topic, and waits for more.",
        discussion: """
            Without --group it reads every partition, or the one of --partition, from --from on, and leaves no trace. With --group the group decides what it \
            reads and where it goes on; what was printed is committed, and --from says only where a group begins that has committed nothing.

            Fields of a template: \(RecordTemplate.Field.allCases.map { "%\($0.rawValue) \($0.meaning)" }.joined(separator: ", ")), %% a \
            percent sign. \\n, \\t, \\r, \\0, \\\\ and \\xHH are the bytes they stand for. No newline is added.

            SIGTERM, SIGINT, and a reader of its output that goes away (as `head` does) end it in good order.
            """)

    @Option(name: .shortAndLong, help: "The topic to read.")
    var topic: String

    @Option(parsing: .unconditional, help: "Only this partition; not with --group.")
    var partition: Int32?

    @Option(name: .shortAndLong, help: "The consumer group to read as.")
    var group: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Where to begin: \(StartPosition.help). Default: end, or with --until-end or --group beginning.",
            valueName: "place"),
        transform: StartPosition.init(parsing:))
    var from: StartPosition?

    @Option(parsing: .unconditional, help: "Ends after so many records.")
    var count: Int?

    @Flag(help: "Ends when everything that is there has been printed.")
    var untilEnd = false

    @Option(
        help: "value: its bytes and a newline. json: an object a line. Else a template such as '%o %k %v\\n'.",
        transform: RecordFormat.init(parsing:))
    var format = RecordFormat.value

    @OptionGroup var cluster: ClusterOptions

    /// The most that is taken and printed at once.
    private static let batchCountMax = 1000
    /// How long it waits for records before it looks whether it should end.
    private static let wait = Duration.milliseconds(200)
    /// How long nothing has to come before it looks whether the topic is still there, which librdkafka does not tell.
    private static let lookWait = Duration.seconds(1)

    func validate() throws {
        guard !topic.isEmpty else { throw ValidationError("--topic needs a name") }
        guard partition ?? 0 >= 0, count ?? 0 >= 0 else {
            throw ValidationError("--partition and --count are numbers from 0 on")
        }
        guard let group else { return }
        guard !group.isEmpty else { throw ValidationError("--group needs a name") }
        guard partition == nil else {
            throw ValidationError("--partition does not go with --group: the group decides who reads which partition")
        }
        guard from == nil || from == .beginning || from == .end else {
            throw ValidationError(
                """
                with --group, --from is beginning or end, for a group that has committed nothing; \
                'sluice groups reset-offsets' moves a group
                """)
        }
    }

    func run() async throws {
        try await reportingFailures {
            StandardOutput.surviveClosing()
            try await StopRequest.whileTrapped { stop in try await cluster.run { try print(until: stop) } }
        }
    }

    private func print(until stop: StopRequest) throws {
        guard count != 0 else { return }
        let configuration = cluster.configuration()
        let finder = try AdminClient(configuration)
        let consumer = try open(configuration, finder)
        do {
            try read(consumer, finder, until: stop)
        } catch {
            consumer.close(timeout: endLimit(stop))
            throw error
        }
        // The commit and the leave share it: one after the other they could take longer than a stop may.
        let limit = endLimit(stop)
        let deadline = ContinuousClock.now + limit
        defer { consumer.close(timeout: max(.zero, deadline - .now)) }
        if let group { try commit(consumer, group, limit: limit) }
    }

    /// How long the group's coordinator may take in the end.
    private func endLimit(_ stop: StopRequest) -> Duration {
        stop.isRequested ? min(cluster.timeout.duration, StopRequest.waitLimit) : cluster.timeout.duration
    }

    private func read(_ consumer: Consumer, _ finder: AdminClient, until stop: StopRequest) throws {
        var printed = 0
        var buffer: [UInt8] = []
        var lookTime = ContinuousClock.now + Self.lookWait
        do {
            while !stop.isRequested, !StandardOutput.isClosed {
                let max = min(Self.batchCountMax, (count ?? Int.max) - printed)
                var next: [Int32: Int64] = [:]
                let outcome: Consumer.Outcome
                do {
                    outcome = try consumer.poll(max: max, wait: Self.wait) { record in
                        format.append(PrintableRecord(record), to: &buffer)
                        next[record.partition] = record.offset + 1
                    }
                } catch {
                    // What came before the error is printed all the same.
                    try StandardOutput.write(buffer)
                    try checkTopic(finder)
                    throw error
                }
                try StandardOutput.write(buffer)
                buffer.removeAll(keepingCapacity: true)
                // Only what is out of our hands is committed.
                if group != nil {
                    consumer.store(
                        next.map { PartitionOffset(TopicPartition(topic: topic, partition: $0), offset: $1) })
                }
                printed += outcome.count
                if printed == count || untilEnd && outcome.isAtEnd && outcome.count == 0 { break }
                if outcome.count == 0, ContinuousClock.now >= lookTime { try checkTopic(finder) }
                if outcome.count > 0 || ContinuousClock.now >= lookTime { lookTime = .now + Self.lookWait }
            }
        } catch is StandardOutput.Closed {
            // Whoever closed it has what it wanted.
        }
    }

    /// Fails where the topic has been deleted meanwhile. What cannot be learned now is learned by another look.
    private func checkTopic(_ finder: AdminClient) throws {
        let found = try? finder.cluster.metadata(topic: topic, timeout: Self.lookWait).topics.first
        if found?.error?.code == .unknownTopic { throw topicGone }
    }

    private var topicGone: CommandFailure { CommandFailure("topic '\(topic)' is no longer at \(cluster.address)") }

    private func commit(_ consumer: Consumer, _ group: String, limit: Duration) throws {
        do throws(KafkaClientError) {
            try consumer.commit(timeout: limit)
        } catch {
            if error.code == .unknownTopic { throw topicGone }
            guard error.code == .timedOut else { throw error }
            let isWhole = limit == cluster.timeout.duration
            throw CommandFailure(
                """
                the coordinator of group '\(group)' did not answer within \(isWhole ? "\(cluster.timeout)" : "\(limit)"): \
                the group may print again what was printed last\(isWhole ? "; --timeout waits longer" : "")
                """)
        }
    }

    private func open(_ configuration: ClientConfiguration, _ finder: AdminClient) throws -> Consumer {
        let known = try finder.cluster.topic(topic, reachTimeout: cluster.reachTimeout)
        let begin = from ?? (untilEnd || group != nil ? .beginning : .end)
        if let group {
            return try Consumer(
                configuration, source: .group(group, topics: [topic], begin: begin == .end ? .end : .beginning))
        }
        let places = try begin.resolve(
            try partitions(of: known), in: finder.cluster, timeout: cluster.timeout.duration)
        return try Consumer(configuration, source: .partitions(places))
    }

    private func partitions(of known: ClusterMetadata.Topic) throws -> [TopicPartition] {
        let chosen = known.partitions.map(\.number).filter { partition == nil || $0 == partition }
        if chosen.isEmpty, let partition {
            throw CommandFailure(
                "topic '\(topic)' has no partition \(partition), but \(known.partitions.count), counted from 0")
        }
        return chosen.map { TopicPartition(topic: topic, partition: $0) }
    }
}

extension PrintableRecord {
    init(_ record: borrowing ConsumedRecord) {
        self.init(
            topic: record.topic, partition: record.partition, offset: record.offset, timestamp: record.timestamp,
            key: record.key, value: record.value, headers: record.headers)
    }
}
