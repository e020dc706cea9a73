/// What a partition's mutex guards.
struct PartitionState: Sendable {
    /// Where the log is in its life.
    enum Phase: Sendable {
        case open
        /// `close` has begun: no appends, the last flush is to come.
        case closing
        case closed
    }

    /// A committed or aborted transaction whose marker may not be durable: it holds the last stable offset back until it is.
    struct EndedTransaction: Sendable {
        var firstOffset: Int64
        var markerOffset: Int64
    }

    /// How the partition is kept; may change while it is open.
    var config: LogConfig
    /// Ascending, never empty; the last one is active.
    var segments: [LogSegment]
    /// Where readers begin: moved once the checkpoint that says so is on the disk, so that no start shows it further down again.
    var startOffset: Int64
    var endOffset: Int64
    /// All below has been synced.
    var durableOffset: Int64
    var producers: ProducerTable
    var ended: [EndedTransaction] = []
    /// What this process has found sound of segments that it did not write: one stretch in each, by base offset.
    var verified: [Int64: Range<Int64>] = [:]
    var housekeeping: Housekeeping
    var phase = Phase.open
    /// Why there are no appends any more.
    var failure: LogError?
    var observers: [@Sendable () -> Void] = []

    /// A flush nobody waits for.
    enum FlushRequest: Sendable {
        case inAWhile
        case now
    }

    /// What is to be brought to disk beside the batches.
    struct Housekeeping: Sendable {
        /// What the next checkpoint says; its recovery point is set when it is written. Its start offset is where the log is to begin: see `startOffset`.
        var checkpoint: PartitionCheckpoint
        var isCheckpointDue = false
        /// The offset of the newest producer snapshot on disk; 0 for none, as nobody has written then.
        var storedSnapshotOffset: Int64
        /// A failed write may have left something behind the end of an index.
        var isUntrimmed = false
        /// Something was cut off the active segment, and the device may still have it.
        var isCutUnsynced = false
        /// A segment was created and its directory entries may not be synced.
        var isDirectoryDirty = false
        /// Producer tables to be written as snapshots, by offset.
        var snapshots: [(offset: Int64, bytes: [UInt8])] = []
        /// A flush that is to be asked for once the mutex is released.
        var flushRequest: FlushRequest?
        /// Under `interval`: one has been asked for and has not begun.
        var isFlushAwaited = false
        /// Compaction reads and replaces closed segments: none may be removed meanwhile.
        var isCompacting = false
        /// Keeps segments open whose names compaction has taken without getting as far as the segment in their place.
        var replacedHalfway: [PinnedDescriptor] = []
    }

    var active: LogSegment {
        // In place: a copy counts a reference to each of its files.
        _read { yield segments[segments.count - 1] }
        _modify { yield &segments[segments.count - 1] }
    }

    /// Whether nothing has ever been written, so that there is nothing to keep.
    var isUntouched: Bool {
        endOffset == 0 && segments.count == 1 && active.sizeBytes == 0 && producers.entries.isEmpty
            && !housekeeping.isCheckpointDue
    }

    /// Whether all that a close would write is on disk.
    var isStored: Bool {
        endOffset == durableOffset && endOffset == housekeeping.checkpoint.recoveryPoint
            && endOffset == housekeeping.storedSnapshotOffset && !housekeeping.isCheckpointDue
            && !housekeeping.isUntrimmed
            && housekeeping.snapshots.isEmpty && active.timeIndex.last?.timestamp == active.newest?.timestamp
            && !segments.contains { $0.isDirty }
    }

    /// What lies below `offset` is about to go: the next flush stores a producer snapshot from there or later, if none is. A crash may have come before the one
    /// that was taken when a segment was closed.
    mutating func requireSnapshot(from offset: Int64) {
        guard housekeeping.storedSnapshotOffset < offset,
            !housekeeping.snapshots.contains(where: { $0.offset >= offset }),
            housekeeping.storedSnapshotOffset > 0 || !producers.entries.isEmpty
        else { return }
        housekeeping.snapshots.append((endOffset, ProducerSnapshot.encode(producers)))
        housekeeping.isCheckpointDue = true
    }

    /// The end of what readers of uncommitted data see.
    func highWatermark(hidesUnsynced: Bool) -> Int64 { hidesUnsynced ? durableOffset : endOffset }

    /// The end of what readers of committed data see.
    func lastStableOffset(hidesUnsynced: Bool) -> Int64 {
        let watermark = highWatermark(hidesUnsynced: hidesUnsynced)
        var stable = min(watermark, producers.open.first?.firstOffset ?? watermark)
        for transaction in ended where transaction.markerOffset >= watermark {
            stable = min(stable, transaction.firstOffset)
        }
        return max(stable, min(startOffset, watermark))
    }

    /// The index of the segment that holds `offset`, or would.
    func segmentIndex(of offset: Int64) -> Int {
        var low = 0
        var high = segments.count
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if segments[middle].baseOffset <= offset { low = middle } else { high = middle }
        }
        return low
    }

    /// Throws unless appends are possible.
    func requireWritable() throws(LogError) {
        guard phase == .open else { throw LogError(.closed, "the partition is closed", directory: active.directory) }
        if let failure { throw failure }
    }

    /// Throws unless reads are possible.
    func requireOpen() throws(LogError) {
        guard phase == .open else { throw LogError(.closed, "the partition is closed", directory: active.directory) }
    }
}
