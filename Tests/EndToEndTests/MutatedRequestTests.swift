import Foundation
import TestSupport
import Testing

/// What is nearly a request, at a real broker: `Tests/Clients/mutated_requests.py`.
@Suite(
    "Mutated requests at a broker", .timeLimit(.minutes(10)),
    .enabled(if: PythonInterpreter.path != nil, "no Python with the clients: run make test"))
struct MutatedRequestTests {
    @Test("each is answered, or its connection is closed with a line in the log that says why")
    func mutations() async throws {
        let broker = try await RunningBroker(try TemporaryFolder())
        var random = SeededGenerator.announced(for: "mutated requests at a broker")
        let ended = try await PythonInterpreter.run(
            "Clients/mutated_requests.py", [broker.address, "50000", "\(random.next() >> 1)"])
        #expect(ended.status == 0, "\(ended.errors)\n\(broker.process.errors.suffix(4000))")
        let closed = try #require(Int(ended.output.trimmingCharacters(in: .newlines)))
        let reasons = broker.process.errors.split(separator: "\n").filter { $0.contains("is closed: ") }
        #expect(closed > 1000)
        #expect(reasons.count >= closed, "\(ended.errors)")
        #expect(PeakMemory.of(broker.process.pid) < 256 << 20)
        #expect(await broker.stop() == 0)
    }
}
