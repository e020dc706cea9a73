import Records

/// One segment of a partition: a `.log` file of batches and its indexes. A closed segment is immutable.
///
/// A copy is a snapshot of how far the segment went; reading through it needs no lock, also while the log appends, retains or compacts: files are
/// only ever extended behind the snapshot or unlinked as a whole. An unlinked file that is closed meanwhile (`FilePool`) reads as `.fileGone`, never as
/// what has its name now, and then the log takes a new snapshot.
struct LogSegment: Sendable {
    let directory: String
    let baseOffset: Int64
    let file: any DiskFile
    var sizeBytes: Int64 = 0
    /// How much of `file` is known to be on disk.
    var syncedBytes: Int64 = 0
    /// How far there is room for `file` on the device.
    var reservedBytes: Int64 = 0
    /// What lies from here on this process has written itself; what lies before it may be damaged.
    var trustedFrom: Int64 = 0
    /// The indexes were brought to their final state and may not be on disk.
    var isSealUnsynced = false
    var offsetIndex: OffsetIndex
    var timeIndex: TimeIndex
    var transactions = TransactionIndex()
    /// Bytes of batches since the last index entry.
    var unindexedBytes = 0
    /// The largest timestamp so far and the last offset of its batch; nil while empty.
    var newest: (timestamp: Int64, offset: Int64)?

    /// Whether a flush has anything to do for it.
    var isDirty: Bool { syncedBytes < sizeBytes || isSealUnsynced }

    /// The file name errors show.
    var name: String { SegmentName.name(baseOffset, .log) }

    func path(_ kind: SegmentName.Kind) -> String {
        FilePath.join(directory, SegmentName.name(baseOffset, kind))
    }

    /// An error at a place in this segment's `.log`.
    func corrupt(_ message: String, at position: Int64, cause: (any Error)? = nil) -> LogError {
        LogError(.corrupt, message, directory: directory, segment: name, byteOffset: position, cause: cause)
    }
}

// MARK: - Opening

extension LogSegment {
    /// A new, empty segment. Leftovers under its names, from a creation that failed, are emptied. Its directory entries are not synced.
    static func create(in directory: String, baseOffset: Int64, _ disk: any Disk) throws(LogError) -> LogSegment {
        func fresh(_ kind: SegmentName.Kind) throws(LogError) -> any DiskFile {
            let file = try disk.open(FilePath.join(directory, SegmentName.name(baseOffset, kind)), .readWrite)
            if try file.size() > 0 { try file.truncate(to: 0) }
            return file
        }
        // The indexes first: a `.log` without them would look like one whose indexes were lost.
        let index = try fresh(.index)
        let timeIndex = try fresh(.timeIndex)
        return LogSegment(
            directory: directory, baseOffset: baseOffset, file: try fresh(.log),
            offsetIndex: try OffsetIndex(index, baseOffset: baseOffset),
            timeIndex: try TimeIndex(timeIndex, baseOffset: baseOffset))
    }

    /// An existing segment with its indexes as they are; nil when these do not fit the log and must be rebuilt.
    static func open(
        in directory: String, baseOffset: Int64, names: Set<String>, _ disk: any Disk
    ) throws(LogError) -> LogSegment? {
        for kind in [SegmentName.Kind.index, .timeIndex] where !names.contains(SegmentName.name(baseOffset, kind)) {
            return nil
        }
        do throws(LogError) {
            let segment = try load(in: directory, baseOffset: baseOffset, names: names, disk)
            return try segment.indexesFit() ? segment : nil
        } catch {
            if error.code == .corrupt { return nil }
            throw error
        }
    }

    /// An existing segment whose indexes are known to be right.
    /// - Parameter deferred: those that there was no room for.
    /// - Throws: `.corrupt` when the transaction index cannot be read.
    static func load(
        in directory: String, baseOffset: Int64, names: Set<String>, deferred: [SegmentName.Kind: DeferredFile] = [:],
        _ disk: any Disk
    ) throws(LogError) -> LogSegment {
        func open(_ kind: SegmentName.Kind) throws(LogError) -> any DiskFile {
            if let file = deferred[kind] { return file }
            return try disk.open(FilePath.join(directory, SegmentName.name(baseOffset, kind)), .readWrite)
        }
        let file = try open(.log)
        var segment = LogSegment(
            directory: directory, baseOffset: baseOffset, file: file,
            offsetIndex: try OffsetIndex(try open(.index), baseOffset: baseOffset),
            timeIndex: try TimeIndex(try open(.timeIndex), baseOffset: baseOffset))
        segment.sizeBytes = try file.size()
        segment.syncedBytes = segment.sizeBytes
        segment.trustedFrom = segment.sizeBytes
        segment.newest = segment.timeIndex.last
        // Before they are stored no checkpoint may say that they are.
        segment.isSealUnsynced = !deferred.isEmpty
        if deferred[.transactionIndex] != nil || names.contains(SegmentName.name(baseOffset, .transactionIndex)) {
            segment.transactions = try TransactionIndex(loading: try open(.transactionIndex))
        }
        return segment
    }

    private func indexesFit() throws(LogError) -> Bool {
        guard try offsetIndex.entries.isWhole(), try timeIndex.entries.isWhole() else { return false }
        if offsetIndex.entries.count > 0, offsetIndex.last.position >= sizeBytes { return false }
        // A closed segment's time index ends with its largest timestamp.
        return sizeBytes == 0 || timeIndex.last != nil
    }
}

extension LogSegment {
    /// Whether every entry of the indexes is of something below `end`, and the last ones ascend as a crash may not have left them.
    func indexesEnd(before end: Int64) throws(LogError) -> Bool {
        if offsetIndex.entries.count > 0, offsetIndex.last.offset >= end || offsetIndex.last.position == 0 {
            return false
        }
        if let last = timeIndex.last, last.offset >= end { return false }
        if timeIndex.entries.count > 1 {
            let entry = try timeIndex.entry(timeIndex.entries.count - 2)
            if let last = timeIndex.last, last.timestamp <= entry.timestamp { return false }
        }
        return transactions.entries.allSatisfy { $0.lastOffset < end }
    }
}

// MARK: - Appending

extension LogSegment {
    /// Writes a placed batch behind the others. After a throw the segment is as before, except that a part of the batch may be on disk behind its end.
    mutating func append(_ batch: RecordBatch, _ config: LogConfig) throws(LogError) {
        let position = sizeBytes
        reserveRoom(upTo: position + Int64(batch.sizeInBytes), config)
        try batch.withUnsafeParts { (header, records) throws(LogError) in
            try file.write(header, records, at: position)
        }
        sizeBytes += Int64(batch.sizeInBytes)
        if unindexedBytes > config.indexIntervalBytes {
            // Without room for an index entry the index is only sparser; the next batch tries again.
            do throws(LogError) {
                // First the time: an entry of the offset index says that the time index knows all that lies before it (`LogRecovery` relies on that).
                try indexNewestTimestamp()
                try offsetIndex.append(offset: batch.baseOffset, position: position)
                unindexedBytes = 0
            } catch {
                if error.code != .diskFull { throw error }
            }
        }
        unindexedBytes += batch.sizeInBytes
        if batch.maxTimestamp > newest?.timestamp ?? .min {
            newest = (batch.maxTimestamp, batch.lastOffset)
        }
    }

    /// A file system that finds room for many blocks at once needs not look for each of them: writes into the page cache of ext4 take 20 to 30 % less CPU time.
    /// It is a hint: where there is no room, the write is what tells.
    private mutating func reserveRoom(upTo end: Int64, _ config: LogConfig) {
        let atATime = min(Self.reservedMax, Int64(config.segmentBytes / Self.reservedShare))
        guard end > reservedBytes, sizeBytes >= atATime else { return }
        reservedBytes = file.reserve(end - sizeBytes + atATime, at: sizeBytes) ? end + atATime : .max
    }

    /// So much a segment may hold of the device beyond its size, once it has that size itself; and no more than this part of what it may have.
    private static let reservedMax: Int64 = 4 << 20
    private static let reservedShare = 16

    /// Brings the indexes to their final state: the time index ends with the largest timestamp, and nothing stands behind the last entries. Gives back the room behind
    /// the log, which a process that was killed may have reserved.
    mutating func seal() throws(LogError) {
        try file.truncate(to: sizeBytes)
        reservedBytes = 0
        try indexNewestTimestamp()
        try offsetIndex.entries.trim()
        try timeIndex.entries.trim()
        try transactions.trim()
        isSealUnsynced = true
    }

    private mutating func indexNewestTimestamp() throws(LogError) {
        if let newest { try timeIndex.append(timestamp: newest.timestamp, offset: newest.offset) }
    }

    /// Keeps what is needed to read it open until these are gone, also when its files are removed.
    func pinned() throws(LogError) -> [PinnedDescriptor] {
        var pinned: [PinnedDescriptor] = []
        for file in [file, offsetIndex.entries.file, timeIndex.entries.file] {
            guard let pooled = (file as? DeferredFile)?.stored as? PooledFile ?? file as? PooledFile else { continue }
            pinned.append(try PinnedDescriptor(pooled, isOfSlice: false))
        }
        return pinned
    }

    /// Makes the log and its indexes durable.
    func sync() throws(LogError) {
        try file.sync()
        try offsetIndex.entries.file.sync()
        try timeIndex.entries.file.sync()
        try transactions.file?.sync()
    }

    /// Removes the files, the log first: indexes without a log are cleared away when the partition is opened.
    static func removeFiles(of baseOffset: Int64, in directory: String, _ disk: any Disk) throws(LogError) {
        for kind in [SegmentName.Kind.log, .index, .timeIndex, .transactionIndex, .snapshot] {
            try disk.remove(FilePath.join(directory, SegmentName.name(baseOffset, kind)))
        }
    }
}
