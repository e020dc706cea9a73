import SegmentedLog
import Settings

/// What a topic sets for itself, under Kafka's names; what is not set follows the broker's configs, also when those change.
package struct TopicConfig: Sendable, Equatable {
    /// By the topic's names.
    private var values: [String: String] = [:]
    /// Under whose names it is set and shown.
    private let scope: TopicConfigKey.Scope

    /// What the broker sets for all topics, so far nothing.
    init(scope: TopicConfigKey.Scope) { self.scope = scope }

    package init(
        isCompacted: Bool = false, segmentBytes: Int? = nil, retentionBytes: Int64? = nil,
        retentionMilliseconds: Int64? = nil
    ) {
        scope = .topic
        if isCompacted { values[TopicConfigKey.cleanupPolicy.name] = "compact" }
        values[TopicConfigKey.segmentBytes.name] = segmentBytes.map { "\($0)" }
        values["retention.bytes"] = retentionBytes.map { "\($0)" }
        values["retention.ms"] = retentionMilliseconds.map { "\($0)" }
    }

    /// What is set, by name.
    var entries: [(name: String, value: String)] {
        TopicConfigKey.all.compactMap { key in self[key].map { (name: key.name(in: scope), value: $0) } }
    }

    /// What is set of this.
    subscript(key: TopicConfigKey) -> String? { values[key.name] }

    /// Sets one config by Kafka's name.
    /// - Throws: `.invalid` for a name or value that does not exist.
    package mutating func set(_ name: String, to value: String) throws(BrokerError) {
        let key = try TopicConfigKey.named(name, in: scope)
        values[key.name] = try key.canonical(value, in: scope)
    }

    /// Lets one config follow the broker's configs again.
    /// - Throws: `.invalid` for a name that does not exist.
    package mutating func reset(_ name: String) throws(BrokerError) {
        forget(try TopicConfigKey.named(name, in: scope))
    }

    /// Lets one config follow the broker's configs again.
    mutating func forget(_ key: TopicConfigKey) { values[key.name] = nil }

    /// Carries out one change.
    /// - Throws: `.invalid` for a name or value that does not exist, or one that is no list.
    mutating func apply(_ change: TopicConfigChange, inheriting broker: BrokerConfig) throws(BrokerError) {
        switch change {
        case .set(let name, let value): try set(name, to: value)
        case .reset(let name): try reset(name)
        case .append(let name, let value): try changeList(name, broker) { $0 + value.split(separator: ",") }
        case .subtract(let name, let value):
            let removed = value.split(separator: ",").map(Self.trimmed)
            try changeList(name, broker) { $0.filter { !removed.contains(Self.trimmed($0)) } }
        }
    }

    private mutating func changeList(
        _ name: String, _ broker: BrokerConfig, _ change: ([Substring]) -> [Substring]
    ) throws(BrokerError) {
        let key = try TopicConfigKey.named(name, in: scope)
        guard key.kind.valueType == .list else {
            throw BrokerError(.invalid, "\(name) is no list that could be added to or taken from")
        }
        try set(name, to: change(value(of: key, inheriting: broker).split(separator: ",")).joined(separator: ","))
    }

    private static func trimmed(_ part: Substring) -> String { part.filter { !$0.isWhitespace } }

    /// What holds: the topic's own value, or what follows from the broker's.
    func value(of key: TopicConfigKey, inheriting broker: BrokerConfig) -> String {
        if let own = self[key] { return own }
        let general = broker.value(of: key)
        guard scope == .topic, key.name == TopicConfigKey.segmentBytes.name, let bytes = Int(general),
            cleanupPolicy(inheriting: broker).compacts
        else { return general }
        return "\(min(bytes, Self.compactedSegmentBytesMax))"
    }

    /// Compacted topics hold state that is read whole, and only closed segments are compacted: theirs are small.
    private static let compactedSegmentBytesMax = 16 << 20

    private func cleanupPolicy(inheriting broker: BrokerConfig) -> LogConfig.CleanupPolicy {
        let policy = value(of: TopicConfigKey.cleanupPolicy, inheriting: broker)
        switch TopicDefaults.CleanupPolicy(rawValue: policy) {
        case .compact: return .compact
        case .compactAndDelete: return .compactAndDelete
        case .delete, nil: return .delete
        }
    }

    /// The partition logs' config, with the broker's where the topic says nothing.
    func logConfig(inheriting broker: BrokerConfig) -> LogConfig {
        let values = Dictionary(
            uniqueKeysWithValues: TopicConfigKey.all.map { ($0.name, value(of: $0, inheriting: broker)) })
        func number<Number: FixedWidthInteger>(_ name: String, _ usual: Number) -> Number {
            values[name].flatMap { Number($0) } ?? usual
        }
        /// A limit, where -1 is none.
        func limit(_ name: String) -> Int64? { number(name, Int64(-1)) < 0 ? nil : number(name, 0) }
        var config = LogConfig()
        config.cleanupPolicy = cleanupPolicy(inheriting: broker)
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
