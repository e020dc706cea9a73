import BinderKit
import Records
import Settings
import Testing

@testable import Streams

@Suite("The aggregate stage")
struct AggregateStageTests {
    private let hits = TopicPartition(topic: "hits", partition: 0)
    private let other = TopicPartition(topic: "hits", partition: 1)

    private func runner(lateness: Duration = .zero) throws -> StageRunner {
        try StageRunner(
            .aggregate(
                AggregateOptions(
                    window: .seconds(10), allowedLateness: lateness,
                    groupBy: [.init(name: "host", expression: SourceText("host"))],
                    measures: [
                        .init(name: "count", function: .count),
                        .init(name: "bytes", function: .sum, of: SourceText("bytes")),
                        .init(name: "least", function: .min, of: SourceText("bytes")),
                        .init(name: "most", function: .max, of: SourceText("bytes")),
                        .init(name: "mean", function: .mean, of: SourceText("bytes")),
                        .init(name: "p50", function: .quantile(0.5), of: SourceText("bytes")),
                        .init(name: "agents", function: .count, of: SourceText("agent")),
                    ])))
    }

    private func record(
        _ second: Int, _ host: String = "a", bytes: Int? = 1, offset: Int64, source: TopicPartition? = nil
    ) -> StageRecord {
        let time = "2026-01-01T00:00:\(second < 10 ? "0" : "")\(second)Z"
        let amount = bytes.map { #","bytes":\#($0),"agent":"x""# } ?? ""
        return StageRecord(
            value: Array(#"{"time":"\#(time)","host":"\#(host)"\#(amount)}"#.utf8), source: source ?? hits,
            offset: offset)
    }

    private func clock(idle: Int64 = 0, lagging: Set<TopicPartition> = []) -> StageClock {
        StageClock(nowMilliseconds: 0, idleMilliseconds: idle, lagging: lagging)
    }

    @Test("writes one object per window and group, in order, once the window is closed")
    func golden() throws {
        var runner = try runner()
        #expect(try runner.process(record(1, "b", bytes: 4, offset: 0)) == [])
        _ = try runner.process(record(2, "a", bytes: nil, offset: 1))
        _ = try runner.process(record(3, "b", bytes: 6, offset: 2))
        _ = try runner.process(record(9, "b", bytes: 2, offset: 3))
        #expect(try runner.advance(clock()) == [])
        _ = try runner.process(record(10, "a", bytes: 5, offset: 4))
        let window = #"{"window_start":"2026-01-01T00:00:00Z","window_end":"2026-01-01T00:00:10Z","#
        #expect(
            try runner.advance(clock()) == [
                window
                    + #""host":"a","count":1,"bytes":null,"least":null,"most":null,"mean":null,"p50":null,"agents":0}"#,
                window
                    + #""host":"b","count":3,"bytes":12,"least":2,"most":6,"mean":4,"p50":4.0148353330285875,"agents":3}"#,
            ])
        #expect(try runner.advance(clock()) == [])
    }

    @Test("silence closes the last window after its length and lateness, and no window that follows")
    func silence() throws {
        var runner = try runner(lateness: .seconds(2))
        _ = try runner.process(record(1, offset: 0))
        #expect(try runner.advance(clock(idle: 10_999)).isEmpty)
        #expect(try runner.advance(clock(idle: 11_000)).count == 1)
        _ = try runner.advance(clock(idle: 3_600_000))
        // An hour of silence later a record of the next window is no late one.
        _ = try runner.process(record(11, offset: 1))
        #expect(runner.stage.position(of: hits, next: 2).offset == 1)
    }

    @Test("waits for the slowest partition that has unread records")
    func slowest() throws {
        var runner = try runner()
        try runner.stage.assigned([InputPosition(source: hits, offset: 0), InputPosition(source: other, offset: 0)])
        _ = try runner.process(record(1, offset: 0))
        _ = try runner.process(record(40, offset: 1))
        #expect(try runner.advance(clock(lagging: [other])).isEmpty)
        _ = try runner.process(record(2, offset: 0, source: other))
        #expect(try runner.advance(clock(lagging: [other])).isEmpty)
        _ = try runner.process(record(12, offset: 1, source: other))
        // Both partitions' records of the first window are in one result.
        let results = try runner.advance(clock(lagging: [other]))
        #expect(results.count == 1 && results.first?.contains(#""count":2"#) == true)
        #expect(try runner.advance(clock()).count == 1)
    }

    @Test("late records are rejected, those within the lateness are not")
    func late() throws {
        var runner = try runner(lateness: .seconds(5))
        _ = try runner.process(record(14, offset: 0))
        _ = try runner.advance(clock())
        _ = try runner.process(record(3, offset: 1))
        _ = try runner.process(record(15, offset: 2))
        #expect(try runner.advance(clock()).count == 1)
        let error = #expect(throws: StageError.self) { try runner.process(record(4, offset: 3)) }
        #expect(error?.code == .rejected && error?.name == "LateRecord")
    }

    @Test("a record without time, or with a measure that is no number, is rejected")
    func rejects() throws {
        var runner = try runner()
        for value in [
            #"{"host":"a"}"#, #"{"time":"noon"}"#, #"{"time":true}"#, #"{"time":1e300}"#, #"{"time":0,"bytes":"x"}"#,
            #"{"time":0,"bytes":1e999}"#, "no JSON", #"{"time":0,"host":"\#(String(repeating: "x", count: 5000))"}"#,
        ] {
            let error = #expect(throws: StageError.self) { try runner.process(value) }
            #expect(error?.code == .rejected)
        }
    }

    @Test("a position stays at the first record of an open window and carries what was closed and seen")
    func positions() throws {
        var runner = try runner()
        _ = try runner.process(record(1, offset: 5))
        _ = try runner.process(record(12, offset: 6))
        _ = try runner.process(record(2, offset: 7))
        #expect(runner.stage.position(of: hits, next: 8) == InputPosition(source: hits, offset: 5, metadata: "seen=8"))
        _ = try runner.advance(clock())
        let position = runner.stage.position(of: hits, next: 8)
        #expect(position == InputPosition(source: hits, offset: 6, metadata: "closed=1767225610000;seen=8"))

        // The restart reads 6 and 7 again: 7 was emitted, a bad record was dead-lettered before, and 8 is late.
        var second = try self.runner()
        try second.stage.assigned([position])
        _ = try second.process(record(12, offset: 6))
        #expect(try second.advance(clock(lagging: [hits])).isEmpty)
        _ = try second.process(record(2, offset: 7))
        #expect((second.stage as? AggregateStage)?.wasSeen(hits, offset: 7) == true)
        #expect((second.stage as? AggregateStage)?.wasSeen(hits, offset: 8) == false)
        #expect(throws: StageError.self) { try second.process(record(3, offset: 8)) }
        #expect(try second.advance(clock(idle: 60_000)).count == 1)
        #expect(second.stage.position(of: hits, next: 9).offset == 9)
    }

    @Test("no window closes while records counted before are read again")
    func rewound() throws {
        var runner = try runner()
        try runner.stage.assigned([InputPosition(source: hits, offset: 0, metadata: "seen=3")])
        _ = try runner.process(record(1, offset: 0))
        _ = try runner.process(record(25, offset: 1))
        #expect(try runner.advance(clock(lagging: [hits])).isEmpty)
        // Read again it is no late record, as it was none the first time.
        _ = try runner.process(record(2, offset: 2))
        let results = try runner.advance(clock(lagging: [hits]))
        #expect(results.count == 1 && results.first?.contains(#""count":2"#) == true)
    }

    @Test("a revoked partition's part is given up, the others' stay")
    func revoked() throws {
        var runner = try runner()
        _ = try runner.process(record(1, offset: 0))
        _ = try runner.process(record(1, offset: 0, source: other))
        runner.stage.revoked([other])
        let results = try runner.advance(clock(idle: 60_000))
        #expect(results.count == 1 && results.first?.contains(#""count":1"#) == true)
        #expect(runner.stage.position(of: other, next: 4) == InputPosition(source: other, offset: 4))
    }

    @Test(
        "a position that another kind of stage committed is an error",
        arguments: ["x", "seen=", "closed=1", "seen=1;a=2", "seen=-1"])
    func foreignPosition(metadata: String) throws {
        var runner = try runner()
        #expect(throws: StageError.self) {
            try runner.stage.assigned([InputPosition(source: hits, offset: 0, metadata: metadata)])
        }
    }

    @Test("the number of open groups is limited, and falls when windows close")
    func limit() throws {
        let options = AggregateOptions(
            window: .seconds(10), groupBy: [.init(name: "host", expression: SourceText("host"))],
            measures: [.init(name: "n", function: .count)])
        var stage = AggregateStage(try AggregatePlan(options, at: nil), openGroupsMax: 2)
        var output = StageOutput()
        try stage.process(record(1, "a", offset: 0), into: &output)
        try stage.process(record(1, "b", offset: 1), into: &output)
        let error = #expect(throws: StageError.self) { try stage.process(record(1, "c", offset: 2), into: &output) }
        #expect(error?.code == .failed && error?.name == "TooManyGroups")
        #expect(throws: StageError.self) { try stage.process(record(11, "a", offset: 2), into: &output) }
        try stage.process(record(2, "a", offset: 3), into: &output)
        try stage.advance(clock(idle: 60_000), into: &output)
        #expect(output.count == 2)
        try stage.process(record(11, "a", offset: 4), into: &output)
        #expect(output.entries.allSatisfy { $0.timestamp == 1_767_225_609_999 && $0.headerCount == 0 })
    }
}
