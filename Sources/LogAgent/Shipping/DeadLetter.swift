import Records

/// What the agent cannot ship, as a record of the dead-letter topic. The headers are described on the page `docs/agent.md`.
struct DeadLetter {
    var value: [UInt8]?
    var headers: [RecordHeader]

    /// A line over the limit.
    static func oversizeLine(
        path: String, generation: UInt64, offset: Int64, length: Int64, limit: Int, sample: [UInt8], topic: String
    ) -> DeadLetter {
        DeadLetter(
            value: sample,
            headers: headers(
                "LineTooLong", "the line has \(length) bytes, more than line-bytes-max (\(limit))", path: path,
                generation: generation, offset: offset, length: length, topic: topic))
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
