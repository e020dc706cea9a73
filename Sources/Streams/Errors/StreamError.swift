import Settings

/// What stops a stream application, or keeps it from starting.
public struct StreamError: Error, Sendable, CustomStringConvertible {
    /// The kinds of error.
    public enum Code: String, Sendable {
        /// The settings and the registered stages do not fit together; `diagnostics` holds every finding.
        case configuration
        /// A binder cannot go on; `cause` is its error.
        case binder
        /// The call does not fit the application's present state, such as a second `run`.
        case state
    }

    /// The kind.
    public var code: Code
    /// What, where, and what to do.
    public var message: String
    /// Every finding of kind `configuration`, each with its place where it has one; empty for the other kinds.
    public var diagnostics: [Diagnostic]
    /// The error it follows from.
    public var cause: (any Error)?

    /// Creates an error.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.diagnostics = []
        self.cause = cause
    }

    /// Creates an error of kind `configuration` from its findings.
    public init(_ diagnostics: [Diagnostic]) {
        self.code = .configuration
        self.message = diagnostics.map(\.description).joined(separator: "\n")
        self.diagnostics = diagnostics
        self.cause = nil
    }

    /// The message, with the cause behind it.
    public var description: String { cause.map { "\(message): \($0)" } ?? message }
}
