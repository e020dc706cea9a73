extension PartitionLog {
    /// What one flush brings to disk.
    private struct FlushPlan {
        var segments: [LogSegment]
        var active: LogSegment
        var endOffset: Int64
        var isDirectoryDirty: Bool
        var snapshots: [(offset: Int64, bytes: [UInt8])]
        var checkpoint: PartitionCheckpoint?
    }

    /// Makes everything appended so far durable, under any policy.
    /// - Throws: `.readOnly` when an fsync failed, now or earlier; `.closed`.
    package func flush() async throws(LogError) {
        try await gate.flush([self])
    }

    /// Whether what is below the end is on disk, as far as `offset` (inclusive).
    func isDurable(through offset: Int64) -> Bool {
        state.withLock { $0.durableOffset >= $0.endOffset || $0.durableOffset > offset }
    }

    /// Syncs what is dirty, then moves the durable end. Only the flush gate calls this: see there why flushes of a log must not overlap.
    /// - Parameter ballast: given up for the snapshots and the checkpoint where there is no room. Not for those that can wait for some.
    /// - Returns: whether every snapshot and the checkpoint that were due before the call are stored; false where there was no room for them. What
    ///   falls due meanwhile, as with a roll, is another flush's.
    func flushNow(spending ballast: Ballast = .none) throws(LogError) -> Bool {
        let plan = try state.withLock { (state) throws(LogError) in try Self.takeFlushPlan(&state) }
        do throws(LogError) {
            for segment in plan.segments { try segment.file.sync() }
            if plan.isDirectoryDirty { try disk.syncDirectory(directory) }
        } catch {
            throw fail(error)
        }
        let observers = try state.withLock { (state) throws(LogError) in try finishFlush(&state, plan) }
        for observer in observers { observer() }
        return try writeHousekeeping(plan, spending: ballast)
    }

    private static func takeFlushPlan(_ state: inout PartitionState) throws(LogError) -> FlushPlan {
        if let failure = state.failure { throw failure }
        guard state.phase != .closed else { throw LogError(.closed, "the partition is closed") }
        state.housekeeping.isFlushAwaited = false
        let plan = FlushPlan(
            segments: state.segments.filter { $0.isDirty }, active: state.active, endOffset: state.endOffset,
            isDirectoryDirty: state.housekeeping.isDirectoryDirty, snapshots: state.housekeeping.snapshots,
            checkpoint: state.housekeeping.isCheckpointDue ? state.housekeeping.checkpoint : nil)
        state.housekeeping.isDirectoryDirty = false
        state.housekeeping.isCheckpointDue = false
        state.housekeeping.snapshots = []
        return plan
    }

    private func finishFlush(
        _ state: inout PartitionState, _ plan: FlushPlan
    ) throws(LogError) -> [@Sendable () -> Void] {
        // A roll that ran meanwhile may have met, and thereby consumed, the error of a page this flush believes written.
        if let failure = state.failure { throw failure }
        for synced in plan.segments {
            guard let index = state.segments.firstIndex(where: { $0.baseOffset == synced.baseOffset }) else { continue }
            state.segments[index].syncedBytes = max(state.segments[index].syncedBytes, synced.sizeBytes)
        }
        let advanced = plan.endOffset > state.durableOffset
        state.durableOffset = max(state.durableOffset, plan.endOffset)
        let durable = state.durableOffset
        state.ended.removeAll { $0.markerOffset < durable }
        return advanced && gate.hidesUnsynced ? state.observers : []
    }

    /// Snapshots, then the checkpoint whose recovery point relies on them. Without room they stay due, and the log goes on.
    private func writeHousekeeping(_ plan: FlushPlan, spending ballast: Ballast) throws(LogError) -> Bool {
        do throws(LogError) {
            for snapshot in plan.snapshots {
                let name = SegmentName.name(snapshot.offset, .snapshot)
                try ballast.spend { () throws(LogError) in try disk.replace(name, in: directory, with: snapshot.bytes) }
            }
            if let snapshot = plan.snapshots.last {
                state.withLock { $0.housekeeping.storedSnapshotOffset = snapshot.offset }
            }
            guard var checkpoint = plan.checkpoint else { return true }
            // The checkpoint's promise covers the indexes too, those of the active segment as well, whose log may have been synced before.
            let isActiveAmongThem = plan.segments.last?.baseOffset == plan.active.baseOffset
            for segment in plan.segments + (isActiveAmongThem ? [] : [plan.active]) {
                try ballast.spend { () throws(LogError) in try segment.sync() }
            }
            checkpoint.recoveryPoint = plan.endOffset
            try checkpoint.write(to: directory, disk, spending: ballast)
            state.withLock { state in
                state.housekeeping.checkpoint.recoveryPoint = plan.endOffset
                state.startOffset = max(state.startOffset, checkpoint.startOffset)
                for index in state.segments.indices where state.segments[index].baseOffset < plan.endOffset {
                    if plan.segments.contains(where: {
                        $0.isSealUnsynced && $0.baseOffset == state.segments[index].baseOffset
                    }) {
                        state.segments[index].isSealUnsynced = false
                    }
                }
            }
            return true
        } catch {
            guard error.code == .diskFull else { throw fail(error) }
            state.withLock { state in
                state.housekeeping.snapshots = plan.snapshots + state.housekeeping.snapshots
                state.housekeeping.isCheckpointDue = state.housekeeping.isCheckpointDue || plan.checkpoint != nil
            }
            return false
        }
    }
}
