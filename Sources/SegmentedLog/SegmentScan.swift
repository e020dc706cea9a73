import Records

/// One pass over a segment whose state is unknown: verifies every batch, builds the indexes, and tells a torn tail from damage.
struct SegmentScan {
    private let directory: String
    private let baseOffset: Int64
    private let file: any DiskFile
    private let cleanedThrough: Int64
    private let limit: Int64

    var indexes: IndexBuilder
    private(set) var damage: [LogError] = []
    private(set) var sizeBytes: Int64 = 0
    /// Where the next batch is due.
    private(set) var expected: Int64
    /// Where the file stops making sense, if it does before its end; nothing valid follows.
    private(set) var tornAt: (position: Int64, error: LogError)?

    /// - Parameters:
    ///   - cleanedThrough: below, compaction may have left holes.
    ///   - expected: the offset due at the start of the segment.
    ///   - limit: the next segment's base offset, which no batch reaches beyond.
    init(
        directory: String, baseOffset: Int64, file: any DiskFile, indexIntervalBytes: Int, cleanedThrough: Int64,
        expected: Int64, limit: Int64 = .max
    ) {
        self.directory = directory
        self.baseOffset = baseOffset
        self.file = file
        self.cleanedThrough = cleanedThrough
        self.expected = expected
        self.limit = limit
        indexes = IndexBuilder(baseOffset: baseOffset, indexIntervalBytes: indexIntervalBytes)
    }

    mutating func run(_ replay: inout RecoveryReplay) throws(LogError) {
        sizeBytes = try file.size()
        var scanner = BatchScanner(file, to: sizeBytes)
        while let step = try scanner.next() {
            switch step {
            case .batch(let batch, let position):
                if try isInPlace(batch, scanner) {
                    take(batch, at: position, &replay)
                } else {
                    skip(batch, at: position)
                }
            case .invalid(let position, let reason):
                let error = corrupt("no valid batch at offset \(expected): \(reason)", at: position)
                guard let valid = try scanner.nextValidPosition(offset: expected) else {
                    tornAt = (position, error)
                    return
                }
                damage.append(error)
                indexes.forceEntry()
                scanner.skip(to: valid)
                try skipHole(to: scanner)
            }
        }
    }

    /// Whether the batch's offset can be believed. No checksum covers it: where offsets are dense, one that is not the next is believed only if
    /// the batch behind agrees with it (then batches are missing), because a single wrong one would move the end of the log.
    private func isInPlace(_ batch: RecordBatch, _ scanner: BatchScanner) throws(LogError) -> Bool {
        guard batch.baseOffset >= expected, batch.nextOffset <= limit else { return false }
        if batch.baseOffset == expected || expected < cleanedThrough { return true }
        var ahead = scanner
        guard case .batch(let following, _) = try ahead.next() else { return false }
        return following.baseOffset == batch.nextOffset
    }

    /// The offsets that the damage just reported took are not reported a second time as missing.
    private mutating func skipHole(to scanner: BatchScanner) throws(LogError) {
        var ahead = scanner
        if case .batch(let batch, _) = try ahead.next() { expected = max(expected, batch.baseOffset) }
    }

    private mutating func take(_ batch: RecordBatch, at position: Int64, _ replay: inout RecoveryReplay) {
        if batch.baseOffset > expected, expected >= cleanedThrough {
            damage.append(corrupt("offsets \(expected) to \(batch.baseOffset - 1) are missing", at: position))
        }
        indexes.add(batch, at: position)
        if let aborted = replay.apply(batch) { indexes.add(aborted) }
        expected = batch.nextOffset
    }

    /// Steps over a batch whose offset is wrong; the ones it should have had are used up.
    private mutating func skip(_ batch: RecordBatch, at position: Int64) {
        damage.append(corrupt("a batch says offset \(batch.baseOffset) where \(expected) is due", at: position))
        indexes.forceEntry()
        if expected >= cleanedThrough { expected = min(expected + Int64(batch.header.lastOffsetDelta) + 1, limit) }
    }

    private func corrupt(_ message: String, at position: Int64) -> LogError {
        LogError(
            .corrupt, message, directory: directory, segment: SegmentName.name(baseOffset, .log), byteOffset: position)
    }
}
