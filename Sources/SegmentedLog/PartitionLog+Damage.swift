import Records

extension PartitionLog {
    /// What there is at `offset` or behind, where `read` has met damage: for one who reads all there is and goes on without what is lost. Slow: the bytes are searched, since where
    /// a header is damaged its length leads nowhere.
    /// - Returns: the next sound batch of the segment, nil for none, and the offset to read on from.
    package func soundBatch(from offset: Int64) throws(LogError) -> (batch: RecordBatch?, nextOffset: Int64) {
        let (segment, end) = state.withLock { state in
            let index = state.segmentIndex(of: offset)
            let isLast = index + 1 == state.segments.count
            return (state.segments[index], isLast ? state.endOffset : state.segments[index + 1].baseOffset)
        }
        let start = try segment.offsetIndex.start(for: offset).position
        // The search begins behind the scanner's place.
        var scanner = BatchScanner(segment.file, from: start - 1, to: segment.sizeBytes)
        guard let position = try scanner.nextValidPosition(offset: offset) else { return (nil, end) }
        scanner.skip(to: position)
        guard case .batch(let batch, _) = try scanner.next(), batch.nextOffset <= end else { return (nil, end) }
        return (batch, batch.nextOffset)
    }
}
