import Foundation
import TestSupport
import Testing

/// Transactions of real clients against `sluice broker`.
@Suite(
    "Transactions of Kafka's clients", .timeLimit(.minutes(5)),
    .enabled(if: PythonInterpreter.path != nil, "no Python with the clients: run make test"))
struct TransactionClientTests {
    @Test(
        "what clients commit, abort, are fenced from and let time out is seen as it ended",
        arguments: ["transactions_librdkafka.py", "transactions_python.py"])
    func clients(script: String) async throws {
        let broker = try await RunningBroker(try TemporaryFolder())
        let ended = try await PythonInterpreter.run("Clients/" + script, [broker.address])
        #expect(ended.status == 0, "\(ended.errors)\n\(broker.process.errors)")
        #expect(await broker.stop() == 0)
    }

    @Test("records are taken through once, though transactions are abandoned, processors die and the broker is killed")
    func exactlyOnce() async throws {
        let folder = try TemporaryFolder()
        let broker = try await RunningBroker(folder)
        let seed = UInt64.random(in: 0..<1 << 32)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let client = try Program(
            try #require(PythonInterpreter.path),
            [Program.root + "/Tests/Clients/exactly_once_librdkafka.py", broker.address, "6000"])
        for kill in 1...3 {
            let committed = Int.random(in: kill * 15..<kill * 15 + 12, using: &random)
            try await eventually("\(committed) transactions are committed") {
                guard client.isRunning else { throw TimedOut(description: "the client ended: \(client.errors)") }
                return (client.output.split(separator: "\n").last.flatMap { Int($0) } ?? 0) >= committed
            }
            try await broker.crash()
        }
        let ended = await client.wait()
        #expect(ended.status == 0, "seed \(seed): \(ended.errors)\n\(broker.process.errors)")
        #expect(ended.output.contains("done"))
        #expect(await broker.stop() == 0)
    }
}
