extension GlobPattern {
    /// All the patterns that the braces stand for, in order; nil where a brace is not closed or they are too many.
    static func expandBraces(_ pattern: [UInt8]) -> [[UInt8]]? {
        guard let open = unescaped(UInt8(ascii: "{"), in: pattern, from: 0) else { return [pattern] }
        var depth = 0
        var choices: [[UInt8]] = []
        var start = open + 1
        var index = open
        var close: Int?
        while index < pattern.count {
            switch pattern[index] {
            case UInt8(ascii: "\\"): index += 1
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: ",") where depth == 1:
                choices.append([UInt8](pattern[start..<index]))
                start = index + 1
            case UInt8(ascii: "}"):
                depth -= 1
                if depth == 0 { close = index }
            default: break
            }
            if close != nil { break }
            index += 1
        }
        guard let close else { return nil }
        choices.append([UInt8](pattern[start..<close]))
        var result: [[UInt8]] = []
        for choice in choices {
            guard let rest = expandBraces(pattern[..<open] + choice + pattern[(close + 1)...]) else { return nil }
            result += rest
            if result.count > alternativesMax { return nil }
        }
        return result
    }

    private static func unescaped(_ byte: UInt8, in pattern: [UInt8], from start: Int) -> Int? {
        var index = start
        while index < pattern.count {
            if pattern[index] == UInt8(ascii: "\\") {
                index += 1
            } else if pattern[index] == byte {
                return index
            }
            index += 1
        }
        return nil
    }

    /// The names between the slashes; empty ones are left out.
    static func splitPath(_ pattern: [UInt8]) -> [[UInt8]] {
        pattern.split(separator: UInt8(ascii: "/")).map { [UInt8]($0) }
    }

    /// The component that a name stands for; nil where a bracket is not closed.
    static func compile(_ name: [UInt8]) -> Component? {
        if name == [UInt8]("**".utf8) { return .anyFolders }
        var tokens: [Token] = []
        var index = 0
        while index < name.count {
            switch name[index] {
            case UInt8(ascii: "*"): if tokens.last != .anyRun { tokens.append(.anyRun) }
            case UInt8(ascii: "?"): tokens.append(.anyCharacter)
            case UInt8(ascii: "["):
                guard let token = bracket(name, from: &index) else { return nil }
                tokens.append(token)
            case UInt8(ascii: "\\") where index + 1 < name.count:
                index += 1
                tokens.append(.character(name[index]))
            default: tokens.append(.character(name[index]))
            }
            index += 1
        }
        let plain = tokens.compactMap { token -> UInt8? in
            if case .character(let byte) = token { byte } else { nil }
        }
        return plain.count == tokens.count ? .literal(String(decoding: plain, as: UTF8.self)) : .wildcard(tokens)
    }

    /// Reads `[...]`; leaves `index` at the closing bracket.
    private static func bracket(_ name: [UInt8], from index: inout Int) -> Token? {
        var position = index + 1
        var isNegated = false
        if position < name.count, name[position] == UInt8(ascii: "!") || name[position] == UInt8(ascii: "^") {
            isNegated = true
            position += 1
        }
        let first = position
        var ranges: [ClosedRange<UInt8>] = []
        while position < name.count {
            // A bracket that comes first stands for itself.
            if name[position] == UInt8(ascii: "]"), position > first {
                index = position
                return .oneOf(ranges: ranges, isNegated: isNegated)
            }
            let lower = name[position]
            if position + 2 < name.count, name[position + 1] == UInt8(ascii: "-"),
                name[position + 2] != UInt8(ascii: "]")
            {
                let upper = name[position + 2]
                ranges.append(min(lower, upper)...max(lower, upper))
                position += 3
            } else {
                ranges.append(lower...lower)
                position += 1
            }
        }
        return nil
    }
}
