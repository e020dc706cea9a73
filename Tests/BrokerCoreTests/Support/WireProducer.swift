import Records
import SegmentedLog

@testable import BrokerCore

/// What a client's transactional producer asks of a broker, which may be another one after a crash.
final class WireProducer {
    var broker: Broker
    let id: String
    private(set) var identity = ProducerIdentity(id: -1, epoch: -1)
    /// The next of each partition.
    var sequences: [TopicPartition: Int32] = [:]

    init(_ broker: Broker, id: String = "x", timeoutMilliseconds: Int32 = 60_000) async throws {
        self.broker = broker
        self.id = id
        identity = try await broker.wireTransactions.initialise(
            id, timeoutMilliseconds: timeoutMilliseconds, expected: nil)
    }

    func add(_ sources: TopicPartition...) async throws(BrokerError) {
        try await broker.wireTransactions.add(sources, to: id, of: identity)
    }

    /// Appends the texts as one batch and waits until they are durable; returns their offset.
    /// - Parameter again: whether it is the last batch once more.
    @discardableResult
    func send(_ texts: [String], to source: TopicPartition, again: Bool = false) async throws -> Int64 {
        let sequence = sequences[source, default: 0] - (again ? Int32(texts.count) : 0)
        let stamped = try batch(texts).stamped(
            producerId: identity.id, producerEpoch: identity.epoch, baseSequence: sequence, isTransactional: true)
        let append = try broker.begin(appending: stamped, to: source, transactionalId: id)
        sequences[source] = sequence + Int32(texts.count)
        try await broker.waitUntilDurable([append])
        return append.baseOffset
    }

    func addPositions() async throws(BrokerError) {
        try await broker.wireTransactions.addPositions(to: id, of: identity)
    }

    func commit(_ offset: Int64, of group: String, in source: TopicPartition) async throws(BrokerError) {
        try await broker.wireTransactions.commit(
            [source: CommittedPosition(offset: offset)], of: group, in: id, of: identity)
    }

    func end(commit: Bool) async throws(BrokerError) {
        try await broker.wireTransactions.end(id, of: identity, commit: commit)
    }

    var state: TransactionRecord.Status? { broker.wireTransactions.status(of: id)?.state }
}
