import Foundation
import TestSupport
import Testing

/// `sluice topics` and `sluice configs` against `sluice broker`.
@Suite("the command line as Kafka's administrator", .timeLimit(.minutes(10)))
struct CommandLineAdminTests {
    private static func sluice(_ broker: RunningBroker, _ arguments: String...) async throws -> Program.Result {
        try await Program.run(Program.sluice, arguments + ["-b", broker.address])
    }

    private static func decode<Answer: Decodable>(_ result: Program.Result) throws -> Answer {
        try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
    }

    private struct Topic: Decodable, Equatable {
        let name: String
        let partitions: Int
        let replicationFactor: Int
    }

    private struct Description: Decodable {
        struct Partition: Decodable, Equatable {
            let partition: Int
            let leader: Int
            let replicas: [Int]
            let start: Int
            let end: Int
        }
        let name: String
        let configs: [String: String]
        let partitions: [Partition]
    }

    private struct Config: Decodable, Equatable {
        let name: String
        let value: String
        let source: String
        let readOnly: Bool
    }

    @Test("topics are made, listed, described, changed and deleted")
    func topics() async throws {
        let folder = try TemporaryFolder()
        let broker = try await RunningBroker(folder)
        let made = try await Self.sluice(
            broker, "topics", "create", "one", "two", "--partitions", "3", "--config", "retention.ms=3600000")
        #expect(made.status == 0 && made.output == "" && made.errors == "", "\(made)")
        let list: [Topic] = try Self.decode(try await Self.sluice(broker, "topics", "list", "--output", "json"))
        #expect(list == ["one", "two"].map { Topic(name: $0, partitions: 3, replicationFactor: 1) })
        let table = try await Self.sluice(broker, "topics", "list")
        #expect(table.output == "topic\tpartitions\treplicas\none\t3\t1\ntwo\t3\t1\n", "\(table)")
        // On a terminal, which script(1) is one for: columns, where a pipe gets tabs.
        let onTerminal = try await Program.run(
            "/usr/bin/script", ["-qec", "'\(Program.sluice)' topics list -b \(broker.address)", "/dev/null"])
        let rows = onTerminal.output.replacingOccurrences(of: "\r", with: "")
        #expect(
            rows == "topic  partitions  replicas\none             3         1\ntwo             3         1\n",
            "\(onTerminal)")

        let input = try folder.write("input", "a\nb\n")
        let sent = try await Program.run(
            Program.sluice, ["produce", "-t", "one", "--partition", "1", "-b", broker.address], input: input)
        #expect(sent.status == 0, "\(sent.errors)")
        for change in [
            ["--config", "cleanup.policy=compact"], ["--delete-config", "retention.ms"], ["--partitions", "4"],
        ] {
            let changed = try await Program.run(
                Program.sluice, ["topics", "alter", "one", "-b", broker.address] + change)
            #expect(changed.status == 0 && changed.errors == "", "\(change): \(changed)")
        }
        let described: [Description] = try Self.decode(
            try await Self.sluice(broker, "topics", "describe", "one", "two", "--output", "json"))
        try #require(described.map(\.name) == ["one", "two"])
        // What was set before stays set, and what was taken back is default again.
        #expect(described.map(\.configs) == [["cleanup.policy": "compact"], ["retention.ms": "3600000"]])
        #expect(described[0].partitions.map(\.end) == [0, 2, 0, 0])
        #expect(described[0].partitions.allSatisfy { $0.leader == 1 && $0.replicas == [1] && $0.start == 0 })

        let deleted = try await Self.sluice(broker, "topics", "delete", "one", "two")
        #expect(deleted.status == 0 && deleted.errors == "", "\(deleted)")
        #expect(try await Self.sluice(broker, "topics", "list", "--output", "json").output == "[]\n")
        #expect(await broker.stop() == 0)
    }

    @Test("configs are shown with where they come from, and a change leaves the others as they are")
    func configs() async throws {
        let broker = try await RunningBroker(try TemporaryFolder())
        #expect(try await Self.sluice(broker, "topics", "create", "t").status == 0)
        for change in ["retention.ms=1000", "cleanup.policy=compact", "retention.ms=2000"] {
            let changed = try await Self.sluice(broker, "configs", "alter", "--topic", "t", "--config", change)
            #expect(changed.status == 0 && changed.errors == "", "\(changed)")
        }
        let own: [Config] = try Self.decode(
            try await Self.sluice(broker, "configs", "describe", "--topic", "t", "--output", "json"))
        #expect(
            own
                == [("cleanup.policy", "compact"), ("retention.ms", "2000")].map {
                    Config(name: $0, value: $1, source: "topic", readOnly: false)
                })
        let all: [Config] = try Self.decode(
            try await Self.sluice(broker, "configs", "describe", "--topic", "t", "--all", "--output", "json"))
        #expect(all.count > 10 && all.contains { $0.name == "segment.bytes" && $0.source == "default" })
        let broker1: [Config] = try Self.decode(
            try await Self.sluice(broker, "configs", "describe", "--broker", "1", "--all", "--output", "json"))
        #expect(broker1.contains { $0.name == "num.partitions" && $0.value == "1" })
        for change in ["log.retention.ms=3000", "log.roll.ms=4000", "log.retention.ms=5000"] {
            let changed = try await Self.sluice(broker, "configs", "alter", "--broker", "1", "--config", change)
            #expect(changed.status == 0 && changed.errors == "", "\(changed)")
        }
        let reset = try await Self.sluice(broker, "configs", "alter", "--broker", "1", "--delete-config", "log.roll.ms")
        #expect(reset.status == 0, "\(reset)")
        let changed: [Config] = try Self.decode(
            try await Self.sluice(broker, "configs", "describe", "--broker", "1", "--output", "json"))
        #expect(
            changed.filter { $0.source == "broker" }
                == [Config(name: "log.retention.ms", value: "5000", source: "broker", readOnly: false)])
        #expect(await broker.stop() == 0)
    }

    @Test("what cannot be done is told in one line, and the rest is done all the same")
    func errors() async throws {
        let broker = try await RunningBroker(try TemporaryFolder())
        #expect(try await Self.sluice(broker, "topics", "create", "t", "--partitions", "2").status == 0)
        let nobody = "127.0.0.1:\(try freePorts(1)[0])"
        let missing =
            "topic 'none' is not at \(broker.address); 'sluice topics list' shows what is there, 'sluice topics create' makes one"
        for (arguments, status, message) in [
            (
                ["topics", "list", "-b", nobody, "--timeout", "300ms"], 1,
                "no broker at \(nobody); start one with 'sluice broker', or name another with --bootstrap-server"
            ),
            (
                ["groups", "list", "-b", nobody, "--timeout", "300ms"], 1,
                "no broker at \(nobody); start one with 'sluice broker', or name another with --bootstrap-server"
            ),
            (
                ["topics", "create", "t", "u", "-b", broker.address], 1,
                "topic 't' is there already; with --if-not-exists that is no failure"
            ),
            (["topics", "delete", "none", "u", "-b", broker.address], 1, missing),
            (["topics", "describe", "none", "-b", broker.address], 1, missing),
            (
                ["topics", "alter", "t", "--partitions", "1", "-b", broker.address], 1,
                "t: topic 't' has 2 partitions, and none is taken away (INVALID_PARTITIONS)"
            ),
            (
                ["configs", "alter", "--topic", "t", "--config", "nonsense=1", "-b", broker.address], 1,
                "t: a topic has no config 'nonsense' (INVALID_CONFIG)"
            ),
            (
                ["configs", "describe", "--broker", "9", "-b", broker.address], 1,
                "there is no broker 9 at \(broker.address); there is 1"
            ),
            (
                ["configs", "alter", "--topic", "t", "--delete-config", "retention.mss", "-b", broker.address], 1,
                "there is no config 'retention.mss' to take back to its default; did you mean 'retention.ms'?"
            ),
            (
                ["topics", "alter", "t", "--delete-config", "nosuch", "-b", broker.address], 1,
                "there is no config 'nosuch' to take back to its default"
            ),
            (
                ["topics", "alter", "t", "--config", "a=1", "--delete-config", "a"], 64,
                "'a' is both set and taken back to its default: give one of them; see 'sluice topics alter --help'"
            ),
            (
                ["topics", "create", "u", "--config", "a=1", "--config", "a=2"], 64,
                "--config gives 'a' two values, '1' and '2'; see 'sluice topics create --help'"
            ),
            (
                ["configs", "describe"], 64,
                "say whose configs are meant: --topic NAME or --broker ID; see 'sluice configs describe --help'"
            ),
            (
                ["topics", "alter", "t"], 64,
                """
                there is nothing to change; give --partitions, --config or --delete-config; see 'sluice topics alter --help'
                """
            ),
            (
                ["groups", "reset-offsets", "g", "--to", "beginning"], 64,
                """
                say where the group is to move: --topic NAME, or --all-topics; see 'sluice groups reset-offsets --help'
                """
            ),
        ] {
            let result = try await Program.run(Program.sluice, arguments)
            #expect(result.status == Int32(status), "\(arguments)")
            #expect(result.errors == "sluice: \(message)\n", "\(arguments)")
            #expect(result.output == "", "\(arguments)")
        }
        let list = try await Self.sluice(broker, "topics", "list")
        #expect(list.output == "topic\tpartitions\treplicas\nt\t2\t1\n", "\(list)")
        #expect(try await Self.sluice(broker, "topics", "create", "t", "--if-not-exists").status == 0)
        #expect(await broker.stop() == 0)
    }

    @Test("completion knows the commands and their options", arguments: ["bash", "zsh", "fish"])
    func completion(shell: String) async throws {
        let script = try await Program.run(Program.sluice, ["--generate-completion-script", shell])
        #expect(script.status == 0)
        for word in ["produce", "consume", "topics", "groups", "configs", "reset-offsets", "bootstrap-server"] {
            #expect(script.output.contains(word), "\(word) is not in the completion for \(shell)")
        }
    }
}
