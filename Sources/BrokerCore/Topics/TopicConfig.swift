import SegmentedLog
import Settings

/// What a topic sets for itself, under Kafka's names; what is not set follows the broker's settings, also when those change.
package struct TopicConfig: Sendable, Equatable {
    private var values: [String: String] = [:]

    package init(
        isCompacted: Bool = false, segmentBytes: Int? = nil, retentionBytes: Int64? = nil,
        retentionMilliseconds: Int64? = nil
    ) {
        if isCompacted { values[TopicConfigKey.cleanupPolicy] = "compact" }
        values[TopicConfigKey.segmentBytes] = segmentBytes.map { "\($0)" }
        values["retention.bytes"] = retentionBytes.map { "\($0)" }
        values["retention.ms"] = retentionMilliseconds.map { "\($0)" }
    }

    /// What is set, by name.
    var entries: [(name: String, value: String)] {
        values.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }

    /// What the topic sets under that name.
    subscript(name: String) -> String? { values[name] }

    /// Sets one config by Kafka's name.
    /// - Throws: `.invalid` for a name or value that does not exist.
    package mutating func set(_ name: String, to value: String) throws(BrokerError) {
        values[name] = try TopicConfigKey.named(name).canonical(value)
    }

    /// Lets one config follow the broker's settings again.
    /// - Throws: `.invalid` for a name that does not exist.
    package mutating func reset(_ name: String) throws(BrokerError) {
        values[try TopicConfigKey.named(name).name] = nil
    }

    /// Lets one config follow the broker's settings again.
    mutating func forget(_ key: TopicConfigKey) { values[key.name] = nil }

    /// Carries out one change.
    /// - Throws: `.invalid` for a name or value that does not exist, or one that is no list.
    mutating func apply(_ change: TopicConfigChange, _ settings: EmbeddedSettings) throws(BrokerError) {
        switch change {
        case .set(let name, let value): try set(name, to: value)
        case .reset(let name): try reset(name)
        case .append(let name, let value): try changeList(name, settings) { $0 + value.split(separator: ",") }
        case .subtract(let name, let value):
            let removed = value.split(separator: ",").map(Self.trimmed)
            try changeList(name, settings) { $0.filter { !removed.contains(Self.trimmed($0)) } }
        }
    }

    private mutating func changeList(
        _ name: String, _ settings: EmbeddedSettings, _ change: ([Substring]) -> [Substring]
    ) throws(BrokerError) {
        let key = try TopicConfigKey.named(name)
        guard key.kind.valueType == .list else {
            throw BrokerError(.invalid, "\(name) is no list that could be added to or taken from")
        }
        try set(name, to: change(value(of: key, settings).split(separator: ",")).joined(separator: ","))
    }

    private static func trimmed(_ part: Substring) -> String { part.filter { !$0.isWhitespace } }

    /// What holds: the topic's own value, or what follows from the settings.
    func value(of key: TopicConfigKey, _ settings: EmbeddedSettings) -> String {
        if let own = values[key.name] { return own }
        let general = key.fallback(settings)
        guard key.name == TopicConfigKey.segmentBytes, cleanupPolicy(settings).compacts, let bytes = Int(general) else {
            return general
        }
        return "\(min(bytes, Self.compactedSegmentBytesMax))"
    }

    /// Compacted topics hold state that is read whole, and only closed segments are compacted: theirs are small.
    private static let compactedSegmentBytesMax = 16 << 20

    func cleanupPolicy(_ settings: EmbeddedSettings) -> LogConfig.CleanupPolicy {
        let policy = values[TopicConfigKey.cleanupPolicy] ?? settings.topicDefaults.cleanupPolicy.rawValue
        switch TopicDefaults.CleanupPolicy(rawValue: policy) {
        case .compact: return .compact
        case .compactAndDelete: return .compactAndDelete
        case .delete, nil: return .delete
        }
    }

    /// The partition logs' config, with the broker's settings where the topic says nothing.
    func logConfig(_ settings: EmbeddedSettings) -> LogConfig {
        let values = Dictionary(uniqueKeysWithValues: TopicConfigKey.all.map { ($0.name, value(of: $0, settings)) })
        func number<Number: FixedWidthInteger>(_ name: String, _ usual: Number) -> Number {
            values[name].flatMap { Number($0) } ?? usual
        }
        /// A limit, where -1 is none.
        func limit(_ name: String) -> Int64? { number(name, Int64(-1)) < 0 ? nil : number(name, 0) }
        var config = LogConfig()
        config.cleanupPolicy = cleanupPolicy(settings)
        config.segmentBytes = number("segment.bytes", config.segmentBytes)
        config.segmentMilliseconds = number("segment.ms", config.segmentMilliseconds)
        config.retentionBytes = limit("retention.bytes")
        config.retentionMilliseconds = limit("retention.ms")
        config.indexIntervalBytes = number("index.interval.bytes", config.indexIntervalBytes)
        config.maxBatchBytes = number("max.message.bytes", config.maxBatchBytes)
        config.timestampType =
            values["message.timestamp.type"] == TopicDefaults.TimestampType.logAppendTime.rawValue
            ? .logAppend : .create
        config.deleteRetentionMilliseconds = number("delete.retention.ms", config.deleteRetentionMilliseconds)
        config.compactionLagMilliseconds = number("min.compaction.lag.ms", config.compactionLagMilliseconds)
        config.compactionLagMaxMilliseconds = number("max.compaction.lag.ms", config.compactionLagMaxMilliseconds)
        config.dirtyRatioMin = values["min.cleanable.dirty.ratio"].flatMap { Double($0) } ?? config.dirtyRatioMin
        return config
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
