/// Why a stage could not handle a record.
public struct StageError: Error, Sendable, CustomStringConvertible {
    /// Who is at fault, which decides whether trying again can help.
    public enum Code: String, Sendable {
        /// The record: it is never tried again.
        case rejected
        /// Something else: the record is tried again as the binding's retry settings say.
        case failed
    }

    /// Who is at fault.
    public var code: Code
    /// The error's name, as `retryable-exceptions` lists it and the dead letter's headers carry it.
    public var name: String
    /// What is wrong, in one line.
    public var message: String

    /// Creates an error; without a name it is called after its code.
    public init(_ code: Code, _ message: String, name: String? = nil) {
        self.code = code
        self.name = name ?? (code == .rejected ? "RecordRejected" : "StageFailed")
        self.message = message
    }

    /// The name and the message.
    public var description: String { "\(name): \(message)" }
}
