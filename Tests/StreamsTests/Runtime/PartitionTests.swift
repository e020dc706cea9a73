import BinderKit
import Records
import Settings
import Testing

@testable import Streams

@Suite("A partitioned output")
struct PartitionTests {
    private static func run(
        _ values: [String], headers: [RecordHeader] = [], key: String?, in pipeline: Pipeline
    ) async throws {
        try await pipeline.send(values, to: "in", headers: headers)
        let app = try pipeline.application(
            Pipeline.settings([Pipeline.input("copy", "in"), Pipeline.output("copy", "out", partitions: 6, key: key)]))
        app.stage("copy") { message in message }
        try await pipeline.runUntilIdle(app)
    }

    @Test(
        "puts a record where a Spring application would",
        arguments: [
            (#"{"key":"203.0.113.7"}"#, 5), (#"{"key":"frank-42"}"#, 1), (#"{"key":404}"#, 2), (#"{"key":-1}"#, 1),
            (#"{"key":1700000000000}"#, 5), (#"{"key":true}"#, 1), (#"{"key":3.14}"#, 1), (#"{"key":"Grüße"}"#, 5),
        ])
    func partition(value: String, partition: Int32) async throws {
        try await Pipeline.with { pipeline in
            try await Self.run([value], key: "payload.key", in: pipeline)
            #expect(try await pipeline.read("out").map(\.source?.partition) == [partition])
        }
    }

    @Test("takes no record without a key: it is dead-lettered")
    func nullKey() async throws {
        try await Pipeline.with { pipeline in
            try await Self.run([#"{"key":1}"#, #"{"other":1}"#, #"{"key":2}"#], key: "payload.key", in: pipeline)
            #expect(try await pipeline.texts("out") == [#"{"key":1}"#, #"{"key":2}"#])
            let letter = try #require(try await pipeline.read("error.in.g").first)
            #expect(letter.text == #"{"other":1}"#)
            #expect(letter.header("x-exception-fqcn") == "NullPartitionKey")
        }
    }

    @Test("obeys the header scst_partitionOverride, and refuses one that names no partition")
    func override() async throws {
        try await Pipeline.with { pipeline in
            let name = "scst_partitionOverride"
            try await pipeline.send(
                [#"{"key":"x"}"#], to: "in", headers: [RecordHeader(name: name, value: Array("9".utf8))])
            try await Self.run(
                [#"{"key":"y"}"#], headers: [RecordHeader(name: name, value: Array("4".utf8))], key: "payload.key",
                in: pipeline)
            #expect(try await pipeline.read("out").map(\.source?.partition) == [4])
            #expect(try await pipeline.texts("error.in.g") == [#"{"key":"x"}"#])
        }
    }

    @Test("without a key goes round, a whole delivery to one partition")
    func roundRobin() async throws {
        try await Pipeline.with { pipeline in
            let app = try pipeline.application(
                Pipeline.settings([
                    Pipeline.output("feed", "in"), Pipeline.input("copy", "in"),
                    Pipeline.output("copy", "out", partitions: 3),
                ]))
            let feed = app.source("feed")
            app.stage("copy") { message in message }
            try await pipeline.runUntilIdle(app) {
                for round in 0..<3 {
                    try await feed.send(Message("\(round)a"), Message("\(round)b"))
                    await app.waitUntilIdle()
                }
            }
            let read = try await pipeline.read("out")
            let byPartition = Dictionary(grouping: read) { $0.source?.partition }.values.map { $0.map(\.text) }
            #expect(Set(byPartition) == [["0a", "0b"], ["1a", "1b"], ["2a", "2b"]])
        }
    }
}
