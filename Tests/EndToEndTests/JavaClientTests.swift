import TestSupport
import Testing

/// Apache Kafka's own client against `sluice broker`: `Tests/Clients/java`.
@Suite(
    "Kafka's Java client", .timeLimit(.minutes(10)),
    .enabled(if: JavaClient.isInstalled, "no Java with Kafka's client: run make test"))
struct JavaClientTests {
    private func run(_ scenario: String, _ options: [String] = [], in folder: TemporaryFolder) async throws {
        let broker = try await RunningBroker(folder, options: options)
        let ended = try await JavaClient.run(scenario, broker.address)
        #expect(ended.status == 0, "\(ended.output)\n\(ended.errors)\n\(broker.process.errors)")
        #expect(await broker.stop() == 0)
    }

    @Test("what it sends is what it reads", arguments: ["codecs", "times", "large", "thousand-partitions"])
    func records(scenario: String) async throws { try await run(scenario, in: try TemporaryFolder()) }

    @Test(
        "its transactions are committed, aborted, fenced, timed out and described",
        arguments: ["transactions", "transaction positions", "transactions described", "exactly-once"])
    func transactions(scenario: String) async throws { try await run(scenario, in: try TemporaryFolder()) }

    @Test(
        "it administers topics, configs, the cluster and groups",
        arguments: ["administration", "configs", "cluster", "partitions", "group-administration"])
    func administration(scenario: String) async throws { try await run(scenario, in: try TemporaryFolder()) }

    @Test("of a compacted topic it sees the last record of each key")
    func compaction() async throws {
        let folder = try TemporaryFolder()
        let properties = try folder.write("server.properties", "log.retention.check.interval.ms=200\n")
        try await run("compaction", ["--properties", properties], in: folder)
    }
}
