import Records
import SegmentedLog
import Synchronization

/// A topic that is open: its description and its partitions' logs.
package struct Topic: Sendable {
    /// What is durably known of it.
    package let description: TopicDescription
    /// The partitions, in the order of their numbers.
    package let partitions: [Partition]
    /// Whether only the latest record of each key is kept.
    package let isCompacted: Bool

    /// The topic's name.
    package var name: String { description.name }
    /// Whether the broker keeps its own state in it.
    package var isInternal: Bool { Self.internalNames.contains(name) }

    /// The broker's own topics: nobody else writes to them.
    static let internalNames: Set<String> = [OffsetRecord.topic, TransactionRecord.topic]

    /// Where the agents keep what they have shipped (`docs/formats/agent-state.md`).
    package static let agentState = "__agent_state"

    /// Whether Kafka's clients can only read the topic of that name: it is the broker's own, or the agents' state, without which files are shipped again.
    package static func isReadOnlyForClients(_ name: String) -> Bool {
        internalNames.contains(name) || name == agentState
    }

    /// The partition of that number, or nil.
    package subscript(partition: Int32) -> Partition? {
        Int(partition) < partitions.count && partition >= 0 ? partitions[Int(partition)] : nil
    }
}

/// One partition: its log, and who waits for it to advance.
package final class Partition: Sendable {
    /// The partition's name.
    package let id: TopicPartition
    /// Where its batches are.
    package let log: PartitionLog
    private let waiters = Mutex<[ObjectIdentifier: WakeSignal]>([:])

    init(id: TopicPartition, log: PartitionLog) {
        self.id = id
        self.log = log
        log.onAdvance { [weak self] in self?.wakeWaiters() }
    }

    /// From now on `signal` is raised whenever there may be more to read.
    package func subscribe(_ signal: WakeSignal) { waiters.withLock { $0[ObjectIdentifier(signal)] = signal } }

    /// From now on it is not.
    package func unsubscribe(_ signal: WakeSignal) { waiters.withLock { $0[ObjectIdentifier(signal)] = nil } }

    /// Raises the signals of all that wait for it.
    func wakeWaiters() {
        let signals = waiters.withLock { Array($0.values) }
        for signal in signals { signal.raise() }
    }
}
