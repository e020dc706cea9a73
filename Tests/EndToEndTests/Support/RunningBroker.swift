import Foundation
import TestSupport

/// A `sluice broker` on a port and a data directory that stay the same when it is killed and started again.
final class RunningBroker {
    let address: String
    private let folder: TemporaryFolder
    private var data: String { folder("data") }
    private(set) var process: Program

    private let options: [String]

    /// - Parameters:
    ///   - address: where it listens; on a free port unless a test is about that.
    ///   - options: more of the command's.
    init(_ folder: TemporaryFolder, address: String? = nil, options: [String] = []) async throws {
        self.address = try address ?? "127.0.0.1:\(freePorts(1)[0])"
        self.folder = folder
        self.options = options
        process = try await Self.start(self.address, folder("data"), options)
    }

    private static func start(_ address: String, _ data: String, _ options: [String]) async throws -> Program {
        let process = try Program(Program.sluice, ["broker", "--listen", address, "--data-dir", data] + options)
        try await eventually("the broker is ready") {
            guard process.isRunning else { throw TimedOut(description: "it ended: \(process.errors)") }
            return process.errors.contains("clients are served at \(address)")
        }
        return process
    }

    /// Kills it with SIGKILL and starts it again.
    func crash() async throws {
        process.signal(SIGKILL)
        await process.wait()
        process = try await Self.start(address, data, options)
    }

    /// Ends it in good order; its exit code.
    func stop() async -> Int32 {
        process.signal(SIGTERM)
        return await process.wait().status
    }
}
