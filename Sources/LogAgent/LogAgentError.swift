/// What stops the agent, or one of its inputs from starting.
package struct LogAgentError: Error, Sendable, CustomStringConvertible {
    /// The kinds of error.
    package enum Code: String, Sendable {
        /// The settings cannot work, such as an output that no binding declares.
        case invalidSettings
        /// A glob pattern cannot be read.
        case invalidPattern
        /// A newer agent with the same id has taken over.
        case fenced
        /// The binder cannot go on.
        case binder
        /// A record of the state topic cannot be read.
        case corruptState
    }

    /// The kind.
    package var code: Code
    /// What, where, and what to do.
    package var message: String
    /// The input concerned; nil where it is all of them.
    package var input: String?
    /// The error it follows from.
    package var cause: (any Error)?

    init(_ code: Code, _ message: String, input: String? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.input = input
        self.cause = cause
    }

    /// One line: the input, the message and the cause.
    package var description: String {
        let place = input.map { "input '\($0)': " } ?? ""
        return place + message + (cause.map { ": \($0)" } ?? "")
    }
}
