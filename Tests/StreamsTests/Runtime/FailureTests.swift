import BinderKit
import Compression
import Records
import Settings
import Testing

@testable import Streams

@Suite("A record that fails")
struct FailureTests {
    enum PaymentError: Error {
        case declined(Int)
        case unreachable
    }

    private static func settings(
        partitions: Int = 1, maxAttempts: Int = 3, change: (inout ConsumerSettings) -> Void = { _ in }
    ) -> SluiceSettings {
        Pipeline.settings([
            Pipeline.input("pay", "orders", maxAttempts: maxAttempts, change: change),
            Pipeline.output("pay", "paid", partitions: partitions),
        ])
    }

    @Test("is dead-lettered alone, in its partition, with its own headers and the exact ones of Spring's Kafka binder")
    func deadLetter() async throws {
        try await Pipeline.with { pipeline in
            try await pipeline.send(
                ["good", "bad", "fine"], to: "orders", partition: 2, partitions: 3, key: "k",
                headers: [RecordHeader(name: "trace", value: [1, 2])], timestamp: 0x0102_0304_0506)
            let app = try pipeline.application(Self.settings(maxAttempts: 1))
            app.stage("pay") { order in
                if order.text == "bad" { throw PaymentError.declined(7) }
                return order
            }
            try await pipeline.runUntilIdle(app)
            #expect(try await pipeline.texts("paid") == ["good", "fine"])
            let letters = try await pipeline.read("error.orders.g")
            let letter = try #require(letters.first)
            #expect(letters.count == 1)
            #expect(letter.text == "bad")
            #expect(letter.key == Array("k".utf8))
            #expect(letter.source?.partition == 2)
            #expect(
                letter.headers.map(\.name) == [
                    "trace", "x-original-topic", "x-original-partition", "x-original-offset", "x-original-timestamp",
                    "x-original-timestamp-type", "x-exception-fqcn", "x-exception-message", "x-exception-stacktrace",
                ])
            let values = letter.headers.map { $0.value ?? [] }
            #expect(values[0] == [1, 2])
            #expect(values[1] == Array("orders".utf8))
            #expect(values[2] == [0, 0, 0, 2])
            #expect(values[3] == [0, 0, 0, 0, 0, 0, 0, 1])
            #expect(values[4] == [0, 0, 1, 2, 3, 4, 5, 6])
            #expect(values[5] == Array("CreateTime".utf8))
            #expect(letter.header("x-exception-fqcn") == "StreamsTests.FailureTests.PaymentError")
            #expect(letter.header("x-exception-message") == "declined(7)")
            #expect(letter.header("x-exception-stacktrace")?.contains("orders-2 offset 1") == true)
            #expect(app.status["pay"]?.deadLetters == 1)
            #expect(app.status["pay"]?.lastError?.offset == 1)
        }
    }

    @Test("replaces the headers of an earlier dead letter when it fails again")
    func replayed() async throws {
        try await Pipeline.with { pipeline in
            try await pipeline.send(
                ["bad"], to: "orders", headers: [RecordHeader(name: "x-original-topic", value: Array("older".utf8))])
            let app = try pipeline.application(Self.settings(maxAttempts: 1))
            app.stage("pay") { (_: Message) -> Message? in throw PaymentError.unreachable }
            try await pipeline.runUntilIdle(app)
            let letter = try #require(try await pipeline.read("error.orders.g").first)
            #expect(letter.headers.filter { $0.name == "x-original-topic" }.map(\.value) == [Array("orders".utf8)])
        }
    }

    @Test("is tried again as often as max-attempts says, and its neighbours are not")
    func retry() async throws {
        try await Pipeline.with { pipeline in
            try await pipeline.send(["a", "flaky", "hopeless", "z"], to: "orders")
            let attempts = Watched<[String: Int]>([:])
            let app = try pipeline.application(Self.settings(maxAttempts: 4))
            app.stage("pay") { order in
                let attempt = attempts.update { attempts in
                    attempts[order.text, default: 0] += 1
                    return attempts[order.text, default: 0]
                }
                if order.text == "flaky", attempt < 3 { throw PaymentError.unreachable }
                if order.text == "hopeless" { throw PaymentError.unreachable }
                return order
            }
            try await pipeline.runUntilIdle(app)
            #expect(attempts.value == ["a": 1, "flaky": 3, "hopeless": 4, "z": 1])
            #expect(try await pipeline.texts("paid") == ["a", "flaky", "z"])
            #expect(try await pipeline.texts("error.orders.g") == ["hopeless"])
            #expect(app.status["pay"]?.retries == 5)
        }
    }

    @Test(
        "is tried again or not by the error's name",
        arguments: [
            ("declined", 1), ("unreachable", 3), ("rejected", 1), ("failed", 3), ("named", 1),
        ])
    func retryableByName(kind: String, attempts: Int) async throws {
        try await Pipeline.with { pipeline in
            try await pipeline.send([kind], to: "orders")
            let tried = Tally()
            let app = try pipeline.application(
                Self.settings {
                    $0.retryableExceptions = ["PaymentError.declined": false, "RecordRejected": true, "Fraud": false]
                })
            app.stage("pay") { (order: Message) -> Message? in
                tried.increase()
                switch order.text {
                case "declined": throw PaymentError.declined(1)
                case "rejected": throw StageError(.rejected, "no")
                case "failed": throw StageError(.failed, "not now")
                case "named": throw StageError(.failed, "no", name: "Fraud")
                default: throw PaymentError.unreachable
                }
            }
            try await pipeline.runUntilIdle(app)
            #expect(tried.value == attempts)
        }
    }

    @Test("back-off grows by the multiplier up to its limit")
    func backOff() {
        let policy = RetryPolicy(
            ConsumerSettings(
                maxAttempts: 9, backOffInitialInterval: .seconds(1), backOffMaxInterval: .seconds(10),
                backOffMultiplier: 2))
        #expect((1...6).map { policy.backOff(attempt: $0) } == [1, 2, 4, 8, 10, 10].map { .seconds($0) })
        #expect(policy.pause(after: 9, failingWith: PaymentError.unreachable) == nil)
    }

    @Test("is logged and passed over where the binding wants no dead letters")
    func withoutDeadLetters() async throws {
        try await Pipeline.with { pipeline in
            try await pipeline.send(["bad", "good"], to: "orders")
            let app = try pipeline.application(Self.settings(maxAttempts: 1) { $0.enableDlq = false })
            app.stage("pay") { order in
                if order.text == "bad" { throw PaymentError.unreachable }
                return order
            }
            try await pipeline.runUntilIdle(app)
            #expect(try await pipeline.texts("paid") == ["good"])
            #expect(app.status["pay"]?.passedOver == 1)
            #expect(app.status["pay"]?.deadLetters == 0)
            #expect(pipeline.binder.broker.topic(named: "error.orders.g") == nil)
        }
    }

    @Test("goes to the topic dlq-name names")
    func namedDeadLetters() async throws {
        try await Pipeline.with { pipeline in
            try await pipeline.send(["bad"], to: "orders")
            let app = try pipeline.application(Self.settings(maxAttempts: 1) { $0.dlqName = "lost.orders" })
            app.stage("pay") { (_: Message) -> Message? in throw PaymentError.unreachable }
            try await pipeline.runUntilIdle(app)
            #expect(try await pipeline.texts("lost.orders") == ["bad"])
        }
    }

    @Test("a batch that cannot be decoded is dead-lettered as it is, and the batches around it go on")
    func undecodable() async throws {
        try await Pipeline.with { pipeline in
            try await pipeline.send(["before"], to: "orders")
            let corrupt = try Self.undecodableBatch()
            try await pipeline.send(corrupt, to: "orders")
            try await pipeline.send(["after"], to: "orders")
            let app = try pipeline.application(Self.settings())
            app.stage("pay") { order in order }
            try await pipeline.runUntilIdle(app)
            #expect(try await pipeline.texts("paid") == ["before", "after"])
            let letter = try #require(try await pipeline.read("error.orders.g").first)
            #expect(letter.value?.suffix(20) == corrupt.encoded().suffix(20))
            #expect(letter.value?.count == corrupt.encoded().count)
            #expect(letter.header("x-exception-fqcn") == "UndecodableBatch")
            #expect(letter.headers.first { $0.name == "x-original-offset" }?.value == [0, 0, 0, 0, 0, 0, 0, 1])
        }
    }

    /// A batch whose checksum is right and whose compressed records are not.
    private static func undecodableBatch() throws -> RecordBatch {
        var builder = RecordBatchBuilder(compression: .zstd)
        builder.append(keyBytes: nil, valueBytes: Array(repeating: 7, count: 200), timestamp: 1)
        var bytes = try builder.build().encoded()
        bytes[RecordBatchHeader.encodedBytes] ^= 0xFF
        let crc = bytes[21...].withUnsafeBytes { CRC32C.checksum($0) }
        for index in 0..<4 { bytes[17 + index] = UInt8(truncatingIfNeeded: crc >> UInt32(24 - 8 * index)) }
        return try RecordBatch(validating: bytes, range: bytes.indices)
    }

    @Test("whose output the binder cannot take is dead-lettered with the binder's reason, and its neighbours go on")
    func refusedOutput() async throws {
        try await Pipeline.with { pipeline in
            try await pipeline.send(["1", "2", "huge", "4", "5"], to: "orders")
            let app = try pipeline.application(Self.settings())
            app.stage("pay") { order in
                order.text == "huge" ? Message(String(repeating: "x", count: 70_000_000)) : order
            }
            try await pipeline.runUntilIdle(app)
            #expect(try await pipeline.texts("paid") == ["1", "2", "4", "5"])
            let letters = try await pipeline.read("error.orders.g")
            #expect(letters.map(\.text) == ["huge"])
            #expect(letters.first?.header("x-exception-fqcn") == "RefusedByBinder")
        }
    }

    @Test("in a chain takes back what it did to the stages behind")
    func chain() async throws {
        try await Pipeline.with { pipeline in
            try await pipeline.send(["a x", "a b"], to: "in")
            let app = try pipeline.application(
                Pipeline.settings(
                    [Pipeline.input("splitcount", "in"), Pipeline.output("splitcount", "out")],
                    definition: [FunctionChain(stages: ["split", "count"])]))
            app.stage("split") { line in line.text.split(separator: " ").map { Message(String($0)) } }
            app.stage("count", make: { CountingStage(refusing: "x") })
            try await pipeline.runUntilIdle(app)
            #expect(try await pipeline.texts("out") == ["a 1", "b 2"])
            #expect(try await pipeline.texts("error.in.g") == ["a x"])
        }
    }
}

/// A stage with state: numbers its records.
struct CountingStage: Stage {
    var refusing: String?
    private var count = 0

    init(refusing: String? = nil) { self.refusing = refusing }

    mutating func process(_ record: StageRecord, into output: inout StageOutput) throws {
        let text = String(decoding: record.value ?? [], as: UTF8.self)
        if text == refusing { throw StageError(.rejected, "refused") }
        count += 1
        output.emit(value: Array("\(text) \(count)".utf8))
    }
}
