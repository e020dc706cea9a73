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
            let item = inFlight[index]
            ledger.attempted(item.records, at: log.endOffset)
            let result = try log.append(item.batch)
            inFlight[index].isSent = true
            ledger.appended(item.records, at: result.baseOffset)
        }
    }

    mutating func acknowledged() { inFlight.removeAll { $0.isSent } }

    mutating func restarted() { for index in inFlight.indices { inFlight[index].isSent = false } }
}

/// A transactional producer together with its coordinator, which never forgets what it has decided.
struct TransactionalWriter {
    var producer: Producer
    var transaction: Int?
    /// A decision whose marker is not in the log.
    var decision: Bool?

    mutating func append(
        _ records: [LogLedger.Written], timestamp: Int64, to log: PartitionLog, _ ledger: inout LogLedger
    ) throws {
        var next = producer
        let batch = try next.batch(records.map { ($0.key, $0.value) }, timestamp: timestamp)
        ledger.attempted(records, at: log.endOffset)
        let base = try log.append(batch).baseOffset
        producer = next
        ledger.appended(records, at: base)
    }

    /// Writes the marker of what is decided.
    mutating func end(in log: PartitionLog, _ ledger: inout LogLedger) throws {
        guard let transaction, let decision else { return }
        _ = try log.appendMarker(commit: decision, producerId: producer.id, producerEpoch: producer.epoch)
        ledger.markerAppended(transaction)
        self.transaction = nil
        self.decision = nil
    }
}
