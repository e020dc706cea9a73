/// A glob pattern of absolute paths, compiled: `*`, `?`, `[a-z]`, `[!a-z]`, `{a,b}`, `\` before a character taken as it is, and `**` for any
/// number of folders.
///
/// As in a shell, a wildcard matches no `/` and no dot at the start of a name; `**` enters no hidden folder.
struct GlobPattern: Sendable, Equatable {
    /// The most patterns that the braces of one pattern may stand for.
    static let alternativesMax = 1024

    /// One name between two slashes.
    enum Component: Sendable, Equatable {
        case literal(String)
        case wildcard([Token])
        case anyFolders
    }

    /// One element of a name with wildcards.
    enum Token: Sendable, Equatable {
        case character(UInt8)
        case anyCharacter
        case anyRun
        case oneOf(ranges: [ClosedRange<UInt8>], isNegated: Bool)
    }

    /// The pattern as written.
    let text: String
    /// One list of components for each way to choose among the braces.
    let alternatives: [[Component]]

    /// - Throws: `.invalidPattern` where the path is not absolute or a bracket or brace is not closed.
    init(_ text: String) throws(LogAgentError) {
        self.text = text
        func invalid(_ reason: String) -> LogAgentError {
            LogAgentError(.invalidPattern, "the pattern '\(text)' \(reason)")
        }
        guard text.utf8.first == UInt8(ascii: "/") else { throw invalid("is no absolute path; let it begin with '/'") }
        guard let expanded = Self.expandBraces([UInt8](text.utf8)) else {
            throw invalid("has a '{' without '}', or more than \(Self.alternativesMax) alternatives; '\\{' is a brace")
        }
        var alternatives: [[Component]] = []
        for pattern in expanded {
            var components: [Component] = []
            for name in Self.splitPath(pattern) {
                guard let component = Self.compile(name) else {
                    throw invalid("has a '[' without ']'; '\\[' is a bracket")
                }
                if component == .anyFolders, components.last == .anyFolders { continue }
                components.append(component)
            }
            guard !components.isEmpty else { throw invalid("names no file") }
            // A trailing `**` stands for the files in the folders it stands for.
            if components.last == .anyFolders { components.append(.wildcard([.anyRun])) }
            alternatives.append(components)
        }
        self.alternatives = alternatives
    }

    /// Whether the pattern matches the whole path.
    func matches(_ path: String) -> Bool {
        let names = path.split(separator: "/").map(String.init)
        return alternatives.contains { Self.matches(names[...], $0[...]) }
    }

    private static func matches(_ names: ArraySlice<String>, _ components: ArraySlice<Component>) -> Bool {
        guard let component = components.first else { return names.isEmpty }
        if component == .anyFolders {
            var rest = names
            while true {
                if matches(rest, components.dropFirst()) { return true }
                guard let folder = rest.popFirst(), folder.utf8.first != UInt8(ascii: ".") else { return false }
            }
        }
        guard let name = names.first, matches(name: name, component) else { return false }
        return matches(names.dropFirst(), components.dropFirst())
    }

    /// Whether one name matches one component other than `**`.
    static func matches(name: String, _ component: Component) -> Bool {
        switch component {
        case .literal(let text): return name == text
        case .anyFolders: return false
        case .wildcard(let tokens):
            if name.utf8.first == UInt8(ascii: "."), tokens.first != .character(UInt8(ascii: ".")) { return false }
            var name = name
            return name.withUTF8 { matches($0, tokens) }
        }
    }

    /// Matches with one place to fall back to, which is enough: a later `*` makes all earlier choices final.
    private static func matches(_ name: UnsafeBufferPointer<UInt8>, _ tokens: [Token]) -> Bool {
        var position = 0
        var index = 0
        var fallback: (position: Int, index: Int)?
        while position < name.count {
            if index < tokens.count, tokens[index] == .anyRun {
                fallback = (position, index)
                index += 1
            } else if index < tokens.count, tokens[index].matches(name, at: &position) {
                index += 1
            } else if let last = fallback {
                fallback = (last.position + 1, last.index)
                position = last.position + 1
                index = last.index + 1
            } else {
                return false
            }
        }
        return tokens[index...].allSatisfy { $0 == .anyRun }
    }
}

extension GlobPattern.Token {
    /// Takes one character, of UTF-8's one to four bytes, at `position`.
    fileprivate func matches(_ name: UnsafeBufferPointer<UInt8>, at position: inout Int) -> Bool {
        let byte = name[position]
        switch self {
        case .anyRun: return false
        case .character(let expected): guard byte == expected else { return false }
        case .anyCharacter:
            while position + 1 < name.count, name[position + 1] & 0xC0 == 0x80 { position += 1 }
        case .oneOf(let ranges, let isNegated):
            guard ranges.contains(where: { $0.contains(byte) }) != isNegated else { return false }
        }
        position += 1
        return true
    }
}
