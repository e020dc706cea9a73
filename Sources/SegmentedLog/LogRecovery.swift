import Records

/// Brings a partition's folder into a state the log can run on, and loads it.
///
/// After a clean shutdown nothing is scanned. After a crash what lies beyond the recovery point is: its part of the indexes is rebuilt, a torn tail is cut
/// off, and damage that is not a torn tail is reported and left as it is. A partition with nothing beyond costs what it costs after a clean shutdown.
struct LogRecovery {
    /// The partition as it can be used.
    struct Recovered {
        var segments: [LogSegment]
        var endOffset: Int64
        var checkpoint: PartitionCheckpoint
        var producers: ProducerTable
        var damage: [LogError]
        var truncatedBytes: Int64
        /// The names in the folder may not be on disk; what is acknowledged from here on has to see to it.
        var isDirectoryUnsynced: Bool
        /// The offset of the newest snapshot on disk that is not above the recovery point.
        var snapshotOffset: Int64
        /// Where there was no room for the checkpoint: the snapshots that are due with it.
        var unstored: [(offset: Int64, bytes: [UInt8])]?
    }

    /// At most 230 bytes a producer: more than four million of them.
    private static let snapshotBytesMax = 1 << 30

    let directory: String
    let config: LogConfig
    let disk: any Disk
    let policy: FlushPolicy
    let ballast: Ballast
    let isClean: Bool
    let now: Int64

    private(set) var checkpoint = PartitionCheckpoint()
    private var segments: [LogSegment] = []
    private var replay: RecoveryReplay
    private var damage: [LogError] = []
    private var truncatedBytes: Int64 = 0
    /// Where the next batch is due.
    private var expected: Int64 = 0
    private var isAnythingRebuilt = false
    /// There was a checkpoint and it cannot be read, which no crash brings about: what was synced is not known then.
    private var isCheckpointLost = false
    private var snapshotOffset: Int64 = 0
    private var unstored: [(offset: Int64, bytes: [UInt8])]?
    private var isAnyDeferred = false

    init(
        directory: String, config: LogConfig, disk: any Disk, gate: FlushGate, isClean: Bool, now: Int64
    ) {
        self.directory = directory
        self.config = config
        self.disk = disk
        policy = gate.policy
        ballast = gate.ballast
        self.isClean = isClean
        self.now = now
        replay = RecoveryReplay(now: now)
    }

    mutating func run() throws(LogError) -> Recovered {
        var listed = try ballast.spend { () throws(LogError) in try disk.openDirectory(directory, create: true) }
        if try finishSwaps(listed) { listed = try disk.openDirectory(directory, create: false) }
        var names = Set(listed)
        let hasCheckpoint = try loadCheckpoint(names)
        let bases = try removeObsolete(&names)
        if let first = bases.first {
            try checkStart(first, hasCheckpoint: hasCheckpoint)
            try load(bases, names)
        } else {
            try createFirst(hasCheckpoint: hasCheckpoint)
        }
        try startAfterLostTail()
        if isAnythingRebuilt { try makeDurable() }
        return Recovered(
            segments: segments, endOffset: expected, checkpoint: checkpoint, producers: replay.table, damage: damage,
            truncatedBytes: truncatedBytes,
            // Each checkpoint syncs the folder. What was made after it is a segment that nothing was written to, or all of it where there is none.
            isDirectoryUnsynced: !isAnythingRebuilt && (!hasCheckpoint || segments.last?.sizeBytes == 0),
            snapshotOffset: snapshotOffset, unstored: unstored)
    }

    // MARK: What the folder holds

    /// Removes unfinished files and puts finished compacted segments in place of those they replace. Returns whether there were any.
    private mutating func finishSwaps(_ names: [String]) throws(LogError) -> Bool {
        let isUnfinished = names.contains {
            $0.hasSuffix(SegmentName.temporarySuffix) || $0.hasSuffix(SegmentName.swapSuffix)
        }
        guard isUnfinished else { return false }
        for name in names where name.hasSuffix(SegmentName.temporarySuffix) {
            try disk.remove(FilePath.join(directory, name))
        }
        let bases = SegmentName.offsets(in: names, .log)
        for name in names where name.hasSuffix(SegmentName.swapSuffix) {
            guard let base = SegmentName.offset(of: name.dropLast(SegmentName.swapSuffix.count), .log) else { continue }
            let swap = SegmentSwap(directory: directory, baseOffset: base, disk: disk)
            let (end, damage) = try swap.endOffset()
            if var damage, try swap.areOriginalsThere(bases) {
                try swap.setAside()
                damage.message =
                    "a compacted file is damaged and set aside; what it was made from is used: \(damage.message)"
                self.damage.append(damage)
                continue
            }
            // Damage in what has to be used all the same is told by the scan that its missing indexes bring about.
            try swap.finish(replacing: bases.filter { $0 >= base && $0 < end })
        }
        return true
    }

    private mutating func loadCheckpoint(_ names: Set<String>) throws(LogError) -> Bool {
        if let stored = try PartitionCheckpoint(readingFrom: directory, disk) {
            checkpoint = stored
            return true
        }
        checkpoint.activeSince = now
        // A snapshot or a later start comes with a checkpoint.
        let listed = Array(names)
        isCheckpointLost =
            names.contains(PartitionCheckpoint.fileName) || !SegmentName.offsets(in: listed, .snapshot).isEmpty
            || SegmentName.offsets(in: listed, .log).first ?? 0 > 0
        return false
    }

    /// Removes segments below the start offset and indexes without a log; returns the base offsets that stay.
    private func removeObsolete(_ names: inout Set<String>) throws(LogError) -> [Int64] {
        var bases = SegmentName.offsets(in: Array(names), .log)
        var isAnyRemoved = false
        while bases.count > 1, bases[1] <= checkpoint.startOffset {
            try disk.remove(FilePath.join(directory, SegmentName.name(bases.removeFirst(), .log)))
            isAnyRemoved = true
        }
        for kind in [SegmentName.Kind.index, .timeIndex, .transactionIndex] {
            for offset in SegmentName.offsets(in: Array(names), kind) where !bases.contains(offset) {
                try disk.remove(FilePath.join(directory, SegmentName.name(offset, kind)))
                isAnyRemoved = true
            }
        }
        if isAnyRemoved { names = Set(try disk.openDirectory(directory, create: false)) }
        return bases
    }

    private mutating func checkStart(_ first: Int64, hasCheckpoint: Bool) throws(LogError) {
        if !hasCheckpoint {
            checkpoint.startOffset = first
            // Holes cannot be told from damage without the checkpoint; what a compacted topic misses is taken for compaction.
            if config.cleanupPolicy.compacts { checkpoint.holesBelow = .max }
        }
        if first > checkpoint.startOffset, checkpoint.startOffset >= checkpoint.holesBelow {
            damage.append(
                LogError(
                    .corrupt, "the segments of offsets \(checkpoint.startOffset) to \(first - 1) are missing",
                    directory: directory, segment: SegmentName.name(checkpoint.startOffset, .log), byteOffset: 0))
        }
    }

    private mutating func createFirst(hasCheckpoint: Bool) throws(LogError) {
        let base = checkpoint.startOffset
        segments = [
            try ballast.spend { () throws(LogError) in
                try LogSegment.create(in: directory, baseOffset: base, disk)
            }
        ]
        expected = checkpoint.startOffset
        // The first flush syncs the folder: five syncs for each of a thousand new partitions would take long. Where there may be holes later, the
        // checkpoint that tells them from damage comes first.
        isAnythingRebuilt = hasCheckpoint || config.cleanupPolicy.compacts
    }

    // MARK: Loading and scanning

    private mutating func load(_ bases: [Int64], _ names: Set<String>) throws(LogError) {
        var sound: [LogSegment?] = []
        for (index, base) in bases.enumerated() {
            let next = index + 1 < bases.count ? bases[index + 1] : nil
            sound.append(try openSound(base, next: next, names))
        }
        let newest = try snapshot(atOrBelow: checkpoint.recoveryPoint, names)
        snapshotOffset = newest.from
        let firstUnsound = sound.firstIndex { $0 == nil }
        var resume: ResumePoint?
        var forIndexes = ProducerReplay(from: .max, table: ProducerTable(), now: now)
        if let index = firstUnsound {
            let next = index + 1 < bases.count ? bases[index + 1] : nil
            resume = try resumePoint(in: bases[index], next: next, snapshot: newest.from)
            forIndexes = resume == nil ? try snapshot(atOrBelow: bases[index], names) : newest
        }
        replay = RecoveryReplay(forIndexes: forIndexes, forTable: newest)
        var isCut = false
        for (index, base) in bases.enumerated() {
            if isCut {
                // Written after what the crash has taken, and synced no more than that.
                truncatedBytes += try sizeBytes(of: base)
                try LogSegment.removeFiles(of: base, in: directory, disk)
                continue
            }
            let next = index + 1 < bases.count ? bases[index + 1] : nil
            expected = max(expected, base)
            if let segment = sound[index] {
                try replayProducers(segment, next: next)
                segments.append(segment)
            } else {
                isCut = try rebuild(
                    base, later: bases[(index + 1)...], resume: index == firstUnsound ? resume : nil)
            }
        }
    }

    /// The segment if its files can be used as they are; nil when it has to be scanned.
    private func openSound(_ base: Int64, next: Int64?, _ names: Set<String>) throws(LogError) -> LogSegment? {
        // Of the last segment it is not known yet; it is below when it ends there.
        let isBelowRecoveryPoint = (next ?? base) <= checkpoint.recoveryPoint
        guard isClean || isBelowRecoveryPoint,
            var segment = try LogSegment.open(in: directory, baseOffset: base, names: names, disk)
        else { return nil }
        // Only the batches behind the last index entry are looked at: where they end must be where the next segment starts, or the log did.
        var scanner = BatchScanner(segment.file, from: segment.offsetIndex.last.position, to: segment.sizeBytes)
        var end = base
        while let step = try scanner.next() {
            guard case .batch(let batch, _) = step else { return nil }
            segment.unindexedBytes += batch.sizeInBytes
            end = batch.nextOffset
            // A segment that was not closed says of its last batches nothing in its time index.
            if batch.maxTimestamp > segment.newest?.timestamp ?? .min {
                segment.newest = (batch.maxTimestamp, batch.lastOffset)
            }
        }
        // After a crash the indexes may know more than the log: of batches that it has lost, or of a marker that was about to be written.
        if next == nil, !isClean, !(try segment.indexesEnd(before: end)) { return nil }
        let due = next ?? checkpoint.recoveryPoint
        return end == due || (next != nil && end < due && end < checkpoint.holesBelow) ? segment : nil
    }

    /// A replay from the newest usable snapshot that is not above `limit`, else from the start of the log.
    private func snapshot(atOrBelow limit: Int64, _ names: Set<String>) throws(LogError) -> ProducerReplay {
        for offset in SegmentName.offsets(in: Array(names), .snapshot).reversed() where offset <= limit {
            let path = FilePath.join(directory, SegmentName.name(offset, .snapshot))
            if let bytes = try disk.contents(of: path, bytesMax: Self.snapshotBytesMax),
                let table = ProducerSnapshot.decode(bytes)
            {
                return ProducerReplay(from: offset, table: table, now: now)
            }
        }
        return ProducerReplay(from: 0, table: ProducerTable(), now: now)
    }

    /// Brings the producer table through a sound segment.
    private mutating func replayProducers(_ segment: LogSegment, next: Int64?) throws(LogError) {
        let end = next ?? checkpoint.recoveryPoint
        expected = max(expected, end)
        guard end > replay.from else { return }
        let start = try segment.offsetIndex.start(for: replay.from).position
        var scanner = BatchScanner(segment.file, from: start, to: segment.sizeBytes)
        while let step = try scanner.next() {
            switch step {
            case .batch(let batch, _):
                _ = replay.apply(batch)
            case .invalid(let position, let reason):
                damage.append(segment.corrupt(reason, at: position))
                guard let valid = try scanner.nextValidPosition(offset: segment.baseOffset) else { return }
                scanner.skip(to: valid)
            }
        }
    }

    /// Scans a segment from its start or from `resume` on, rebuilds its indexes and adds it. Returns true when what follows in later segments has to go, since the crash has taken the tail of this one.
    private mutating func rebuild(
        _ base: Int64, later: ArraySlice<Int64>, resume: ResumePoint?
    ) throws(LogError) -> Bool {
        isAnythingRebuilt = true
        let file = try disk.open(FilePath.join(directory, SegmentName.name(base, .log)), .recovering)
        let isTail = try areEmpty(later)
        // From here on a crash may have taken what was written, and what is behind that goes with it. Only under `os` a segment may have data before the one
        // below it is synced: else what is wrong there is damage.
        let mayReachBeyond = policy == .os && !isClean && !isCheckpointLost
        let unsyncedFrom = isTail || mayReachBeyond ? checkpoint.recoveryPoint : .max
        var scan = SegmentScan(
            directory: directory, baseOffset: base, file: file, indexIntervalBytes: config.indexIntervalBytes,
            holesBelow: checkpoint.holesBelow, expected: expected, limit: later.first ?? .max,
            unsyncedFrom: unsyncedFrom, resume: resume)
        try scan.run(&replay)
        damage += scan.damage
        expected = scan.expected
        var isCut = false
        if let torn = scan.tornAt {
            isCut = scan.expected >= unsyncedFrom && (torn.isUnwritten || isTail)
            if isCut {
                truncatedBytes += scan.sizeBytes - torn.position
                try file.truncate(to: torn.position)
            } else {
                damage.append(torn.error)
            }
        } else if let next = later.first, expected < next, expected >= checkpoint.holesBelow {
            isCut = expected >= unsyncedFrom
            if !isCut {
                damage.append(
                    LogError(
                        .corrupt, "offsets \(expected) to \(next - 1) are missing", directory: directory,
                        segment: SegmentName.name(base, .log), byteOffset: scan.sizeBytes))
            }
        }
        try file.sync()
        let deferred = try put(scan.indexes, of: base)
        try appendRebuilt(base, unindexedBytes: scan.indexes.unindexedBytes, deferred: deferred)
        return isCut
    }

    /// Puts the indexes in place. On a disk on which nothing is free they stay in memory, so that it can be started on, until a flush finds room: they are returned then.
    private mutating func put(
        _ indexes: IndexBuilder, of base: Int64
    ) throws(LogError) -> [SegmentName.Kind: DeferredFile] {
        var indexes = indexes
        do throws(LogError) {
            try ballast.spend { () throws(LogError) in try indexes.write(to: directory, disk) }
            return [:]
        } catch {
            guard error.code == .diskFull else { throw error }
        }
        isAnyDeferred = true
        var deferred: [SegmentName.Kind: DeferredFile] = [:]
        for (kind, bytes) in indexes.files() {
            deferred[kind] = DeferredFile(SegmentName.name(base, kind), in: directory, with: bytes, disk)
        }
        if deferred[.transactionIndex] == nil {
            try disk.remove(FilePath.join(directory, SegmentName.name(base, .transactionIndex)))
        }
        return deferred
    }

    private mutating func appendRebuilt(
        _ base: Int64, unindexedBytes: Int, deferred: [SegmentName.Kind: DeferredFile]
    ) throws(LogError) {
        let names = Set(try disk.openDirectory(directory, create: false))
        var segment = try LogSegment.load(in: directory, baseOffset: base, names: names, deferred: deferred, disk)
        segment.unindexedBytes = unindexedBytes
        segments.append(segment)
    }

    private func areEmpty(_ bases: ArraySlice<Int64>) throws(LogError) -> Bool {
        for base in bases where try sizeBytes(of: base) > 0 { return false }
        return true
    }

    private func sizeBytes(of base: Int64) throws(LogError) -> Int64 {
        try disk.open(FilePath.join(directory, SegmentName.name(base, .log)), .readOnly).size()
    }

    // MARK: Ending

    /// If the log ends below the recovery point, or in damage, new records go to a new segment behind it: what is left of the old one stays untouched.
    private mutating func startAfterLostTail() throws(LogError) {
        guard let last = segments.last else { return }
        let lost = expected < checkpoint.recoveryPoint
        if lost {
            let error = last.corrupt(
                "the log ends at offset \(expected); it had reached \(checkpoint.recoveryPoint)", at: last.sizeBytes)
            if damage.last?.segment != last.name { damage.append(error) }
            expected = checkpoint.recoveryPoint
            segments.append(
                try ballast.spend { () throws(LogError) in
                    try LogSegment.create(in: directory, baseOffset: expected, disk)
                })
            isAnythingRebuilt = true
        }
        checkpoint.holesBelow = min(checkpoint.holesBelow, expected)
        checkpoint.cleanedThrough = min(checkpoint.cleanedThrough, expected)
        if checkpoint.startOffset > expected { checkpoint.startOffset = expected }
    }

    /// What was only in the page cache when the process died is not durable yet, and readers are about to see it. Without room the checkpoint of before stays, and the next start
    /// does the same work again: the log goes on, and its first flush that finds room stores what is due.
    private mutating func makeDurable() throws(LogError) {
        try disk.syncDirectory(directory)
        for offset in SegmentName.offsets(in: try disk.openDirectory(directory, create: false), .snapshot)
        where offset > expected {
            try disk.remove(FilePath.join(directory, SegmentName.name(offset, .snapshot)))
        }
        // Before anything that tells of a producer can be removed.
        let isSnapshotNeeded = !replay.table.entries.isEmpty || snapshotOffset > 0
        let snapshots = isSnapshotNeeded ? [(offset: expected, bytes: ProducerSnapshot.encode(replay.table))] : []
        unstored = snapshots
        guard !isAnyDeferred else { return }
        do throws(LogError) {
            for snapshot in snapshots {
                let name = SegmentName.name(snapshot.offset, .snapshot)
                try ballast.spend { () throws(LogError) in try disk.replace(name, in: directory, with: snapshot.bytes) }
            }
            var due = checkpoint
            due.recoveryPoint = expected
            try due.write(to: directory, disk, spending: ballast)
            checkpoint = due
            if isSnapshotNeeded { snapshotOffset = expected }
            unstored = nil
        } catch {
            guard error.code == .diskFull else { throw error }
        }
    }
}
