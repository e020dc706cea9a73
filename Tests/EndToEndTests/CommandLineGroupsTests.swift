import Foundation
import TestSupport
import Testing

/// `sluice consume --group` and `sluice groups` against `sluice broker`.
@Suite("the command line and consumer groups", .timeLimit(.minutes(10)))
struct CommandLineGroupsTests {
    private struct Group: Decodable {
        struct Member: Decodable {
            let member: String
            let client: String
        }
        struct Place: Decodable, Equatable {
            let topic: String
            let partition: Int
            let committed: Int?
            let end: Int?
            let lag: Int?
            let member: String?
        }
        let state: String
        let members: [Member]
        let partitions: [Place]
    }

    private struct Move: Decodable, Equatable {
        let partition: Int
        let committed: Int?
        let new: Int
    }

    private let folder: TemporaryFolder
    private let broker: RunningBroker

    /// A broker with the numbers 0 to 99 in a topic of one partition.
    init() async throws {
        folder = try TemporaryFolder()
        broker = try await RunningBroker(folder)
        try await send(0..<100)
    }

    private func send(_ numbers: Range<Int>) async throws {
        let input = try folder.write("input", numbers.map { "\($0)\n" }.joined())
        let sent = try await Program.run(Program.sluice, ["produce", "-t", "n", "-b", broker.address], input: input)
        #expect(sent.status == 0, "\(sent.errors)")
    }

    private func sluice(_ arguments: String...) async throws -> Program.Result {
        try await Program.run(Program.sluice, arguments + ["-b", broker.address])
    }

    private func describe(_ group: String) async throws -> Group {
        let result = try await sluice("groups", "describe", group, "--output", "json")
        try #require(result.status == 0, "\(result.errors)\n\(broker.process.errors)")
        return try #require(JSONDecoder().decode([Group].self, from: Data(result.output.utf8)).first)
    }

    private func read(_ more: String...) async throws -> [Int] {
        let result = try await Program.run(
            Program.sluice, ["consume", "-t", "n", "--group", "g", "-b", broker.address] + more)
        #expect(result.status == 0 && result.errors == "", "\(result.errors)\n\(broker.process.errors)")
        return result.output.split(separator: "\n").compactMap { Int($0) }
    }

    @Test("a group goes on behind what it has printed, and describe tells how far behind it is")
    func goesOn() async throws {
        #expect(try await read("--count", "30") == Array(0..<30))
        let behind = try await describe("g")
        #expect(behind.state == "Empty" && behind.members.isEmpty)
        #expect(
            behind.partitions == [
                .init(topic: "n", partition: 0, committed: 30, end: 100, lag: 70, member: nil)
            ])
        #expect(try await read("--until-end") == Array(30..<100))
        #expect(try await read("--until-end").isEmpty)
        let list = try await sluice("groups", "list")
        #expect(list.output == "group\tstate\ng\tEmpty\n", "\(list)")
        #expect(await broker.stop() == 0)
    }

    @Test("SIGTERM ends a member in good order: what it printed is committed, and nothing is printed twice")
    func stops() async throws {
        let member = try Program(
            Program.sluice, ["consume", "-t", "n", "--group", "g", "-b", broker.address])
        try await eventually("all is printed") { member.output.hasSuffix("\n99\n") }
        let reading = try await describe("g")
        #expect(reading.state == "Stable" && reading.members.count == 1 && reading.members.first?.client == "sluice")
        #expect(reading.partitions.first?.member == reading.members.first?.member)
        let busy = try await sluice("groups", "reset-offsets", "g", "--topic", "n", "--to", "0", "--execute")
        #expect(busy.status == 1)
        #expect(busy.errors == "sluice: group 'g' has a member that is reading; stop them first\n", "\(busy)")
        member.signal(SIGTERM)
        let ended = await member.wait()
        #expect(ended.status == 0 && !ended.wasKilled && ended.errors == "", "\(ended)")
        #expect(try await describe("g").partitions.first?.committed == 100)
        try await send(100..<110)
        #expect(try await read("--until-end") == Array(100..<110))
        #expect(await broker.stop() == 0)
    }

    @Test("a group is described although one of its topics is gone")
    func topicGone() async throws {
        #expect(try await read("--count", "30") == Array(0..<30))
        #expect(try await sluice("topics", "create", "gone").status == 0)
        let member = try Program(Program.sluice, ["consume", "-t", "gone", "--group", "g", "-b", broker.address])
        try await eventually("it has its partition") {
            try await describe("g").partitions.contains { $0.topic == "gone" && $0.member != nil }
        }
        // So that it does not notice.
        member.signal(SIGSTOP)
        #expect(try await sluice("topics", "delete", "gone").status == 0)
        let group = try await describe("g")
        let id = try #require(group.members.first?.member)
        #expect(
            group.partitions == [
                .init(topic: "gone", partition: 0, committed: nil, end: nil, lag: nil, member: id),
                .init(topic: "n", partition: 0, committed: 30, end: 100, lag: 70, member: nil),
            ])
        let shown = try await sluice("groups", "describe", "g")
        #expect(shown.status == 0 && shown.output.contains("g\tgone\t0\t-\t-\t-\t\(id)\n"), "\(shown)")
        member.signal(SIGKILL)
        await member.wait()
        #expect(await broker.stop() == 0)
    }

    @Test("a member whose coordinator has fallen silent ends all the same, and says what to expect")
    func silentCoordinator() async throws {
        let member = try Program(
            Program.sluice,
            [
                "consume", "-t", "n", "--group", "g", "-b", broker.address, "--timeout", "2s", "-X",
                "auto.commit.interval.ms=600000", "-X", "session.timeout.ms=6000",
            ])
        try await eventually("all is printed") { member.output.hasSuffix("\n99\n") }
        broker.process.signal(SIGSTOP)
        member.signal(SIGTERM)
        defer { member.signal(SIGKILL) }
        try await eventually("it ends", within: .seconds(40)) { !member.isRunning }
        let ended = await member.wait()
        #expect(ended.status == 1)
        #expect(
            ended.errors
                == """
                sluice: the coordinator of group 'g' did not answer within 2s: the group may print again what was \
                printed last; --timeout waits longer

                """, "\(ended)")
        broker.process.signal(SIGCONT)
        // It may have come to the coordinator all the same.
        let again = try await read("--until-end")
        #expect(again.isEmpty || again == Array(0..<100))
        #expect(await broker.stop() == 0)
    }

    @Test("two members share the partitions of a topic, and together print every record once")
    func shares() async throws {
        #expect(try await sluice("topics", "create", "two", "--partitions", "2").status == 0)
        let members = try (0..<2).map { _ in
            try Program(
                Program.sluice,
                ["consume", "-t", "two", "--group", "pair", "--format", "%p %v\\n", "-b", broker.address])
        }
        try await eventually("the group is there") {
            try await sluice("groups", "list").output.contains("pair\t")
        }
        try await eventually("each has a partition") {
            let group = try await describe("pair")
            return group.state == "Stable" && Set(group.partitions.compactMap(\.member)).count == 2
        }
        for partition in 0..<2 {
            let input = try folder.write("input", (0..<50).map { "\($0)\n" }.joined())
            let sent = try await Program.run(
                Program.sluice, ["produce", "-t", "two", "--partition", "\(partition)", "-b", broker.address],
                input: input)
            #expect(sent.status == 0, "\(sent.errors)")
        }
        try await eventually("all is printed") { members.allSatisfy { $0.output.split(separator: "\n").count >= 50 } }
        for member in members {
            member.signal(SIGINT)
            #expect(await member.wait().status == 0)
        }
        let printed = members.flatMap { $0.output.split(separator: "\n").map(String.init) }
        #expect(printed.count == 100 && Set(printed).count == 100)
        #expect(try await describe("pair").partitions.map(\.lag) == [0, 0])
        #expect(await broker.stop() == 0)
    }

    @Test("reset-offsets shows where a group would move, and moves it with --execute only")
    func resets() async throws {
        #expect(try await read("--count", "50") == Array(0..<50))
        func move(_ arguments: String...) async throws -> (moves: [Move], errors: String) {
            let result = try await Program.run(
                Program.sluice,
                ["groups", "reset-offsets", "g", "--output", "json", "-b", broker.address] + arguments)
            #expect(result.status == 0, "\(result.errors)\n\(broker.process.errors)")
            return (try JSONDecoder().decode([Move].self, from: Data(result.output.utf8)), result.errors)
        }
        let shown = try await move("--topic", "n", "--to", "10")
        #expect(shown.moves == [Move(partition: 0, committed: 50, new: 10)])
        #expect(shown.errors == "nothing was changed; --execute does it\n")
        #expect(try await describe("g").partitions.first?.committed == 50)
        for (place, new) in [
            ("earliest", 0), ("latest", 100), ("-3", 97), ("-1h", 0), ("2990-01-01", 100), ("1000", 100), ("10", 10),
        ] {
            let done = try await move("--all-topics", "--to", place, "--execute")
            #expect(done.moves.map(\.new) == [new], "--to \(place)")
            #expect(done.errors == "")
            #expect(try await describe("g").partitions.first?.committed == new, "--to \(place)")
        }
        #expect(try await read("--until-end") == Array(10..<100))
        #expect(await broker.stop() == 0)
    }

    @Test("a group is deleted with what it has committed")
    func deletes() async throws {
        #expect(try await read("--count", "50") == Array(0..<50))
        let deleted = try await sluice("groups", "delete", "g")
        #expect(deleted.status == 0 && deleted.errors == "", "\(deleted)")
        let gone = "sluice: group 'g' is not at \(broker.address); 'sluice groups list' shows what is there\n"
        let described = try await sluice("groups", "describe", "g")
        #expect(described.status == 1 && described.errors == gone, "\(described)")
        let again = try await sluice("groups", "delete", "g")
        #expect(again.status == 1 && again.errors == gone, "\(again)")
        #expect(try await read("--count", "1") == [0])
        #expect(await broker.stop() == 0)
    }
}
