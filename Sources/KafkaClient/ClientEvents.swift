import CRdKafka
import Synchronization

/// What librdkafka tells between calls: its log, errors that belong to no call, delivery reports, and changes of a group's assignment.
final class ClientEvents: Sendable {
    let log: @Sendable (String) -> Void
    /// Is told of each record that was acknowledged or given up; on the thread that polls.
    let delivered: @Sendable (UnsafePointer<rd_kafka_message_t>) -> Void
    /// Is told of partitions this member has been given or has lost; on the thread that polls.
    let rebalanced: @Sendable (Rebalance) -> Void
    private let latestError = Mutex<KafkaClientError?>(nil)

    /// A change of the partitions that a group has given to this member.
    enum Rebalance: Sendable {
        case assigned([PartitionOffset])
        case revoked([PartitionOffset])
    }

    init(
        log: @escaping @Sendable (String) -> Void,
        delivered: @escaping @Sendable (UnsafePointer<rd_kafka_message_t>) -> Void = { _ in },
        rebalanced: @escaping @Sendable (Rebalance) -> Void = { _ in }
    ) {
        self.log = log
        self.delivered = delivered
        self.rebalanced = rebalanced
    }

    /// Keeps an error; that all brokers are down only follows from why each of them is.
    func failed(_ error: KafkaClientError) {
        latestError.withLock { if $0 == nil || error.name != "_ALL_BROKERS_DOWN" { $0 = error } }
    }

    /// The latest error that belonged to no call, such as a refused connection or login.
    var latest: KafkaClientError? { latestError.withLock { $0 } }

    /// The events behind the opaque pointer of a callback.
    ///
    /// Unretained: a `ClientHandle` holds them until its instance, and with it every callback, has ended.
    static func behind(_ opaque: UnsafeMutableRawPointer) -> ClientEvents {
        Unmanaged<ClientEvents>.fromOpaque(opaque).takeUnretainedValue()
    }
}
