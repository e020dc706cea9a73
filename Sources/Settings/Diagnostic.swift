/// One finding about a configuration: what, where, and what to do.
public struct Diagnostic: Error, Hashable, Sendable, CustomStringConvertible {
    /// How bad it is.
    public enum Severity: String, Sendable {
        /// The configuration does not run.
        case error
        /// The configuration runs, but not as its author may expect.
        case warning
    }

    /// Error or warning.
    public var severity: Severity
    /// What is wrong and what to do, in one line without a final full stop.
    public var message: String
    /// Where it stands, if the finding has one place.
    public var location: SourceLocation?

    /// Creates a finding.
    public init(_ severity: Severity = .error, _ message: String, at location: SourceLocation? = nil) {
        self.severity = severity
        self.message = message
        self.location = location
    }

    /// `file:line:column: message`; a warning says so after the place.
    public var description: String {
        let place = location.map { "\($0): " } ?? ""
        return severity == .warning ? "\(place)warning: \(message)" : place + message
    }
}
