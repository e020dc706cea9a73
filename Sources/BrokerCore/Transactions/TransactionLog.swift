import Records
import SegmentedLog

/// The internal topic `__transaction_state`: what was decided about transactions.
struct TransactionLog: Sendable {
    let partition: Partition
    let gate: FlushGate

    /// The latest record of each transactional id.
    func latest() throws(BrokerError) -> [String: TransactionRecord] {
        var latest: [String: TransactionRecord] = [:]
        let damaged = { (damage: LogError, _: Bool) throws(BrokerError) in
            // A decision that is lost would be taken for an abort, also where a part of its markers is written.
            throw BrokerError(
                damage,
                "what was decided about transactions cannot be read; restore the folder from a backup, or move it away: then transactions whose commit was under way "
                    + "when the broker ended are aborted where they are not committed yet")
        }
        try InternalTopicReader.forEachBatch(in: partition.log, damaged: damaged) { (batch) throws(BrokerError) in
            guard !batch.header.isControl else { return }
            try InternalTopicReader.forEachRecord(in: batch) { (_, key, value) throws(BrokerError) in
                guard let value else {
                    latest[try TransactionRecord.decodeKey(key)] = nil
                    return
                }
                let record = try TransactionRecord.decode(key: key, value: value)
                latest[record.transactionalId] = record
            }
        }
        return latest
    }

    /// Appends a record and returns its offset; it is not durable yet.
    func append(_ record: TransactionRecord) throws(BrokerError) -> Int64 {
        try append(record, value: record.encodedValue())
    }

    /// Appends that the transactional id is forgotten.
    func appendTombstone(_ record: TransactionRecord) throws(BrokerError) -> Int64 { try append(record, value: nil) }

    private func append(_ record: TransactionRecord, value: [UInt8]?) throws(BrokerError) -> Int64 {
        var builder = RecordBatchBuilder()
        record.encodedKey().withUnsafeBytes { key in
            if let value {
                value.withUnsafeBytes { builder.append(key: key, value: $0, timestamp: record.lastUpdate) }
            } else {
                builder.append(key: key, value: nil, timestamp: record.lastUpdate)
            }
        }
        let batch: RecordBatch
        do throws(RecordsError) {
            batch = try builder.build()
        } catch {
            throw BrokerError(.invalid, "cannot encode the state of '\(record.transactionalId)'", cause: error)
        }
        return try inBrokerTerms("cannot write the state of transaction '\(record.transactionalId)'") {
            () throws(LogError) in try partition.log.append(batch).lastOffset
        }
    }

    func waitUntilDurable(_ offset: Int64) async throws(BrokerError) {
        try await gate.waitUntilDurable(
            [(partition.log, through: offset)], "cannot make the state of transactions durable")
    }
}
