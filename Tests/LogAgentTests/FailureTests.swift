import BinderKit
import EmbeddedBinder
import Foundation
import Records
import Settings
import Synchronization
import TestSupport
import Testing

@testable import LogAgent

@Suite("failures of the log")
struct FailureTests {
    @Test(
        "whatever fails and however it ends, each line arrives exactly once",
        arguments: [
            [FaultyBinder.Fault.sendFails], [.commitFails], [.outcomeUnknownAborted], [.outcomeUnknownCommitted],
            FaultyBinder.Fault.allCases,
        ])
    func faults(faults: [FaultyBinder.Fault]) async throws {
        let bench = try await Bench()
        bench.limits.backOffInitial = .milliseconds(1)
        bench.limits.backOffMax = .milliseconds(5)
        let path = bench.log("a.log")
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the faults: \(seed)")
        let binder = FaultyBinder(binder: bench.binder, faults: faults, seed: seed)
        binder.failNext(2)
        var input = bench.input("a.log*", lineBytesMax: 500)
        input.batchRecordsMax = 100
        let agent = Agent(
            settings: AgentSettings(id: "web-1", inputs: [input]), stream: bench.stream,
            binders: ["embedded": binder], limits: bench.limits)
        let running = Task { try await agent.run() }
        let tooLong = String(repeating: "x", count: 501)
        for block in 0..<20 {
            try Writing.append(Writing.lines(block * 100..<(block + 1) * 100) + tooLong + "\n", to: path)
            if block % 5 == 4 { try Writing.rename(path, "\(path).\(block)") }
            if block % 5 == 2 { await agent.waitUntilIdle() }
        }
        await agent.waitUntilIdle()
        binder.stop()
        await agent.shutdown()
        try await running.value
        #expect(binder.count > 0)
        try await bench.expectExactly(0..<2_000)
        let letters = try await bench.deadLetters()
        #expect(letters.count == 20)
        let status = try #require(agent.status.inputs.first)
        #expect(status.linesRead == 2_020 && status.linesCommitted == 2_000 && status.deadLines == 20)
        try await bench.end()
    }

    @Test(
        "a loss is reported once, whatever becomes of the transaction that reports it",
        arguments: FaultyBinder.Fault.allCases)
    func gaps(fault: FaultyBinder.Fault) async throws {
        let bench = try await Bench()
        bench.limits.backOffInitial = .milliseconds(1)
        let path = bench.log("a.log")
        let binder = FaultyBinder(binder: bench.binder, faults: [fault], seed: 1)
        binder.stop()
        let agent = Agent(
            settings: AgentSettings(id: "web-1", inputs: [bench.input()]), stream: bench.stream,
            binders: ["embedded": binder], limits: bench.limits)
        let running = Task { try await agent.run() }
        try Writing.append("one\ntwo\ntorn", to: path)
        await agent.waitUntilIdle()
        binder.failNext(3)
        try #require(truncate(path, 0) == 0)
        try Writing.append("three\n", to: path)
        await agent.waitUntilIdle()
        await agent.shutdown()
        try await running.value
        #expect(try await bench.values() == ["one", "two", "three"])
        #expect(try await bench.deadLetters().map { $0.headers["x-file-length"] } == ["4"])
        try await bench.end()
    }

    @Test(
        "the unfinished last line of a deleted file arrives once, whatever becomes of the commit that lets the file go",
        arguments: FaultyBinder.Fault.allCases)
    func deletedFile(fault: FaultyBinder.Fault) async throws {
        let bench = try await Bench()
        bench.limits.backOffInitial = .milliseconds(1)
        let binder = FaultyBinder(binder: bench.binder, faults: [fault], seed: 1)
        binder.stop()
        let agent = Agent(
            settings: AgentSettings(id: "web-1", inputs: [bench.input()]), stream: bench.stream,
            binders: ["embedded": binder], limits: bench.limits)
        let running = Task { try await agent.run() }
        try Writing.append("one\nunfinished", to: bench.log("a.log"))
        try Writing.append("other\n", to: bench.log("b.log"))
        await agent.waitUntilIdle()
        try Writing.remove(bench.log("a.log"))
        // Nothing else is written: the next transactions are those that end the file.
        binder.failNext(2)
        try await eventually("the file is let go") { agent.status.inputs.first?.files == 1 }
        await agent.shutdown()
        try await running.value
        #expect(binder.count > 0)
        #expect(try await bench.values().sorted() == ["one", "other", "unfinished"])
        let state = try await StateTopic.read(from: bench.binder, keys: GenerationKey(agent: "web-1", input: "in"))
        #expect(state.generations.map(\.path) == [bench.log("b.log")])
        try await bench.end()
    }
}

/// The embedded binder with faults put in between: what it says happened did happen, in the real log.
final class FaultyBinder: Binder {
    enum Fault: CaseIterable {
        case sendFails
        case commitFails
        case outcomeUnknownAborted
        case outcomeUnknownCommitted
    }

    private struct State {
        var random: SeededGenerator
        var isFaulty = true
        /// Faults that come for certain.
        var due = 0
        var count = 0
    }

    private let binder: EmbeddedLogBinder
    private let faults: [Fault]
    private let state: Mutex<State>

    init(binder: EmbeddedLogBinder, faults: [Fault], seed: UInt64) {
        self.binder = binder
        self.faults = faults
        state = Mutex(State(random: SeededGenerator(seed: seed)))
    }

    /// How many faults there were.
    var count: Int { state.withLock(\.count) }

    func stop() { state.withLock { $0.isFaulty = false } }

    func failNext(_ count: Int) { state.withLock { $0.due = count } }

    func next(at isCommit: Bool) -> Fault? {
        state.withLock { state in
            let fault = faults.randomElement(using: &state.random)
            guard let fault, (fault != .sendFails) == isCommit else { return nil }
            if state.due > 0 {
                state.due -= 1
            } else if !state.isFaulty || !Int.random(in: 0..<4, using: &state.random).isMultiple(of: 4) {
                return nil
            }
            state.count += 1
            return fault
        }
    }

    var capabilities: BinderCapabilities { binder.capabilities }

    func provision(_ topic: TopicSpecification) async throws(BinderError) -> Int32 { try await binder.provision(topic) }

    func bind(_ input: InputBinding) async throws(BinderError) -> any InputChannel { try await binder.bind(input) }

    func bind(_ output: OutputBinding) async throws(BinderError) -> any OutputChannel { try await binder.bind(output) }

    func openTransactions(id: String) async throws(BinderError) -> any TransactionSession {
        Session(session: try await binder.openTransactions(id: id), binder: self)
    }

    private struct Session: TransactionSession {
        let session: any TransactionSession
        let binder: FaultyBinder

        func send(_ batch: RecordBatch, to partition: TopicPartition) async throws(BinderError) {
            if binder.next(at: false) != nil { throw BinderError(.retriable, "no room (on purpose)") }
            try await session.send(batch, to: partition)
        }

        func commit(_ positions: [InputPosition], of input: (any InputChannel)?) async throws(BinderError) {
            switch binder.next(at: true) {
            case nil, .sendFails: try await session.commit(positions, of: input)
            case .commitFails:
                try await session.abort()
                throw BinderError(.retriable, "no room (on purpose)")
            case .outcomeUnknownAborted:
                try await session.abort()
                throw BinderError(.uncertain, "not known (on purpose)")
            case .outcomeUnknownCommitted:
                try await session.commit(positions, of: input)
                throw BinderError(.uncertain, "not known (on purpose)")
            }
        }

        func abort() async throws(BinderError) { try await session.abort() }
        func close() async { await session.close() }
    }
}
