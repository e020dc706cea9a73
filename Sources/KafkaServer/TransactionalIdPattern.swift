import Glibc

/// A regular expression that transactional ids are listed by.
///
/// Kafka takes RE2's language; this one takes what POSIX extended expressions share with it, and refuses what would mean something else there or takes time or memory
/// without bound: repeat counts, back-references, escapes but for punctuation, and groups with a question mark.
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

    private static func isShared(_ bytes: [UInt8]) -> Bool {
        for (index, byte) in bytes.enumerated() {
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            switch byte {
            case 0, UInt8(ascii: "{"): return false
            case UInt8(ascii: "\\") where isalnum(Int32(next)) != 0 || next == 0: return false
            case UInt8(ascii: "(") where next == UInt8(ascii: "?"): return false
            default: continue
            }
        }
        return true
    }
}
