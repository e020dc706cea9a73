import Foundation
import TestSupport

/// A `sluice broker` on a port and a data directory that stay the same when it is killed and started again.
final class RunningBroker {
    let address: String
    private let folder: TemporaryFolder
    private let options: [String]
    private let descriptorsMax: Int?
    private(set) var process: Program

    /// - Parameters:
    ///   - address: where it listens; on a free port unless a test is about that.
    ///   - options: more of the command's.
    ///   - descriptorsMax: how many files and connections it may have open; nil for what this process may.
    init(
        _ folder: TemporaryFolder, address: String? = nil, options: [String] = [], descriptorsMax: Int? = nil
    ) async throws {
        self.address = try address ?? "127.0.0.1:\(freePorts(1)[0])"
        self.folder = folder
        self.options = options
        self.descriptorsMax = descriptorsMax
        process = try await Self.start(self.address, folder("data"), options, descriptorsMax)
    }

    private static func start(
        _ address: String, _ data: String, _ options: [String], _ descriptorsMax: Int?
    ) async throws -> Program {
        var command = [Program.sluice, "broker", "--listen", address, "--data-dir", data] + options
        if let descriptorsMax {
            command = ["/bin/sh", "-c", "ulimit -n \(descriptorsMax) && exec \"$@\"", "sh"] + command
        }
        let process = try Program(command[0], Array(command.dropFirst()))
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
        process = try await Self.start(address, folder("data"), options, descriptorsMax)
    }

    /// Ends it in good order and starts it again; the exit code of the one that ended.
    func restart() async throws -> Int32 {
        let status = await stop()
        process = try await Self.start(address, folder("data"), options, descriptorsMax)
        return status
    }

    /// Ends it in good order; its exit code.
    func stop() async -> Int32 {
        process.signal(SIGTERM)
        return await process.wait().status
    }
}
