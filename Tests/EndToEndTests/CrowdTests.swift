import Foundation
import TestSupport
import Testing

/// Connections that are many, or hostile, beside a producer and a consumer that work.
@Suite(
    "a crowd of connections", .timeLimit(.minutes(10)),
    .enabled(if: PythonInterpreter.path != nil, "no Python with the clients: run make test"))
struct CrowdTests {
    /// What the debug build needs for ten thousand connections, and what a few large requests may add, with room for the allocator.
    private static let memoryMaxMiB = 256

    @Test("ten thousand idle connections, half requests, lengths of 2 GB and garbage are not noticed by others")
    func crowd() async throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        // The client and the broker each need a descriptor for every connection, and some for themselves.
        let connections = min(10_000, Int(limit.rlim_max) - 1000)
        guard connections > 1000 else { try Test.cancel("a process may open only \(limit.rlim_max) files here") }
        let folder = try TemporaryFolder()
        let properties = try folder.write("server.properties", "max.connections=10200\n")
        let broker = try await RunningBroker(folder, options: ["--properties", properties])
        let ended = try await PythonInterpreter.run(
            "Clients/crowd.py",
            [broker.address, "\(broker.process.pid)", "\(connections)", "\(Self.memoryMaxMiB)"])
        #expect(ended.status == 0, "\(ended.output)\n\(ended.errors)\n\(broker.process.errors.suffix(2000))")
        #expect(await broker.stop() == 0)
    }
}
