import Dispatch
import Records
import SegmentedLog

/// How a config is changed, a topic's or the broker's.
package enum TopicConfigChange: Sendable {
    case set(String, to: String)
    /// A topic follows the broker's again, and the broker what it was started with.
    case reset(String)
    /// Add to a list, or take from it.
    case append(String, String)
    case subtract(String, String)

    /// The config that is changed.
    package var name: String {
        switch self {
        case .set(let name, _), .reset(let name), .append(let name, _), .subtract(let name, _): name
        }
    }
}

extension Broker {
    /// Makes a topic durably.
    /// - Parameters:
    ///   - partitions: nil for the settings' count.
    ///   - isTrial: it is only checked whether it could be made.
    /// - Throws: `.topicExists`, `.invalidPartitionCount`, `.invalid`; `.diskFull`, `.io`: the same call may be made again.
    package func createTopic(
        _ name: String, partitions: Int32?, config: TopicConfig, isTrial: Bool = false
    ) async throws(BrokerError) -> TopicDescription {
        // What a commit that raced the deletion of an earlier topic of this name has left.
        if !isTrial { try await offsets.forgetTopics { $0 == name && registry.topic(named: $0) == nil } }
        return try await registry.create(
            name, partitions: partitions ?? Int32(clamping: settings.minPartitionCount), config: config,
            isTrial: isTrial)
    }

    /// Gives a topic more partitions, durably. Members that are in a group already keep those they know.
    /// - Throws: `.invalidPartitionCount` unless there are fewer now; `.diskFull`, `.io`: the same call may be made again.
    package func grow(_ name: String, to count: Int32, isTrial: Bool = false) async throws(BrokerError) {
        try await registry.grow(name, to: count, isTrial: isTrial)
    }

    /// Changes what a topic sets for itself: all of the changes or none. It holds at once and is durable.
    /// - Parameter replacing: what the topic has set so far is forgotten first.
    /// - Throws: `.unknownTopic`; `.invalid` for a name or value that does not exist; `.diskFull`, `.io`.
    package func configure(
        topic name: String, _ changes: [TopicConfigChange], replacing: Bool = false, isTrial: Bool = false
    ) async throws(BrokerError) {
        try await registry.configure(name, isTrial: isTrial) { [registry] (config) throws(BrokerError) in
            if replacing { config = TopicConfig() }
            for change in changes { try config.apply(change, inheriting: registry.config) }
        }
        if !isTrial, let topic = topic(named: name) { maintenance.hurry(topic) }
    }

    /// Changes what topics follow where they set nothing, under the broker's names: all of the changes or none. It holds at once and is durable.
    /// - Parameter replacing: what was changed so far is forgotten first.
    /// - Throws: `.invalid` for a name or value that does not exist, or that only a start can change; `.diskFull`, `.io`.
    package func configure(
        _ changes: [TopicConfigChange], replacing: Bool = false, isTrial: Bool = false
    ) async throws(BrokerError) {
        try await registry.configureBroker(isTrial: isTrial) { (config) throws(BrokerError) in
            if replacing { config = BrokerConfig(settings: config.settings) }
            for change in changes { try config.apply(change) }
        }
        guard !isTrial else { return }
        for topic in topics { maintenance.hurry(topic) }
    }

    /// Moves a partition's start up to `offset`, or to the high watermark where that is nil, and returns the start once it is on disk.
    /// - Throws: `.unknownTopic`; `.invalid` with the log's `.offsetOutOfRange` behind it.
    package func deleteRecords(before offset: Int64?, in source: TopicPartition) async throws(BrokerError) -> Int64 {
        guard let log = log(of: source) else { throw BrokerError(.unknownTopic, "\(source) does not exist") }
        // It waits for syncs and removes files: not on a thread that tasks need.
        let result: Result<Int64, LogError> = await withCheckedContinuation { continuation in
            DispatchQueue.global(qos: .userInitiated).async {
                continuation.resume(
                    returning: Result { () throws(LogError) in
                        try log.deleteRecords(before: offset ?? log.highWatermark)
                        return log.startOffset
                    })
            }
        }
        return try inBrokerTerms("cannot delete records of \(source)") { () throws(LogError) in try result.get() }
    }
}
