import Testing

@testable import KafkaServer

@Suite("Patterns of transactional ids")
struct TransactionalIdPatternTests {
    private func matches(_ pattern: String, _ id: String) -> Bool? {
        guard let pattern = TransactionalIdPattern(pattern) else { return nil }
        return pattern.matches(id)
    }

    @Test("the whole id is to match")
    func whole() {
        #expect(matches("orders-.*", "orders-1") == true)
        #expect(matches("orders", "orders-1") == false)
        #expect(matches("a|b", "ab") == false)
        #expect(matches("a\\-\\{b\\}", "a-{b}") == true)
        #expect(matches("(a|b)+-(x*y)", "abba-xxy") == true)
        #expect(matches("[a-c]+\\.x", "abc.x") == true)
        #expect(matches("[a-c]+\\.x", "abc-x") == false)
    }

    @Test(
        "what is no expression, or could take any time or memory, or means something else to RE2, is refused",
        arguments: [
            "(", ")", "[a", "a{1000}", "(a)\\1", "\\d", "(?i)a", "a\\", String(repeating: "a", count: 257), "*a", "a**",
            "(a+)+",
            "((((a+)b)c+)d)+", "a)|(b", "[\\.]", "[^\\]x]", "[[:alpha:]]", "\\<a", "a\0b",
        ])
    func refused(pattern: String) {
        #expect(matches(pattern, "a") == nil)
    }
}
