import Foundation
import Synchronization

/// A program started by a test, with no signal blocked, its input closed and its output in files; killed when the test lets go of it.
///
/// Foundation's `Process` hands on the mask of the calling thread, which blocks SIGTERM on a thread of Swift's concurrency, and many a program keeps
/// the mask that it finds.
package final class ChildProcess: Sendable {
    /// What a finished program left.
    package struct Result: Sendable {
        /// The exit code, or the number of the signal that killed it.
        package var status: Int32
        package var wasKilled: Bool
        package var output: String
        package var errors: String
    }

    package struct Failure: Error, CustomStringConvertible { package let description: String }

    /// Outlives the child, for the thread that waits for it.
    private final class End: Sendable {
        struct State {
            var status: Int32?
            var waiters: [CheckedContinuation<Int32, Never>] = []
        }

        let state = Mutex(State())
    }

    package let pid: pid_t
    private let folder: TemporaryFolder
    private let end = End()

    /// Starts the program at a path. `environment` is added to that of the test; `input` is a file.
    package init(
        _ executable: String, _ arguments: [String], directory: String? = nil, environment: [String: String] = [:],
        input: String = "/dev/null"
    ) throws {
        folder = try TemporaryFolder()
        var attributes = posix_spawnattr_t()
        var files = posix_spawn_file_actions_t()
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_init(&attributes)
        posix_spawn_file_actions_init(&files)
        defer {
            posix_spawnattr_destroy(&attributes)
            posix_spawn_file_actions_destroy(&files)
        }
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        posix_spawn_file_actions_addopen(&files, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&files, 1, folder("out"), O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_addopen(&files, 2, folder("err"), O_WRONLY | O_CREAT | O_APPEND, 0o644)
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        // glibc's own way to another folder is not imported into Swift.
        let command = (directory.map { ["/usr/bin/env", "-C", $0] } ?? []) + [executable] + arguments
        var argv: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, command[0], &files, &attributes, &argv, &envp)
        guard result == 0 else {
            throw Failure(description: "\(executable) cannot be started: \(String(cString: strerror(result)))")
        }
        self.pid = pid
        Thread.detachNewThread { [pid, end] in Self.awaitEnd(of: pid, end) }
    }

    deinit { signal(SIGKILL) }

    /// Until it is reaped its id is nobody else's; reaping it under the lock keeps `signal` from hitting a stranger.
    private static func awaitEnd(of pid: pid_t, _ end: End) {
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        let (waiters, status) = end.state.withLock { state in
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            state.status = status
            defer { state.waiters = [] }
            return (state.waiters, status)
        }
        for waiter in waiters { waiter.resume(returning: status) }
    }

    /// What it has written to standard output so far.
    package var output: String { read("out") }
    /// What it has written to standard error so far.
    package var errors: String { read("err") }
    package var isRunning: Bool { end.state.withLock { $0.status == nil } }

    private func read(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: folder(name)) ?? Data(), as: UTF8.self)
    }

    /// Sends it a signal, unless it has ended.
    package func signal(_ number: Int32) {
        end.state.withLock { state in
            if state.status == nil { _ = kill(pid, number) }
        }
    }

    /// Waits for the end of the program.
    @discardableResult
    package func wait() async -> Result {
        let status = await withCheckedContinuation { continuation in
            let status = end.state.withLock { state in
                if state.status == nil { state.waiters.append(continuation) }
                return state.status
            }
            if let status { continuation.resume(returning: status) }
        }
        let killer = status & 0x7F
        return Result(
            status: killer == 0 ? (status >> 8) & 0xFF : killer, wasKilled: killer != 0, output: output, errors: errors)
    }

    /// Runs a program to its end.
    package static func run(
        _ executable: String, _ arguments: [String], directory: String? = nil, environment: [String: String] = [:],
        input: String = "/dev/null"
    ) async throws -> Result {
        try await ChildProcess(
            executable, arguments, directory: directory, environment: environment, input: input
        ).wait()
    }

    /// The path of a program of the system, or nil where it is not installed. Servers are where a user's `PATH` need not lead.
    package static func installed(_ name: String) -> String? {
        ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin", "/sbin", "/bin"].map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
