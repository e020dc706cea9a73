import Records

@testable import SegmentedLog

/// An idempotent producer with batches in flight: what was not acknowledged it sends again, as Kafka's clients do.
struct IdempotentWriter {
    static let inFlightMax = 5

    struct InFlight {
        var batch: RecordBatch
        var records: [LogLedger.Written]
        /// Whether the present process has it.
        var isSent = false
    }

    var producer: Producer
    var inFlight: [InFlight] = []

    /// Sends what the log does not have; the first failure ends it.
    mutating func send(to log: PartitionLog, _ ledger: inout LogLedger) throws {
        for index in inFlight.indices where !inFlight[index].isSent {
            try ledger.append(inFlight[index].batch, of: inFlight[index].records, to: log)
            inFlight[index].isSent = true
        }
    }

    mutating func acknowledged() { inFlight.removeAll { $0.isSent } }

    mutating func restarted() { for index in inFlight.indices { inFlight[index].isSent = false } }
}

/// A transactional producer together with its coordinator, which never forgets what it has decided and lets nothing new begin before the marker is on the disk.
struct TransactionalWriter {
    struct Decided {
        var transaction: Int
        var commit: Bool
        /// Whether the present process has the marker.
        var isMarked = false
    }

    var producer: Producer
    /// The transaction that is open and not decided.
    var transaction: Int?
    /// What is decided and whose marker is not on the disk.
    private(set) var decided: Decided?

    mutating func append(
        _ records: [LogLedger.Written], timestamp: Int64, to log: PartitionLog, _ ledger: inout LogLedger
    ) throws {
        var next = producer
        let batch = try next.batch(records.map { ($0.key, $0.value) }, timestamp: timestamp)
        try ledger.append(batch, of: records, to: log)
        producer = next
    }

    mutating func decide(commit: Bool, _ ledger: inout LogLedger) {
        guard let transaction else { return }
        ledger.decide(transaction, commit: commit)
        decided = Decided(transaction: transaction, commit: commit)
        self.transaction = nil
    }

    /// Writes the marker of what is decided.
    mutating func end(in log: PartitionLog, _ ledger: inout LogLedger) throws {
        guard let decided, !decided.isMarked else { return }
        _ = try log.appendMarker(commit: decided.commit, producerId: producer.id, producerEpoch: producer.epoch)
        ledger.markerAppended(decided.transaction)
        self.decided?.isMarked = true
    }

    /// What was written so far is on the disk.
    mutating func synced() { if decided?.isMarked == true { decided = nil } }

    mutating func restarted() { decided?.isMarked = false }
}
