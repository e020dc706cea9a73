import Foundation
import Glibc
import TestSupport

/// A client of bytes.
final class RawConnection {
    private var descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw TimedOut(description: "cannot connect: \(errno)") }
    }

    deinit { close() }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    func send(_ bytes: [UInt8]) async throws {
        try await Self.onThread { [descriptor] in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { throw TimedOut(description: "cannot send: \(errno)") }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// The next answer, without its length.
    func answer() async throws -> [UInt8] {
        try await Self.onThread { [descriptor] in
            let length = try Self.receive(4, from: descriptor).reduce(0) { $0 << 8 | Int($1) }
            return try Self.receive(length, from: descriptor)
        }
    }

    private static func receive(_ count: Int, from descriptor: Int32) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let received = bytes.withUnsafeMutableBytes { bytes in
                let room = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
                return recv(descriptor, room.baseAddress, room.count, 0)
            }
            guard received > 0 else { throw TimedOut(description: "the connection is closed") }
            done += received
        }
        return bytes
    }

    /// Whether the other side ends it within so many milliseconds.
    func isClosed(within milliseconds: Int32) async -> Bool {
        await Self.onThread { [descriptor] in
            var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&wanted, 1, milliseconds) > 0 else { return false }
            var byte: UInt8 = 0
            return recv(descriptor, &byte, 1, 0) <= 0
        }
    }

    /// Runs what blocks on a thread of its own: the pool that runs the tests has one for each processor, and the broker needs them to answer.
    private static func onThread<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result = await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: Result(catching: body)) }
        }
        return try result.get()
    }

    /// How many bytes have come and were not read.
    var unreadBytes: Int {
        var count: Int32 = 0
        return ioctl(descriptor, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
    }

    /// A frame of a request with this body.
    static func request(_ key: Int16, version: Int16, _ write: (inout Body) -> Void) -> [UInt8] {
        var body = Body()
        body.append(key, version, Int32(1))
        body.append("raw")
        write(&body)
        var frame = Body()
        frame.append(Int32(body.bytes.count))
        return frame.bytes + body.bytes
    }

    /// The fields of a request, big-endian.
    struct Body {
        private(set) var bytes: [UInt8] = []

        mutating func append(_ numbers: any FixedWidthInteger...) {
            for number in numbers { append(bytesOf: number) }
        }

        private mutating func append(bytesOf number: some FixedWidthInteger) {
            withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
        }

        mutating func append(_ bytes: [UInt8]) {
            append(Int32(bytes.count))
            self.bytes += bytes
        }

        mutating func append(_ text: String) {
            append(Int16(text.utf8.count))
            bytes += text.utf8
        }
    }
}
