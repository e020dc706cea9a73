import Foundation
import Glibc

/// A server in a process of its own, so that its CPU time and memory are its own and not its clients'.
final class ServerProcess {
    /// By what a server is known to be ready.
    enum Readiness {
        /// It takes connections: any server, looked at every 20 ms.
        case listening
        /// It has written this to its standard error: seen at once.
        case saying(String)
    }

    /// Where it listens, on 127.0.0.1.
    let port: Int
    /// From its exec until it was ready.
    let startSeconds: Double
    let process: ChildProcess

    private static let listeningSecondsMax = 60.0

    /// Starts a program beside this one and waits until it is ready; `arguments` are made from the port.
    init(
        _ program: String, until readiness: Readiness = .listening, _ arguments: (_ port: Int) -> [String]
    ) throws {
        port = try Self.freePort()
        let begin = ContinuousClock.now
        switch readiness {
        case .listening: process = try Self.listening(program, arguments(port), port: port)
        case .saying(let line): process = try Self.saying(line, program, arguments(port))
        }
        startSeconds = begin.duration(to: .now) / .seconds(1)
    }

    /// A `sluice broker` on a data directory of its own.
    static func broker(
        in folder: String, flush: String, partitions: Int = 1, until readiness: Readiness = .listening
    ) throws -> ServerProcess {
        let configuration =
            "stream: { embedded: { binder: { flush: \(flush), min-partition-count: \(partitions) } } }\n"
        try Data(configuration.utf8).write(to: URL(filePath: folder + "/broker.yaml"))
        return try ServerProcess("sluice", until: readiness) { port in
            [
                "broker", "--listen", "127.0.0.1:\(port)", "--data-dir", folder + "/data", "--config",
                folder + "/broker.yaml",
            ]
        }
    }

    /// What `work` costs the server, in CPU-seconds.
    func cost(of work: () throws -> Void) throws -> Double {
        let before = try process.cpuSeconds()
        try work()
        return try process.cpuSeconds() - before
    }

    /// Ends it in good order.
    func stop() { process.stop() }

    private static func listening(_ program: String, _ arguments: [String], port: Int) throws -> ChildProcess {
        let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(nowhere) }
        let process = try ChildProcess(program, arguments, errors: nowhere)
        let deadline = Date.now.addingTimeInterval(listeningSecondsMax)
        while (try? Connection(port: port)) == nil {
            guard Date.now < deadline, process.isRunning else {
                throw BenchFailure(description: "\(program) does not listen on \(port)")
            }
            usleep(20_000)
        }
        return process
    }

    private static func saying(_ line: String, _ program: String, _ arguments: [String]) throws -> ChildProcess {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw BenchFailure(description: "no pipe") }
        defer { close(ends[0]) }
        // The program has its end as its standard error only, so that the pipe ends with it.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let process: ChildProcess
        do {
            defer { close(ends[1]) }
            process = try ChildProcess(program, arguments, errors: ends[1])
        }
        var said = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !said.contains(line) {
            let count = read(ends[0], &buffer, buffer.count)
            guard count > 0 else { throw BenchFailure(description: "\(program) ended: \(said)") }
            said += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return process
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
