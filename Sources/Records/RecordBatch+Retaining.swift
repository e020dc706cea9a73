import Compression

extension RecordBatch {
    /// The batch without some of its records, as compaction leaves it: offsets, deltas, producer and `lastOffset` stay as they are.
    /// - Parameters:
    ///   - decoded: the records of this batch.
    ///   - compressor: of the batch's own codec.
    ///   - keep: whether a record stays; called once for each, in order.
    /// - Returns: this batch if all stay, nil if none does.
    package func retaining(
        from decoded: DecodedRecords, using compressor: Compressor, where keep: (RecordView) -> Bool
    ) throws(RecordsError) -> RecordBatch? {
        precondition(compressor.type == header.compression)
        var kept: [UInt8] = []
        var count: Int32 = 0
        var maxTimestamp = Int64.min
        for record in decoded where keep(record) {
            kept.append(contentsOf: decoded.bytes(record.encoded))
            count += 1
            maxTimestamp = max(maxTimestamp, record.timestamp)
        }
        if count == header.recordCount { return self }
        guard count > 0 else { return nil }
        var body: [UInt8] = []
        do throws(CompressionError) {
            try kept.withUnsafeBufferPointer { (bytes) throws(CompressionError) in
                try compressor.compress(UnsafeRawBufferPointer(bytes), appendingTo: &body)
            }
        } catch {
            throw RecordsError(compression: error)
        }
        return RecordBatch(sealing: header.retaining(recordCount: count, maxTimestamp: maxTimestamp), body: body)
    }
}
