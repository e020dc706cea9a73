import Glibc
import Synchronization

extension PartitionLog {
    /// Flushes, writes the producer snapshot and the checkpoint, and refuses everything from now on. Only after every log closed without an error may
    /// the next `open` be told of a clean shutdown. A second close does nothing.
    /// - Throws: `.readOnly` when the log could not be flushed now or earlier; it is closed all the same, and the next `open` must recover.
    package func close() throws(LogError) { try gate.exclusively { () throws(LogError) in try closeNow() } }

    /// Closes many logs of one data directory, several at a time: each takes some syncs, one after another.
    /// - Returns: what `close` would throw of each, in their order.
    package static func close(_ logs: [PartitionLog], gate: FlushGate) -> [LogError?] {
        let failures = Mutex<[ObjectIdentifier: LogError]>([:])
        gate.exclusively(logs) { log in
            do throws(LogError) {
                try log.closeNow()
            } catch {
                failures.withLock { $0[ObjectIdentifier(log)] = error }
            }
        }
        let found = failures.withLock { $0 }
        return logs.map { found[ObjectIdentifier($0)] }
    }

    /// `close`, while no other flush of this log runs.
    private func closeNow() throws(LogError) {
        let isFirst = state.withLock { state in
            guard state.phase == .open else { return false }
            state.phase = .closing
            return true
        }
        guard isFirst else { return }
        defer { state.withLock { $0.phase = .closed } }
        // Thousands of partitions that nobody has written to since they were opened are closed without a single sync.
        if state.withLock({ $0.failure == nil && $0.isStored }) { return }
        let isSealed = try seal()
        if state.withLock({ $0.isUntouched }) { return }
        guard try flushNow(spending: gate.ballast), isSealed else {
            throw LogError(
                .diskFull, "no room for the checkpoint; the next start has to scan the log", directory: directory)
        }
        try removeStaleSnapshots()
    }

    /// Brings the active segment to its end and lets all be stored that a clean start needs. Returns false where there is no room for that.
    private func seal() throws(LogError) -> Bool {
        do throws(LogError) {
            try gate.ballast.spend { () throws(LogError) in
                try state.withLock { (state) throws(LogError) in
                    if let failure = state.failure { throw failure }
                    guard !state.isUntouched else { return }
                    try state.active.seal()
                    state.housekeeping.snapshots.append((state.endOffset, ProducerSnapshot.encode(state.producers)))
                    state.housekeeping.isCheckpointDue = true
                }
            }
            return true
        } catch {
            guard error.code == .diskFull else { throw error }
            return false
        }
    }

    /// Removes the partition's folder; its entry in the folder above is not synced by that. Readers that are in the middle of a read finish it.
    package func delete() throws(LogError) {
        state.withLock { $0.phase = .closed }
        // A compaction that has begun ends with the segments it is rewriting: it must not write to a folder that is going, or that a new topic has.
        while state.withLock({ $0.housekeeping.isCompacting }) { usleep(Self.compactionPollMicroseconds) }
        defer { gate.forget(self) }
        // Between flushes: one of this log might be writing its checkpoint.
        try gate.exclusively { () throws(LogError) in try Self.removeFolder(directory, disk) }
    }

    /// Removes the folder of a partition that is not open.
    /// - Throws: `.notFound`, `.io`.
    package static func removeFolder(_ directory: String, _ disk: any Disk) throws(LogError) {
        for name in try disk.openDirectory(directory, create: false) {
            try disk.remove(FilePath.join(directory, name))
        }
        try disk.remove(directory)
    }

    private static let compactionPollMicroseconds: UInt32 = 5_000

    /// Removes the snapshots of former ends: those at a segment's base and the newest one stay.
    private func removeStaleSnapshots() throws(LogError) {
        let kept = state.withLock { state in Set(state.segments.map(\.baseOffset) + [state.endOffset]) }
        for offset in SegmentName.offsets(in: try disk.openDirectory(directory, create: false), .snapshot)
        where !kept.contains(offset) {
            try disk.remove(FilePath.join(directory, SegmentName.name(offset, .snapshot)))
        }
    }
}
