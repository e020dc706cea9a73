import CByteMask
import TestSupport
import Testing

@testable import Streams

@Suite("Objects that are like the one before")
struct JSONShapeTests {
    @Test("masks of bytes say what a byte-by-byte look says", arguments: [UInt64(64), 65])
    func masks(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("\"\\ab é\u{1F}\u{20}\n\0".utf8)
        for _ in 0..<3000 {
            let left = (0..<32).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            let right = left.map { Int.random(in: 0..<9, using: &random) == 0 ? $0 ^ 0x80 : $0 }
            func mask(_ isSet: (Int) -> Bool) -> UInt32 {
                (0..<32).reduce(0) { $0 | (isSet($1) ? 1 << UInt32($1) : 0) }
            }
            #expect(
                cbytemask_string_stops32(left)
                    == mask { left[$0] == UInt8(ascii: "\"") || left[$0] == UInt8(ascii: "\\") || left[$0] < 0x20 },
                "seed \(seed)")
            #expect(cbytemask_differences32(left, right) == mask { left[$0] != right[$0] }, "seed \(seed)")
        }
    }

    /// The members that a scan finds, or nothing where it throws.
    private func members(_ text: [UInt8], _ fields: inout JSONFields) -> [String]? {
        guard (try? fields.scan(text.span)) != nil else { return nil }
        return fields.members.map { "\($0.name) \($0.value) \($0.kind) \($0.nameHasEscapes)" }
    }

    private func text(_ random: inout SeededGenerator, lengthMax: Int = 40) -> String {
        let letters = String(
            (0..<Int.random(in: 0...lengthMax, using: &random)).map { _ in
                "abc /:,{}é".randomElement(using: &random) ?? "a"
            })
        return Int.random(in: 0..<60, using: &random) == 0 ? letters + #"\n"# : letters
    }

    /// An object with these names, now and then with an escape or a nested value.
    private func object(_ names: [String], _ random: inout SeededGenerator) -> [UInt8] {
        let values = ["0", "-1", "17", "3.25", "1e9", "true", "false", "null", "", "", "", ""]
        let members = names.map { name in
            var value = values.randomElement(using: &random) ?? ""
            if value.isEmpty { value = "\"\(text(&random))\"" }
            if Int.random(in: 0..<100, using: &random) == 0 { value = "[1,{\"a\":2}]" }
            return "\"\(name)\":\(value)"
        }
        return Array("{\(members.joined(separator: ","))}".utf8)
    }

    private func damage(_ object: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var object = object
        let place = Int.random(in: 0..<object.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: object[place] = Array("\"\\{}:,0\n x".utf8).randomElement(using: &random) ?? 0
        case 1: object.remove(at: place)
        default: object = Array(object[..<place])
        }
        return object
    }

    @Test(
        "whoever knows the shape finds what one finds who does not, in whole and in damaged objects",
        arguments: [UInt64(1), 20_261_123])
    func agreement(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var accepted = 0
        var matched = 0
        for round in 0..<200 {
            // Few names and more than are kept; mostly short ones, and now and then some that are too long to be kept.
            let lengthMax = round.isMultiple(of: 9) ? 40 : 12
            let names = (0..<round % 36).map { _ in text(&random, lengthMax: lengthMax) }
            var experienced = JSONFields()
            for _ in 0..<20 {
                var object = object(names, &random)
                if Bool.random(using: &random) { object = damage(object, &random) }
                var fresh = JSONFields()
                let expected = members(object, &fresh)
                #expect(
                    members(object, &experienced) == expected,
                    "seed \(seed): \(String(decoding: object, as: UTF8.self))")
                if expected != nil { accepted += 1 }
                if experienced.isOfShape { matched += 1 }
                for name in names + ["absent"] where expected != nil {
                    let path = JSONPath(first: Array(name.utf8), rest: [])
                    let found = experienced.member(at: path, in: object.span)?.value
                    #expect(found == fresh.member(named: path.first, in: object.span)?.value, "seed \(seed)")
                }
            }
        }
        #expect(accepted > 1000 && accepted < 4000)
        #expect(matched > 500, "seed \(seed): only \(matched) objects were like the one before")
    }

    @Test("a place that was noted holds for its shape alone")
    func places() throws {
        var fields = JSONFields()
        let (path, absent) = (JSONPath(first: Array("b".utf8), rest: []), JSONPath(first: Array("c".utf8), rest: []))
        func value(_ json: String, _ path: JSONPath) throws -> String? {
            let text = Array(json.utf8)
            try fields.scan(text.span)
            return fields.member(at: path, in: text.span).map { String(decoding: text[$0.value], as: UTF8.self) }
        }
        for (json, expected) in [
            (#"{"a":1,"b":2}"#, "2"), (#"{"a":1,"b":3}"#, "3"), (#"{"a":1,"b":4}"#, "4"), (#"{"a":1,"b":5}"#, "5"),
            // The last of doubled names counts, and other members change the place.
            (#"{"b":6,"b":7}"#, "7"), (#"{"b":8,"b":9}"#, "9"), (#"{"b":1,"a":0,"c":2}"#, "1"),
            (#"{"b":3,"a":0,"c":4}"#, "3"), (#"{"b":3,"a":0,"c":"a long value, longer than all others"}"#, "3"),
            // Read the long way in between.
            (#"{"c": 1, "b": [5]}"#, "[5]"), (#"{"b":6,"a":0,"c":7}"#, "6"),
        ] {
            #expect(try value(json, path) == expected)
        }
        for _ in 0..<4 { #expect(try value(#"{"a":1,"b":2}"#, absent) == nil) }
        #expect(try value(#"{"a":1,"c":2}"#, absent) == "2")
    }
}
