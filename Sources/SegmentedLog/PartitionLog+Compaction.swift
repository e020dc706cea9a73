import Records

/// What one compaction pass did.
package struct CompactionResult: Sendable, Equatable {
    /// The bytes of the segments it looked at, before and after.
    package var bytesBefore: Int64 = 0
    package var bytesAfter: Int64 = 0
    /// Records that a later one with the same key, an abort or an expired tombstone took away.
    package var recordsRemoved = 0
}

extension PartitionLog {
    /// Keeps the latest record of each key in the closed segments below the last stable offset; what is later stays untouched, and so does every offset.
    /// Blocks the caller while it reads and writes; appends and reads go on. Only where the cleanup policy compacts, and nothing happens
    /// unless a segment was closed since the last pass or another pass is running.
    ///
    /// Records of aborted transactions go. Those of committed ones become plain records and all markers go, since below the last stable offset
    /// there is nothing left to decide; a consumer offsets topic would otherwise keep a marker for each commit ever made. A null value deletes its key and goes
    /// itself with the first pass that begins `deleteRetentionMilliseconds` after its timestamp, but not with the first that meets it. A record
    /// without a key is never superseded.
    /// - Throws: `.diskFull`: the log is as before. `.corrupt`: a segment is damaged and compaction stops there. `.readOnly`, `.closed`, `.io`.
    @discardableResult
    package func compact() throws(LogError) -> CompactionResult {
        let config = self.config
        guard config.cleanupPolicy.compacts, let job = try beginCompaction(now: clock()) else {
            return CompactionResult()
        }
        defer { state.withLock { $0.housekeeping.isCompacting = false } }
        var compactor = LogCompactor(
            config: config, disk: disk, directory: directory, limits: job.limits, cleanedThrough: job.cleanedThrough,
            holesBelow: job.holesBelow, now: clock())
        let end = try compactor.readKeys(job.segments, aborted: job.aborted)
        // Before any hole appears, and with it every producer snapshot up to the active segment: compacted batches tell nothing about producers.
        try allowHoles(below: end)
        var result = CompactionResult()
        var rest = job.segments.filter { $0.baseOffset < end }[...]
        while !rest.isEmpty {
            // The folder may be going, or be another topic's by now.
            try state.withLock { (state) throws(LogError) in try state.requireOpen() }
            let group = try rewriteGroup(from: &rest, &compactor)
            result.bytesBefore += group.replaced.reduce(0) { $0 + $1.sizeBytes }
            result.bytesAfter += group.segment?.sizeBytes ?? 0
            withExtendedLifetime(group.pinned) { replace(group) }
        }
        state.withLock { state in
            // The next flush stores it; should a crash come first, the next pass reads more keys.
            state.housekeeping.checkpoint.cleanedThrough = end
            state.housekeeping.isCheckpointDue = true
        }
        result.recordsRemoved = compactor.recordsRemoved
        return result
    }

    /// Once a name has changed on the disk the log cannot go on with the old segments: retention would remove what bears their names now. They
    /// can still be read.
    private func rewriteGroup(
        from rest: inout ArraySlice<LogSegment>, _ compactor: inout LogCompactor
    ) throws(LogError) -> LogCompactor.Group {
        do throws(LogError) {
            return try compactor.rewriteGroup(from: &rest)
        } catch {
            guard compactor.isHalfway else { throw error }
            state.withLock { $0.housekeeping.replacedHalfway = compactor.pinned }
            throw fail(error)
        }
    }

    private struct Job {
        var segments: [LogSegment]
        var aborted: [AbortedTransaction]
        /// The base offset of the segment behind, by base offset.
        var limits: [Int64: Int64]
        var cleanedThrough: Int64
        var holesBelow: Int64
    }

    /// Whether a pass now would have enough to do: `dirtyRatioMin` of what is closed, or something that waits for longer than `compactionLagMaxMilliseconds`.
    package func isWorthCompacting(now: Int64) -> Bool {
        state.withLock { state in
            guard state.config.cleanupPolicy.compacts else { return false }
            let cleanable = cleanableSegments(state, now: now).map(\.0)
            guard let first = cleanable.first(where: { $0.baseOffset >= state.housekeeping.checkpoint.cleanedThrough })
            else { return false }
            if let newest = first.newest, newest.timestamp < now - state.config.compactionLagMaxMilliseconds {
                return true
            }
            let bytes = cleanable.reduce(0) { $0 + $1.sizeBytes }
            let dirty = cleanable.reduce(0) { $0 + ($1.baseOffset >= first.baseOffset ? $1.sizeBytes : 0) }
            return Double(dirty) >= state.config.dirtyRatioMin * Double(bytes)
        }
    }

    /// The closed segments that a pass may look at, each with the one behind it: all that is decided, durable and old enough.
    private func cleanableSegments(_ state: PartitionState, now: Int64) -> [(LogSegment, LogSegment)] {
        let stable = min(state.durableOffset, state.lastStableOffset(hidesUnsynced: gate.hidesUnsynced))
        let cleanedThrough = state.housekeeping.checkpoint.cleanedThrough
        let lag = state.config.compactionLagMilliseconds
        return Array(
            zip(state.segments, state.segments.dropFirst()).prefix { segment, next in
                let isOldEnough =
                    lag == 0 || segment.baseOffset < cleanedThrough
                    || segment.newest?.timestamp ?? .min <= now - lag
                return next.baseOffset <= stable && isOldEnough
            })
    }

    private func beginCompaction(now: Int64) throws(LogError) -> Job? {
        try state.withLock { (state) throws(LogError) in
            try state.requireWritable()
            let cleanable = cleanableSegments(state, now: now)
            let cleanedThrough = state.housekeeping.checkpoint.cleanedThrough
            guard !state.housekeeping.isCompacting, let end = cleanable.last?.1.baseOffset, end > cleanedThrough else {
                return nil
            }
            state.housekeeping.isCompacting = true
            return Job(
                segments: cleanable.map(\.0), aborted: state.segments.flatMap(\.transactions.entries),
                limits: Dictionary(uniqueKeysWithValues: cleanable.map { ($0.0.baseOffset, $0.1.baseOffset) }),
                cleanedThrough: cleanedThrough, holesBelow: state.housekeeping.checkpoint.holesBelow)
        }
    }

    private func allowHoles(below end: Int64) throws(LogError) {
        state.withLock { state in
            state.housekeeping.checkpoint.holesBelow = max(state.housekeeping.checkpoint.holesBelow, end)
            state.housekeeping.isCheckpointDue = true
            state.requireSnapshot(from: end)
        }
        guard try gate.flushBlocking(self) else {
            throw LogError(.diskFull, "no room for the checkpoint that compaction needs", directory: directory)
        }
    }

    private func replace(_ group: LogCompactor.Group) {
        let bases = Set(group.replaced.map(\.baseOffset))
        state.withLock { state in
            guard let first = state.segments.firstIndex(where: { bases.contains($0.baseOffset) }) else { return }
            state.segments.removeAll { bases.contains($0.baseOffset) }
            for base in bases { state.verified[base] = nil }
            if let segment = group.segment { state.segments.insert(segment, at: first) }
        }
    }
}
