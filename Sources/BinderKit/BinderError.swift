/// What went wrong between a binding and its broker.
public struct BinderError: Error, Sendable, CustomStringConvertible {
    /// The kinds of error, which decide what the caller can do.
    public enum Code: String, Sendable {
        /// The channel, session or binder is closed.
        case closed
        /// A newer owner has taken over the partition or the transactional id.
        case fenced
        /// The topic or partition is not there.
        case unknownTopic
        /// The binder cannot do this.
        case unsupported
        /// The request can never succeed as it is, such as a batch over the size limit.
        case invalid
        /// It may succeed later, such as a full disk.
        case retriable
        /// The outcome is not known: the transaction may or may not be visible.
        case uncertain
        /// The broker cannot go on, such as a failed sync or a corrupt segment.
        case fatal
    }

    /// The kind.
    public var code: Code
    /// What, where, and what to do.
    public var message: String
    /// The error it follows from.
    public var cause: (any Error)?

    /// Creates an error.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The message, with the cause behind it.
    public var description: String { cause.map { "\(message): \($0)" } ?? message }
}
