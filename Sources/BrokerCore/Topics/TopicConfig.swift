import SegmentedLog
import Settings

/// What a topic sets for itself; what is nil follows the broker's settings, also when those change.
package struct TopicConfig: Sendable, Equatable {
    /// Whether only the latest record of each key is kept, instead of deleting by age and size.
    package var isCompacted: Bool
    /// A segment is closed at this size, in bytes.
    package var segmentBytes: Int?
    /// A segment is closed at this age, in milliseconds.
    package var segmentMilliseconds: Int64?
    /// The oldest segments of a partition are deleted above this size, in bytes; -1 keeps all.
    package var retentionBytes: Int64?
    /// Segments are deleted at this age, in milliseconds; -1 keeps all.
    package var retentionMilliseconds: Int64?
    /// The largest batch in bytes.
    package var maxMessageBytes: Int?

    package init(
        isCompacted: Bool = false, segmentBytes: Int? = nil, segmentMilliseconds: Int64? = nil,
        retentionBytes: Int64? = nil, retentionMilliseconds: Int64? = nil, maxMessageBytes: Int? = nil
    ) {
        self.isCompacted = isCompacted
        self.segmentBytes = segmentBytes
        self.segmentMilliseconds = segmentMilliseconds
        self.retentionBytes = retentionBytes
        self.retentionMilliseconds = retentionMilliseconds
        self.maxMessageBytes = maxMessageBytes
    }

    /// The largest batch where neither the topic nor Kafka's default for a client says otherwise: four of the largest agent batches.
    package static let maxMessageBytesDefault = 16 << 20

    /// The configs under Kafka's names, in the order they are written.
    var entries: [(name: String, value: String)] {
        var entries = [("cleanup.policy", isCompacted ? "compact" : "delete")]
        if let segmentBytes { entries.append(("segment.bytes", "\(segmentBytes)")) }
        if let segmentMilliseconds { entries.append(("segment.ms", "\(segmentMilliseconds)")) }
        if let retentionBytes { entries.append(("retention.bytes", "\(retentionBytes)")) }
        if let retentionMilliseconds { entries.append(("retention.ms", "\(retentionMilliseconds)")) }
        if let maxMessageBytes { entries.append(("max.message.bytes", "\(maxMessageBytes)")) }
        return entries
    }

    /// Sets one config by Kafka's name.
    /// - Throws: `.invalid` for a name or value that does not exist.
    mutating func set(_ name: String, to value: String) throws(BrokerError) {
        func number<T: FixedWidthInteger>(from minimum: T) throws(BrokerError) -> T {
            guard let number = T(value), number >= minimum else {
                throw BrokerError(.invalid, "\(name)=\(value): a number of \(minimum) or more is needed")
            }
            return number
        }
        switch name {
        case "cleanup.policy":
            guard value == "compact" || value == "delete" else {
                throw BrokerError(.invalid, "cleanup.policy=\(value): it is 'delete' or 'compact'")
            }
            isCompacted = value == "compact"
        case "segment.bytes": segmentBytes = try number(from: 1)
        case "segment.ms": segmentMilliseconds = try number(from: 1)
        case "retention.bytes": retentionBytes = try number(from: -1)
        case "retention.ms": retentionMilliseconds = try number(from: -1)
        case "max.message.bytes": maxMessageBytes = try number(from: 61)
        default: throw BrokerError(.invalid, "a topic has no config '\(name)'")
        }
    }

    /// The partition logs' config, with the broker's settings where the topic says nothing.
    func logConfig(_ settings: EmbeddedSettings) -> LogConfig {
        LogConfig(
            segmentBytes: min(segmentBytes ?? segmentBytesByDefault(settings), Int(Int32.max)),
            segmentMilliseconds: segmentMilliseconds ?? settings.segmentAge.milliseconds,
            retentionBytes: (retentionBytes ?? settings.retentionBytes.map { Int64($0) }).flatMap { $0 < 0 ? nil : $0 },
            retentionMilliseconds: (retentionMilliseconds ?? settings.retentionAge?.milliseconds).flatMap {
                $0 < 0 ? nil : $0
            },
            cleanupPolicy: isCompacted ? .compact : .delete,
            maxBatchBytes: maxMessageBytes ?? Self.maxMessageBytesDefault)
    }

    /// Compacted topics hold state that is read whole, and only closed segments are compacted: theirs are small.
    private static let compactedSegmentBytesMax = 16 << 20

    private func segmentBytesByDefault(_ settings: EmbeddedSettings) -> Int {
        isCompacted ? min(settings.segmentBytes, Self.compactedSegmentBytesMax) : settings.segmentBytes
    }
}

extension Duration {
    /// Whole milliseconds, at most what 64 bits hold.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return carried ? .max : sum
    }
}
