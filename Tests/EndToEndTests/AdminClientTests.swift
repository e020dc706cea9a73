import Foundation
import TestSupport
import Testing

/// Administration, and what topics keep, with real clients against `sluice broker`.
@Suite(
    "Kafka's admin clients", .timeLimit(.minutes(10)),
    .enabled(if: PythonInterpreter.path != nil, "no Python with the clients: run make test"))
struct AdminClientTests {
    private func run(_ script: String, _ scenario: String, _ broker: RunningBroker) async throws {
        let ended = try await PythonInterpreter.run("Clients/\(script)", [broker.address, scenario])
        #expect(ended.status == 0, "\(scenario): \(ended.output)\n\(ended.errors)\n\(broker.process.errors)")
    }

    @Test(
        "confluent-kafka and kafka-python administer topics, configs and the cluster",
        arguments: ["topics", "configs", "deletion", "cluster"])
    func administration(scenario: String) async throws {
        let broker = try await RunningBroker(try TemporaryFolder())
        try await run("administration.py", scenario, broker)
        #expect(await broker.stop() == 0)
    }

    @Test(
        "a topic's configs say what its consumers see",
        arguments: ["compaction", "append-time", "retention", "many-partitions"])
    func storage(scenario: String) async throws {
        let broker = try await RunningBroker(try TemporaryFolder())
        try await run("storage.py", scenario, broker)
        #expect(await broker.stop() == 0)
    }

    @Test("configs, added partitions, deleted records and deleted topics are what they were told to be after SIGKILL")
    func kill() async throws {
        let broker = try await RunningBroker(try TemporaryFolder())
        try await run("storage.py", "before-kill", broker)
        try await broker.crash()
        try await run("storage.py", "after-kill", broker)
        #expect(await broker.stop() == 0)
    }
}
