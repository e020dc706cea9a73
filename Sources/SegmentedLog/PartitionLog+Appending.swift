import Records

/// Where a batch is in the log.
package struct AppendResult: Sendable, Equatable {
    /// The offset of its first record.
    package var baseOffset: Int64
    /// The offset of its last record.
    package var lastOffset: Int64
    /// The producer had sent it before: nothing was written, and these are the offsets of then.
    package var isDuplicate: Bool
    /// The time the log gave its records, in milliseconds since the epoch; nil where they keep their own.
    package var logAppendTimestamp: Int64?
    /// Where the log began then.
    package var logStartOffset: Int64
}

extension PartitionLog {
    /// Appends a batch at the end: offsets and leader epoch are set, the rest stays byte for byte. Returns before the data is durable
    /// (`FlushGate.waitUntilDurable`).
    ///
    /// A batch with a producer id is checked against that producer's epoch and sequence. The checksum was verified when the batch was made.
    /// - Parameter mark: of a transactional batch, what `transactionMark` said before somebody found its transaction to be open.
    /// - Throws: `.batchTooLarge`, `.segmentTooSmall`, `.invalidBatch`, `.outOfOrderSequence`, `.producerFenced`, `.invalidTransactionState`: nothing changed.
    ///   `.diskFull`: nothing changed; try again when there is room. `.readOnly`, `.closed`.
    package func append(
        _ batch: RecordBatch, leaderEpoch: Int32 = 0, since mark: TransactionMark? = nil
    ) throws(LogError) -> AppendResult {
        gate.ballast.refill()
        let (result, consequences) = try state.withLock { (state) throws(LogError) in
            let end = state.endOffset
            let result = try append(batch, leaderEpoch: leaderEpoch, since: mark, to: &state, waits: true)
            return (result, takeConsequences(&state, since: end))
        }
        carryOut(consequences)
        return result
    }

    /// - Throws: as `append`; `.busy`, nothing changed, where it does not wait and more would have to be done than to write into the page cache.
    func append(
        _ batch: RecordBatch, leaderEpoch: Int32 = 0, since mark: TransactionMark? = nil,
        to state: inout PartitionState, waits: Bool
    ) throws(LogError) -> AppendResult {
        guard !batch.header.isControl, batch.recordCount == Int(batch.header.lastOffsetDelta) + 1 else {
            throw LogError(
                .invalidBatch, "a control batch, an empty batch or one with missing offsets cannot be appended")
        }
        try state.requireWritable()
        try requireFits(batch, state.config)
        let now = clock()
        if let mark { try state.producers.check(mark) }
        if case .duplicate(let base, let last) = try state.producers.check(batch.header) {
            return AppendResult(
                baseOffset: base, lastOffset: last, isDuplicate: true, logStartOffset: state.startOffset)
        }
        if !waits { try requireNothingElse(state, before: batch, now: now) }
        guard !gate.ballast.isShort else {
            throw LogError(
                .diskFull, "no room: what there is on the disk is for deleting and compacting", directory: directory)
        }
        let isStamped = state.config.timestampType == .logAppend
        let stamped = isStamped ? batch.stamped(logAppendTime: now) : batch
        let placed = stamped.placed(at: state.endOffset, leaderEpoch: leaderEpoch)
        do throws(LogError) {
            try write(placed, to: &state, now: now)
        } catch {
            // Who may wait syncs what was cut off, and tries again.
            throw error.code == .diskFull && !waits ? busy("the disk is full") : error
        }
        state.producers.record(placed.header, now: now)
        return AppendResult(
            baseOffset: placed.baseOffset, lastOffset: placed.lastOffset, isDuplicate: false,
            logAppendTimestamp: isStamped ? now : nil, logStartOffset: state.startOffset)
    }

    private func requireNothingElse(
        _ state: PartitionState, before batch: RecordBatch, now: Int64
    ) throws(LogError) {
        if shouldRoll(state, before: batch, now: now) { throw busy("a segment is to be closed") }
        if !state.active.isOpenForAppending { throw busy("a file is closed") }
        if state.housekeeping.isCutUnsynced { throw busy("a cut is to be synced") }
        if gate.ballast.isShort { throw busy("the ballast is to be made whole") }
    }

    private func busy(_ reason: String) -> LogError { LogError(.busy, reason, directory: directory) }

    private func requireFits(_ batch: RecordBatch, _ config: LogConfig) throws(LogError) {
        guard batch.sizeInBytes <= config.segmentBytes else {
            throw LogError(
                .segmentTooSmall,
                "a batch of \(batch.sizeInBytes) bytes; \(topicPartition) has segments of \(config.segmentBytes)")
        }
        let limit = min(config.maxBatchBytes, LogConfig.batchBytesLimit)
        guard batch.sizeInBytes <= limit else {
            throw LogError(.batchTooLarge, "a batch of \(batch.sizeInBytes) bytes; \(topicPartition) takes \(limit)")
        }
    }

    /// Ends a producer's transaction in this partition with a commit or abort marker, which takes an offset of its own. Returns that offset, before
    /// it is durable. Without an open transaction the marker is written all the same, as Kafka does.
    /// - Throws: as `append`.
    package func appendMarker(commit: Bool, producerId: Int64, producerEpoch: Int16) throws(LogError) -> Int64 {
        let now = clock()
        let (offset, consequences) = try state.withLock { (state) throws(LogError) in
            try state.requireWritable()
            let transaction = try state.producers.checkMarker(producerId: producerId, producerEpoch: producerEpoch)
            let marker = RecordBatch.controlMarker(
                commit: commit, producerId: producerId, producerEpoch: producerEpoch, coordinatorEpoch: 0,
                timestamp: now)
            let offset = state.endOffset
            let aborted = transaction.flatMap { open in
                commit
                    ? nil
                    : AbortedTransaction(
                        producerId: producerId, firstOffset: open.firstOffset, lastOffset: offset,
                        lastStableOffset: state.producers.lastStableOffset(after: open, markerOffset: offset))
            }
            try write(marker.placed(at: offset, leaderEpoch: 0), to: &state, now: now, aborting: aborted)
            state.producers.recordMarker(
                producerId: producerId, producerEpoch: producerEpoch, offset: offset, now: now)
            if let transaction, gate.hidesUnsynced {
                state.ended.append(.init(firstOffset: transaction.firstOffset, markerOffset: offset))
            }
            return (offset, takeConsequences(&state, since: offset))
        }
        carryOut(consequences)
        return offset
    }

    /// Closes the active segment and begins a new one. Without data in the active segment nothing happens.
    package func roll() throws(LogError) {
        let consequences = try state.withLock { (state) throws(LogError) in
            try state.requireWritable()
            if state.active.sizeBytes > 0 {
                try guarded(&state) { (state) throws(LogError) in
                    try syncCut(&state)
                    try roll(&state)
                }
            }
            return takeConsequences(&state, since: state.endOffset)
        }
        carryOut(consequences)
    }

    /// What an append brings about outside the mutex.
    struct Consequences {
        var observers: [@Sendable () -> Void] = []
        var flush: PartitionState.FlushRequest?
    }

    /// - Parameter end: where the log ended before: who waits for records is told only of new ones.
    func takeConsequences(_ state: inout PartitionState, since end: Int64) -> Consequences {
        defer { state.housekeeping.flushRequest = nil }
        let isTold = state.endOffset > end && !gate.hidesUnsynced
        return Consequences(observers: isTold ? state.observers : [], flush: state.housekeeping.flushRequest)
    }

    func carryOut(_ consequences: Consequences) {
        if let flush = consequences.flush { gate.flushInBackground(self, now: flush == .now) }
        for observer in consequences.observers { observer() }
    }

    /// Writes a placed batch to the active segment, rolling first if need be.
    private func write(
        _ batch: RecordBatch, to state: inout PartitionState, now: Int64, aborting aborted: AbortedTransaction? = nil
    ) throws(LogError) {
        try guarded(&state) { (state) throws(LogError) in
            try syncCut(&state)
            if shouldRoll(state, before: batch, now: now) { try roll(&state) }
            if state.active.sizeBytes == 0 { state.housekeeping.checkpoint.activeSince = now }
            // The file of aborted transactions is made with the first one: its name must be on the disk before a checkpoint counts on it.
            if aborted != nil, state.active.transactions.file == nil { state.housekeeping.isDirectoryDirty = true }
            try write(batch, to: &state, aborting: aborted)
            state.endOffset = batch.nextOffset
        }
        if case .interval = gate.policy, !state.housekeeping.isFlushAwaited {
            state.housekeeping.isFlushAwaited = true
            state.housekeeping.flushRequest = state.housekeeping.flushRequest ?? .inAWhile
        }
    }

    /// All or nothing: what a failed write left behind the end is cut off again.
    private func write(
        _ batch: RecordBatch, to state: inout PartitionState, aborting aborted: AbortedTransaction?
    ) throws(LogError) {
        let before = state.active
        do throws(LogError) {
            if let aborted {
                // Before its marker: an entry without a marker is taken back, a marker without an entry would show aborted records.
                let file: any DiskFile
                if let existing = state.active.transactions.file {
                    file = existing
                } else {
                    file = try disk.open(state.active.path(.transactionIndex), .readWrite)
                }
                try state.active.transactions.append(aborted, to: file)
            }
            try state.active.append(batch, state.config)
        } catch {
            state.active = before
            guard error.code == .diskFull else { throw error }
            if try before.file.size() > before.sizeBytes {
                try before.file.truncate(to: before.sizeBytes)
                state.housekeeping.isCutUnsynced = true
            }
            throw error
        }
    }

    /// Before other batches come to a place where something was cut off: recovery knows a sector that a power cut has kept from being written by its zeros.
    func syncCut(_ state: inout PartitionState) throws(LogError) {
        guard state.housekeeping.isCutUnsynced else { return }
        try state.active.file.sync()
        state.housekeeping.isCutUnsynced = false
    }

    /// Runs a write; any failure but a full disk makes the partition read-only.
    func guarded(
        _ state: inout PartitionState, _ body: (inout PartitionState) throws(LogError) -> Void
    ) throws(LogError) {
        do throws(LogError) {
            try body(&state)
        } catch {
            state.housekeeping.isUntrimmed = true
            guard error.code != .diskFull else { throw error }
            throw Self.fail(&state, error, directory)
        }
    }

    private func shouldRoll(_ state: PartitionState, before batch: RecordBatch, now: Int64) -> Bool {
        let (size, baseOffset) = (state.active.sizeBytes, state.active.baseOffset)
        guard size > 0 else { return false }
        return size + Int64(batch.sizeInBytes) > min(Int64(state.config.segmentBytes), Int64(Int32.max))
            || now - state.housekeeping.checkpoint.activeSince >= state.config.segmentAgeMax
            || state.endOffset + Int64(batch.header.lastOffsetDelta) - baseOffset > Int64(Int32.max)
    }

    /// Under `os`, how many segments are closed before a sync is asked for at once: what a start after a crash has to read again stays bounded.
    private static let closedSegmentsUnsyncedMax = 4

    /// Seals the active segment and starts the next one at the end offset.
    func roll(_ state: inout PartitionState) throws(LogError) {
        var sealed = state.active
        try sealed.seal()
        // The sealed segment goes to disk before anything is written behind it, so that a torn tail is always in the last segment. `os` promises
        // no such thing and does not stop appends for up to a whole segment of dirty pages.
        if gate.policy != .os { try sealed.file.sync() }
        let next = try LogSegment.create(in: directory, baseOffset: state.endOffset, disk)
        state.active = sealed
        state.segments.append(next)
        state.housekeeping.snapshots.append((state.endOffset, ProducerSnapshot.encode(state.producers)))
        state.housekeeping.isDirectoryDirty = true
        state.housekeeping.isCheckpointDue = true
        // Under `os` the kernel has time to write what was closed, before a sync would: 9 to 14 % of the broker's time in `sluice-bench --only ingest`.
        let isPatient = gate.policy == .os && state.housekeeping.snapshots.count < Self.closedSegmentsUnsyncedMax
        state.housekeeping.flushRequest = isPatient ? .inAWhile : .now
    }
}
