import Glibc

/// A regular expression that transactional ids are listed by.
///
/// Kafka takes RE2's language; this one takes what POSIX extended expressions share with it, and refuses what means something else there or takes time or memory without
/// bound: glibc copies what a quantifier repeats, so that sixty bytes of nested groups take gigabytes.
struct TransactionalIdPattern: ~Copyable {
    /// A longer one is refused.
    static let bytesMax = 256

    private var compiled = regex_t()

    /// Nil where the expression is not served.
    init?(_ pattern: String) {
        guard pattern.utf8.count <= Self.bytesMax, Self.isShared(Array(pattern.utf8)) else { return nil }
        // The whole id is to match.
        guard regcomp(&compiled, "^(\(pattern))$", REG_EXTENDED | REG_NOSUB) == 0 else { return nil }
    }

    deinit {
        var compiled = compiled
        regfree(&compiled)
    }

    borrowing func matches(_ id: String) -> Bool {
        withUnsafePointer(to: compiled) { regexec($0, id, 0, nil, 0) == 0 }
    }

    /// What is itself behind a backslash; glibc has meanings of its own for others.
    private static let escapable = Set(#"\.[](){}*+?|^$-"#.utf8)

    /// Letters, `.`, brackets, groups, alternatives and quantifiers, each of which repeats something that has none itself.
    private static func isShared(_ bytes: [UInt8]) -> Bool {
        // Of each group that is open, whether there is a quantifier in it.
        var groups: [Bool] = []
        // What a quantifier would repeat: nothing, something that has none, or something that has.
        var repeatable: Bool?
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            switch byte {
            case 0, UInt8(ascii: "{"), UInt8(ascii: "}"): return false
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst(), escapable.contains(escaped) else { return false }
                repeatable = true
            case UInt8(ascii: "["):
                guard let end = endOfBracket(rest) else { return false }
                rest = rest[end...]
                repeatable = true
            case UInt8(ascii: "("):
                groups.append(false)
                repeatable = nil
            case UInt8(ascii: ")"):
                guard let hasQuantifier = groups.popLast() else { return false }
                if hasQuantifier, !groups.isEmpty { groups[groups.count - 1] = true }
                repeatable = !hasQuantifier
            case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"):
                guard repeatable == true else { return false }
                if !groups.isEmpty { groups[groups.count - 1] = true }
                repeatable = false
            case UInt8(ascii: "|"), UInt8(ascii: "^"), UInt8(ascii: "$"): repeatable = nil
            default: repeatable = true
            }
        }
        return groups.isEmpty
    }

    /// Behind the bracket that closes the set; nil where none does, and for what is no set of characters and ranges to both.
    private static func endOfBracket(_ bytes: ArraySlice<UInt8>) -> Int? {
        var index = bytes.startIndex
        if index < bytes.endIndex, bytes[index] == UInt8(ascii: "^") { index += 1 }
        let first = index
        while index < bytes.endIndex {
            switch bytes[index] {
            case UInt8(ascii: "]") where index > first: return index + 1
            case 0, UInt8(ascii: "\\"), UInt8(ascii: "["), UInt8(ascii: "]"): return nil
            default: index += 1
            }
        }
        return nil
    }
}
