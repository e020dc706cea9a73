import TestSupport
import Testing

/// Apache Kafka's own client against `sluice broker`: `Tests/Clients/java`.
@Suite(
    "Kafka's Java client", .timeLimit(.minutes(10)),
    .enabled(if: JavaClient.isInstalled, "no Java with Kafka's client: run make test"))
struct JavaClientTests {
    @Test(
        "what it sends is what it reads",
        arguments: [
            "codecs", "times", "large", "administration", "configs", "cluster", "partitions", "transactions",
            "transaction positions", "transactions described",
        ])
    func scenario(name: String) async throws {
        let broker = try await RunningBroker(try TemporaryFolder())
        let ended = try await JavaClient.run(name, broker.address)
        #expect(ended.status == 0, "\(ended.output)\n\(ended.errors)\n\(broker.process.errors)")
        #expect(await broker.stop() == 0)
    }
}
