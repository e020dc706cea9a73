import Foundation
import Glibc

/// A server in a process of its own, so that its CPU time and memory are its own and not its clients'.
final class ServerProcess {
    /// Where it listens, on 127.0.0.1.
    let port: Int
    private let pid: pid_t
    private var isOver = false

    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
    private static let startSeconds = 60.0

    /// Starts a program beside this one and waits until it takes connections; `arguments` are made from the port.
    init(_ program: String, _ arguments: (_ port: Int) -> [String]) throws {
        port = try Self.freePort()
        let path = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: program).path
        var cArguments = ([path] + arguments(port)).map { strdup($0) } + [nil]
        defer { for argument in cArguments { free(argument) } }
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0)
        var pid = pid_t()
        guard posix_spawn(&pid, path, &files, nil, &cArguments, environ) == 0 else {
            throw BenchFailure(description: "cannot start \(path): build it with `swift build -c release`")
        }
        self.pid = pid
        let deadline = Date.now.addingTimeInterval(Self.startSeconds)
        while (try? Connection(port: port)) == nil {
            guard Date.now < deadline, kill(pid, 0) == 0 else {
                throw BenchFailure(description: "\(program) does not listen on \(port)")
            }
            usleep(20_000)
        }
    }

    /// A `sluice broker` on a data directory of its own.
    static func broker(in folder: String, flush: String, partitions: Int = 1) throws -> ServerProcess {
        let configuration =
            "stream: { embedded: { binder: { flush: \(flush), min-partition-count: \(partitions) } } }\n"
        try Data(configuration.utf8).write(to: URL(filePath: folder + "/broker.yaml"))
        return try ServerProcess("sluice") { port in
            [
                "broker", "--listen", "127.0.0.1:\(port)", "--data-dir", folder + "/data", "--config",
                folder + "/broker.yaml",
            ]
        }
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

    /// What `work` costs the server, in CPU-seconds.
    func cost(of work: () throws -> Void) throws -> Double {
        let before = try cpuSeconds()
        try work()
        return try cpuSeconds() - before
    }

    /// Ends it in good order.
    func stop() {
        guard !isOver else { return }
        isOver = true
        kill(pid, SIGTERM)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    deinit {
        guard !isOver else { return }
        kill(pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = Connection.loopback(port: 0)
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
                var size = length
                return bind(descriptor, general, length) == 0 && getsockname(descriptor, general, &size) == 0
            }
        }
        guard isBound else { throw BenchFailure(description: "no port is free") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
