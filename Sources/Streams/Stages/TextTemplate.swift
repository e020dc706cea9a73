import Settings

/// Text with `{expression}` placeholders; `{{` and `}}` stand for braces.
struct TextTemplate: Sendable {
    private enum Piece: Sendable {
        case text([UInt8])
        case expression(Expression)
    }

    private var pieces: [Piece] = []

    /// Compiles the template; an error names the place inside it.
    init(_ source: SourceText) throws(Diagnostic) {
        let text = source.text
        var literal = ""
        var position = text.startIndex
        while position < text.endIndex {
            let character = text[position]
            let next = text.index(after: position)
            let isDoubled = next < text.endIndex && text[next] == character
            if character == "{" || character == "}", isDoubled {
                literal.append(character)
                position = text.index(after: next)
            } else if character == "{" {
                guard let end = Self.end(of: text, from: next) else {
                    throw Self.error("'{' has no '}'; write '{{' for a brace itself", source, before: position)
                }
                if !literal.isEmpty { pieces.append(.text(Array(literal.utf8))) }
                literal = ""
                let inner = SourceText(String(text[next..<end]), at: Self.location(source, before: next))
                pieces.append(.expression(try Expression.compile(inner)))
                position = text.index(after: end)
            } else if character == "}" {
                throw Self.error("'}' has no '{'; write '}}' for a brace itself", source, before: position)
            } else {
                literal.append(character)
                position = next
            }
        }
        if !literal.isEmpty { pieces.append(.text(Array(literal.utf8))) }
    }

    /// The text for a record; null leaves nothing.
    func render(_ record: StageRecord, _ fields: inout RecordFields) throws(StageError) -> [UInt8] {
        fields.forget()
        var text: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .text(let bytes): text.append(contentsOf: bytes)
            case .expression(let expression):
                text.append(contentsOf: try expression.evaluate(record, sharing: &fields).text ?? [])
            }
        }
        return text
    }

    /// The brace that ends a placeholder; braces between quotes do not.
    private static func end(of text: String, from start: String.Index) -> String.Index? {
        var quote: Character?
        for index in text[start...].indices {
            let character = text[index]
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if character == "}" {
                return index
            }
        }
        return nil
    }

    private static func location(_ source: SourceText, before index: String.Index) -> SourceLocation? {
        source.location.map { start in
            SourceLocation(
                file: start.file, line: start.line,
                column: start.column + source.text.distance(from: source.text.startIndex, to: index))
        }
    }

    private static func error(_ message: String, _ source: SourceText, before index: String.Index) -> Diagnostic {
        Diagnostic(.error, message, at: location(source, before: index))
    }
}
