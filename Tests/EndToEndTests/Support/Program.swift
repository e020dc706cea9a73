import Foundation
import Synchronization
import Testing

/// A program started by a test, with its output in files, and stopped by its process id when the test lets go of it.
final class Program: Sendable {
    /// What a finished program left.
    struct Result: Sendable {
        var status: Int32
        var wasKilled: Bool
        var output: String
        var errors: String
    }

    private struct State {
        var process: Process
        var result: Result?
        var waiters: [CheckedContinuation<Result, Never>] = []
    }

    let pid: Int32
    private let state: Mutex<State>
    private let folder: TemporaryFolder

    /// Starts `executable` with its standard input closed.
    init(
        _ executable: String, _ arguments: [String], directory: String? = nil, environment: [String: String] = [:]
    ) throws {
        folder = try TemporaryFolder()
        let process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        if let directory { process.currentDirectoryURL = URL(filePath: directory) }
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        for (name, keyPath) in [("out", \Process.standardOutput), ("err", \Process.standardError)] {
            try Data().write(to: URL(filePath: folder(name)))
            process[keyPath: keyPath] = try FileHandle(forWritingTo: URL(filePath: folder(name)))
        }
        let ended = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in ended.continuation.finish() }
        try process.run()
        pid = process.processIdentifier
        state = Mutex(State(process: process))
        Task { [weak self] in
            for await _ in ended.stream {}
            self?.finish()
        }
    }

    deinit {
        let isRunning = state.withLock { $0.result == nil && $0.process.isRunning }
        if isRunning { Foundation.kill(pid, SIGKILL) }
    }

    private func finish() {
        let (waiters, result) = state.withLock { state in
            let result = Result(
                status: state.process.terminationStatus,
                wasKilled: state.process.terminationReason == .uncaughtSignal, output: output, errors: errors)
            state.result = result
            defer { state.waiters = [] }
            return (state.waiters, result)
        }
        for waiter in waiters { waiter.resume(returning: result) }
    }

    /// What it has written to standard output so far.
    var output: String { read("out") }
    /// What it has written to standard error so far.
    var errors: String { read("err") }
    var isRunning: Bool { state.withLock { $0.result == nil } }

    private func read(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: folder(name)) ?? Data(), as: UTF8.self)
    }

    /// Sends it a signal, unless it has ended.
    func signal(_ number: Int32) {
        if isRunning { Foundation.kill(pid, number) }
    }

    /// Waits for the end of the program.
    func wait() async -> Result {
        await withCheckedContinuation { continuation in
            let result = state.withLock { state in
                if state.result == nil { state.waiters.append(continuation) }
                return state.result
            }
            if let result { continuation.resume(returning: result) }
        }
    }

    /// Runs a program to its end.
    static func run(
        _ executable: String, _ arguments: [String], directory: String? = nil, environment: [String: String] = [:]
    ) async throws -> Result {
        try await Program(executable, arguments, directory: directory, environment: environment).wait()
    }

    /// The `sluice` that was built with these tests.
    static let sluice: String = {
        var folder = Bundle.main.bundleURL
        for _ in 0..<4 {
            let candidate = folder.appending(path: "sluice").path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
            folder = folder.deletingLastPathComponent()
        }
        return ".build/debug/sluice"
    }()

    /// The repository's root.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// The path of a program of the system, or nil where it is not installed.
    static func installed(_ name: String) -> String? {
        ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/bin"].map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}

/// The condition did not come true in time.
struct TimedOut: Error, CustomStringConvertible {
    var description: String
}

/// Waits until the condition holds: for what another process does, of which nothing tells but a look.
func eventually(
    _ what: String, within limit: Duration = .seconds(60), _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw TimedOut(description: "\(what): not within \(limit)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// A TCP port nobody listens on at present.
func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
        }
    }
    guard bound else { throw TimedOut(description: "no free port: errno \(errno)") }
    return UInt16(bigEndian: address.sin_port)
}
