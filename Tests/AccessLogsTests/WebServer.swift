import Foundation
import Glibc
import TestSupport
import Testing

/// A real web server, started for one test on free ports in a folder of its own, and stopped by its process id.
final class WebServer {
    struct Failure: Error, CustomStringConvertible { let description: String }

    /// Seconds after which a server that does not do what it must fails the test instead of stopping it.
    private static let patience = 60.0

    static var hasNginx: Bool { ChildProcess.installed("nginx") != nil }
    static var hasApache: Bool { ChildProcess.installed("apache2") != nil }

    var folder: String { home.path }
    /// Free when the server was configured: the first listens, the second never does.
    let port: UInt16
    let closedPort: UInt16
    private let home: TemporaryFolder
    private let process: ChildProcess
    private let stopSignal: Int32

    /// - Parameter configuration: Makes the configuration of the folder, the port, the unused port and whether IPv6 can be used.
    init(
        _ name: String, arguments: (String) -> [String], stopSignal: Int32,
        configuration: (_ folder: String, _ port: UInt16, _ closedPort: UInt16) -> String
    ) throws {
        self.stopSignal = stopSignal
        home = try TemporaryFolder()
        let folder = home.path
        try Data("hello\n".utf8).write(to: URL(fileURLWithPath: folder + "/index.html"))
        let ports = try freePorts(2)
        (port, closedPort) = (ports[0], ports[1])
        try Data(configuration(folder, port, closedPort).utf8).write(to: URL(fileURLWithPath: folder + "/server.conf"))
        guard let path = ChildProcess.installed(name) else { throw Failure(description: "\(name) is not installed") }
        process = try ChildProcess(path, arguments(folder))
        let deadline = Date(timeIntervalSinceNow: Self.patience)
        while !Self.listens(port) {
            guard process.isRunning, Date() < deadline else {
                stop()
                throw Failure(description: "\(name) did not start: \(process.output) \(process.errors)")
            }
            usleep(20_000)
        }
    }

    deinit { stop() }

    /// Asks the server to end after its requests, and waits until it has; a server that does not in time is ended by force.
    func stop() {
        process.signal(stopSignal)
        let deadline = Date(timeIntervalSinceNow: Self.patience)
        while process.isRunning {
            if Date() > deadline { process.signal(SIGKILL) }
            usleep(5_000)
        }
    }

    /// The lines of a log, once it has as many; those it has when patience ends.
    func lines(of log: String, count: Int) throws -> [[UInt8]] {
        let deadline = Date(timeIntervalSinceNow: Self.patience)
        while true {
            let bytes = (try? Data(contentsOf: URL(fileURLWithPath: folder + "/" + log))) ?? Data()
            let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
            if lines.count >= count || Date() > deadline { return lines.map { Array($0) } }
            usleep(10_000)
        }
    }

    /// Sends a request on a connection of its own and reads until the server closes it.
    @discardableResult
    func send(_ request: SentRequest, overIPv6: Bool = false) throws -> [UInt8] {
        let bytes = request.bytes
        guard let socket = Self.connect(port, overIPv6: overIPv6) else {
            throw Failure(description: "cannot connect to port \(port): errno \(errno)")
        }
        defer { close(socket) }
        // A server that neither answers nor closes fails the test instead of stopping it.
        var limit = timeval(tv_sec: Int(Self.patience), tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { break }
            sent += count
        }
        // nginx takes the end of the input for a client that has gone, and would not try a second upstream for it.
        if !request.asksToClose { shutdown(socket, Int32(SHUT_WR)) }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return answer }
            answer += buffer[..<count]
        }
    }

    private static func listens(_ port: UInt16) -> Bool {
        guard let socket = connect(port, overIPv6: false) else { return false }
        close(socket)
        return true
    }

    /// Whether this machine has the loopback address of IPv6.
    static let hasIPv6: Bool = {
        let socket = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { return false }
        defer { close(socket) }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_addr = in6addr_loopback
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0
            }
        }
    }()

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        return address
    }

    private static func connect(_ port: UInt16, overIPv6: Bool) -> Int32? {
        let socket = socket(overIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { return nil }
        let result: Int32
        if overIPv6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = in6addr_loopback
            result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        } else {
            var address = loopback(port)
            result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        if result == 0 { return socket }
        close(socket)
        return nil
    }

}

/// What is sent to a server, and what its log must say.
struct SentRequest {
    let bytes: [UInt8]
    /// The request line, or nil where servers may differ in what they keep of it.
    let line: [UInt8]?
    let agent: [UInt8]?
    let referer: [UInt8]?
    let user: [UInt8]?
    /// Whether the server closes the connection by itself.
    let asksToClose: Bool

    init(line: [UInt8], agent: [UInt8]? = nil, referer: [UInt8]? = nil, user: [UInt8]? = nil) {
        var bytes = line + Array("\r\nHost: example.org\r\nConnection: close\r\n".utf8)
        if let agent { bytes += Array("User-Agent: ".utf8) + agent + Array("\r\n".utf8) }
        if let referer { bytes += Array("Referer: ".utf8) + referer + Array("\r\n".utf8) }
        if let user {
            let credentials = Data(user + Array(":secret".utf8)).base64EncodedString()
            bytes += Array("Authorization: Basic \(credentials)\r\n".utf8)
        }
        self.bytes = bytes + Array("\r\n".utf8)
        self.line = line
        self.agent = agent
        self.referer = referer
        self.user = user
        asksToClose = true
    }

    /// Bytes that are no request with headers.
    init(raw bytes: [UInt8], line: [UInt8]?) {
        self.bytes = bytes
        self.line = line
        agent = nil
        referer = nil
        user = nil
        asksToClose = false
    }

    /// Requests that both servers answer; text is as its bytes.
    static let proper: [SentRequest] = [
        SentRequest(line: text("GET / HTTP/1.1"), agent: text("curl/8.14"), referer: text("https://example.org/?a=b")),
        SentRequest(line: text("GET /index.html HTTP/1.0")),
        SentRequest(line: text("HEAD /none HTTP/1.1"), agent: text(#"say "hello" \ \" \x41 -"#), referer: text("-")),
        SentRequest(line: text("GET /caf%C3%A9?q=%22%5C HTTP/1.1"), agent: text("naïve café ☕ 日本")),
        SentRequest(line: text("GET /latin HTTP/1.1"), agent: [0x63, 0x61, 0x66, 0xE9, 0xFF, 0x80], referer: [0xC3]),
        SentRequest(line: text("GET /tab HTTP/1.1"), agent: text("a\tb"), referer: text(#"" 200 5 "x" ""#)),
        SentRequest(line: text("GET /" + String(repeating: "long/", count: 1200) + " HTTP/1.1"), agent: text("-")),
        SentRequest(line: text("OPTIONS /?" + String(repeating: "%", count: 30) + " HTTP/1.1"), agent: text("")),
    ]

    static func text(_ text: String) -> [UInt8] { Array(text.utf8) }
}
