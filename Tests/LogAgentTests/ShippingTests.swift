import BinderKit
import EmbeddedBinder
import Foundation
import Records
import Settings
import Testing

@testable import LogAgent

@Suite("shipping")
struct ShippingTests {
    @Test(
        "lines over the limit are dead-lettered with their place and the rest goes on",
        arguments: [5_000, 300_000, 2_000_000])
    func oversize(length: Int) async throws {
        let bench = try await Bench()
        let path = bench.log("a.log")
        let before = Writing.lines(0..<5_000)
        try Writing.append(before, to: path)
        try Writing.append(String(repeating: "x", count: length) + "\n", to: path)
        try Writing.append(Writing.lines(5_000..<10_000), to: path)
        bench.start(bench.input(lineBytesMax: 4_999))
        await bench.idle()
        try await bench.expectExactly(0..<10_000)
        let letters = try await bench.deadLetters()
        #expect(letters.count == 1)
        let headers = try #require(letters.first?.headers)
        #expect(headers["x-exception-fqcn"] == "LineTooLong" && headers["x-original-topic"] == Bench.topic)
        #expect(headers["x-file-path"] == path && headers["x-file-length"] == "\(length)")
        #expect(headers["x-file-offset"] == "\(before.utf8.count)")
        #expect(letters.first?.value == String(repeating: "x", count: bench.limits.deadLetterSampleBytes))
        let status = try bench.status
        #expect(status.linesRead == 10_001 && status.linesCommitted == 10_000 && status.deadLines == 1)
        try await bench.end()
    }

    @Test("a long line within the limit arrives whole, the longest too")
    func longLines() async throws {
        let bench = try await Bench()
        let longest = String(repeating: "y", count: 700_000)
        try Writing.append("a\n\(longest)\nb\n\(longest)z\nc\n", to: bench.log("a.log"))
        bench.start(bench.input(lineBytesMax: 700_000))
        await bench.idle()
        #expect(try await bench.values() == ["a", longest, "b", "c"])
        #expect(try await bench.deadLetters().count == 1)
        try await bench.end()
    }

    @Test(
        "an unfinished line over the limit is not held: it is dead-lettered when its newline comes, also after a restart"
    )
    func unfinishedOversize() async throws {
        let bench = try await Bench()
        let path = bench.log("a.log")
        try Writing.append("a\n" + String(repeating: "x", count: 3_000_000), to: path)
        bench.start(bench.input())
        await bench.idle()
        #expect(try await bench.values() == ["a"])
        try await bench.crash()
        bench.start(bench.input())
        await bench.idle()
        try Writing.append("xx\nb\n", to: path)
        await bench.idle()
        #expect(try await bench.values() == ["a", "b"])
        #expect(try await bench.deadLetters().map { $0.headers["x-file-length"] } == ["3000002"])
        try await bench.end()
    }

    @Test("a line that the log refuses is dead-lettered with the log's words and the rest goes on")
    func refused() async throws {
        // No batch is larger than a segment.
        let bench = try await Bench(segmentBytes: 1 << 20)
        let line = String(repeating: "x", count: (1 << 20) - 20)
        try Writing.append("a\n\(line)\nb\n", to: bench.log("a.log"))
        bench.start(bench.input())
        await bench.idle()
        #expect(try await bench.values() == ["a", "b"])
        let letters = try await bench.deadLetters()
        #expect(letters.map { $0.headers["x-exception-fqcn"] } == ["LineRefused"])
        #expect(letters.first?.headers["x-file-offset"] == "2")
        try await bench.end()
    }

    @Test("batches over the log's limit are made smaller until they fit")
    func batchesTooLarge() async throws {
        let bench = try await Bench(segmentBytes: 1 << 20)
        try Writing.append(Writing.lines(0..<60_000), to: bench.log("a.log"))
        var input = bench.input()
        input.batchBytesMax = 4 << 20
        input.batchRecordsMax = 1_000_000
        bench.start(input)
        await bench.idle()
        try await bench.expectExactly(0..<60_000)
        try await bench.end()
    }

    @Test("of two agents with one id the older is fenced, says so and ends")
    func fenced() async throws {
        let bench = try await Bench()
        try Writing.append(Writing.lines(0..<10), to: bench.log("a.log"))
        let older = bench.makeAgent(bench.input())
        let ended = Task { try await older.run() }
        await older.waitUntilIdle()
        bench.start(bench.input())
        await bench.idle()
        try Writing.append(Writing.lines(10..<20), to: bench.log("a.log"))
        await #expect {
            try await ended.value
        } throws: { error in
            (error as? LogAgentError)?.code == .fenced && "\(error)".contains("agent.id")
        }
        #expect(older.status.inputs.first?.phase == .stopped)
        await bench.idle()
        try await bench.expectExactly(0..<20)
        try await bench.end()
    }

    @Test("without transactions lines arrive at least once, and exactly once when nothing fails")
    func plain() async throws {
        let bench = try await Bench()
        try Writing.append(Writing.lines(0..<1_000), to: bench.log("a.log"))
        for _ in 0..<2 {
            let agent = Agent(
                settings: AgentSettings(id: "web-1", inputs: [bench.input()]), stream: bench.stream,
                binders: ["embedded": PlainBinder(binder: bench.binder)], limits: bench.limits)
            let running = Task { try await agent.run() }
            await agent.waitUntilIdle()
            await agent.shutdown()
            try await running.value
        }
        try await bench.expectExactly(0..<1_000)
        try await bench.end()
    }

    @Test("settings that cannot work are refused before anything is opened", arguments: Mistake.allCases)
    func invalidSettings(mistake: Mistake) async throws {
        let bench = try await Bench()
        var input = bench.input()
        input.location = nil
        var stream = bench.stream
        var agent = AgentSettings(id: "web-1", inputs: [])
        switch mistake {
        case .noBinding: input.output = "nowhere-out-0"
        case .noBinder: stream.bindings["in-out-0"]?.binder = "kafka"
        case .codec: stream.bindings["in-out-0"]?.producer.compressionType = "rar"
        case .key:
            stream.bindings["in-out-0"]?.producer.partitionKeyExpression = nil
            stream.bindings["in-out-0"]?.destinations = ["a", "b"]
        case .id: agent.id = "web/1"
        case .pattern: input.paths = ["access.log"]
        }
        agent.inputs = [input]
        let subject = Agent(settings: agent, stream: stream, binders: ["embedded": bench.binder])
        await #expect {
            try await subject.run()
        } throws: { error in
            (error as? LogAgentError)?.code == (mistake == .pattern ? .invalidPattern : .invalidSettings)
        }
        await subject.waitUntilIdle()
        try await bench.end()
    }

    enum Mistake: CaseIterable { case noBinding, noBinder, codec, key, id, pattern }

    @Test("shutdown ships what is read and a later agent reads on, at any moment")
    func shutdown() async throws {
        let bench = try await Bench()
        let path = bench.log("a.log")
        try Writing.append(Writing.lines(0..<30_000), to: path)
        for _ in 0..<5 {
            bench.start(bench.input())
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...60)))
            try await bench.stop()
            let status = try bench.status
            #expect(status.linesInFlight == 0 && status.linesRead == status.linesCommitted)
        }
        bench.start(bench.input())
        await bench.idle()
        try await bench.expectExactly(0..<30_000)
        try await bench.end()
    }

    @Test("cancelling the task ends the agent as shutdown does")
    func cancellation() async throws {
        let bench = try await Bench()
        try Writing.append(Writing.lines(0..<10), to: bench.log("a.log"))
        let agent = bench.makeAgent(bench.input())
        let running = Task { try await agent.run() }
        await agent.waitUntilIdle()
        running.cancel()
        try await running.value
        #expect(agent.status.inputs.first?.linesCommitted == 10)
        try await bench.end()
    }
}

/// The embedded binder without its transactions: another binder's capabilities on real storage.
struct PlainBinder: Binder {
    let binder: EmbeddedLogBinder

    var capabilities: BinderCapabilities { [.compaction] }

    func provision(_ topic: TopicSpecification) async throws(BinderError) -> Int32 { try await binder.provision(topic) }

    func bind(_ input: InputBinding) async throws(BinderError) -> any InputChannel { try await binder.bind(input) }

    func bind(_ output: OutputBinding) async throws(BinderError) -> any OutputChannel { try await binder.bind(output) }

    func openTransactions(id: String) async throws(BinderError) -> any TransactionSession {
        throw BinderError(.unsupported, "no transactions")
    }
}
