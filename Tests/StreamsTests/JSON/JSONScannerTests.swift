import Foundation
import TestSupport
import Testing

@testable import Streams

@Suite("The JSON scanner")
struct JSONScannerTests {
    private func scan(_ text: [UInt8]) -> Result<[JSONFields.Member], JSONError> {
        var fields = JSONFields()
        do {
            try fields.scan(text.span)
            return .success(Array(fields.members))
        } catch {
            return .failure(error)
        }
    }

    @Test(
        "finds the members of objects",
        arguments: [
            ("{}", []), (" { } ", []), (#"{"a":1}"#, ["a:1"]),
            (#"{"a" : -0.5e+3 , "b":"x"}"#, ["a:-0.5e+3", "b:\"x\""]),
            (#"{"a":{"b":[1,{"c":null}]},"d":[]}"#, [#"a:{"b":[1,{"c":null}]}"#, "d:[]"]),
            (#"{"a":true,"a":false}"#, ["a:true", "a:false"]),
            (#"{"text":"sixteen bytes and more \"quoted\" \\"}"#, [#"text:"sixteen bytes and more \"quoted\" \\""#]),
        ])
    func findsMembers(json: String, expected: [String]) throws {
        let text = Array(json.utf8)
        let members = try scan(text).get()
        let found = members.map {
            String(decoding: text[$0.name], as: UTF8.self) + ":" + String(decoding: text[$0.value], as: UTF8.self)
        }
        #expect(found == expected)
    }

    @Test(
        "names the byte of what is wrong",
        arguments: [
            ("", 0), ("[1]", 0), ("{", 1), (#"{"a"}"#, 4), (#"{"a":}"#, 5), (#"{"a":1,}"#, 7), (#"{"a":01}"#, 5),
            (#"{"a":1.}"#, 7), (#"{"a":-}"#, 6), (#"{"a":1e}"#, 7), (#"{"a":tru}"#, 5), (#"{"a":"x"#, 7),
            (#"{"a":"\x"}"#, 6), (#"{"a":"\u12g4"}"#, 6), ("{\"a\":\"\n\"}", 6), (#"{"a":1}x"#, 7),
            (#"{"a":1 "b":2}"#, 7),
            (#"{"a":[1,]}"#, 8), (#"{a:1}"#, 1),
        ])
    func positions(json: String, offset: Int) {
        #expect(throws: JSONError.self) { try scan(Array(json.utf8)).get() }
        if case .failure(let error) = scan(Array(json.utf8)) { #expect(error.offset == offset, "\(error)") }
    }

    @Test("refuses more than 64 levels and takes 64")
    func depth() throws {
        let deep = { (levels: Int) in
            Array(
                ("{\"a\":" + String(repeating: "[", count: levels - 1) + String(repeating: "]", count: levels - 1) + "}")
                    .utf8)
        }
        _ = try scan(deep(64)).get()
        #expect(throws: JSONError.self) { try scan(deep(67)).get() }
    }

    @Test("resolves escapes and surrogate pairs")
    func escapes() {
        let text = Array(#"a\n\t\"\\\/\u00e9\ud83d\ude00\ud800x"#.utf8)
        #expect(String(decoding: JSONText.decode(text.span, 0..<text.count), as: UTF8.self) == "a\n\t\"\\/é😀\u{FFFD}x")
    }

    @Test(
        "reads numbers as exactly as a Double can",
        arguments: [
            "0", "-0", "1", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "0.1", "1.005",
            "123456.789", "9007199254740993.5", "1e22", "1.7976931348623157e308", "5e-324", "0.000001",
            "12345678901234567890123",
        ])
    func numbers(text: String) throws {
        let bytes = Array(text.utf8)
        let isDecimal = text.contains(".") || text.contains("e")
        switch JSONNumber(bytes.span, 0..<bytes.count, isDecimal: isDecimal) {
        case .integer(let value): #expect(Int64(text) == value)
        case .decimal(let value): #expect(Double(text) == value)
        }
    }

    @Test("finds the last of doubled names, and names written with escapes")
    func doubledNames() throws {
        let text = Array(#"{"a":1,"\u0062":2,"a":3}"#.utf8)
        var fields = JSONFields()
        try fields.scan(text.span)
        #expect(fields.member(named: Array("a".utf8), in: text.span).map { Array(text[$0.value]) } == Array("3".utf8))
        #expect(fields.member(named: Array("b".utf8), in: text.span).map { Array(text[$0.value]) } == Array("2".utf8))
        #expect(fields.member(named: Array("c".utf8), in: text.span) == nil)
    }

    @Test("writes what Foundation reads back")
    func writer() throws {
        let text = "quote \" backslash \\ control \u{01}\u{1F}\n\t\u{8}\u{C} é 😀 /"
        var bytes: [UInt8] = Array("[".utf8)
        JSONWriter.appendString(text.utf8, to: &bytes)
        for number in [Int64.min, -1, 0, 7, 10, 99, .max] {
            bytes.append(UInt8(ascii: ","))
            JSONWriter.append(number, to: &bytes)
        }
        for number in [0.5, -2, 1e300, .infinity] {
            bytes.append(UInt8(ascii: ","))
            JSONWriter.append(number, to: &bytes)
        }
        let whole = String(decoding: bytes, as: UTF8.self) + "]"
        let parsed = try #require(JSONSerialization.jsonObject(with: Data(whole.utf8)) as? [Any])
        #expect(parsed.first as? String == text)
        #expect(whole.hasSuffix(",-9223372036854775808,-1,0,7,10,99,9223372036854775807,0.5,-2,1e+300,null]"))
    }

    @Test("never traps on mutated objects, and agrees with Foundation on what is JSON")
    func fuzz() {
        let seed = UInt64.random(in: 0..<1 << 32)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let original = Array(
            #"{"time":"2026-01-31T12:00:00Z","status":200,"t":0.25,"n":null,"o":{"a":[1,-2e3,"é\u00e9\"",true,false]},"e":""}"#
                .utf8)
        var agreed = 0
        for _ in 0..<4000 {
            var text = original
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: text[place] = UInt8.random(in: 0...255, using: &random)
                case 1: text.remove(at: place)
                case 2: text.insert(Array(#""\{}[],:0-.eutn"#.utf8).randomElement(using: &random) ?? 0, at: place)
                default: text.removeSubrange(place...)
                }
                if text.isEmpty { break }
            }
            var fields = JSONFields()
            let isAccepted = (try? fields.scan(text.span)) != nil
            for member in fields.members {
                _ = fields.member(named: Array(text[member.name]), in: text.span)
                _ = JSONPath.follow(.member(Array("a".utf8)), in: text.span, member.value)
            }
            // Foundation reads any UTF-8 text only; what is JSON to it must be JSON to us, and the other way round.
            guard String(validating: text, as: UTF8.self) != nil, text.allSatisfy({ $0 != 0 }) else { continue }
            let isObject = (try? JSONSerialization.jsonObject(with: Data(text))) is [String: Any]
            // Foundation takes a comma before a closing bracket, which RFC 8259 does not have.
            let asText = String(decoding: text, as: UTF8.self)
            if isObject, !asText.contains(/,\s*[}\]]/) { #expect(isAccepted, "\(asText)") }
            if isObject == isAccepted { agreed += 1 }
        }
        #expect(agreed > 1000)
    }
}
