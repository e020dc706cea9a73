import Settings

/// Why a text is no expression: what is wrong, what to do, and where the offending token stands.
package struct ExpressionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong and what to do.
    package let message: String
    /// How many characters stand before the offending token.
    package let column: Int
    /// The token's place in its file; nil for an expression written in code.
    package let location: SourceLocation?

    /// Creates an error at the byte `offset` of the text.
    init(_ message: String, at offset: Int, of source: SourceText) {
        let before = source.text.utf8.prefix(offset)
        let text = String(decoding: before, as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        self.message = message
        self.column = text.count
        self.location = source.location.map { start in
            // Of a text over several lines only the first is known to begin at the location's column.
            lines.count > 1
                ? SourceLocation(
                    file: start.file, line: start.line + lines.count - 1, column: (lines.last?.count ?? 0) + 1)
                : SourceLocation(file: start.file, line: start.line, column: start.column + text.count)
        }
    }

    /// The error as a finding about a configuration.
    package var diagnostic: Diagnostic { Diagnostic(.error, message, at: location) }

    /// `file:line:column: message`.
    package var description: String { diagnostic.description }
}
