import Records

/// One pass over a segment whose state is unknown: verifies every batch, builds the indexes, and tells a torn tail from damage.
struct SegmentScan {
    private let directory: String
    private let baseOffset: Int64
    private let file: any DiskFile
    private let holesBelow: Int64
    private let limit: Int64
    private let unsyncedFrom: Int64
    private let start: Int64

    var indexes: IndexBuilder
    private(set) var damage: [LogError] = []
    private(set) var sizeBytes: Int64 = 0
    /// Where the next batch is due.
    private(set) var expected: Int64
    /// Where the file stops making sense, if it does before its end: nothing valid follows, or only what was written with it and synced no more than it
    /// (`isUnwritten`: a sector there tells so).
    private(set) var tornAt: (position: Int64, isUnwritten: Bool, error: LogError)?

    /// - Parameters:
    ///   - holesBelow: below, compaction may have left holes.
    ///   - expected: the offset due at the start of the segment.
    ///   - limit: the next segment's base offset, which no batch reaches beyond.
    ///   - unsyncedFrom: from this offset on a crash may have taken what was written last, in any order.
    ///   - resume: where to begin, if not at the start; then `expected` does not count.
    init(
        directory: String, baseOffset: Int64, file: any DiskFile, indexIntervalBytes: Int, holesBelow: Int64,
        expected: Int64, limit: Int64 = .max, unsyncedFrom: Int64 = .max,
        resume: ResumePoint? = nil
    ) {
        self.directory = directory
        self.baseOffset = baseOffset
        self.file = file
        self.holesBelow = holesBelow
        self.expected = resume?.offset ?? expected
        self.limit = limit
        self.unsyncedFrom = unsyncedFrom
        start = resume?.position ?? 0
        indexes =
            resume?.indexes ?? IndexBuilder(baseOffset: baseOffset, indexIntervalBytes: indexIntervalBytes)
    }

    mutating func run(_ replay: inout RecoveryReplay) throws(LogError) {
        sizeBytes = try file.size()
        var scanner = BatchScanner(file, from: start, to: sizeBytes)
        while let step = try scanner.next() {
            switch step {
            case .batch(let batch, let position):
                if try isInPlace(batch, scanner) {
                    take(batch, at: position, &replay)
                } else if expected >= unsyncedFrom, try hasUnwrittenSector(from: position, to: Self.sectorEnd(position))
                {
                    tornAt = (position, true, corrupt("the sector before a batch was not written", at: position))
                    return
                } else {
                    skip(batch, at: position)
                }
            case .invalid(let position, let reason):
                let error = corrupt("no valid batch at offset \(expected): \(reason)", at: position)
                let next = try scanner.nextValidPosition(offset: expected)
                var isUnwritten = false
                if expected >= unsyncedFrom {
                    isUnwritten = try hasUnwrittenSector(from: position, to: next ?? sizeBytes)
                }
                guard let valid = next, !isUnwritten else {
                    tornAt = (position, isUnwritten, error)
                    return
                }
                damage.append(error)
                indexes.forceEntry()
                scanner.skip(to: valid)
                try skipHole(to: scanner)
            }
        }
    }

    /// Whether some sector from `position` to `valid`, where a valid batch begins or the file ends, is all zeros, as one that was never written is. Write-back keeps no order: after a
    /// power cut a later batch may be there and an earlier one not; neither was synced then. The sector that `valid` lies in counts as written if the batch there cannot begin with zeros.
    /// Rot hardly leaves a sector of zeros; a payload that holds one can be taken for it.
    private func hasUnwrittenSector(from position: Int64, to valid: Int64) throws(LogError) -> Bool {
        var start = position
        while start < valid {
            let end = min(Self.sectorEnd(start), valid)
            let firstOfValid = Self.sectorEnd(start) - valid
            if firstOfValid > 0, valid < sizeBytes, mustDiffer(firstBytes: firstOfValid) { return false }
            if start > position || mustDiffer(firstBytes: end - start),
                try file.readBytes(Int(end - start), at: start).allSatisfy({ $0 == 0 })
            {
                return true
            }
            start = end
        }
        return false
    }

    /// Whether so many first bytes of the batch that is due cannot all be zeros: first comes its offset, most significant byte first, then its size.
    private func mustDiffer(firstBytes count: Int64) -> Bool {
        count >= 12 || expected >> (8 * (8 - min(count, 8))) != 0
    }

    /// What a device writes whole or not at all.
    private static let sectorBytes: Int64 = 512

    private static func sectorEnd(_ position: Int64) -> Int64 { (position / sectorBytes + 1) * sectorBytes }

    /// Whether the batch's offset can be believed. No checksum covers it: where offsets are dense, one that is not the next is believed only if
    /// the batch behind agrees with it (then batches are missing), because a single wrong one would move the end of the log.
    private func isInPlace(_ batch: RecordBatch, _ scanner: BatchScanner) throws(LogError) -> Bool {
        guard batch.baseOffset >= expected, batch.nextOffset <= limit else { return false }
        if batch.baseOffset == expected || expected < holesBelow { return true }
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
        if batch.baseOffset > expected, expected >= holesBelow {
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
        if expected >= holesBelow { expected = min(expected + Int64(batch.header.lastOffsetDelta) + 1, limit) }
    }

    private func corrupt(_ message: String, at position: Int64) -> LogError {
        LogError(
            .corrupt, message, directory: directory, segment: SegmentName.name(baseOffset, .log), byteOffset: position)
    }
}
