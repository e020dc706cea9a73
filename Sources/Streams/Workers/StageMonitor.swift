import Metrics
import Records
import Synchronization

/// What the workers of one stage have done, counted once per commit; read by `status` and `waitUntilIdle`, and kept in swift-metrics counters.
final class StageMonitor: Sendable {
    /// Counts of one commit, or of all so far.
    struct Tally: Sendable, Equatable {
        var recordsIn = 0
        var recordsOut = 0
        var deadLetters = 0
        var passedOver = 0
        var retries = 0

        static func += (total: inout Tally, part: Tally) {
            total.recordsIn += part.recordsIn
            total.recordsOut += part.recordsOut
            total.deadLetters += part.deadLetters
            total.passedOver += part.passedOver
            total.retries += part.retries
        }
    }

    private struct Content {
        var total = Tally()
        var deliveries = 0
        var lags: [Int: Int64] = [:]
        var retrying: Set<Int> = []
        var lastError: StageFault?
    }

    let name: String
    private let content = Mutex(Content())
    private let recordsIn: Counter
    private let recordsOut: Counter
    private let deadLetters: Counter
    private let passedOver: Counter
    private let retries: Counter

    init(name: String) {
        self.name = name
        let dimensions = [("stage", name)]
        recordsIn = Counter(label: "sluice_stage_records_in", dimensions: dimensions)
        recordsOut = Counter(label: "sluice_stage_records_out", dimensions: dimensions)
        deadLetters = Counter(label: "sluice_stage_dead_letters", dimensions: dimensions)
        passedOver = Counter(label: "sluice_stage_records_passed_over", dimensions: dimensions)
        retries = Counter(label: "sluice_stage_retries", dimensions: dimensions)
    }

    /// Work that is committed now.
    func committed(_ part: Tally) {
        content.withLock { $0.total += part }
        recordsIn.increment(by: part.recordsIn)
        recordsOut.increment(by: part.recordsOut)
        deadLetters.increment(by: part.deadLetters)
        passedOver.increment(by: part.passedOver)
    }

    /// A failed record is tried again.
    func retried() {
        content.withLock { $0.total.retries += 1 }
        retries.increment()
    }

    /// A worker was handed a delivery.
    func received() {
        content.withLock { $0.deliveries += 1 }
    }

    /// What the worker's partitions hold that it has not processed.
    func setLag(_ lag: Int64, worker: Int) {
        content.withLock { $0.lags[worker] = lag }
    }

    /// Whether the worker waits to repeat something.
    func setRetrying(_ isRetrying: Bool, worker: Int) {
        content.withLock { content in
            if isRetrying {
                content.retrying.insert(worker)
            } else {
                content.retrying.remove(worker)
            }
        }
    }

    /// Something went wrong.
    func failed(_ fault: StageFault) {
        content.withLock { $0.lastError = fault }
    }

    /// A number that grows with everything the stage's workers are handed or commit, and whether one of them waits to repeat something.
    var activity: (count: Int, isRetrying: Bool) {
        content.withLock { content in
            let total = content.total
            let done = total.recordsIn + total.recordsOut + total.deadLetters + total.passedOver + total.retries
            return (content.deliveries + done, !content.retrying.isEmpty)
        }
    }

    /// The stage's status, given what its binding was told to do.
    func status(isRunning: Bool, isPaused: Bool) -> StageStatus {
        content.withLock { content in
            let state: StageStatus.State =
                if !isRunning {
                    .stopped
                } else if isPaused {
                    .paused
                } else {
                    content.retrying.isEmpty ? .running : .retrying
                }
            return StageStatus(
                name: name, state: state, recordsIn: content.total.recordsIn, recordsOut: content.total.recordsOut,
                deadLetters: content.total.deadLetters, passedOver: content.total.passedOver,
                retries: content.total.retries, lag: content.lags.values.reduce(0, +), lastError: content.lastError)
        }
    }
}
