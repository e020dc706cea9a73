import BrokerCore
import Dispatch
import Foundation
import Records
import SegmentedLog
import TestSupport
import Testing

@testable import KafkaServer

/// What one client sends is nobody else's loss.
@Suite("Requests that ask for much", .timeLimit(.minutes(5)))
struct HostileRequestTests {
    /// A heartbeat with a member id so long.
    private static func heartbeat(idLength: Int) -> [UInt8] {
        RawConnection.request(12, version: 0) { body in
            body.append("g")
            body.append(Int32(1))
            body.append(String(repeating: "x", count: idLength))
        }
    }

    @Test("a length keeps no room: beside many that are declared and do not come, others are served")
    func declared() async throws {
        var limits = ServerLimits()
        limits.requestMemoryMax = 1 << 20
        try await RunningServer.with(limits: limits) { _, server in
            let stalled = try (0..<16).map { _ in try RawConnection(port: server.port) }
            for connection in stalled {
                try await connection.send([0, 0x0F, 0xFF, 0xFF] + [UInt8](repeating: 0, count: 5000))
            }
            let connection = try RawConnection(port: server.port)
            try await connection.send(Self.heartbeat(idLength: 30_000))
            _ = try await connection.answer()
            for each in stalled { #expect(await !each.isClosed(within: 0)) }
        }
    }

    @Test("requests that together are more than the memory, and wait for one another's, all come to their end")
    func mutualWait() async throws {
        var limits = ServerLimits()
        limits.requestMemoryMax = 256 << 10
        try await RunningServer.with(limits: limits) { _, server in
            let connections = try (0..<16).map { _ in try RawConnection(port: server.port) }
            let request = Self.heartbeat(idLength: 32_000)
            for connection in connections { try await connection.send(Array(request[..<17_000])) }
            for connection in connections { try await connection.send(Array(request[17_000...])) }
            for connection in connections { _ = try await connection.answer() }
        }
    }

    @Test("what is carried out and waits behind a fetch that waits keeps no memory from others")
    func behindFetch() async throws {
        var limits = ServerLimits()
        limits.requestMemoryMax = 256 << 10
        try await RunningServer.with(limits: limits) { broker, server in
            _ = try await broker.ensureTopic("t", partitions: 1)
            let waiting = try (0..<4).map { _ in try RawConnection(port: server.port) }
            for connection in waiting {
                try await connection.send(Self.fetch([0], bytesMin: 1, waitMax: 60_000))
                // To a topic that does not exist: their answers are there at once.
                for _ in 0..<4 { try await connection.send(Self.produce(30_000, to: "none")) }
            }
            let connection = try RawConnection(port: server.port)
            for _ in 0..<20 {
                try await connection.send(Self.heartbeat(idLength: 30_000))
                _ = try await connection.answer()
            }
            for each in waiting { #expect(await !each.isClosed(within: 0)) }
        }
    }

    private static func produce(_ bytes: Int, to topic: String) -> [UInt8] {
        RawConnection.request(0, version: 3) { body in
            body.append(Int16(-1), Int16(1), Int32(1000), Int32(1))
            body.append(topic)
            body.append(Int32(1), Int32(0))
            body.append([UInt8](repeating: 0, count: bytes))
        }
    }

    @Test("requests that take long keep no other from being carried out: more are at work than there are cores")
    func threads() async throws {
        let begun = DispatchSemaphore(value: 0)
        let isOver = DispatchSemaphore(value: 0)
        let count = 8
        for _ in 0..<count {
            Task(executorPreference: RequestThreads.shared) {
                begun.signal()
                isOver.wait()
            }
        }
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                for _ in 0..<count { begun.wait() }
                for _ in 0..<count { isOver.signal() }
                continuation.resume()
            }
        }
    }

    @Test("of clients that take no answers the slowest are closed once they hold too much, and others are served")
    func untaken() async throws {
        var limits = ServerLimits()
        limits.untakenBytesMax = 512 << 10
        try await RunningServer.with(limits: limits) { broker, server in
            _ = try await broker.ensureTopic("wide", partitions: 2000)
            let metadata = RawConnection.request(3, version: 1) { body in
                body.append(Int32(1))
                body.append("wide")
            }
            // More than sockets have room for.
            let count = 400
            let many = [[UInt8]](repeating: metadata, count: count).flatMap(\.self)
            let slow = try (0..<12).map { _ in try RawConnection(port: server.port) }
            for connection in slow { try await connection.send(many) }
            var unread: [Int] = []
            try await eventually("nothing more comes", within: .seconds(120), every: .milliseconds(500)) {
                defer { unread = slow.map(\.unreadBytes) }
                return unread == slow.map(\.unreadBytes)
            }
            let connection = try RawConnection(port: server.port)
            try await connection.send(metadata)
            #expect(try await connection.answer().count > 40_000)
            var closed = 0
            for connection in slow {
                for _ in 0..<count {
                    guard (try? await connection.answer()) != nil else {
                        closed += 1
                        break
                    }
                }
            }
            #expect((1..<slow.count).contains(closed), "\(closed) of \(slow.count) were closed")
        }
    }

    @Test("a partition that ListOffsets names twice is not looked up, and the others are")
    func listedTwice() async throws {
        try await RunningServer.with { broker, server in
            _ = try await broker.ensureTopic("t", partitions: 2)
            let connection = try RawConnection(port: server.port)
            let request = RawConnection.request(2, version: 1) { body in
                body.append(Int32(-1), Int32(1))
                body.append("t")
                body.append(Int32(3))
                for partition: Int32 in [0, 1, 0] { body.append(partition, Int64(-1)) }
            }
            try await connection.send(request)
            // Behind correlation id, topics, name and partitions; each has number, error, timestamp and offset.
            let answer = Array(try await connection.answer().dropFirst(4 + 4 + 3 + 4))
            let errors = (0..<3).map { Int(answer[$0 * 22 + 4]) << 8 | Int(answer[$0 * 22 + 5]) }
            #expect(errors == [42, 0, 42])
        }
    }

    @Test("a fetch that waits keeps no files open: others get their records meanwhile")
    func waitingFetch() async throws {
        // Half of them are for records on their way.
        let partitions: Int32 = 90
        try await RunningServer.with(disk: FileDisk(openFilesMax: 64)) { broker, server in
            _ = try await broker.ensureTopic("t", partitions: partitions + 1)
            for partition in 0..<partitions + 1 {
                _ = try await broker.append(Self.batch("v"), to: TopicPartition(topic: "t", partition: partition))
            }
            let waiting = try RawConnection(port: server.port)
            try await waiting.send(Self.fetch(Array(0..<partitions), bytesMin: 40 << 20, waitMax: 60_000))
            let reader = try RawConnection(port: server.port)
            // Until the first has looked, and waits.
            for _ in 0..<20 {
                try await reader.send(Self.fetch([partitions], bytesMin: 1, waitMax: 1000))
                let answer = try await reader.answer()
                #expect(answer.count > 100, "there are no records in \(answer.count) bytes")
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(await !waiting.isClosed(within: 0))
        }
    }

    private static func batch(_ value: String) throws -> RecordBatch {
        var builder = RecordBatchBuilder()
        builder.append(keyBytes: nil, valueBytes: Array(value.utf8), timestamp: 1000)
        return try builder.build()
    }

    private static func fetch(_ partitions: [Int32], bytesMin: Int32, waitMax: Int32) -> [UInt8] {
        RawConnection.request(1, version: 4) { body in
            body.append(Int32(-1), waitMax, bytesMin, Int32(50 << 20), Int8(0), Int32(1))
            body.append("t")
            body.append(Int32(partitions.count))
            for partition in partitions { body.append(partition, Int64(0), Int32(1 << 20)) }
        }
    }
}
