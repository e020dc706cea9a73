import Foundation
import TestSupport
import Testing

/// SIGKILL at random moments under Kafka's own clients.
@Suite(
    "A hundred kills", .timeLimit(.minutes(15)),
    .enabled(if: PythonInterpreter.path != nil, "no Python with the clients: run make test"))
struct HundredKillsTests {
    private static let kills = 100
    /// A life of the broker, after it has begun to serve.
    private static let lifeMilliseconds = 20...1200

    @Test("nothing acknowledged is lost or doubled, nothing aborted is seen, and no position goes back")
    func kills() async throws {
        let folder = try TemporaryFolder()
        let broker = try await RunningBroker(folder)
        let seed =
            ProcessInfo.processInfo.environment["SLUICE_TEST_SEED"].flatMap { UInt64($0) } ?? .random(in: 0..<1 << 32)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let clients = try ["produce", "transact", "consume"].map { try client($0, broker, folder, seed) }
        for client in clients {
            try await eventually("a client has something acknowledged") {
                guard client.isRunning else { throw TimedOut(description: "it ended: \(client.errors)") }
                return !client.output.isEmpty
            }
        }
        for _ in 0..<Self.kills {
            let life = Self.lifeMilliseconds.lowerBound + random.below(Self.lifeMilliseconds.count)
            // The one thing here that is no condition: the moment is to be any.
            try await Task.sleep(for: .milliseconds(life))
            try await broker.crash()
        }
        try folder.write("stop", "")
        for client in clients {
            let ended = await client.wait()
            #expect(ended.status == 0, "seed \(seed): \(ended.errors)\n\(broker.process.errors)")
        }
        let verified = await (try client("verify", broker, folder, seed)).wait()
        #expect(verified.status == 0, "seed \(seed): \(verified.errors)\n\(broker.process.errors)")
        print(verified.output)
        #expect(await broker.stop() == 0)
    }

    private func client(
        _ role: String, _ broker: RunningBroker, _ folder: TemporaryFolder, _ seed: UInt64
    ) throws -> Program {
        try Program(
            try #require(PythonInterpreter.path),
            [Program.root + "/Tests/Clients/under_kills.py", broker.address, folder.path, role, "\(seed)"])
    }
}
