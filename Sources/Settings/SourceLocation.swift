/// A place in a configuration: what every message about a setting begins with.
public struct SourceLocation: Hashable, Sendable, CustomStringConvertible {
    /// The file's path as the user gave it, or the name of another source, such as `--set` or `environment`.
    public var file: String
    /// The line, counted from 1; 0 where the source has no lines.
    public var line: Int
    /// The column in characters, counted from 1; 0 where the source has no lines.
    public var column: Int

    /// Creates the place `file:line:column`.
    public init(file: String, line: Int = 0, column: Int = 0) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `file:line:column`, or the name of the source alone where it has no lines.
    public var description: String { line > 0 ? "\(file):\(line):\(column)" : file }
}

/// A text from a configuration that is parsed later, such as an expression: it keeps its place so that the parser's errors can name it.
public struct SourceText: Hashable, Sendable {
    /// The text as written, without YAML's quotes.
    public var text: String
    /// Where the text's first character stands.
    public var location: SourceLocation?

    /// Creates a text with the place it was read from; a text made in code has none.
    public init(_ text: String, at location: SourceLocation? = nil) {
        self.text = text
        self.location = location
    }
}
