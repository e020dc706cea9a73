import Dispatch
import Records

extension PartitionLog {
    /// Appends a batch as `append` does, without holding up the caller, and calls `done` once with what that would return or throw: before this returns where the log is free and no
    /// more is to be done than to write into the page cache; else on the thread of another caller, or on one that waits for the log, which it must not hold up.
    ///
    /// Batches come into the log in the order of these calls; an `append` may come between them.
    package func append(
        _ batch: RecordBatch, whenFree done: @escaping @Sendable (Result<AppendResult, LogError>) -> Void
    ) {
        let serves = queue.withLock { $0.enter(AppendQueue.Entry(batch: batch, done: done)) }
        if serves { serveQueue(waits: false) }
    }

    /// Writes what is queued, and what comes meanwhile. Without waiting this ends where somebody else has the log, more is to be done than to write, or it goes on for long; then another
    /// thread does the rest.
    private func serveQueue(waits: Bool) {
        let start = ContinuousClock.now
        var bytes = 0
        repeat {
            if waits { gate.ballast.refill() }
            let served = try? withState(waits: waits) { state in
                let end = state.endOffset
                let written = writeQueued(&state, waits: waits, since: waits ? .now : start)
                return (written, takeConsequences(&state, since: end))
            }
            guard let (written, consequences) = served else { break }
            carryOut(consequences)
            for (done, result) in written.results { done(result) }
            if queue.withLock({ $0.leave() }) { return }
            if written.isHeldUp { break }
            bytes += written.bytes
        } while waits || (bytes < Self.bytesAtOnceMax && start.duration(to: .now) < Self.timeAtOnceMax)
        // A queue of its own is given a thread whatever others wait for; a shared one has as many as there are cores.
        DispatchQueue(label: "sluice.append-queue").async { self.serveQueue(waits: true) }
    }

    /// The most that one turn writes: about as much as one caller brings at most. Then a thread that waits for the log lets go of it for a moment, and a caller leaves the rest to such a thread.
    private static let bytesAtOnceMax = 2 << 20
    /// A batch counts as at least so many bytes, for all that is to be done besides writing.
    private static let bytesPerBatchMin = 16 << 10
    /// The longest turn: it ends sooner than by its bytes where the kernel holds up who writes.
    private static let timeAtOnceMax = Duration.milliseconds(2)

    /// What became of queued batches.
    private struct Written {
        var results: [(done: AppendQueue.Done, result: Result<AppendResult, LogError>)] = []
        var bytes = 0
        /// The next could not be written without waiting.
        var isHeldUp = false
    }

    /// Writes what is queued, at least one and up to the limits above.
    private func writeQueued(
        _ state: inout PartitionState, waits: Bool, since start: ContinuousClock.Instant
    ) -> Written {
        var written = Written()
        let entries = queue.withLock { $0.take() }
        var place = 0
        while place < entries.count, written.bytes < Self.bytesAtOnceMax {
            let entry = entries[place]
            let result = Result { () throws(LogError) in try append(entry.batch, to: &state, waits: waits) }
            if case .failure(let error) = result, error.code == .busy {
                written.isHeldUp = true
                break
            }
            written.bytes += max(entry.batch.sizeInBytes, Self.bytesPerBatchMin)
            written.results.append((entry.done, result))
            place += 1
            if start.duration(to: .now) > Self.timeAtOnceMax { break }
        }
        if place < entries.count { queue.withLock { $0.putBack(entries[place...]) } }
        return written
    }
}
