import BrokerCore
import Foundation
import Logging
import NIOCore
import Records
import SegmentedLog
import TestSupport
import Testing

@testable import KafkaServer

/// Batches are begun on the event loop or by a worker; nobody may see by which.
@Suite("Batches of one connection", .timeLimit(.minutes(5)))
struct ProduceOrderTests {
    private static let connections = 4
    private static let requests = 250

    @Test("batches are appended and answered in the order of their requests, wherever each is begun")
    func order() async throws {
        try await RunningServer.with { broker, server in
            // A roll every dozen batches, which no loop does.
            let topic = try await broker.ensureTopic("t", partitions: 2, config: TopicConfig(segmentBytes: 1000))
            let port = server.port
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<Self.connections {
                    group.addTask { try await Self.produce(number, port: port) }
                }
                try await group.waitForAll()
            }
            let values = try Self.values(of: try #require(topic[0]).log)
            #expect(values.count == Self.connections * Self.requests)
            for number in 0..<Self.connections {
                let own = values.filter { $0.hasPrefix("\(number) ") }
                #expect(own == (0..<Self.requests).map { "\(number) \($0)" })
            }
        }
    }

    @Test("one batch that waits for nobody is begun on the loop, and nothing else")
    func atOnce() async throws {
        try await RunningServer.withBroker { broker in
            let plain = try Self.request("x", partitions: 1)
            _ = try await broker.ensureTopic("t", partitions: 2)
            _ = try await broker.ensureTopic("c", partitions: 1, config: TopicConfig(isCompacted: true))
            let pace = WritePace(slowest: .milliseconds(50))
            let service = Service(
                broker: broker, nodeId: 1, host: "127.0.0.1", port: 1, autoCreatesTopics: false, limits: ServerLimits(),
                workers: WaitGroup(), memory: RequestMemory(bytesMax: 1 << 20), pace: pace,
                logger: Logger(label: "test"))
            func isBegun(_ frame: [UInt8]) -> Bool {
                let answer = service.beginAtOnce(Array(frame.dropFirst(4)), WaitGroup())
                guard case .whenDone(let start) = answer else { return false }
                start { _ in }
                return true
            }
            let log = try #require(broker.topic(named: "t")?[0]).log
            #expect(isBegun(plain))
            try await eventually("it is written") { log.endOffset == 1 }
            #expect(try !isBegun(Self.request("x", partitions: 2)))
            #expect(try !isBegun(Self.request("x", partitions: 1, acks: 0)))
            #expect(try !isBegun(Self.request("x", partitions: 1, topic: "c")))
            #expect(try !isBegun(Self.request("x", partitions: 1, topic: "nowhere")))
            #expect(isBegun(plain))
            _ = pace.watch { usleep(60_000) }
            #expect(!isBegun(plain))
            try await eventually("the second is written") { log.endOffset == 2 }
        }
    }

    /// Sends all requests, then checks that the answers come in their order. Every third request has a second partition, which only a worker begins.
    private static func produce(_ number: Int, port: Int) async throws {
        let connection = try RawConnection(port: port)
        var last: Int64 = -1
        for window in stride(from: 0, to: requests, by: 50) {
            var frames: [UInt8] = []
            for request in window..<window + 50 {
                frames += try self.request("\(number) \(request)", partitions: request % 3 == 0 ? 2 : 1)
            }
            try await connection.send(frames)
            for _ in 0..<50 {
                // Behind correlation id, topics, name, partitions and number.
                let answer = try await connection.answer().dropFirst(4 + 4 + 3 + 4 + 4)
                #expect(answer.prefix(2).allSatisfy { $0 == 0 })
                let offset = answer.dropFirst(2).prefix(8).reduce(0) { $0 << 8 | Int64($1) }
                #expect(offset > last)
                last = offset
            }
        }
    }

    private static func request(
        _ value: String, partitions: Int32, topic: String = "t", acks: Int16 = -1
    ) throws -> [UInt8] {
        var builder = RecordBatchBuilder()
        builder.append(keyBytes: nil, valueBytes: Array(value.utf8), timestamp: 1000)
        let batch = try builder.build().encoded()
        return RawConnection.request(0, version: 7) { body in
            body.append(Int16(-1), acks, Int32(30_000), Int32(1))
            body.append(topic)
            body.append(partitions)
            for partition in 0..<partitions {
                body.append(partition)
                body.append(batch)
            }
        }
    }

    private static func values(of log: PartitionLog) throws -> [String] {
        var (values, offset): ([String], Int64) = ([], 0)
        while true {
            let read = try log.read(from: offset, bytesMax: 64 << 10, isolation: .readUncommitted)
            for batch in read.batches {
                let records = try batch.records()
                for record in records {
                    values.append(record.value.map { String(decoding: records.bytes($0), as: UTF8.self) } ?? "")
                }
            }
            guard read.nextOffset > offset else { return values }
            offset = read.nextOffset
        }
    }
}

@Suite("Writes on event loops")
struct WritePaceTests {
    @Test("after a write that was held up, loops write no more for a while")
    func pace() async throws {
        let pace = WritePace(slowest: .milliseconds(20), rest: .milliseconds(50))
        pace.watch { () }
        #expect(pace.isFast)
        _ = pace.watch { usleep(30_000) }
        #expect(!pace.isFast)
        try await eventually("loops write again", within: .seconds(10)) { pace.isFast }
    }
}
