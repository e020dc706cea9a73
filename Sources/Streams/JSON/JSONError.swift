/// Why bytes are no JSON.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was expected or is wrong.
    package let message: String
    /// The byte it was found at, counted from 0.
    package let offset: Int

    init(_ message: String, at offset: Int) {
        self.message = message
        self.offset = offset
    }

    /// The message and the place.
    package var description: String { "\(message) at byte \(offset)" }
}
