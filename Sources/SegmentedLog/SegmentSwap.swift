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

    /// The offset after the last one in the committed file.
    func endOffset() throws(LogError) -> Int64 {
        let file = try disk.open(swapPath, .readOnly)
        var scanner = BatchScanner(file, to: try file.size())
        var end = baseOffset
        while let step = try scanner.next() {
            switch step {
            case .batch(let batch, _):
                end = batch.nextOffset
            case .invalid(let position, let reason):
                let (_, name) = FilePath.split(swapPath)
                throw LogError(.corrupt, reason, directory: directory, segment: name, byteOffset: position)
            }
        }
        return end
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
