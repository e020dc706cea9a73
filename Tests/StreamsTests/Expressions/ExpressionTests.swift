import Records
import Settings
import TestSupport
import Testing

@testable import Streams

@Suite("Expressions")
struct ExpressionTests {
    private let record = StageRecord(
        value: Array(
            #"""
            {"status":503,"path":"/api/users","host":"example.org","t":0.25,"ok":true,"none":null,"big":9007199254740993,
             "user":{"name":"Ada","tags":["x","y"]},"esc":"a\"b\u00e9","n":"7","text":"Grüße","zero":0}
            """#.utf8),
        key: Array("k1".utf8),
        headers: [
            RecordHeader(name: "x", value: Array("one".utf8)), RecordHeader(name: "x", value: Array("two".utf8)),
            RecordHeader(name: "null", value: nil),
        ], timestamp: 1_700_000_000_000, source: TopicPartition(topic: "hits", partition: 3), offset: 42)

    private func evaluate(_ text: String, _ record: StageRecord? = nil) throws -> String {
        var fields = RecordFields()
        let value = try Expression(parsing: SourceText(text)).evaluate(record ?? self.record, using: &fields)
        var bytes: [UInt8] = []
        value.appendJSON(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        "come to these values",
        arguments: [
            ("status", "503"), ("payload.status", "503"), ("payload['status']", "503"), ("user.name", #""Ada""#),
            ("user['tags'][1]", #""y""#), ("user.tags[9]", "null"), ("user.tags", #"["x","y"]"#),
            ("missing.deep", "null"),
            ("status >= 500 && path startsWith '/api'", "true"),
            ("status >= 500 and not path startsWith '/api'", "false"),
            ("status < 500 || host == 'example.org'", "true"), ("!(status == 503)", "false"),
            ("not status == 503", "false"),
            ("headers['x']", #""two""#), ("headers['null'] == null", "true"), ("headers['y'] == null", "true"),
            ("key", #""k1""#), ("topic", #""hits""#), ("partition", "3"), ("offset + 1", "43"),
            ("timestamp", "1700000000000"),
            ("1 + 2 * 3", "7"), ("(1 + 2) * 3", "9"), ("7 / 2", "3.5"), ("6 / 2", "3"), ("7 % 4", "3"),
            ("1 / zero", "null"),
            ("-status", "-503"), ("2 - -1", "3"), ("0.1 + 0.2 > 0.3", "true"), ("t * 1000", "250"),
            ("9223372036854775807 + 1", "9.223372036854776e+18"), ("big == 9007199254740993", "true"),
            ("none == null", "true"), ("missing == null", "true"), ("missing != 5", "true"), ("missing == 5", "false"),
            ("missing < 5", "false"), ("missing >= 5", "false"), ("missing + 1", "null"), ("missing ?: 'x'", #""x""#),
            ("status ?: 1", "503"), ("status > 500 ? 'bad' : 'good'", #""bad""#), ("missing ? 1 : 2", "2"),
            ("status in [500, 503]", "true"), ("host in ['a', 'b']", "false"), ("none in [null]", "true"),
            ("path contains 'use'", "true"), ("path endsWith 'users'", "true"), ("path contains ''", "true"),
            ("status startsWith '5'", "true"), ("missing contains 'x'", "false"), ("host matches '*.org'", "true"),
            ("path matches '/api/?sers'", "true"), ("path matches '/api/[a-u]sers'", "true"),
            ("path matches '/api/[^a-t]sers'", "true"), ("path matches '/api'", "false"),
            ("text matches 'Gr?*'", "true"),
            ("length(text)", "5"), ("upper(text)", #""GRÜSSE""#), ("lower('ABC')", #""abc""#),
            ("trim('  a b ')", #""a b""#),
            ("substring(text, 2)", #""üße""#), ("substring(text, 1, 3)", #""rü""#),
            ("substring('abc', -5, 99)", #""abc""#),
            ("substring('abc', 3)", #""""#), ("number(n) + 1", "8"), ("number('x')", "null"),
            ("text(status) + 'x'", #""503x""#),
            ("abs(-3)", "3"), ("floor(2.7)", "2"), ("ceil(2.1)", "3"), ("round(2.5)", "3"), ("round(t)", "0"),
            ("time('1970-01-01T00:00:01.5Z')", "1500"), ("length(missing)", "null"), ("esc", #""a\"bé""#),
            (#"esc == 'a"bé'"#, "true"), ("'it''s'", #""it's""#), (#""double \" quote""#, #""double \" quote""#),
            ("ok", "true"), ("ok == true", "true"), ("true ? 1 : 2", "1"), ("status == '503'", "false"),
            ("'b' > 'a'", "true"),
            ("user == null", "false"), ("'a' + 1", #""a1""#),
        ])
    func values(text: String, expected: String) throws {
        #expect(try evaluate(text) == expected)
    }

    @Test(
        "are refused with the place of the offending token and advice",
        arguments: [
            ("", 1, "empty"), ("status >=", 10, "ends too early"), ("status = 5", 8, "'=='"), ("a & b", 3, "'&&'"),
            ("a | b", 3, "'||'"), ("status >= 500 path", 15, "'path' is not expected"), ("'open", 1, "no closing '"),
            ("(a", 3, "')' is missing"), ("a ? 1", 6, "':' is missing"), ("a in 5", 6, "takes a list"),
            ("a in [1, 2", 11, "no ']'"), ("1 < 2 < 3", 7, "do not chain"), ("1 == 'a'", 3, "never holds"),
            ("status > null", 8, "no order"), ("ok < true", 4, "no order"), ("'a' && b", 1, "must be true or false"),
            ("b && 5", 6, "must be true or false"), ("- 'a'", 3, "must be a number"),
            ("'a' * 2", 1, "must be a number"),
            ("lenght(a)", 1, "there is no function 'lenght'"), ("length(1)", 8, "must be text"),
            ("length()", 1, "given 0 arguments"), ("substring('a', 1, 2, 3)", 1, "given 4 arguments"),
            ("payload[0]", 1, "name a field"), ("headers", 1, "headers['x']"), ("headers[1]", 1, "headers['x']"),
            ("a.", 3, "field's name"), ("a[b]", 3, "between quotes"), ("a matches b", 11, "between quotes"),
            ("a matches '^x$'", 11, "not a regular expression"), ("a matches '[x'", 11, "no ']'"),
            ("12ab", 1, "ends in a letter"), ("1.", 1, "not a number"), (#"'\q'"#, 2, "unknown escape"),
            ("a # b", 3, "'#'"),
            ("[1]", 1, "only after 'in'"), ("in [1]", 1, "needs a value before it"), ("é == 1", 1, "'é'"),
            ("'é' == 1", 5, "never holds"),
        ])
    func errors(text: String, column: Int, advice: String) throws {
        let source = SourceText(text, at: SourceLocation(file: "a.yaml", line: 7, column: 16))
        let error = #expect(throws: ExpressionError.self) { try Expression(parsing: source) }
        #expect(
            error?.location == SourceLocation(file: "a.yaml", line: 7, column: 15 + column), "\(error?.message ?? "")")
        #expect(error?.message.contains(advice) == true, "\(error?.message ?? "")")
    }

    @Test("keep the line of a text over several lines")
    func severalLines() {
        let source = SourceText("status >= 500\n  && path =", at: SourceLocation(file: "a.yaml", line: 7, column: 16))
        let error = #expect(throws: ExpressionError.self) { try Expression(parsing: source) }
        #expect(error?.description.hasPrefix("a.yaml:8:11: ") == true, "\(error?.description ?? "")")
    }

    @Test(
        "a condition that can be nothing but a number or text is refused",
        arguments: ["1 + 2", "lower(path)", "'x'", "null"])
    func conditions(text: String) {
        #expect(throws: ExpressionError.self) { try Expression(parsingCondition: SourceText(text)) }
    }

    @Test(
        "reject a record that does not fit",
        arguments: ["status && ok", "ok - 2", "user * 2", "lower(status)", "path ? 1 : 2"])
    func rejects(text: String) throws {
        let error = #expect(throws: StageError.self) { try evaluate(text) }
        #expect(error?.code == .rejected)
        #expect(error?.name == "ExpressionType")
    }

    @Test("read a payload that is no JSON as text, and reject it when a field is asked for")
    func plainPayload() throws {
        let plain = StageRecord(value: Array("GET / 200".utf8))
        #expect(try evaluate("payload startsWith 'GET'", plain) == "true")
        #expect(try evaluate("topic == 'test'", plain) == "true")
        let error = #expect(throws: StageError.self) { try evaluate("status == 200", plain) }
        #expect(error?.code == .rejected)
        #expect(error?.message.contains("no JSON object") == true)
        #expect(try evaluate("status == null && payload == null", StageRecord(value: nil)) == "true")
    }

    @Test("are bounded in length, parts and depth")
    func limits() {
        let texts = [
            String(repeating: "(", count: 500) + "1" + String(repeating: ")", count: 500),
            String(repeating: "!", count: 500) + "a",
            String(repeating: "not ", count: 500) + "a", (0..<200).map { "a == \($0)" }.joined(separator: " || "),
            String(repeating: "1 ? 1 : ", count: 300) + "1", String(repeating: "a ", count: 5000),
            "a in [" + (0..<2000).map(String.init).joined(separator: ",") + "]",
        ]
        for text in texts {
            #expect(throws: ExpressionError.self, "\(text.prefix(20))") { try Expression(parsing: SourceText(text)) }
        }
    }

    @Test("never trap, whatever the text and the record")
    func fuzz() {
        let seed = UInt64.random(in: 0..<1 << 32)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let words = [
            "status", "path", "t", "none", "user", "user.tags", "payload", "headers['x']", "key", "offset", "1", "0",
            "2.5",
            "'a'", "'503'", "true", "null", "==", "!=", "<", ">=", "&&", "||", "!", "not", "+", "-", "*", "/", "%", "(",
            ")",
            "[", "]", ",", "?", ":", "?:", "in", "contains", "startsWith", "matches", "'*a?'", "length(", "substring(",
            "number(", "round(", ".", "'", "\"", "\\", "é", "9223372036854775807", "1e308",
        ]
        var parsed = 0
        var fields = RecordFields()
        for _ in 0..<6000 {
            let count = Int.random(in: 1...7, using: &random)
            let text = (0..<count).map { _ in words.randomElement(using: &random) ?? "" }
                .joined(separator: Bool.random(using: &random) ? " " : "")
            guard let expression = try? Expression(parsing: SourceText(text)) else { continue }
            parsed += 1
            _ = try? expression.evaluate(record, using: &fields)
            _ = try? expression.isTrue(record, using: &fields)
            _ = try? expression.evaluate(StageRecord(value: nil), using: &fields)
        }
        #expect(parsed > 300)
    }

    @Test("globs need few steps even for hostile patterns")
    func hostileGlob() throws {
        let glob = try Glob(Array((String(repeating: "*a", count: 200) + "b").utf8))
        let text = Array(repeating: UInt8(ascii: "a"), count: 5000)
        // With backtracking over every run this would not end.
        #expect(!glob.matches(text[...]))
    }
}
