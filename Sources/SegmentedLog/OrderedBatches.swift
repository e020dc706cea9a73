import Records

/// The batches of a closed segment, with their offsets checked against their neighbours. No checksum covers the offset, and in compaction a single
/// wrong one would make every other record of its keys look older.
struct OrderedBatches {
    private let segment: LogSegment
    private let limit: Int64
    private let denseFrom: Int64
    private var scanner: BatchScanner
    private var expected: Int64

    /// - Parameters:
    ///   - limit: the next segment's base offset: no batch reaches beyond.
    ///   - denseFrom: from this offset on none may be missing.
    init(_ segment: LogSegment, limit: Int64, denseFrom: Int64) {
        self.segment = segment
        self.limit = limit
        self.denseFrom = denseFrom
        scanner = BatchScanner(segment.file, to: segment.sizeBytes)
        expected = segment.baseOffset
    }

    /// The next batch; nil at the end of the segment.
    /// - Throws: `.corrupt` at the first one that is damaged, out of place or missing.
    mutating func next() throws(LogError) -> RecordBatch? {
        switch try scanner.next() {
        case nil:
            guard expected >= limit || expected < denseFrom else {
                throw segment.corrupt("offsets \(expected) to \(limit - 1) are missing", at: segment.sizeBytes)
            }
            return nil
        case .invalid(let position, let reason):
            throw segment.corrupt(reason, at: position)
        case .batch(let batch, let position):
            let isDue = batch.baseOffset == expected || (batch.baseOffset > expected && expected < denseFrom)
            guard isDue, batch.nextOffset <= limit else {
                throw segment.corrupt("a batch says offset \(batch.baseOffset) where \(expected) is due", at: position)
            }
            expected = batch.nextOffset
            return batch
        }
    }
}
