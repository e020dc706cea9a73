import Records
import SegmentedLog

/// Reads an internal topic from its start to its end, as the broker does when it opens.
enum InternalTopicReader {
    private static let readBytesMax = 1 << 20

    /// Every batch, control batches and those of undecided transactions included.
    static func forEachBatch(
        in log: PartitionLog, _ body: (RecordBatch) throws(BrokerError) -> Void
    ) throws(BrokerError) {
        var position = log.startOffset
        while position < log.endOffset {
            let read = try inBrokerTerms("cannot read \(log.topicPartition.topic)") { () throws(LogError) in
                try log.read(from: position, bytesMax: readBytesMax, isolation: .readUncommitted)
            }
            for batch in read.batches { try body(batch) }
            guard read.nextOffset > position else { return }
            position = read.nextOffset
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
