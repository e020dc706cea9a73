/// A value as a source gave it, placeholders resolved.
package struct ConfigText: Sendable, Hashable {
    /// The text without YAML's quotes.
    package var text: String
    /// Where the value begins, its quote included.
    package var location: SourceLocation
    /// Where the text's first character stands.
    package var textLocation: SourceLocation

    /// Creates a text; without a place of its own the text begins where the value does.
    package init(_ text: String, at location: SourceLocation, textLocation: SourceLocation? = nil) {
        self.text = text
        self.location = location
        self.textLocation = textLocation ?? location
    }

    /// The text for a parser that runs later.
    package var source: SourceText { SourceText(text, at: textLocation) }
}

/// One text or a list of them.
package enum ConfigValue: Sendable, Hashable {
    /// A single value.
    case one(ConfigText)
    /// A sequence, and where it begins.
    case many([ConfigText], at: SourceLocation)

    /// Where the value begins.
    package var location: SourceLocation {
        switch self {
        case .one(let text): text.location
        case .many(_, let location): location
        }
    }
}

/// Settings whose defaults the key tables read, so that a default is written in one place.
package protocol DefaultedSettings: Sendable {
    /// The settings with every default.
    static var defaults: Self { get }
}

/// A key together with the property it sets: the only place where the two meet.
package struct ConfigField<Root: Sendable>: Sendable {
    /// Stores a value that came with these captures (what stood for the name's `<...>`), or throws a `Diagnostic`.
    package typealias Setter =
        @Sendable (_ value: ConfigValue, _ captures: [String], _ root: inout Root) throws(Diagnostic) -> Void

    /// The declaration.
    package let key: ConfigKey
    /// Parses a value and stores it.
    package let set: Setter

    /// Joins a key and a setter.
    package init(_ key: ConfigKey, set: @escaping Setter) {
        self.key = key
        self.set = set
    }

    /// The same key, limited to these built-in stages.
    package func used(by uses: StageUse...) -> ConfigField {
        var key = key
        key.uses = uses
        return ConfigField(key, set: set)
    }

    /// The same key with a warning for files that set it below `spring.cloud.stream`.
    package func warnedUnderSpring(_ note: String) -> ConfigField {
        var key = key
        key.springNote = note
        return ConfigField(key, set: set)
    }
}

extension ConfigKey {
    /// The finding that a value is not what the key takes.
    package func refusal(of text: ConfigText) -> Diagnostic {
        let wanted = if case .list(let element) = type { element } else { type }
        var message = "'\(displayName)' is '\(text.text)'; it must be \(wanted.requirement)"
        if case .choice(let words) = type, let near = RelaxedName.nearest(to: text.text, among: words) {
            message += "; did you mean '\(near)'?"
        }
        return Diagnostic(.error, message, at: text.location)
    }

    /// The single text of a value.
    package func single(_ value: ConfigValue) throws(Diagnostic) -> ConfigText {
        switch value {
        case .one(let text): return text
        case .many(_, let location):
            throw Diagnostic(.error, "'\(displayName)' takes one value, not a list", at: location)
        }
    }

    /// Applies a parser to a single value, and words the refusal if it returns nil.
    package func parse<Value>(_ value: ConfigValue, _ parser: (String) -> Value?) throws(Diagnostic) -> Value {
        let text = try single(value)
        guard let parsed = parser(text.text) else { throw refusal(of: text) }
        return parsed
    }

    /// The elements of a list; a single text is split at its commas, but not inside of brackets or braces.
    package func elements(_ value: ConfigValue) throws(Diagnostic) -> [ConfigText] {
        let texts =
            switch value {
            case .many(let texts, _): texts
            case .one(let text): Self.split(text, at: [","])
            }
        if let empty = texts.first(where: { $0.text.isEmpty }) {
            throw Diagnostic(.error, "'\(displayName)' has an empty element", at: empty.location)
        }
        return texts
    }

    /// Splits a text outside of brackets and braces, trims the parts and gives each its own place.
    package static func split(_ whole: ConfigText, at separators: Set<Character>) -> [ConfigText] {
        var parts: [ConfigText] = []
        var current = ""
        var start = 0
        var depth = 0
        func finish() {
            let leading = current.prefix { $0.isWhitespace }.count
            var trimmed = current.dropFirst(leading)
            while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
            var location = whole.textLocation
            if location.line > 0 { location.column += start + leading }
            parts.append(ConfigText(String(trimmed), at: location))
        }
        for (index, character) in whole.text.enumerated() {
            if depth == 0, separators.contains(character) {
                finish()
                current = ""
                start = index + 1
                continue
            }
            if "{[".contains(character) { depth += 1 }
            if "}]".contains(character) { depth = max(0, depth - 1) }
            current.append(character)
        }
        finish()
        return parts
    }
}
