import TestSupport
import Testing

/// A broker that may have fewer files open than it has partitions.
@Suite(
    "Few descriptors", .timeLimit(.minutes(10)),
    .enabled(if: PythonInterpreter.path != nil, "no Python with the clients: run make test"))
struct FewDescriptorsTests {
    @Test("300 partitions under a limit of 256 descriptors are written, read, and there after a restart and a crash")
    func restart() async throws {
        let broker = try await RunningBroker(try TemporaryFolder(), descriptorsMax: 256)
        for round in 1...3 {
            let ended = try await PythonInterpreter.run(
                "Clients/many_partitions.py", [broker.address, "300", "\(round)"])
            #expect(ended.status == 0, "round \(round): \(ended.errors)\n\(broker.process.errors)")
            if round == 1 { #expect(try await broker.restart() == 0) }
            if round == 2 { try await broker.crash() }
        }
        #expect(await broker.stop() == 0)
        #expect(!broker.process.errors.contains("failed"), "\(broker.process.errors)")
    }
}
