import Settings

/// Replaces `${NAME:default}` in values, nested as deep as one likes; `\${` stays a plain `${`.
///
/// A name is looked up in `--set` and `SPRING_APPLICATION_JSON`, then in the environment (as it is, and in capitals with `_`),
/// then among the keys of the files, whoever's they are.
struct Placeholders {
    /// Placeholders within placeholders beyond this depth are a circle, or as good as one.
    private static let depthMax = 16

    /// Placeholders that multiply each other end here.
    private static let bytesMax = 64 << 10

    private let texts: [String: (text: ConfigText, rank: SourceRank)]
    private let environment: [String: String]

    init(texts: [String: (text: ConfigText, rank: SourceRank)], environment: [String: String]) {
        self.texts = texts
        self.environment = environment
    }

    /// The relaxed form of a path; Spring's root counts as ours.
    static func key(_ path: [String]) -> String {
        var steps = path.map(RelaxedName.fold)
        if steps.starts(with: ConfigSchema.springRoot) {
            steps.replaceSubrange(..<ConfigSchema.springRoot.count, with: ConfigSchema.streamRoot)
        }
        return steps.joined(separator: ".")
    }

    /// A value with its placeholders replaced.
    func resolve(_ value: ConfigValue) throws(Diagnostic) -> ConfigValue {
        switch value {
        case .one(let text): return .one(try resolve(text))
        case .many(let texts, let location):
            return .many(try texts.map { text throws(Diagnostic) in try resolve(text) }, at: location)
        }
    }

    private func resolve(_ text: ConfigText) throws(Diagnostic) -> ConfigText {
        guard text.text.contains("${") else { return text }
        var resolved = text
        resolved.text = try expand(text.text, at: text.location, depth: 0)
        return resolved
    }

    private func expand(_ text: String, at location: SourceLocation, depth: Int) throws(Diagnostic) -> String {
        guard depth < Self.depthMax else {
            throw Diagnostic(.error, "the placeholders in '\(text)' refer to themselves", at: location)
        }
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "${") {
            let before = rest[..<start.lowerBound]
            if before.last == "\\" {
                result += before.dropLast() + "${"
                rest = rest[start.upperBound...]
                continue
            }
            result += before
            guard let end = Self.closing(rest[start.upperBound...]) else {
                throw Diagnostic(.error, "the placeholder in '\(text)' is not closed with '}'", at: location)
            }
            result += try value(of: rest[start.upperBound..<end], at: location, depth: depth)
            rest = rest[rest.index(after: end)...]
            guard result.utf8.count <= Self.bytesMax else {
                let limit = ConfigType.render(bytes: Self.bytesMax)
                throw Diagnostic(.error, "a value has at most \(limit) with its placeholders replaced", at: location)
            }
        }
        return result + rest
    }

    private func value(of body: Substring, at location: SourceLocation, depth: Int) throws(Diagnostic) -> String {
        // The colon of a default is the first one outside of an inner placeholder.
        var level = 0
        let colon = body.indices.first { index in
            if body[index] == "{" { level += 1 }
            if body[index] == "}" { level -= 1 }
            return body[index] == ":" && level == 0
        }
        let name = try expand(String(body[..<(colon ?? body.endIndex)]), at: location, depth: depth + 1)
        if let found = lookUp(name) { return try expand(found, at: location, depth: depth + 1) }
        guard let colon else {
            throw Diagnostic(
                .error,
                "the placeholder '${\(name)}' has no value; set the environment variable, or write '${\(name):default}'"
                    + " (a plain '${' is written '\\${')",
                at: location)
        }
        return try expand(String(body[body.index(after: colon)...]), at: location, depth: depth + 1)
    }

    private func lookUp(_ name: String) -> String? {
        let known = texts[Self.key(name.split(separator: ".").map(String.init))]
        if let known, known.rank >= .json { return known.text.text }
        let capitals = name.filter { $0 != "-" }.replacing(".", with: "_").uppercased()
        return environment[name] ?? environment[capitals] ?? known?.text.text
    }

    /// The brace that closes a placeholder, past those of inner ones.
    private static func closing(_ text: Substring) -> Substring.Index? {
        var level = 0
        for index in text.indices {
            if text[index] == "{" { level += 1 }
            if text[index] == "}" {
                if level == 0 { return index }
                level -= 1
            }
        }
        return nil
    }
}
