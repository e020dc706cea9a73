import Records

/// Puts a compacted segment in the place of those it was made from. The renaming to `.swap` decides: before it nothing has happened, after it opening the
/// partition finishes what a crash left undone. Every step may be repeated.
struct SegmentSwap {
    let directory: String
    /// Of the compacted segment, and of the first one it replaces.
    let baseOffset: Int64
    let disk: any Disk

    private var logPath: String { FilePath.join(directory, SegmentName.name(baseOffset, .log)) }
    /// Where the compacted batches are written to.
    var temporaryPath: String { logPath + SegmentName.temporarySuffix }
    private var swapPath: String { logPath + SegmentName.swapSuffix }

    /// Removes what was written for a swap that is not to be.
    func abandon() throws(LogError) {
        for kind in SegmentName.Kind.allCases {
            let path = FilePath.join(directory, SegmentName.name(baseOffset, kind))
            try disk.remove(path + SegmentName.temporarySuffix)
        }
    }

    /// Makes the compacted file, complete and synced, the one that counts.
    func commit() throws(LogError) {
        try disk.rename(temporaryPath, to: swapPath)
        try disk.syncDirectory(directory)
    }

    /// The offset after the last one in the committed file, and what is wrong in it first. Damage is passed over.
    func endOffset() throws(LogError) -> (end: Int64, damage: LogError?) {
        var end = baseOffset
        let damage = try forEachBatch(in: swapPath) { (batch) throws(LogError) in end = batch.nextOffset }
        return (end, damage)
    }

    /// Whether the segments are all there that the committed file was made from: each of them has a part in it, so what it holds of each is in one of these as well.
    func areOriginalsThere(_ bases: [Int64]) throws(LogError) -> Bool {
        var ends: [Int64: Int64] = [:]
        var areThere = true
        _ = try forEachBatch(in: swapPath) { (batch) throws(LogError) in
            guard areThere, let base = bases.last(where: { $0 <= batch.baseOffset }) else {
                areThere = false
                return
            }
            if ends[base] == nil {
                ends[base] = base
                _ = try forEachBatch(in: FilePath.join(directory, SegmentName.name(base, .log))) {
                    ends[base] = $0.nextOffset
                }
            }
            if ends[base] ?? base < batch.nextOffset { areThere = false }
        }
        return areThere
    }

    /// Lets go of a committed file that is damaged, while what it was made from is there; the damaged one is kept for people.
    func setAside() throws(LogError) {
        try disk.rename(swapPath, to: swapPath + Self.damagedSuffix)
        try disk.syncDirectory(directory)
    }

    private static let damagedSuffix = ".damaged"

    /// Walks through what is sound of a file; returns what is wrong in it first.
    private func forEachBatch(
        in path: String, _ body: (RecordBatch) throws(LogError) -> Void
    ) throws(LogError) -> LogError? {
        let file = try disk.open(path, .readOnly)
        var scanner = BatchScanner(file, to: try file.size())
        var damage: LogError?
        while let step = try scanner.next() {
            switch step {
            case .batch(let batch, _): try body(batch)
            case .invalid(let position, let reason):
                let (_, name) = FilePath.split(path)
                if damage == nil {
                    damage = LogError(.corrupt, reason, directory: directory, segment: name, byteOffset: position)
                }
                guard let valid = try scanner.nextValidPosition(offset: baseOffset) else { return damage }
                scanner.skip(to: valid)
            }
        }
        return damage
    }

    /// Removes what the committed file replaces and gives it and its prepared indexes their names. Indexes that were not prepared are missing then and have
    /// to be built.
    func finish(replacing bases: [Int64], indexes: [SegmentName.Kind] = []) throws(LogError) {
        for base in bases where base != baseOffset {
            try disk.remove(FilePath.join(directory, SegmentName.name(base, .log)))
        }
        for base in bases {
            for kind in [SegmentName.Kind.index, .timeIndex, .transactionIndex] {
                try disk.remove(FilePath.join(directory, SegmentName.name(base, kind)))
            }
        }
        // The old indexes must be gone for good before the new log can be seen beside them.
        try disk.syncDirectory(directory)
        try disk.rename(swapPath, to: logPath)
        for kind in indexes { try disk.putInPlace(SegmentName.name(baseOffset, kind), in: directory) }
        try disk.syncDirectory(directory)
    }
}
