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
        arguments: ["transactions_librdkafka.py"])
    func clients(script: String) async throws {
        let broker = try await RunningBroker(try TemporaryFolder())
        let ended = try await PythonInterpreter.run("Clients/" + script, [broker.address])
        #expect(ended.status == 0, "\(ended.errors)\n\(broker.process.errors)")
        #expect(await broker.stop() == 0)
    }
}
