import ArgumentParser
import Foundation
import KafkaClient
import Logging
import Settings

/// The options of every command that talks to a Kafka cluster.
struct ClusterOptions: ParsableArguments {
    @Option(
        name: [.customLong("bootstrap-server"), .customShort("b")],
        help: "A broker of the cluster as HOST:PORT; several with commas between them.")
    var bootstrapServer = "127.0.0.1:9092"

    @Option(
        help: "How long the cluster may take for an answer, such as 500ms or 2m. Default: 10s.",
        transform: DurationArgument.init(parsing:))
    var timeout = DurationArgument(seconds: 10)

    @Option(
        name: [.customLong("property"), .customShort("X")],
        help: ArgumentHelp(
            "A property of librdkafka, such as security.protocol=SSL; may be repeated.", valueName: "key=value"),
        transform: KeyValue.init(parsing:))
    var properties: [KeyValue] = []

    @OptionGroup var logging: LogLevelOption

    /// How long a broker may take to be reached at all, as one that is just being started.
    private static let reachLimit = Duration.seconds(5)

    func validate() throws {
        guard let wrong = servers.first(where: { Self.address($0) == nil }) else {
            guard timeout.duration > .zero else {
                throw ValidationError("--timeout is a time above zero, such as 10s")
            }
            return
        }
        throw ValidationError(
            "--bootstrap-server: '\(wrong)' is no address of a broker; it is HOST:PORT, such as 127.0.0.1:9092 or [::1]:9092"
        )
    }

    private var servers: [Substring] { bootstrapServer.split(separator: ",", omittingEmptySubsequences: false) }

    /// The brokers as messages name them, each with its port.
    var address: String { servers.map { Self.address($0) ?? String($0) }.joined(separator: ",") }

    /// A broker's address, with Kafka's own port where it has none; nil for what is no address.
    private static func address(_ server: Substring) -> String? {
        // librdkafka takes the protocol before it, as in advertised.listeners.
        let place = server.firstRange(of: "://").map { server[$0.upperBound...] } ?? server
        return ListenAddress(broker: place).map { "\(server[..<place.startIndex])\($0)" }
    }

    var reachTimeout: Duration { min(timeout.duration, Self.reachLimit) }

    /// How to reach the cluster; librdkafka's log is shown at `--log-level debug`.
    func configuration() -> ClientConfiguration {
        LineLogHandler.bootstrap(level: logging.level)
        let logger = Logger(label: "librdkafka")
        return ClientConfiguration(
            bootstrapServers: address,
            properties: Dictionary(properties.map { ($0.key, $0.value) }) { $1 },
            log: { logger.debug("\($0)") })
    }

    /// Tells of each of several things that were asked for whether it was done; what was not fails the command.
    func tell(_ results: [AdminClient.Result]) throws {
        let failures = results.compactMap(\.error)
        for error in failures { complain("sluice: \(failure(error))") }
        if !failures.isEmpty { throw ExitCode(1) }
    }

    /// Runs what blocks on a thread of its own, and says of a failure what to do about it.
    func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        do {
            return try await onThreadOfItsOwn(body)
        } catch let error as KafkaClientError {
            throw failure(error)
        }
    }

    /// Runs `body` so with an administrator, once a broker is reached: what is asked of none waits for the whole timeout, and does not say why.
    func administer<Result: Sendable>(
        _ body: @escaping @Sendable (AdminClient) throws -> Result
    ) async throws -> Result {
        try await run {
            let client = try AdminClient(configuration())
            try client.cluster.reach(timeout: reachTimeout)
            return try body(client)
        }
    }

    /// Fails where what is meant is a broker that there is not: asked for it, librdkafka would wait for it to come.
    func check(_ resource: ConfigResource, by client: AdminClient) throws {
        guard case .broker(let id) = resource else { return }
        let known = try client.cluster.reach(timeout: reachTimeout).map(\.id).sorted()
        guard !known.contains(id) else { return }
        let all = known.map { "\($0)" }
        let others =
            all.count < 2 ? all.joined() : all.dropLast().joined(separator: ", ") + " and " + all[all.count - 1]
        throw CommandFailure(
            "there is no broker \(id) at \(address); there \(all.count == 1 ? "is" : "are") \(others)")
    }

    /// What is printed of an error, with what to do.
    func failure(_ error: KafkaClientError) -> CommandFailure {
        switch error.code {
        case .unreachable:
            let reason = error.message.contains("Connection refused") ? "" : Self.reason(error).map { " (\($0))" } ?? ""
            return CommandFailure(
                """
                no broker at \(address)\(reason); start one with 'sluice broker', or name another with \
                --bootstrap-server
                """)
        case .timedOut:
            return CommandFailure(
                "the cluster at \(address) did not answer within \(timeout); --timeout makes it longer")
        case .unknownTopic:
            let name = error.subject.isEmpty ? "the topic" : "topic '\(error.subject)'"
            return CommandFailure(
                """
                \(name) is not at \(address); 'sluice topics list' shows what is there, 'sluice topics create' \
                makes one
                """)
        case .invalidProperty: return CommandFailure("--property \(error)")
        case .unknownGroup:
            return CommandFailure(
                "group '\(error.subject)' is not at \(address); 'sluice groups list' shows what is there")
        case .groupNotEmpty:
            return CommandFailure("group '\(error.subject)' has members that are reading; stop them first")
        case .topicExists:
            return CommandFailure("topic '\(error.subject)' is there already; with --if-not-exists that is no failure")
        case .unsupported: return CommandFailure("the cluster at \(address) cannot do this: \(error)")
        case .queueFull, .other: return CommandFailure("\(error) (\(error.name))")
        }
    }

    /// What happened to the connection, without librdkafka's names for it.
    private static func reason(_ error: KafkaClientError) -> String? {
        guard var text = error.message.split(separator: "bootstrap: ").last.map(String.init) else { return nil }
        if let detail = text.range(of: " (after ") { text.removeSubrange(detail.lowerBound...) }
        return text.isEmpty ? nil : text
    }
}

/// `KEY=VALUE` on the command line; the value may be empty and may hold further equals signs.
struct KeyValue: Sendable {
    let key: String
    let value: String

    init(parsing text: String) throws {
        guard let sign = text.firstIndex(of: "="), sign > text.startIndex else {
            throw ValidationError("'\(text)' is not KEY=VALUE")
        }
        key = String(text[..<sign])
        value = String(text[text.index(after: sign)...])
    }

    /// Refuses two values for one key.
    static func checkOnce(_ all: [KeyValue], option: String) throws {
        var values: [String: String] = [:]
        for one in all {
            if let other = values.updateValue(one.value, forKey: one.key), other != one.value {
                throw ValidationError("\(option) gives '\(one.key)' two values, '\(other)' and '\(one.value)'")
            }
        }
    }
}

extension ClusterView {
    /// A topic by name, once the cluster knows it: one that the broker makes because it is asked for needs a moment.
    ///
    /// - Throws: that no broker is reached, or that there is no such topic after `makingLimit`.
    func topic(
        _ name: String, reachTimeout: Duration, makingLimit: Duration = .zero
    ) throws(KafkaClientError) -> ClusterMetadata.Topic {
        let clock = ContinuousClock()
        let deadline = clock.now + makingLimit
        while true {
            let found = try metadata(topic: name, timeout: reachTimeout).topics.first { $0.name == name }
            if let found, found.error == nil, !found.partitions.isEmpty { return found }
            guard clock.now < deadline else {
                throw found?.error ?? KafkaClientError(unknownTopic: name)
            }
            Thread.sleep(forTimeInterval: Self.makingPauseSeconds)
        }
    }

    private static var makingPauseSeconds: Double { 0.1 }
}
