/// Why bytes could not be compressed or decompressed.
package struct CompressionError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure a caller treats differently.
    package enum Code: Sendable, Equatable {
        /// The input is not what the codec's format allows: truncated, damaged, or not of this format.
        case corrupt
        /// The output would be longer than the limit the caller gave.
        case limitExceeded
        /// The library refused to work: out of memory, or a level it does not know.
        case failed
    }

    /// The kind of failure.
    package let code: Code
    /// The codec at work.
    package let type: CompressionType
    /// What was found, in words.
    package let message: String

    package var description: String { "\(type.name): \(message)" }

    static func corrupt(_ type: CompressionType, _ message: String) -> Self {
        Self(code: .corrupt, type: type, message: message)
    }

    static func limitExceeded(_ type: CompressionType, limit: Int) -> Self {
        Self(code: .limitExceeded, type: type, message: "the data is longer than the limit of \(limit) bytes")
    }

    static func failed(_ type: CompressionType, _ message: String) -> Self {
        Self(code: .failed, type: type, message: message)
    }
}
