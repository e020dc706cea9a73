extension PartitionLog {
    /// Moves the log start offset up to `offset` (at most the high watermark) and removes the segments that lie wholly below.
    /// Returns once the new start is on disk; at or below the present start nothing happens.
    /// - Throws: `.offsetOutOfRange` above the high watermark; `.diskFull`: nothing has moved, and it is done with the next checkpoint that finds room.
    ///   `.readOnly`, `.closed`, `.io`.
    package func deleteRecords(before offset: Int64) throws(LogError) {
        let isToBeStored = try state.withLock { (state) throws(LogError) in
            try state.requireWritable()
            let watermark = state.highWatermark(hidesUnsynced: gate.hidesUnsynced)
            guard offset <= watermark else {
                throw LogError(
                    .offsetOutOfRange,
                    "records before \(offset) cannot be deleted: \(topicPartition) ends at \(watermark)",
                    directory: directory)
            }
            guard offset > state.startOffset else { return false }
            Self.wantStart(&state, at: offset)
            return true
        }
        if isToBeStored { try removeSegmentsBelowStart() }
    }

    /// Removes segments that are older or more than the topic keeps, and forgets producers not heard of for long. For a topic that is only compacted
    /// just the latter. The active segment goes once all of it is old, or when nothing is to be kept. Cheap when there is nothing to do; `now` is in milliseconds since the epoch.
    package func applyRetention(now: Int64) throws(LogError) {
        let isAnyToRemove = try gate.ballast.spend { () throws(LogError) in try findWhatIsOld(now: now) }
        if isAnyToRemove { try removeSegmentsBelowStart() }
    }

    /// Moves the wanted start to where retention lets the log begin. Returns whether segments lie below.
    private func findWhatIsOld(now: Int64) throws(LogError) -> Bool {
        try state.withLock { (state) throws(LogError) in
            try state.requireWritable()
            state.producers.expire(before: now - state.config.producerExpirationMilliseconds)
            guard state.config.cleanupPolicy.deletes else { return false }
            let start = retainedStart(state, now: now)
            if start == state.endOffset, state.active.sizeBytes > 0 {
                try guarded(&state) { (state) throws(LogError) in
                    try syncCut(&state)
                    try roll(&state)
                }
            }
            if start > state.housekeeping.checkpoint.startOffset { Self.wantStart(&state, at: start) }
            // A start within the first segment gives nothing to remove.
            return state.segments.count > 1 && state.segments[1].baseOffset <= start
        }
    }

    /// The base offset of the first segment to keep; the end offset for none.
    private func retainedStart(_ state: PartitionState, now: Int64) -> Int64 {
        let config = state.config
        var excess = config.retentionBytes.map { limit in state.segments.reduce(-limit) { $0 + $1.sizeBytes } } ?? 0
        let wanted = state.housekeeping.checkpoint.startOffset
        var start = wanted
        let watermark = state.highWatermark(hidesUnsynced: gate.hidesUnsynced)
        for (index, segment) in state.segments.enumerated() where segment.sizeBytes > 0 {
            let isActive = index == state.segments.count - 1
            let end = isActive ? state.endOffset : state.segments[index + 1].baseOffset
            // What a transaction has begun in the active segment is still to be decided.
            guard end <= watermark, !isActive || state.producers.open.isEmpty else { break }
            let isSurplus = config.retentionBytes != nil && excess >= segment.sizeBytes
            // Records without a time are as old as can be, but not before their segment is closed.
            let newest = segment.newest?.timestamp ?? -1
            let isOld = config.retentionMilliseconds.map { newest < now - $0 && (newest >= 0 || !isActive) } ?? false
            guard isSurplus || isOld || (!isActive && end <= wanted) else { break }
            excess -= segment.sizeBytes
            start = max(start, end)
        }
        return start
    }

    private static func wantStart(_ state: inout PartitionState, at offset: Int64) {
        state.housekeeping.checkpoint.startOffset = max(state.housekeeping.checkpoint.startOffset, offset)
        state.housekeeping.isCheckpointDue = true
    }

    /// The checkpoint first: a start offset that moved never moves back, whatever is left of the files.
    private func removeSegmentsBelowStart() throws(LogError) {
        let end = state.withLock { state in
            let start = state.housekeeping.checkpoint.startOffset
            // None where compaction has emptied the first segments, and then nothing is removed.
            let kept = state.segments.last { $0.baseOffset <= start } ?? state.segments[0]
            if kept.baseOffset > state.segments[0].baseOffset { state.requireSnapshot(from: kept.baseOffset) }
            return kept.baseOffset
        }
        guard try gate.flushBlocking(self) else {
            throw LogError(.diskFull, "no room to store the log start offset", directory: directory)
        }
        let removed = state.withLock { state -> [LogSegment] in
            // While compaction replaces segments they stay; the next retention removes them.
            guard !state.housekeeping.isCompacting else { return [] }
            let count = zip(state.segments, state.segments.dropFirst())
                .prefix { $0.1.baseOffset <= end }.count
            let removed = Array(state.segments.prefix(count))
            state.segments.removeFirst(count)
            for segment in removed { state.verified[segment.baseOffset] = nil }
            return removed
        }
        for segment in removed { try LogSegment.removeFiles(of: segment.baseOffset, in: directory, disk) }
        if !removed.isEmpty { try disk.syncDirectory(directory) }
    }
}
