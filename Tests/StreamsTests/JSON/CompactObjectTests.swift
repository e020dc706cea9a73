import CByteMask
import Testing

@testable import Streams

@Suite("JSON objects as programs write them")
struct CompactObjectTests {
    @Test("the comparisons of 64 bytes agree with comparing one by one, on this processor and the portable way")
    func masks() {
        var random = SeededGenerator(seed: 64)
        for round in 0..<2000 {
            // Few different bytes, so that many are equal; all of them in turn.
            let wanted = UInt8(truncatingIfNeeded: round)
            let bytes = (0..<64).map { _ in
                Bool.random(using: &random)
                    ? wanted &+ UInt8.random(in: 0...2, using: &random) &- 1 : UInt8.random(in: 0...255, using: &random)
            }
            var equal: UInt64 = 0
            var atMost: UInt64 = 0
            for (index, byte) in bytes.enumerated() {
                if byte == wanted { equal |= 1 << UInt64(index) }
                if byte <= wanted { atMost |= 1 << UInt64(index) }
            }
            #expect(cbytemask_equal(bytes, wanted) == equal && cbytemask_equal_portable(bytes, wanted) == equal)
            #expect(cbytemask_at_most(bytes, wanted) == atMost && cbytemask_at_most_portable(bytes, wanted) == atMost)
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
