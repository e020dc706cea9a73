/// Why a record batch could not be read or built.
public struct RecordsError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure a caller treats differently.
    public enum Code: String, Sendable {
        /// The bytes end before the batch does.
        case truncated
        /// The format version is not 2.
        case unsupportedVersion
        /// The attributes name a codec that Kafka's format does not define.
        case unsupportedCompression
        /// The CRC-32C over the batch is not the one in its header.
        case checksumMismatch
        /// A field contradicts the format or the bytes around it.
        case corrupt
        /// The batch, or what it decompresses to, is longer than allowed.
        case tooLarge
        /// A batch was to be built without records.
        case empty
        /// The codec failed for want of memory.
        case compressionFailed
    }

    /// The kind of failure.
    public let code: Code
    /// What was found, in words.
    public let message: String
    /// Where: the byte's index from the start of the batch, or of its decompressed records when the message says so; nil if there is no one place.
    public let byteOffset: Int?
    /// What lay beneath, if it was another module's error.
    public let cause: (any Error)?

    /// An error of that kind at that place.
    public init(_ code: Code, _ message: String, byteOffset: Int? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.byteOffset = byteOffset
        self.cause = cause
    }

    /// The message with its place and cause, in one line.
    public var description: String {
        var text = message
        if let byteOffset { text += " at byte \(byteOffset)" }
        if let cause { text += ": \(cause)" }
        return text
    }
}
