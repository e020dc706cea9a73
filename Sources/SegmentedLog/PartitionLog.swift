import Records
import Synchronization

/// The offsets between which a log can be read.
package struct LogBounds: Sendable {
    /// `PartitionLog.startOffset`.
    package let start: Int64
    /// `PartitionLog.highWatermark`.
    package let highWatermark: Int64
    /// `PartitionLog.lastStableOffset`.
    package let lastStable: Int64
}

/// The log of one partition: a folder of segments. Every call may come from any thread; appends are ordered by its mutex.
///
/// Reads take the mutex only to learn which segment to read and how far. What an fsync or a write other than for want of room fails on makes the
/// partition read-only until it is opened again.
package final class PartitionLog: Sendable {
    /// The partition this is.
    package let topicPartition: TopicPartition
    /// The partition's own folder, `<data directory>/<topic>-<partition>`.
    package let directory: String
    /// What opening found wrong and did not touch: each names directory, segment and byte offset. Reads that come there throw the same.
    package let damage: [LogError]
    /// How many bytes of torn tail opening cut off.
    package let truncatedBytes: Int64

    let disk: any Disk
    let gate: FlushGate
    let clock: @Sendable () -> Int64
    let state: Mutex<PartitionState>
    /// Taken inside `state`, and never around it: for a moment, to get at what is queued or put it back.
    let queue = Mutex(AppendQueue())

    /// Opens or creates a partition.
    /// - Parameters:
    ///   - directory: the partition's own folder; its parent exists. Where the folder is made, its entry there is not synced.
    ///   - gate: the data directory's; its policy says what durable means.
    ///   - cleanShutdown: true only if the last process closed every log without an error. Then nothing is scanned.
    ///   - clock: now in milliseconds since the epoch.
    /// - Throws: `.io`, `.diskFull`. Corruption is no error here: see `damage`.
    package static func open(
        directory: String, topicPartition: TopicPartition, config: LogConfig, disk: any Disk, gate: FlushGate,
        cleanShutdown: Bool, clock: @escaping @Sendable () -> Int64 = systemMilliseconds
    ) throws(LogError) -> PartitionLog {
        var recovery = LogRecovery(
            directory: directory, config: config, disk: disk, gate: gate, isClean: cleanShutdown, now: clock())
        let recovered = try recovery.run()
        return PartitionLog(topicPartition, directory, config, disk, gate, clock, recovered)
    }

    private init(
        _ topicPartition: TopicPartition, _ directory: String, _ config: LogConfig, _ disk: any Disk, _ gate: FlushGate,
        _ clock: @escaping @Sendable () -> Int64, _ recovered: LogRecovery.Recovered
    ) {
        self.topicPartition = topicPartition
        self.directory = directory
        self.disk = disk
        self.gate = gate
        self.clock = clock
        damage = recovered.damage
        truncatedBytes = recovered.truncatedBytes
        state = Mutex(
            PartitionState(
                config: config, segments: recovered.segments, startOffset: recovered.checkpoint.startOffset,
                endOffset: recovered.endOffset, durableOffset: recovered.endOffset, producers: recovered.producers,
                housekeeping: PartitionState.Housekeeping(
                    checkpoint: recovered.checkpoint, isCheckpointDue: recovered.unstored != nil,
                    storedSnapshotOffset: recovered.snapshotOffset, isDirectoryDirty: recovered.isDirectoryUnsynced,
                    snapshots: recovered.unstored ?? [])))
    }

    /// How it is kept. A change holds for everything from then on, and touches nothing that is there: a segment stays as large as it was closed.
    package var config: LogConfig {
        get { state.withLock { $0.config } }
        set { state.withLock { $0.config = newValue } }
    }
    /// The first offset that can be read.
    package var startOffset: Int64 { state.withLock { $0.startOffset } }
    /// The offset the next record gets.
    package var endOffset: Int64 { state.withLock { $0.endOffset } }
    /// The end of what `.readUncommitted` sees: the durable end under `flush: always`, else `endOffset`.
    package var highWatermark: Int64 {
        state.withLock { $0.highWatermark(hidesUnsynced: gate.hidesUnsynced) }
    }
    /// The end of what `.readCommitted` sees: the first open transaction's offset, else the high watermark.
    package var lastStableOffset: Int64 {
        state.withLock { $0.lastStableOffset(hidesUnsynced: gate.hidesUnsynced) }
    }
    /// Where the log begins and ends for readers, all at the same moment.
    /// - Throws: `.busy` where it does not wait and somebody else has the log just now.
    package func bounds(waits: Bool = true) throws(LogError) -> LogBounds {
        try withState(waits: waits) { state in
            LogBounds(
                start: state.startOffset, highWatermark: state.highWatermark(hidesUnsynced: gate.hidesUnsynced),
                lastStable: state.lastStableOffset(hidesUnsynced: gate.hidesUnsynced))
        }
    }

    /// - Throws: what `body` does; `.busy` where it does not wait and the mutex is taken.
    func withState<Result>(
        waits: Bool, _ body: (inout PartitionState) throws(LogError) -> Result
    ) throws(LogError) -> Result {
        if waits { return try state.withLock { (state) throws(LogError) in try body(&state) } }
        let result = try state.withLockIfAvailable { (state) throws(LogError) in try body(&state) }
        guard let result else { throw LogError(.busy, "the log is in use", directory: directory) }
        return result
    }

    /// The bytes of all `.log` files.
    package var sizeInBytes: Int64 { state.withLock { $0.segments.reduce(0) { $0 + $1.sizeBytes } } }
    /// Whether appends are refused because of a failed write or fsync.
    package var isReadOnly: Bool { state.withLock { $0.failure != nil } }
    /// The transactions without an end marker, ascending by first offset.
    package var openTransactions: [OpenTransaction] { state.withLock { $0.producers.open } }

    /// Adds a callback for whenever the high watermark or the last stable offset moves. It runs outside the mutex, on the appending or the flush
    /// thread: it must be quick and must not close, delete or maintain the log. It stays for the log's life.
    package func onAdvance(_ callback: @escaping @Sendable () -> Void) {
        state.withLock { $0.observers.append(callback) }
    }

    /// Makes the partition read-only for this reason, unless it is so already; returns the error that appends get from now on.
    func fail(_ cause: LogError) -> LogError {
        state.withLock { state in Self.fail(&state, cause, directory) }
    }

    static func fail(_ state: inout PartitionState, _ cause: LogError, _ directory: String) -> LogError {
        if let failure = state.failure { return failure }
        let error = LogError(
            .readOnly,
            "the partition is read-only: what was written from offset \(state.durableOffset) on may be lost; check the disk, then start again",
            directory: directory, segment: cause.segment, systemError: cause.systemError, cause: cause)
        state.failure = error
        return error
    }
}
