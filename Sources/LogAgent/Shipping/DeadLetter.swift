import Records

/// What the agent cannot ship, as a record of the dead-letter topic. The headers are described on the page `docs/agent.md`.
struct DeadLetter {
    var value: [UInt8]?
    var headers: [RecordHeader]

    /// Why a line is not shipped.
    enum Reason {
        case tooLong(limit: Int)
        case refused(message: String)
    }

    /// A line that is not shipped; `sample` are its first bytes.
    static func line(
        _ reason: Reason, path: String, place: LinePlace, length: Int64, sample: [UInt8], topic: String
    ) -> DeadLetter {
        let (kind, message) =
            switch reason {
            case .tooLong(let limit):
                ("LineTooLong", "the line has \(length) bytes, more than line-bytes-max (\(limit))")
            case .refused(let message): ("LineRefused", "the log refuses the line: \(message)")
            }
        return DeadLetter(
            value: sample,
            headers: headers(
                kind, message, path: path, generation: place.generation, offset: place.offset, length: length,
                topic: topic))
    }

    /// Bytes that are gone unread; the value is null.
    static func gap(_ gap: Gap, topic: String) -> DeadLetter {
        DeadLetter(
            value: nil,
            headers: headers(
                "UnreadGap", "\(gap.bytes) bytes were truncated or overwritten before they were read", path: gap.path,
                generation: gap.generation, offset: gap.offset, length: gap.bytes, topic: topic))
    }

    private static func headers(
        _ kind: String, _ message: String, path: String, generation: UInt64, offset: Int64, length: Int64, topic: String
    ) -> [RecordHeader] {
        [
            ("x-original-topic", topic), ("x-exception-fqcn", kind), ("x-exception-message", message),
            ("x-file-path", path), ("x-file-generation", GenerationKey.hex(generation)), ("x-file-offset", "\(offset)"),
            ("x-file-length", "\(length)"),
        ].map { RecordHeader(name: $0.0, value: [UInt8]($0.1.utf8)) }
    }
}
