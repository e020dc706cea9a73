import Foundation
import Records
import Settings
import Synchronization
import TestSupport
import Testing

@testable import Streams

@Suite("Built-in stages")
struct BuiltInStageTests {
    @Test("access-log writes a line as JSON and rejects what does not fit")
    func accessLog() throws {
        var runner = try StageRunner(.accessLog(AccessLogOptions(format: SourceText("combined"))))
        let line = #"203.0.113.7 - - [31/Jan/2026:12:00:00 +0100] "GET /a?b=1 HTTP/1.1" 200 512 "-" "curl/8.0""#
        let json = try #require(try runner.process(line).first)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(object["remote_addr"] as? String == "203.0.113.7")
        #expect(object["status"] as? Int == 200)
        #expect(object["remote_user"] is NSNull)
        #expect(object["method"] as? String == "GET" && object["uri"] as? String == "/a?b=1")
        #expect(object["protocol"] as? String == "HTTP/1.1")
        let time = Array((object["time"] as? String ?? "").utf8)
        #expect(RFC3339.milliseconds(time.span) == 1_769_857_200_000)
        let error = #expect(throws: StageError.self) { try runner.process("no such line") }
        #expect(error?.code == .rejected && error?.name == "UnparsableLine")
        #expect(throws: StageError.self) { try runner.process(StageRecord(value: nil)) }
    }

    @Test("filter passes records on unchanged, drops the others and rejects what is no JSON")
    func filter() throws {
        var runner = try StageRunner(.filter(where: SourceText("status >= 500")))
        #expect(try runner.process(#"{"status": 500 }"#) == [#"{"status": 500 }"#])
        #expect(try runner.process(#"{"status":499}"#) == [])
        #expect(try runner.process(#"{}"#) == [])
        let error = #expect(throws: StageError.self) { try runner.process("status") }
        #expect(error?.code == .rejected)
    }

    @Test(
        "select keeps, drops, renames and masks",
        arguments: [
            (SelectOptions(keep: ["b", "a"]), #"{"a": 1,"b":"x","c":[1, 2]}"#, #"{"a":1,"b":"x"}"#),
            (SelectOptions(drop: ["a", "zz"]), #"{"a":1,"b":{"a":1}}"#, #"{"b":{"a":1}}"#),
            (SelectOptions(rename: ["a": "z"]), #"{"a":1,"b":2}"#, #"{"z":1,"b":2}"#),
            (SelectOptions(rename: ["a": "b"]), #"{"a":1,"b":2}"#, #"{"b":1}"#),
            (SelectOptions(rename: ["a": "b"]), #"{"b":2}"#, #"{"b":2}"#),
            (SelectOptions(rename: ["a": "b", "b": "a"]), #"{"a":1,"b":2}"#, #"{"b":1,"a":2}"#),
            (SelectOptions(drop: ["a"], rename: ["a": "b"]), #"{"a":1,"b":2}"#, #"{"b":2}"#),
            (
                SelectOptions(mask: ["ip", "v6", "name", "n", "none"]),
                #"{"ip":"203.0.113.77","v6":"2001:db8:1:2::3","name":"Ada","n":5,"none":null}"#,
                #"{"ip":"203.0.113.0","v6":"2001:db8:1::","name":"***","n":"***","none":null}"#
            ),
            (SelectOptions(rename: ["u": "user"], mask: ["user"]), #"{"u":"x"}"#, #"{"user":"***"}"#),
            (SelectOptions(drop: ["a"]), #"{"\u0061":1,"é\"":2}"#, #"{"é\"":2}"#), (SelectOptions(), "{}", "{}"),
        ])
    func select(options: SelectOptions, input: String, expected: String) throws {
        var runner = try StageRunner(.select(options))
        #expect(try runner.process(input) == [expected])
    }

    @Test("route sends to the first rule that holds, and to the output otherwise")
    func route() throws {
        let rules = [
            RouteOptions.Rule(when: SourceText("status >= 500"), to: "errors"),
            RouteOptions.Rule(when: SourceText("status >= 400"), to: "refused"),
        ]
        let make = StageCatalog(console: { _ in })
        for (otherwise, expected) in [(nil, StageOutput.Destination.output(0)), ("rest", .topic("rest"))] {
            var stage = try make.make(
                StageSettings(name: "r", kind: .route(RouteOptions(rules: rules, otherwise: otherwise))))()
            var output = StageOutput()
            for status in [200, 404, 503, 500] {
                try stage.process(StageRecord(value: Array(#"{"status":\#(status)}"#.utf8)), into: &output)
            }
            let destinations = output.entries.map { output.destination(of: $0) }
            #expect(destinations == [expected, .topic("refused"), .topic("errors"), .topic("errors")])
        }
    }

    @Test("console prints a line per record, in a template, without control characters, and emits nothing")
    func console() throws {
        let printed = Printed()
        var runner = try StageRunner(
            .console(ConsoleOptions(template: SourceText("{{{status}}} {path ?: '}'}!"))),
            console: { printed.append($0) })
        #expect(try runner.process(#"{"status":200,"path":"/\u001b[2J"}"#) == [])
        #expect(try runner.process(#"{}"#) == [])
        #expect(printed.text.isEmpty)
        _ = try runner.advance(StageClock(nowMilliseconds: 0))
        #expect(printed.text == "{200} /\\x1b[2J!\n{} }!\n")
        var plain = try StageRunner(.console(ConsoleOptions()), console: { printed.append($0) })
        _ = try plain.process("a\u{7}b\tc")
        _ = try plain.advance(StageClock(nowMilliseconds: 0))
        #expect(printed.text.hasSuffix("a\\x07b\tc\n"))
    }

    @Test("file appends values and is on disk after advance")
    func file() throws {
        let folder = try TemporaryFolder()
        let path = folder("out.log")
        try Data("before\n".utf8).write(to: URL(fileURLWithPath: path))
        var runner = try StageRunner(.file(FileOptions(path: path)))
        #expect(try runner.process("one") == [])
        #expect(try runner.process(StageRecord(value: nil)) == [])
        _ = try runner.process("two")
        _ = try runner.advance(StageClock(nowMilliseconds: 0))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "before\none\ntwo\n")
        var broken = try StageRunner(.file(FileOptions(path: folder.path)))
        _ = try broken.process("x")
        let error = #expect(throws: StageError.self) { try broken.advance(StageClock(nowMilliseconds: 0)) }
        #expect(error?.code == .failed && error?.name == "FileError")
    }

    @Test("what is wrong with stages, partition keys and chains is found with its place")
    func diagnostics() {
        let place = SourceLocation(file: "a.yaml", line: 3, column: 10)
        func text(_ text: String) -> SourceText { SourceText(text, at: place) }
        let count = AggregateOptions.Measure(name: "n", function: .count)
        var binding = BindingSettings(name: "p-out-0", destinations: ["t"])
        binding.producer.partitionKeyExpression = text("payload.")
        func aggregate(_ name: String, _ options: AggregateOptions) -> StageSettings {
            StageSettings(name: name, kind: .aggregate(options), location: place)
        }
        let settings = StreamSettings(
            bindings: ["p-out-0": binding],
            stages: [
                StageSettings(name: "a", kind: .accessLog(AccessLogOptions(format: text("combyned")))),
                StageSettings(name: "b", kind: .accessLog(AccessLogOptions(format: text("$a $"), escape: "none"))),
                StageSettings(name: "c", kind: .filter(where: text("status => 5"))),
                StageSettings(name: "d", kind: .route(RouteOptions(rules: [.init(when: text("5"), to: "x")]))),
                StageSettings(name: "e", kind: .select(SelectOptions(rename: ["a": "c", "b": "c"])), location: place),
                StageSettings(
                    name: "f", kind: .select(SelectOptions(rename: ["a": "c"], mask: ["a"])), location: place),
                aggregate("g", AggregateOptions(window: .zero, measures: [count])),
                aggregate("h", AggregateOptions(window: .seconds(1), measures: [])),
                aggregate("i", AggregateOptions(window: .seconds(1), measures: [count, count])),
                aggregate("j", AggregateOptions(window: .seconds(1), measures: [.init(name: "s", function: .sum)])),
                aggregate(
                    "k",
                    AggregateOptions(
                        window: .seconds(1), measures: [.init(name: "q", function: .quantile(2), of: text("t"))])),
                aggregate(
                    "l",
                    AggregateOptions(
                        window: .seconds(1), measures: [.init(name: "s", function: .sum, of: text("lower(t)"))])),
                StageSettings(name: "m", kind: .console(ConsoleOptions(template: text("x {status")))),
                StageSettings(name: "n", kind: .console(ConsoleOptions(template: text("x {status ==}")))),
                StageSettings(name: "o", kind: .file(FileOptions(path: "")), location: place),
                aggregate("ok", AggregateOptions(window: .seconds(1), measures: [count])),
            ],
            definition: [
                FunctionChain(stages: ["ok", "ok"], location: place),
                FunctionChain(stages: ["m", "ok"], location: place),
            ])
        let findings = StageCatalog.diagnostics(for: settings)
        #expect(findings.count == 18, "\(findings.map(\.description).joined(separator: "\n"))")
        #expect(findings.allSatisfy { $0.location?.line == 3 && $0.severity == .error })
        // `status => 5`: the second character of '=>'.
        #expect(findings.count > 2 && findings[2].location?.column == 17, "\(findings[2])")
        #expect(findings.count > 13 && findings[13].location?.column == 10 + 12, "\(findings[13])")
        #expect(StageCatalog.diagnostics(for: StreamSettings()).isEmpty)
    }
}

/// Collects what a console prints.
private final class Printed: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }

    func append(_ lines: [UInt8]) { bytes.withLock { $0 += lines } }
}
