import Foundation
import Glibc

/// A program beside this one, in a process of its own; killed when nobody holds it any more.
final class ChildProcess {
    /// 0 once it is over.
    private var pid = pid_t()

    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))

    /// Starts a program of this one's folder. `errors` becomes its standard error: this program's own unless another is given.
    init(_ program: String, _ arguments: [String], errors: Int32 = STDERR_FILENO) throws {
        let path = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: program).path
        var cArguments = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for argument in cArguments { free(argument) } }
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO)
        guard posix_spawn(&pid, path, &files, nil, &cArguments, environ) == 0 else {
            throw BenchFailure(description: "cannot start \(path): build it with `swift build -c release`")
        }
    }

    deinit { kill() }

    /// Whether it has not ended by itself.
    var isRunning: Bool {
        var info = siginfo_t()
        // Without WNOWAIT it would be reaped here; si_signo stays 0 while there is nothing to reap.
        return pid > 0 && waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo == 0
    }

    /// Waits for its end; its status is that of waitpid(2).
    func wait() -> (status: Int32, usage: rusage) {
        var (status, usage) = (Int32(), rusage())
        while wait4(pid, &status, 0, &usage) < 0, errno == EINTR {}
        pid = 0
        return (status, usage)
    }

    /// Ends it in good order; its status, 0 if it has ended before.
    @discardableResult
    func stop() -> Int32 { end(SIGTERM) }

    func kill() { _ = end(SIGKILL) }

    private func end(_ signal: Int32) -> Int32 {
        guard pid > 0 else { return 0 }
        Glibc.kill(pid, signal)
        return wait().status
    }

    /// User and system CPU time so far, in seconds (`proc_pid_stat(5)`, fields 14 and 15).
    func cpuSeconds() throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        // The second field, the name in brackets, may hold spaces.
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
            throw BenchFailure(description: "/proc/\(pid)/stat cannot be read")
        }
        return (user + system) / Self.ticksPerSecond
    }

    /// `VmRSS` or `VmHWM` of `proc_pid_status(5)`.
    func memoryMiB(_ name: String) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        guard let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap({ Double($0) }) else {
            throw BenchFailure(description: "/proc/\(pid)/status cannot be read")
        }
        return kibibytes / 1024
    }
}
