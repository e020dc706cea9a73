import BinderKit
import Records
import Settings
import TestSupport
import Testing

@testable import Streams

@Suite("A stream application")
struct ApplicationTests {
    @Test("three stages in Swift run one after another")
    func threeStages() async throws {
        try await Pipeline.with { pipeline in
            let seen = Watched<[String]>([])
            let app = try pipeline.application(
                Pipeline.settings([
                    Pipeline.input("split", "lines"), Pipeline.output("split", "words"),
                    Pipeline.input("long", "words"),
                    Pipeline.output("long", "long"), Pipeline.input("tell", "long"),
                ]))
            let lines = app.source("lines")
            app.stage("split") { line in line.text.split(separator: " ").map { Message(String($0)) } }
            app.stage("long") { word in word.text.count > 3 ? word : nil }
            app.stage("tell") { word in seen.update { $0.append(word.text) } }
            try await pipeline.runUntilIdle(app) {
                try await lines.send(Message("a stone rolls"), Message("on and downhill"))
            }
            #expect(seen.value == ["stone", "rolls", "downhill"])
            #expect(app.status["split"]?.recordsIn == 2)
            #expect(app.status["split"]?.recordsOut == 6)
            #expect(app.status["long"]?.recordsOut == 3)
            #expect(app.status["tell"]?.lag == 0)
            #expect(app.status["tell"]?.state == .stopped)
        }
    }

    @Test("a stage declared in YAML and one in Swift share one namespace")
    func yamlAndSwift() async throws {
        try await Pipeline.with { pipeline in
            try await pipeline.send([#"{"status":200}"#, #"{"status":503}"#, #"{"status":500}"#], to: "hits")
            let app = try pipeline.application(
                Pipeline.settings(
                    [
                        Pipeline.input("errors", "hits"), Pipeline.output("errors", "errors"),
                        Pipeline.input("statuses", "errors"), Pipeline.output("statuses", "statuses"),
                    ], stages: [StageSettings(name: "errors", kind: .filter(where: SourceText("status >= 500")))]))
            app.stage("statuses") { hit in Message("\(hit["status"]?.int ?? 0)") }
            try await pipeline.runUntilIdle(app)
            #expect(try await pipeline.texts("statuses") == ["503", "500"])
        }
    }

    @Test("a chain runs in memory between its own two bindings")
    func chain() async throws {
        try await Pipeline.with { pipeline in
            try await pipeline.send(
                ["a b", "c"], to: "in", headers: [RecordHeader(name: "h", value: [7])], timestamp: 42)
            let app = try pipeline.application(
                Pipeline.settings(
                    [Pipeline.input("splitshout", "in"), Pipeline.output("splitshout", "out")],
                    definition: [FunctionChain(stages: ["split", "shout"])]))
            app.stage("split") { line in line.text.split(separator: " ").map { Message(String($0)) } }
            app.stage("shout") { word in word.text == "b" ? nil : Message(word.text.uppercased()) }
            try await pipeline.runUntilIdle(app)
            let out = try await pipeline.read("out")
            #expect(out.map(\.text) == ["A", "C"])
            #expect(out.allSatisfy { $0.timestamp == 42 && $0.headers == [RecordHeader(name: "h", value: [7])] })
            #expect(app.status.stages.map(\.name) == ["splitshout"])
        }
    }

    @Test("a stage sends to topics that it names, which are made on first use")
    func namedTopics() async throws {
        try await Pipeline.with { pipeline in
            try await pipeline.send(["a", "b", "?"], to: "in")
            let app = try pipeline.application(Pipeline.settings([Pipeline.input("route", "in")]))
            app.stage("route") { message in
                Message(message.text, destination: message.text == "?" ? "no topic!" : "to.\(message.text)")
            }
            try await pipeline.runUntilIdle(app)
            #expect(try await pipeline.texts("to.a") == ["a"])
            #expect(try await pipeline.texts("to.b") == ["b"])
            let letters = try await pipeline.read("error.in.g")
            #expect(letters.map(\.text) == ["?"])
            #expect(letters.first?.header("x-exception-fqcn") == "NoSuchTopic")
        }
    }

    @Test("workers of one binding share its partitions")
    func concurrency() async throws {
        try await Pipeline.with { pipeline in
            let app = try pipeline.application(
                Pipeline.settings([
                    Pipeline.input("copy", "in", concurrency: 3), Pipeline.output("copy", "out", partitions: 2),
                ]))
            let made = Tally()
            let active = Watched<Set<Int>>([])
            app.stage("copy", make: { NotedStage(number: made.increase(), active: active) })
            let sent = Tally()
            // Before the application makes the topic, with a partition for each worker and no more.
            try await pipeline.send(["\(sent.increase())"], to: "in", partition: 0, partitions: 4)
            try await pipeline.runUntilIdle(app) {
                // The first to join has all partitions for a moment, and may be done with what is there.
                try await eventually("two instances of the stage have processed records") {
                    for partition: Int32 in 0..<4 {
                        try await pipeline.send(
                            ["\(sent.increase())"], to: "in", partition: partition, partitions: 4)
                    }
                    return active.value.count >= 2
                }
            }
            let texts = try await pipeline.texts("out")
            #expect(texts.count == sent.value)
            #expect(Set(texts).count == sent.value)
        }
    }

    /// Copies, and notes which instance did.
    private struct NotedStage: Stage {
        let number: Int
        let active: Watched<Set<Int>>

        mutating func process(_ record: StageRecord, into output: inout StageOutput) throws {
            active.update { _ = $0.insert(number) }
            output.forward(record)
        }
    }

    @Test(
        "a partition without records holds no window open, though another is never at rest",
        arguments: [1, 2])
    func emptyPartition(concurrency: Int) async throws {
        try await Pipeline.with { pipeline in
            let settings = Pipeline.settings(
                [
                    Pipeline.input("per-second", "hits", concurrency: concurrency),
                    Pipeline.output("per-second", "rates"),
                ],
                stages: [
                    StageSettings(
                        name: "per-second",
                        kind: .aggregate(
                            AggregateOptions(
                                window: .seconds(1),
                                measures: [AggregateOptions.Measure(name: "hits", function: .count)])))
                ])
            let second = Tally()
            let app = try pipeline.application(settings)
            _ = try await pipeline.binder.provision(TopicSpecification(name: "hits", partitions: 2))
            try await pipeline.runUntilIdle(app) {
                try await eventually("windows close though the stream never rests") {
                    try await pipeline.send(
                        ["{\"time\":\(second.increase() * 1000)}"], to: "hits", partitions: 2)
                    return (app.status["per-second"]?.recordsOut ?? 0) > 3
                }
            }
            #expect(try await pipeline.texts("rates").count == second.value)
        }
    }

    @Test("an anonymous binding sees what is written from now on")
    func anonymous() async throws {
        try await Pipeline.with { pipeline in
            try await pipeline.send(["old"], to: "in")
            let app = try pipeline.application(
                Pipeline.settings([Pipeline.input("copy", "in", group: nil), Pipeline.output("copy", "out")]))
            app.stage("copy") { message in message }
            try await pipeline.runUntilIdle(app) {
                await app.waitUntilIdle()
                try await pipeline.send(["new"], to: "in")
            }
            #expect(try await pipeline.texts("out") == ["new"])
        }
    }

    @Test("a binding with auto-startup false waits for resume, and a paused one for the next")
    func pauseAndResume() async throws {
        try await Pipeline.with { pipeline in
            try await pipeline.send(["first"], to: "in")
            let app = try pipeline.application(
                Pipeline.settings([
                    Pipeline.input("copy", "in") { $0.autoStartup = false }, Pipeline.output("copy", "out"),
                ]))
            app.stage("copy") { message in message }
            try await pipeline.runUntilIdle(app) {
                await app.waitUntilIdle()
                #expect(app.status["copy"]?.state == .paused)
                #expect(try await pipeline.texts("out") == [])
                app.resume(binding: "copy-in-0")
                await app.waitUntilIdle()
                #expect(try await pipeline.texts("out") == ["first"])
                app.pause(binding: "copy-in-0")
                try await pipeline.send(["second"], to: "in")
                await app.waitUntilIdle()
                #expect(try await pipeline.texts("out") == ["first"])
                app.resume(binding: "copy-in-0")
            }
            #expect(try await pipeline.texts("out") == ["first", "second"])
        }
    }

    @Test("a batch stage answers for each record, and a failed one alone is dead-lettered")
    func batchMode() async throws {
        try await Pipeline.with { pipeline in
            try await pipeline.send(["1", "2", "x", "4"], to: "in")
            let largest = Watched(0)
            let app = try pipeline.application(
                Pipeline.settings([
                    Pipeline.input("square", "in") { $0.batchMode = true }, Pipeline.output("square", "out"),
                ]))
            app.batchStage("square") { messages in
                largest.update { $0 = max($0, messages.count) }
                return messages.map { message in
                    guard let number = Int(message.text) else {
                        return .failure(StageError(.rejected, "no number", name: "NoNumber"))
                    }
                    return .success([Message("\(number * number)")])
                }
            }
            try await pipeline.runUntilIdle(app)
            #expect(largest.value == 4)
            #expect(try await pipeline.texts("out") == ["1", "4", "16"])
            #expect(try await pipeline.texts("error.in.g") == ["x"])
        }
    }

    @Test("a batch stage that throws is given its records one by one")
    func throwingBatch() async throws {
        try await Pipeline.with { pipeline in
            try await pipeline.send(["1", "x", "3"], to: "in")
            let app = try pipeline.application(
                Pipeline.settings([
                    Pipeline.input("copy", "in") { $0.batchMode = true }, Pipeline.output("copy", "out"),
                ]))
            app.batchStage("copy") { messages in
                guard messages.allSatisfy({ $0.text != "x" }) else { throw StageError(.rejected, "x") }
                return messages.map { .success([$0]) }
            }
            try await pipeline.runUntilIdle(app)
            #expect(try await pipeline.texts("out") == ["1", "3"])
            #expect(try await pipeline.texts("error.in.g") == ["x"])
        }
    }

    @Test("what does not fit together is told all at once, before anything runs")
    func findings() async throws {
        try await Pipeline.with { pipeline in
            let place = SourceLocation(file: "p.yaml", line: 3, column: 5)
            var stray = Pipeline.input("stray", "x")
            stray.location = place
            let app = try pipeline.application(
                Pipeline.settings(
                    [stray, Pipeline.input("errors", "hits"), Pipeline.output("twice", "t")],
                    stages: [
                        StageSettings(name: "errors", kind: .filter(where: SourceText("status > 1")), location: place),
                        StageSettings(name: "twice", kind: .filter(where: SourceText("status > 1")), location: place),
                    ]))
            app.stage("twice") { message in message }
            app.stage("lonely") { message in message }
            let error = await #expect(throws: StreamError.self) { try await app.run() }
            let messages = error?.diagnostics.map(\.description) ?? []
            #expect(error?.code == .configuration)
            #expect(messages.contains { $0.hasPrefix("p.yaml:3:5: binding 'stray-in-0' belongs to no stage") })
            #expect(messages.contains { $0.hasPrefix("p.yaml:3:5: stage 'errors' has no output binding") })
            #expect(messages.contains { $0.hasPrefix("p.yaml:3:5: stage 'twice' is declared here and registered") })
            #expect(messages.contains { $0.hasPrefix("stage 'lonely' has no input binding") })
        }
    }

    @Test("a function definition that names an unknown stage is refused")
    func unknownStage() async throws {
        try await Pipeline.with { pipeline in
            let app = try pipeline.application(
                Pipeline.settings(
                    [],
                    definition: [
                        FunctionChain(stages: ["nobody"], location: SourceLocation(file: "f", line: 1, column: 2))
                    ]))
            let error = await #expect(throws: StreamError.self) { try await app.run() }
            #expect(error?.message.contains("f:1:2: function.definition names stage 'nobody'") == true)
        }
    }

    @Test("a binding whose binder is not there is refused when the application is made")
    func unknownBinder() async throws {
        try await Pipeline.with { pipeline in
            var binding = Pipeline.input("copy", "in")
            binding.binder = "kafka"
            #expect(throws: StreamError.self) { try pipeline.application(Pipeline.settings([binding])) }
        }
    }

    @Test("an output binding that wants more partitions than its topic has is refused")
    func tooFewPartitions() async throws {
        try await Pipeline.with { pipeline in
            try await pipeline.send(["x"], to: "out")
            let app = try pipeline.application(
                Pipeline.settings([Pipeline.input("copy", "in"), Pipeline.output("copy", "out", partitions: 6)]))
            app.stage("copy") { message in message }
            let error = await #expect(throws: StreamError.self) { try await app.run() }
            #expect(error?.message.contains("topic 'out' has 1 partitions, binding 'copy-out-0' wants 6") == true)
        }
    }
}
