import Foundation
import Glibc

/// A blocking connection that sends frames and reads answers: as little of a client as can be, so that the server is what is measured.
final class Connection {
    let descriptor: Int32
    private var answer = [UInt8](repeating: 0, count: 4)

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(port: port)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else {
            close(descriptor)
            throw BenchFailure(description: "no connection to port \(port)")
        }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(descriptor) }

    static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// Sends a whole frame, its length included.
    func send(_ frame: [UInt8]) throws {
        try frame.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
                let count = write(descriptor, rest.baseAddress, rest.count)
                guard count > 0 else { throw BenchFailure(description: "the server has closed the connection") }
                sent += count
            }
        }
    }

    /// Reads an answer and lends what follows its length.
    func receive<R>(_ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
        try read(into: 0..<4)
        let length = answer.withUnsafeBytes { Int(UInt32(bigEndian: $0.loadUnaligned(as: UInt32.self))) }
        if answer.count < length { answer = [UInt8](repeating: 0, count: length) }
        try read(into: 0..<length)
        return try answer.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<length])) }
    }

    private func read(into range: Range<Int>) throws {
        var done = range.lowerBound
        try answer.withUnsafeMutableBytes { bytes in
            while done < range.upperBound {
                let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done..<range.upperBound])
                let count = Glibc.read(descriptor, rest.baseAddress, rest.count)
                guard count > 0 else { throw BenchFailure(description: "the server has closed the connection") }
                done += count
            }
        }
    }
}
