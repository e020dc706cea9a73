import TestSupport
import Testing

/// What every client of Python does against `sluice broker`, one scenario after the other: `Tests/Clients/with_*.py`.
@Suite(
    "Kafka's clients of Python", .timeLimit(.minutes(10)),
    .enabled(if: PythonInterpreter.path != nil, "no Python with the clients: run make test"))
struct ClientMatrixTests {
    private func run(_ client: String, _ scenario: String) async throws {
        let broker = try await RunningBroker(try TemporaryFolder())
        let ended = try await PythonInterpreter.run("Clients/with_\(client).py", [broker.address, scenario])
        #expect(ended.status == 0, "\(client) \(scenario): \(ended.errors)\n\(broker.process.errors)")
        #expect(await broker.stop() == 0)
    }

    @Test(
        "what it sends is what it reads, with every codec", arguments: ["aiokafka", "confluent_kafka", "kafka_python"])
    func codecs(client: String) async throws { try await run(client, "codecs") }

    @Test("it finds offsets by time", arguments: ["aiokafka", "confluent_kafka", "kafka_python"])
    func times(client: String) async throws { try await run(client, "times") }

    @Test("messages of 10 MB", arguments: ["aiokafka", "confluent_kafka", "kafka_python"])
    func large(client: String) async throws { try await run(client, "large") }

    @Test("two hundred clients at once, each with its connections")
    func connections() async throws { try await run("aiokafka", "connections") }

    @Test("its transactions are committed, aborted and fenced", arguments: ["aiokafka", "kafka_python"])
    func transactions(client: String) async throws { try await run(client, "transactions") }

    @Test(
        "what it reads, transforms and writes in transactions is there exactly once",
        arguments: ["aiokafka", "confluent_kafka", "kafka_python"])
    func exactlyOnce(client: String) async throws { try await run(client, "exactly_once") }

    @Test("every version of every API is answered, and the answers are written as Kafka's schemas say")
    func everyVersion() async throws {
        let broker = try await RunningBroker(try TemporaryFolder())
        let ended = try await PythonInterpreter.run("Clients/every_version.py", [broker.address])
        #expect(ended.status == 0, "\(ended.errors)\n\(broker.process.errors)")
        #expect(!ended.output.contains("no schema"), "\(ended.output)")
        #expect(await broker.stop() == 0)
    }
}
