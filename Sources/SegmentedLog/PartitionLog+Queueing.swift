import Dispatch
import Records

extension PartitionLog {
    /// Appends a batch as `append` does, without holding up the caller, and calls `done` once with what that would return or throw: before this returns where the log is free and no
    /// more is to be done than to write into the page cache; else on the thread of the next who has the log, which it must not hold up.
    ///
    /// Batches come into the log in the order of these calls, and before that of an `append` that is called later.
    package func append(
        _ batch: RecordBatch, whenFree done: @escaping @Sendable (Result<AppendResult, LogError>) -> Void
    ) {
        let serves = queue.withLock { $0.enter(AppendQueue.Entry(batch: batch, done: done)) }
        if serves { serveQueue(waits: false) }
    }

    /// Writes what is queued, and what comes meanwhile. Without waiting this ends where somebody else has the log, more is to be done than to write, or it goes on for long; then another
    /// thread does the rest.
    private func serveQueue(waits: Bool) {
        var bytesLeft = Self.bytesAtOnceMax
        repeat {
            let served = try? withState(waits: waits) { state in
                let written = writeQueued(&state, waits: waits, bytesLeft: bytesLeft)
                return (written, takeConsequences(&state))
            }
            guard let (written, consequences) = served else { break }
            carryOut(consequences)
            written.tell()
            bytesLeft -= written.bytes
            if queue.withLock({ $0.leave() }) { return }
            if written.isHeldUp { break }
        } while waits || bytesLeft > 0
        DispatchQueue.global(qos: .userInitiated).async { self.serveQueue(waits: true) }
    }

    /// About as many as a caller brings itself at most; a batch counts for at least what takes as long as all that is not writing.
    private static let bytesAtOnceMax = 2 << 20
    private static let bytesPerBatchMin = 16 << 10

    /// What became of queued batches.
    struct Written {
        fileprivate(set) var results: [(done: AppendQueue.Done, result: Result<AppendResult, LogError>)] = []
        fileprivate(set) var bytes = 0
        /// The next could not be written without waiting.
        fileprivate(set) var isHeldUp = false

        /// Outside the log's mutex.
        func tell() {
            for (done, result) in results { done(result) }
        }
    }

    /// Writes what is queued; without waiting, what can be and about as many bytes.
    func writeQueued(_ state: inout PartitionState, waits: Bool, bytesLeft: Int = 0) -> Written {
        var written = Written()
        let entries = queue.withLock { $0.take() }
        var place = 0
        while place < entries.count, waits || written.bytes < bytesLeft {
            let entry = entries[place]
            let result = Result { () throws(LogError) in try append(entry.batch, to: &state, waits: waits) }
            if case .failure(let error) = result, error.code == .busy {
                written.isHeldUp = true
                break
            }
            written.bytes += max(entry.batch.sizeInBytes, Self.bytesPerBatchMin)
            written.results.append((entry.done, result))
            place += 1
        }
        if place < entries.count { queue.withLock { $0.putBack(entries[place...]) } }
        return written
    }
}
