import Records
import SegmentedLog

/// Reads an internal topic from its start to its end, as the broker does when it opens.
enum InternalTopicReader {
    private static let readBytesMax = 1 << 20

    /// Every batch, control batches and those of undecided transactions included.
    /// - Parameter damaged: what to do about damage, which is passed over if this does not throw. Called before each batch that is found behind it, until batches can be read
    ///   again as usual; the first time with true.
    static func forEachBatch(
        in log: PartitionLog, damaged: (LogError, _ isFirst: Bool) throws(BrokerError) -> Void,
        _ body: (RecordBatch) throws(BrokerError) -> Void
    ) throws(BrokerError) {
        let topic = log.topicPartition.topic
        var position = log.startOffset
        var batches: [RecordBatch] = []
        var isBehindDamage = false
        while position < log.endOffset {
            do throws(LogError) {
                let read = try log.read(from: position, bytesMax: readBytesMax, isolation: .readUncommitted)
                guard read.nextOffset > position else { return }
                position = read.nextOffset
                batches = read.batches
                isBehindDamage = false
            } catch {
                guard error.code == .corrupt else { throw BrokerError(error, "cannot read \(topic)") }
                try damaged(error, !isBehindDamage)
                isBehindDamage = true
                let behind = try inBrokerTerms("cannot read \(topic)") { () throws(LogError) in
                    try log.soundBatch(from: position)
                }
                guard behind.nextOffset > position else { return }
                position = behind.nextOffset
                batches = behind.batch.map { [$0] } ?? []
            }
            for batch in batches { try body(batch) }
        }
    }

    /// The keyed records of a batch, with their offsets.
    static func forEachRecord(
        in batch: RecordBatch,
        _ body: (Int64, ArraySlice<UInt8>, ArraySlice<UInt8>?) throws(BrokerError) -> Void
    ) throws(BrokerError) {
        let records: DecodedRecords
        do throws(RecordsError) {
            records = try batch.records()
        } catch {
            throw BrokerError(.corrupt, "an internal topic's batch at offset \(batch.baseOffset)", cause: error)
        }
        for record in records {
            guard let key = record.key else { continue }
            try body(record.offset, records.bytes(key), record.value.map { records.bytes($0) })
        }
    }
}
