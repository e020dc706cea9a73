import BinderKit
import Records
import Settings
import TestSupport
import Testing

@testable import Streams

@Suite("Outputs, positions and state are one")
struct RecoveryTests {
    private static let settings = Pipeline.settings([
        Pipeline.input("count", "in"), Pipeline.output("count", "out"),
    ])

    @Test("a full disk holds a stage, and it goes on when there is room, with nothing lost, doubled or counted twice")
    func fullDisk() async throws {
        let disk = FillingDisk()
        try await Pipeline.with(disk: disk) { pipeline in
            try await pipeline.send((0..<10).map(String.init), to: "in")
            let app = try pipeline.application(Self.settings)
            app.stage("count", make: { CountingStage() })
            try await pipeline.runUntilIdle(app) {
                await app.waitUntilIdle()
                disk.fill("/out-")
                try await pipeline.send((10..<20).map(String.init), to: "in")
                try await eventually("it retries") { app.status["count"]?.state == .retrying }
                #expect(app.status["count"]?.lastError?.message.contains("No space left on device") == true)
                #expect(app.status["count"]?.recordsOut == 10)
                disk.fill(nil)
                await app.waitUntilIdle()
                #expect(app.status["count"]?.state == .running)
            }
            #expect(try await pipeline.texts("out") == (0..<20).map { "\($0) \($0 + 1)" })
        }
    }

    @Test("a shutdown while the disk is full ends the run, and the next one does what is left")
    func shutdownOnFullDisk() async throws {
        let disk = FillingDisk()
        try await Pipeline.with(disk: disk) { pipeline in
            try await pipeline.send(["a", "b"], to: "in")
            let first = try pipeline.application(Self.settings)
            first.stage("count", make: { CountingStage() })
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await first.run() }
                await first.waitUntilIdle()
                disk.fill("/out-")
                try await pipeline.send(["c"], to: "in")
                try await eventually("it retries") { first.status["count"]?.state == .retrying }
                await first.shutdown()
                try await group.waitForAll()
            }
            disk.fill(nil)
            let second = try pipeline.application(Self.settings)
            second.stage("count", make: { CountingStage() })
            try await pipeline.runUntilIdle(second)
            #expect(try await pipeline.texts("out") == ["a 1", "b 2", "c 1"])
        }
    }

    @Test("a run that is cancelled again and again at random moments passes every record exactly once")
    func cancelled() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        try await Pipeline.with { pipeline in
            let all = (0..<2000).map(String.init)
            for start in stride(from: 0, to: all.count, by: 50) {
                try await pipeline.send(
                    Array(all[start..<start + 50]), to: "in", partition: Int32(start / 50 % 3), partitions: 3)
            }
            let settings = Pipeline.settings([
                Pipeline.input("copy", "in", concurrency: 2, maxAttempts: 1),
                Pipeline.output("copy", "out", partitions: 2),
            ])
            for _ in 0..<12 {
                let app = try pipeline.application(settings)
                app.stage("copy", Self.copy)
                let run = Task { try await app.run() }
                try await Task.sleep(for: .microseconds(Int.random(in: 0..<6000, using: &random)))
                run.cancel()
                _ = await run.result
            }
            let app = try pipeline.application(settings)
            app.stage("copy", Self.copy)
            try await pipeline.runUntilIdle(app)
            let copied = try await pipeline.texts("out")
            let refused = try await pipeline.texts("error.in.g")
            #expect((copied + refused).sorted() == all.sorted(), "seed \(seed)")
            #expect(refused.sorted() == all.filter { $0.hasSuffix("7") }.sorted(), "seed \(seed)")
        }
    }

    @Sendable private static func copy(_ message: Message) throws -> Message? {
        if message.text.hasSuffix("7") { throw StageError(.rejected, "seven") }
        return message
    }

    @Test("a shutdown lets a stage finish and commit what was delivered to it")
    func drain() async throws {
        try await Pipeline.with { pipeline in
            try await pipeline.send((0..<100).map(String.init), to: "in")
            let app = try pipeline.application(
                Pipeline.settings([Pipeline.input("copy", "in"), Pipeline.output("copy", "out")]))
            let reached = Watched(false)
            app.stage("copy") { message in
                reached.update { $0 = true }
                return message
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await app.run() }
                await reached.wait { $0 }
                await app.shutdown()
                try await group.waitForAll()
            }
            #expect(try await pipeline.texts("out").count == 100)
            #expect(app.status["copy"]?.recordsOut == 100)
        }
    }

    @Test("a second run is refused")
    func runsOnce() async throws {
        try await Pipeline.with { pipeline in
            let app = try pipeline.application(Pipeline.settings([]))
            try await pipeline.runUntilIdle(app)
            let error = await #expect(throws: StreamError.self) { try await app.run() }
            #expect(error?.code == .state)
        }
    }

    @Test("windows hold an application back from being idle, and their results come exactly once over a restart")
    func windows() async throws {
        try await Pipeline.with { pipeline in
            func hit(_ second: Int) -> String { "{\"time\":\(second * 1000)}" }
            let settings = Pipeline.settings(
                [Pipeline.input("per-second", "hits"), Pipeline.output("per-second", "rates")],
                stages: [
                    StageSettings(
                        name: "per-second",
                        kind: .aggregate(
                            AggregateOptions(
                                window: .seconds(1),
                                measures: [AggregateOptions.Measure(name: "hits", function: .count)])))
                ])
            try await pipeline.send([hit(1), hit(1), hit(2), hit(3), hit(3)], to: "hits")
            try await pipeline.runUntilIdle(try pipeline.application(settings))
            try await pipeline.send([hit(7), hit(8)], to: "hits")
            try await pipeline.runUntilIdle(try pipeline.application(settings))
            #expect(try await pipeline.read("rates").map { $0["hits"]?.int } == [2, 1, 2, 1, 1])
        }
    }
}
