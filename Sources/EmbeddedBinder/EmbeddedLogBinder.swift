import BinderKit
import BrokerCore
import Records
import SegmentedLog
import Settings

/// The binder of the embedded log: topics, groups and transactions in this process, over one data directory.
///
/// Everything it hands out works until `close`; afterwards inputs end and everything else throws `.closed`.
public final class EmbeddedLogBinder: Binder {
    /// The broker behind it, for status and for work beyond bindings.
    package let broker: Broker
    private let autoCreateTopics: Bool

    /// A binder on a broker that is open; `close` closes that broker.
    package init(broker: Broker, settings: EmbeddedSettings) {
        self.broker = broker
        autoCreateTopics = settings.autoCreateTopics
    }

    /// Opens the data directory, making it if need be, and recovers what a crash left there.
    /// - Throws: `.fatal` with the path at fault, also when another process works on the directory (its id is in the message); `.retriable` on a
    ///   full disk.
    public static func open(
        directory: String, settings: EmbeddedSettings = EmbeddedSettings()
    ) async throws(BinderError) -> EmbeddedLogBinder {
        try await open(directory: directory, settings: settings, disk: FileDisk())
    }

    /// As `open(directory:settings:)`, on another disk.
    package static func open(
        directory: String, settings: EmbeddedSettings = EmbeddedSettings(), disk: any Disk
    ) async throws(BinderError) -> EmbeddedLogBinder {
        do throws(BrokerError) {
            let broker = try await Broker.open(directory: directory, settings: settings, disk: disk)
            return EmbeddedLogBinder(broker: broker, settings: settings)
        } catch {
            throw BinderError(error)
        }
    }

    /// Aborts open transactions and closes the data directory; the next start then has nothing to recover.
    public func close() async throws(BinderError) {
        do throws(BrokerError) {
            try await broker.close()
        } catch {
            throw BinderError(error)
        }
    }

    /// Transactions and compaction.
    public var capabilities: BinderCapabilities { [.transactions, .compaction] }

    /// Makes the topic with at least `minPartitionCount` partitions, unless it exists or `autoCreateTopics` is off.
    public func provision(_ topic: TopicSpecification) async throws(BinderError) -> Int32 {
        if let existing = broker.topic(named: topic.name) { return Int32(existing.partitions.count) }
        guard autoCreateTopics else {
            throw BinderError(
                .unknownTopic,
                "topic '\(topic.name)' does not exist, and 'stream.embedded.binder.auto-create-topics' is false")
        }
        do throws(BrokerError) {
            let made = try await broker.ensureTopic(
                topic.name, partitions: topic.partitions, config: TopicConfig(isCompacted: topic.isCompacted))
            return Int32(made.partitions.count)
        } catch {
            throw BinderError(error)
        }
    }

    /// Opens one member of the binding's group.
    public func bind(_ input: InputBinding) async throws(BinderError) -> any InputChannel {
        let start: StartOffset =
            switch input.start {
            case .earliest: .earliest
            case .latest: .latest
            }
        do throws(BrokerError) {
            let member = try broker.join(
                group: input.group, topics: input.topics, start: start, deliveryBytesMax: input.deliveryBytesMax)
            return EmbeddedInputChannel(binding: input.name, member: member)
        } catch {
            throw BinderError(error, binding: input.name)
        }
    }

    /// Opens a channel to a topic that exists.
    public func bind(_ output: OutputBinding) async throws(BinderError) -> any OutputChannel {
        guard let topic = broker.topic(named: output.topic) else {
            throw BinderError(.unknownTopic, "binding '\(output.name)': topic '\(output.topic)' does not exist")
        }
        guard !topic.isInternal else {
            throw BinderError(.invalid, "binding '\(output.name)': topic '\(output.topic)' is the broker's own")
        }
        return EmbeddedOutputChannel(
            binding: output.name, topic: topic.name, partitionCount: Int32(topic.partitions.count), broker: broker)
    }

    /// Opens the producer known as `id` and fences an older one.
    public func openTransactions(id: String) async throws(BinderError) -> any TransactionSession {
        do throws(BrokerError) {
            return EmbeddedTransactionSession(handle: try await broker.beginSession(transactionalId: id))
        } catch {
            throw BinderError(error)
        }
    }
}
