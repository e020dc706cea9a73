import Records

/// Where the scan of a segment begins that reaches beyond the recovery point: below that point its batches and indexes are on disk, and what they say is kept.
struct ResumePoint {
    /// The place of the first batch to be scanned, in bytes, and its offset.
    var position: Int64
    var offset: Int64
    /// Holds what the indexes say of all before.
    var indexes: IndexBuilder

    /// Larger indexes are not read: the segment is scanned from its start.
    private static let indexBytesMax = 64 << 20

    /// The last batch with an index entry below `bound`; nil where nothing usable leads there.
    /// - Parameters:
    ///   - bound: the recovery point or, where it is below, the offset the producers are known at.
    init?(
        directory: String, baseOffset: Int64, below bound: Int64, indexIntervalBytes: Int, _ disk: any Disk
    ) throws(LogError) {
        func contents(_ kind: SegmentName.Kind) throws(LogError) -> [UInt8]? {
            let path = FilePath.join(directory, SegmentName.name(baseOffset, kind))
            return try disk.contents(of: path, bytesMax: Self.indexBytesMax)
        }
        guard let offsets = try contents(.index), let times = try contents(.timeIndex) else { return nil }
        let file = try disk.open(FilePath.join(directory, SegmentName.name(baseOffset, .log)), .readOnly)
        let size = try file.size()
        guard let entry = OffsetIndex.lastEntry(in: offsets, baseOffset: baseOffset, below: bound, position: size)
        else { return nil }
        // What a crash has done to an index shows here: the entry leads to its batch, or the segment is scanned whole.
        var scanner = BatchScanner(file, from: entry.position, to: size)
        guard case .batch(let batch, _) = try scanner.next(), batch.baseOffset == entry.offset else { return nil }
        var aborted: [AbortedTransaction] = []
        do throws(LogError) {
            let path = FilePath.join(directory, SegmentName.name(baseOffset, .transactionIndex))
            aborted = try TransactionIndex(loading: try disk.open(path, .readOnly)).entries
        } catch {
            if error.code == .corrupt { return nil }
            if error.code != .notFound { throw error }
        }
        position = entry.position
        offset = entry.offset
        // The time index gets its entries before those of the offset index, so it knows all that lies before `entry`.
        let known = TimeIndex.entries(in: times, baseOffset: baseOffset, below: entry.offset)
        indexes = IndexBuilder(
            baseOffset: baseOffset, indexIntervalBytes: indexIntervalBytes,
            offsets: Array(offsets.prefix((entry.index + 1) * OffsetIndex.entryBytes)),
            times: Array(times.prefix(known.count * TimeIndex.entryBytes)), newest: known.last)
        for transaction in aborted where transaction.lastOffset < bound { indexes.add(transaction) }
    }
}

extension LogRecovery {
    /// Where the scan of the segment at `base` may begin; nil for its start.
    /// - Parameter snapshot: the offset of the newest producer snapshot that is not above the recovery point.
    func resumePoint(in base: Int64, next: Int64?, snapshot: Int64) throws(LogError) -> ResumePoint? {
        let point = checkpoint.recoveryPoint
        // Below the snapshot nothing is to be replayed; between it and the recovery point the batches are read again.
        guard base < point, snapshot > base, next.map({ $0 > point }) ?? true else { return nil }
        return try ResumePoint(
            directory: directory, baseOffset: base, below: min(point, snapshot),
            indexIntervalBytes: config.indexIntervalBytes, disk)
    }
}
