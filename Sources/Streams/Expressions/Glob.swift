/// A pattern for whole texts: `*` is any run of bytes, `?` one character, `[a-z]` one of a set and `[^a-z]` one outside it.
///
/// Not a regular expression: matching needs at most text times pattern steps and no memory, whatever the pattern.
struct Glob: Hashable, Sendable {
    private enum Element: Hashable {
        case byte(UInt8)
        case anyCharacter
        case anyRun
        /// Ranges `first..<first + count` of `sets`.
        case set(first: Int, count: Int, isNegated: Bool)
    }

    private var elements: [Element] = []
    private var sets: [ClosedRange<UInt8>] = []

    /// Why a text is no pattern.
    struct Failure: Error {
        let message: String
    }

    init(_ pattern: [UInt8]) throws(Failure) {
        let text = String(decoding: pattern, as: UTF8.self)
        if text.hasPrefix("^") || text.hasSuffix("$") || text.contains(".+") || text.contains("(") && text.contains("|")
        {
            throw Failure(
                message:
                    "'matches' takes a pattern of '*', '?' and '[a-z]' for the whole text, not a regular expression")
        }
        var position = 0
        while position < pattern.count {
            let byte = pattern[position]
            position += 1
            switch byte {
            case UInt8(ascii: "*"):
                if elements.last != .anyRun { elements.append(.anyRun) }
            case UInt8(ascii: "?"): elements.append(.anyCharacter)
            case UInt8(ascii: "["): try appendSet(pattern, &position)
            default: elements.append(.byte(byte))
            }
        }
    }

    private mutating func appendSet(_ pattern: [UInt8], _ position: inout Int) throws(Failure) {
        let first = sets.count
        let isNegated =
            position < pattern.count
            && (pattern[position] == UInt8(ascii: "^") || pattern[position] == UInt8(ascii: "!"))
        if isNegated { position += 1 }
        let start = position
        // A closing bracket that comes first stands for itself.
        while position < pattern.count, position == start || pattern[position] != UInt8(ascii: "]") {
            let low = pattern[position]
            guard low < 0x80 else { throw Failure(message: "a set in brackets holds ASCII characters only") }
            if position + 2 < pattern.count, pattern[position + 1] == UInt8(ascii: "-"),
                pattern[position + 2] != UInt8(ascii: "]")
            {
                guard low <= pattern[position + 2], pattern[position + 2] < 0x80 else {
                    throw Failure(message: "a range in brackets runs backwards")
                }
                sets.append(low...pattern[position + 2])
                position += 3
            } else {
                sets.append(low...low)
                position += 1
            }
        }
        guard position < pattern.count else {
            throw Failure(message: "'[' has no ']'; write '[[]' for a bracket itself")
        }
        position += 1
        elements.append(.set(first: first, count: sets.count - first, isNegated: isNegated))
    }

    /// Whether the pattern is the whole of `text`. On a mismatch only the last run is lengthened, which is enough for globs.
    func matches(_ text: ArraySlice<UInt8>) -> Bool {
        var position = text.startIndex
        var element = 0
        var retry: (element: Int, position: Int)?
        while true {
            if element < elements.count, elements[element] == .anyRun {
                element += 1
                retry = (element, position)
                continue
            }
            if element == elements.count, position == text.endIndex { return true }
            if element < elements.count, let next = step(elements[element], text, position) {
                element += 1
                position = next
                continue
            }
            guard let last = retry, last.position < text.endIndex else { return false }
            element = last.element
            position = last.position + 1
            retry = (element, position)
        }
    }

    /// The place behind the one character that `element` stands for; nil where it does not fit.
    private func step(_ element: Element, _ text: ArraySlice<UInt8>, _ position: Int) -> Int? {
        guard position < text.endIndex else { return nil }
        let byte = text[position]
        switch element {
        case .byte(let wanted): return byte == wanted ? position + 1 : nil
        case .anyRun: return nil
        case .anyCharacter: return afterCharacter(text, position)
        case .set(let first, let count, let isNegated):
            let isMember = sets[first..<first + count].contains { $0.contains(byte) }
            return isMember == isNegated ? nil : afterCharacter(text, position)
        }
    }

    private func afterCharacter(_ text: ArraySlice<UInt8>, _ position: Int) -> Int {
        var next = position + 1
        while next < text.endIndex, text[next] & 0xC0 == 0x80 { next += 1 }
        return next
    }
}
