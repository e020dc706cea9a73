import CByteMask
import TestSupport
import Testing

@testable import Streams

@Suite("JSON objects as programs write them")
struct CompactObjectTests {
    @Test(
        "quotes are found where a byte-by-byte search finds them, and other texts are refused",
        arguments: [UInt64(64), 65])
    func quotes(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let slack = Int(CBYTEMASK_SLACK)
        for round in 0..<3000 {
            var text = (0..<round % 300).map { _ in Array("\"\"ab {}:é".utf8).randomElement(using: &random) ?? 0 }
            let isForeign = round.isMultiple(of: 7) && !text.isEmpty
            if isForeign {
                text[Int.random(in: 0..<text.count, using: &random)] =
                    [0x5C, 0x00, 0x1F, 0x0A].randomElement(using: &random) ?? 0
            }
            let expected = text.indices.filter { text[$0] == UInt8(ascii: "\"") }
            let most = round.isMultiple(of: 11) ? max(0, expected.count - 1) : expected.count
            var positions = [Int](repeating: -7, count: most + slack)
            let found = cbytemask_string_quotes(text, text.count, most, &positions)
            let isRefused = isForeign || most < expected.count
            #expect(found == (isRefused ? -1 : expected.count), "seed \(seed), round \(round)")
            if !isRefused { #expect(Array(positions[..<expected.count]) == expected, "seed \(seed), round \(round)") }
        }
    }

    /// The members that a scan finds, or nothing where it throws.
    private func members(_ text: [UInt8]) -> [String]? {
        var fields = JSONFields()
        guard (try? fields.scan(text.span)) != nil else { return nil }
        return fields.members.map { "\($0.name) \($0.value) \($0.kind) \($0.nameHasEscapes)" }
    }

    /// A compact object of 0 to 40 members, now and then with an escape or a nested value.
    private func object(_ random: inout SeededGenerator) -> [UInt8] {
        let text = { (random: inout SeededGenerator) in
            let letters = String(
                (0..<Int.random(in: 0...30, using: &random)).map { _ in
                    "abc /:,{}é".randomElement(using: &random) ?? "a"
                })
            return Int.random(in: 0..<60, using: &random) == 0 ? letters + #"\n"# : letters
        }
        let values = ["0", "-1", "17", "3.25", "1e9", "true", "false", "null", "", "", "", ""]
        let members = (0..<Int.random(in: 0...40, using: &random)).map { _ in
            var value = values.randomElement(using: &random) ?? ""
            if value.isEmpty { value = "\"\(text(&random))\"" }
            if Int.random(in: 0..<100, using: &random) == 0 { value = "[1,{\"a\":2}]" }
            return "\"\(text(&random))\":\(value)"
        }
        return Array("{\(members.joined(separator: ","))}".utf8)
    }

    @Test(
        "the short way finds what the long way finds, in whole and in damaged objects",
        arguments: [UInt64(1), 20_261_123])
    func agreement(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var accepted = 0
        for _ in 0..<4000 {
            var text = object(&random)
            if Bool.random(using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: text[place] = Array("\"\\{}:,0\n x".utf8).randomElement(using: &random) ?? 0
                case 1: text.remove(at: place)
                default: text = Array(text[..<place])
                }
            }
            // White space behind the object keeps the short way away and changes no place.
            let found = members(text)
            #expect(found == members(text + [0x20]), "seed \(seed): \(String(decoding: text, as: UTF8.self))")
            if found != nil { accepted += 1 }
        }
        #expect(accepted > 1000 && accepted < 4000)
    }
}
