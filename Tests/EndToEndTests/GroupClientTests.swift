import Foundation
import TestSupport
import Testing

private let kcatPath = ChildProcess.installed("kcat")

/// Consumer groups of real clients against `sluice broker`.
@Suite(
    "Groups of Kafka's clients", .timeLimit(.minutes(10)),
    .enabled(if: PythonInterpreter.path != nil, "no Python with the clients: run make test"))
struct GroupClientTests {
    private static let partitions = 6
    private static let topic = "numbers"
    /// The Java client, where it is installed.
    private static let java = JavaClient.isInstalled ? ["java-range", "java-cooperative"] : []
    private static let libraries = ["confluent-range", "confluent-cooperative", "kafka-python", "aiokafka"] + java

    /// Produces until it is told to stop.
    private func producer(_ broker: RunningBroker) async throws -> Program {
        let producer = try Program(
            try #require(PythonInterpreter.path),
            [
                Program.root + "/Tests/Clients/produce_numbers.py", broker.address, Self.topic, "\(Self.partitions)",
                "400",
            ])
        try await eventually("records are acknowledged") {
            guard producer.isRunning else { throw TimedOut(description: "the producer ended: \(producer.errors)") }
            return (acknowledged(producer)) > 0
        }
        return producer
    }

    private func acknowledged(_ producer: Program) -> Int {
        producer.output.split(separator: "\n").last.flatMap { Int($0) } ?? 0
    }

    /// Stops the producer, and waits until the members have read all that it produced and committed that.
    private func drain(_ producer: Program, _ members: [GroupMemberProcess]) async throws {
        producer.signal(SIGTERM)
        let ended = await producer.wait()
        #expect(ended.status == 0, "\(ended.errors)")
        let count = acknowledged(producer)
        try await eventually("all \(count) records are read") {
            members.reduce(into: Set<Int>()) { $0.formUnion($1.values) }.count == count
        }
        let setBacks = GroupMemberProcess.setBacks(members)
        #expect(setBacks.isEmpty, "\(setBacks)")
    }

    private func share(_ members: [GroupMemberProcess], _ each: [Int]) async throws {
        try await eventually("\(members.count) members have \(each) partitions") {
            for member in members where !member.process.isRunning {
                throw TimedOut(description: "a member ended: \(member.process.errors)")
            }
            let owned = members.map(\.owned)
            return owned.map(\.count).sorted() == each.sorted()
                && owned.reduce(into: Set<Int>()) { $0.formUnion($1) }.count == Self.partitions
        }
    }

    @Test(
        "members come, leave and die, and all records are read by those that are there",
        arguments: libraries)
    func members(library: String) async throws {
        let broker = try await RunningBroker(try TemporaryFolder())
        let producer = try await producer(broker)
        func member() async throws -> GroupMemberProcess {
            try await GroupMemberProcess(library, broker, group: "g", topic: Self.topic)
        }
        let first = try await member()
        try await share([first], [6])
        let second = try await member()
        let third = try await member()
        try await share([first, second, third], [2, 2, 2])
        #expect(await second.leave() == 0, "\(second.process.errors)")
        try await share([first, third], [3, 3])
        await third.kill()
        try await share([first], [6])
        try await drain(producer, [first, second, third])
        #expect(await first.leave() == 0, "\(first.process.errors)")
        #expect(await broker.stop() == 0)
    }

    @Test(
        "a static member that is killed and started again has its partitions back, and the others do not notice",
        arguments: ["confluent-range", "confluent-cooperative"] + java)
    func staticMember(library: String) async throws {
        let broker = try await RunningBroker(try TemporaryFolder())
        let producer = try await producer(broker)
        func member(_ instance: String) async throws -> GroupMemberProcess {
            try await GroupMemberProcess(library, broker, group: "g", topic: Self.topic, instance: instance)
        }
        let one = try await member("one")
        var two = try await member("two")
        try await share([one, two], [3, 3])
        let owned = two.owned
        let assignments = one.assignments
        var all = [one, two]
        for _ in 0..<2 {
            await two.kill()
            two = try await member("two")
            all.append(two)
            try await share([one, two], [3, 3])
            #expect(two.owned == owned)
        }
        #expect(one.assignments == assignments, "a rebalance: \(one.process.output.suffix(2000))")
        try await drain(producer, all)
        #expect(await broker.stop() == 0)
    }

    @Test(
        "the broker is killed under a group: nothing acknowledged is forgotten, and all records are read",
        arguments: ["confluent-range", "confluent-cooperative", "kafka-python"])
    func brokerKilled(library: String) async throws {
        let broker = try await RunningBroker(try TemporaryFolder())
        let producer = try await producer(broker)
        var members: [GroupMemberProcess] = []
        for _ in 0..<3 {
            members.append(try await GroupMemberProcess(library, broker, group: "g", topic: Self.topic))
        }
        try await share(members, [2, 2, 2])
        for _ in 0..<2 {
            let count = acknowledged(producer)
            try await eventually("more is read") {
                members.reduce(into: Set<Int>()) { $0.formUnion($1.values) }.count > count + 100
            }
            try await broker.crash()
            try await share(members, [2, 2, 2])
        }
        try await drain(producer, members)
        for member in members { #expect(await member.leave() == 0, "\(member.process.errors)") }
        #expect(await broker.stop() == 0)
    }

    @Test("what admin clients see of groups, and simple consumers' positions")
    func admin() async throws {
        let broker = try await RunningBroker(try TemporaryFolder())
        let ended = try await PythonInterpreter.run("Clients/groups_admin.py", [broker.address])
        #expect(ended.status == 0, "\(ended.errors)\n\(broker.process.errors)")
        #expect(await broker.stop() == 0)
    }

    @Test("kcat goes on where it stopped", .enabled(if: kcatPath != nil, "no kcat: run make test"))
    func kcat() async throws {
        let kcat = try #require(kcatPath)
        let folder = try TemporaryFolder()
        let broker = try await RunningBroker(folder)
        for part in [0..<100, 100..<150] {
            let lines = part.map { "line \($0)" }
            let input = try folder.write("input", lines.joined(separator: "\n") + "\n")
            let written = try await Program.run(kcat, ["-b", broker.address, "-P", "-t", "lines"], input: input)
            #expect(written.status == 0, "\(written.errors)")
            let read = try await Program.run(
                kcat,
                [
                    "-b", broker.address, "-G", "g", "-c", "\(part.count)", "-X", "auto.offset.reset=earliest", "-q",
                    "lines",
                ])
            #expect(read.status == 0, "\(read.errors)")
            #expect(read.output.split(separator: "\n").map(String.init) == lines)
        }
        #expect(await broker.stop() == 0)
    }
}
