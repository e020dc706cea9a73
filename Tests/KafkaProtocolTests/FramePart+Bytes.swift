@testable import KafkaProtocol

extension [FramePart] {
    /// A frame without records, in one piece.
    var bytes: [UInt8] {
        flatMap { part -> [UInt8] in
            guard case .bytes(let bytes) = part else { return [] }
            return bytes
        }
    }
}
