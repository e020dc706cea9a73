import Records

/// The headers a dead letter carries beside the record's own: names and encodings are those of Spring Cloud Stream's Kafka binder, so that its
/// users' tools can read and replay it.
enum DeadLetter {
    /// The names that are replaced when a replayed record fails again.
    private static let names: Set<String> = [
        "x-original-topic", "x-original-partition", "x-original-offset", "x-original-timestamp",
        "x-original-timestamp-type", "x-exception-fqcn", "x-exception-message", "x-exception-stacktrace",
    ]

    /// The dead-letter topic of a record from `topic`.
    static func topic(named name: String?, source topic: String, group: String?) -> String {
        name ?? "error.\(topic).\(group ?? "anonymous")"
    }

    /// The partition of a dead letter: the record's own, or 0 where the topic has fewer.
    static func partition(of source: Int32, count: Int32) -> Int32 {
        (0..<count).contains(source) ? source : 0
    }

    /// The record's headers followed by where it stood and what was wrong. Numbers are big-endian.
    static func headers(
        original: [RecordHeader], source: TopicPartition, offset: Int64, timestamp: Int64, timestampType: TimestampType,
        error: any Error
    ) -> [RecordHeader] {
        var headers = original.filter { !names.contains($0.name) }
        func add(_ name: String, _ value: some Sequence<UInt8>) {
            headers.append(RecordHeader(name: name, value: Array(value)))
        }
        add("x-original-topic", source.topic.utf8)
        add("x-original-partition", bigEndian(source.partition))
        add("x-original-offset", bigEndian(offset))
        add("x-original-timestamp", bigEndian(timestamp))
        add("x-original-timestamp-type", (timestampType == .logAppendTime ? "LogAppendTime" : "CreateTime").utf8)
        add("x-exception-fqcn", ErrorName.qualified(error).utf8)
        add("x-exception-message", message(of: error).utf8)
        // A Swift error keeps no stack; readers of this header find the place and the reason in one line.
        add("x-exception-stacktrace", "\(error)\n\tat \(source) offset \(offset)".utf8)
        return headers
    }

    /// What is wrong, without the error's name.
    static func message(of error: any Error) -> String {
        (error as? StageError)?.message ?? String(describing: error)
    }

    private static func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
