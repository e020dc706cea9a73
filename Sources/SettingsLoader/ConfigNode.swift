import Settings

/// A value of a source as it is written, with places; the same whether it came from YAML, the environment or `--set`.
struct ConfigNode {
    /// The shapes of a value.
    enum Content {
        /// Nothing: an empty value, `~` or `null`.
        case null
        /// A text.
        case scalar(ConfigText)
        /// A sequence.
        case list([ConfigNode])
        /// A mapping, in the order of the source.
        case map([ConfigEntry])
    }

    var content: Content
    /// Where the value begins.
    var location: SourceLocation
}

/// A key of a mapping with its value. A dotted key is already a chain of single names.
struct ConfigEntry {
    /// The name, or an index such as `[0]`.
    var name: String
    /// Where the name stands.
    var location: SourceLocation
    var value: ConfigNode
}

extension ConfigEntry {
    /// Makes the chain of entries for a key as it is written: `a.b[0].c`, or `"[raw.key]"`, whose dots separate nothing.
    init(key: String, at location: SourceLocation, value: ConfigNode) {
        var steps = Self.steps(of: key)
        let last = steps.popLast() ?? (name: key, offset: 0)
        func place(_ offset: Int) -> SourceLocation {
            var place = location
            if place.line > 0 { place.column += offset }
            return place
        }
        var entry = ConfigEntry(name: last.name, location: place(last.offset), value: value)
        for step in steps.reversed() {
            let inner = ConfigNode(content: .map([entry]), location: entry.location)
            entry = ConfigEntry(name: step.name, location: place(step.offset), value: inner)
        }
        self = entry
    }

    /// The single names of a dotted key, and where each begins.
    private static func steps(of key: String) -> [(name: String, offset: Int)] {
        var steps: [(name: String, offset: Int)] = []
        var current = ""
        var start = 0
        var isBracketed = false
        func finish(_ next: Int) {
            if !current.isEmpty { steps.append((current, start)) }
            current = ""
            start = next
        }
        for (index, character) in key.enumerated() {
            switch character {
            case "[" where !isBracketed:
                finish(index)
                isBracketed = true
            case "]" where isBracketed:
                // An index keeps its brackets; a raw key loses them.
                if Int(current) != nil { current = "[\(current)]" }
                finish(index + 1)
                isBracketed = false
            case "." where !isBracketed: finish(index + 1)
            default: current.append(character)
            }
        }
        finish(key.count)
        return steps
    }
}

extension ConfigNode {
    /// Calls `body` for every single text below, with its path.
    func forEachScalar(below path: [String] = [], _ body: ([String], ConfigText) -> Void) {
        switch content {
        case .null: break
        case .scalar(let text): body(path, text)
        case .list(let elements):
            for (index, element) in elements.enumerated() {
                element.forEachScalar(below: path + ["[\(index)]"], body)
            }
        case .map(let entries):
            for entry in entries { entry.value.forEachScalar(below: path + [entry.name], body) }
        }
    }
}
