import Records
import Synchronization

/// The transactional producers of a broker, by their transactional ids.
final class TransactionCoordinator: Sendable {
    static let idBytesMax = 1024

    private let services: TransactionServices
    private let recovery: TransactionRecovery
    private let ids: NameClaims
    private let producers = Mutex<[String: TransactionalProducer]?>([:])

    init(services: TransactionServices, recovery: TransactionRecovery, ids: NameClaims) {
        self.services = services
        self.recovery = recovery
        self.ids = ids
    }

    /// Opens the newest session of the id and fences the one before.
    func openSession(
        _ id: String
    ) async throws(BrokerError) -> (producer: TransactionalProducer, session: TransactionMachine.SessionID) {
        guard !id.isEmpty, id.utf8.count <= Self.idBytesMax else {
            throw BrokerError(.invalid, "a transactional id has 1 to \(Self.idBytesMax) bytes: '\(id)'")
        }
        // For as long as the broker is open: a session may come back at any time.
        guard ids.claim(id, for: .process) else {
            throw BrokerError(.inUse, "transactional id '\(id)' is that of a Kafka client: choose another")
        }
        try await recovery.settle()
        let producer = producers.withLock { producers -> TransactionalProducer? in
            guard producers != nil else { return nil }
            if let known = producers?[id] { return known }
            let new = TransactionalProducer(id: id, services: services)
            producers?[id] = new
            return new
        }
        guard let producer else { throw BrokerError(.closed, "the broker is closed") }
        return (producer, try await producer.openSession())
    }

    /// A producer id for a producer without transactions.
    func newProducerId() async throws(BrokerError) -> Int64 { try await services.producerIds.take() }

    /// Aborts what is open and takes no more sessions.
    func close() async {
        let open = producers.withLock { producers in
            defer { producers = nil }
            return producers?.values.map { $0 } ?? []
        }
        for producer in open { await producer.shutDown() }
    }
}
