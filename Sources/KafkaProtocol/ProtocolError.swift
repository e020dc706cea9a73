/// Why bytes are no message: the one error type of this module. The connection they came on is closed, since what follows cannot be understood either.
package struct ProtocolError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong.
    package let message: String
    /// The byte of the frame it was found at, counted from 0 behind the length.
    package let offset: Int

    init(_ message: String, at offset: Int) {
        self.message = message
        self.offset = offset
    }

    /// A request that no answer fits.
    package init(unsupported apiKey: Int16, version: Int16, clientId: String) {
        self.init("the client '\(clientId)' asks for API \(apiKey), version \(version), which is not served", at: 0)
    }

    /// A request that is answered by nothing but the end of its connection.
    package init(unanswered reason: String) {
        self.init("records that no answer was wanted for are refused: \(reason)", at: 0)
    }

    /// The message and the place.
    package var description: String { "\(message) at byte \(offset)" }
}
