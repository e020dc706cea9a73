import Dispatch
import Synchronization

/// Where appends wait for the disk: one per data directory. All that wait at the same time share one fdatasync per dirty file.
///
/// Its rounds run one after another, each on up to `lanesMax` threads of its own, outside the Swift concurrency pool. The kernel reports a failed
/// write-back once per open file; that an append syncs what it closes beside a round does no harm, since `PooledFile` keeps a failure for good.
package final class FlushGate: Sendable {
    private struct Waiter: Sendable {
        var logs: [PartitionLog]
        var done: @Sendable (Result<Void, LogError>) -> Void
    }

    private struct State: Sendable {
        var waiters: [Waiter] = []
        /// Logs to sync although nobody waits.
        var background: [ObjectIdentifier: PartitionLog] = [:]
        var isRoundScheduled = false
        var isTimerArmed = false
        var isClosed = false
    }

    /// When an append counts as durable.
    package let policy: FlushPolicy
    /// What housekeeping lives on while the disk is full.
    package let ballast: Ballast
    private let queue = DispatchQueue(label: "sluice.flush-gate", qos: .userInitiated)
    private let state = Mutex(State())

    /// How long a sync that can wait is put off.
    private let patience: Duration

    /// - Parameter osPatience: how long under `os` a closed segment is left to the kernel, whose own writers take what has been dirty for 30 seconds
    ///   (`vm.dirty_expire_centisecs`).
    /// - Parameter ballast: the data directory's.
    package init(policy: FlushPolicy, osPatience: Duration = .seconds(30), ballast: Ballast = .none) {
        self.policy = policy
        self.ballast = ballast
        patience =
            switch policy {
            case .always: .zero  // Nothing is put off.
            case .interval(let interval): interval
            case .os: osPatience
            }
    }

    /// Whether readers see only what is synced.
    var hidesUnsynced: Bool { policy == .always }

    /// Returns once every log is durable through the given offset (inclusive; one at or above the end means all of the log). At once under
    /// `interval` and `os`. One round covers all logs of a call and of all other calls that wait at that time.
    /// - Throws: `.readOnly` when an fsync failed: what was waited for must be taken as lost. `.closed` after `close`.
    package func waitUntilDurable(_ logs: [(PartitionLog, through: Int64)]) async throws(LogError) {
        guard policy == .always else { return }
        let waitedFor = logs.filter { !$0.0.isDurable(through: $0.through) }.map(\.0)
        if !waitedFor.isEmpty { try await flush(waitedFor) }
    }

    /// Calls `done` once when all that was appended to these logs before the call is durable: before this returns under `interval` and `os`, else on one of the gate's threads, which it
    /// must not hold up. Who has just appended asks here, without a look at whether a round of others has done it meanwhile: that would take the logs' mutexes.
    package func whenDurable(_ logs: [PartitionLog], _ done: @escaping @Sendable (Result<Void, LogError>) -> Void) {
        guard policy == .always, !logs.isEmpty else { return done(.success(())) }
        flush(logs, done)
    }

    /// Syncs the logs under any policy and returns once that is done.
    func flush(_ logs: [PartitionLog]) async throws(LogError) {
        try await withCheckedContinuation { continuation in
            flush(logs) { continuation.resume(returning: $0) }
        }.get()
    }

    private func flush(_ logs: [PartitionLog], _ done: @escaping @Sendable (Result<Void, LogError>) -> Void) {
        let isAccepted = state.withLock { state in
            guard !state.isClosed else { return false }
            state.waiters.append(Waiter(logs: logs, done: done))
            scheduleRound(&state)
            return true
        }
        if !isAccepted { done(.failure(Self.closedError)) }
    }

    /// Syncs a log and blocks the caller until that is done; for closing and housekeeping. Works after `close` too, when no rounds run any more.
    /// Not to be called from an `onAdvance` callback, which may run on this queue.
    /// - Returns: false where, with all of the ballast, there was no room for what was due beside the batches (`PartitionLog.flushNow`).
    func flushBlocking(_ log: PartitionLog) throws(LogError) -> Bool {
        try exclusively { () throws(LogError) in try log.flushNow(spending: ballast) }
    }

    /// Runs `body` while no flush of this data directory runs, and blocks the caller until that is done.
    func exclusively<Outcome: Sendable>(_ body: () throws(LogError) -> Outcome) throws(LogError) -> Outcome {
        try queue.sync { Result { () throws(LogError) in try body() } }.get()
    }

    /// Runs `body` for each log while no flush of this data directory runs, as many at a time as a round syncs, and blocks the caller until all are done.
    func exclusively(_ logs: [PartitionLog], _ body: @Sendable (PartitionLog) -> Void) {
        queue.sync { inLanes(logs, body) }
    }

    /// Syncs a log in the next round, or in a while: within the interval under `interval`, within half a minute under `os`. Errors make the log read-only, which
    /// its next append reports.
    func flushInBackground(_ log: PartitionLog, now: Bool) {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.background[ObjectIdentifier(log)] = log
            if now { scheduleRound(&state) } else { armTimer(&state) }
        }
    }

    /// Nothing of the log is to be synced any more, nor kept for that: its files are gone, and take room as long as they are open.
    func forget(_ log: PartitionLog) {
        state.withLock { $0.background[ObjectIdentifier(log)] = nil }
    }

    /// Runs what is waiting and takes no more. Close the logs first.
    package func close() {
        state.withLock { $0.isClosed = true }
        queue.sync { runRound() }
    }

    private static let closedError = LogError(.closed, "the data directory is closed")

    private func scheduleRound(_ state: inout State) {
        guard !state.isRoundScheduled else { return }
        state.isRoundScheduled = true
        queue.async { self.runRound() }
    }

    private func armTimer(_ state: inout State) {
        guard !state.isTimerArmed else { return }
        state.isTimerArmed = true
        let (seconds, attoseconds) = patience.components
        let delay = DispatchTimeInterval.nanoseconds(
            Int(clamping: seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000))
        queue.asyncAfter(deadline: .now() + delay) { [weak self] in self?.runRound() }
    }

    /// How many files are synced at a time: a device merges the flushes that it is asked for together.
    private static let lanesMax = 4
    private let lanes = (1..<lanesMax).map {
        DispatchQueue(label: "sluice.flush-gate.\($0)", qos: .userInitiated)
    }

    private func runRound() {
        let (waiters, background) = state.withLock { state in
            let taken = (state.waiters, state.background)
            state.waiters = []
            state.background = [:]
            state.isTimerArmed = false
            state.isRoundScheduled = false
            return taken
        }
        var logs = background
        for log in waiters.lazy.flatMap(\.logs) { logs[ObjectIdentifier(log)] = log }
        let round = Round(waiters)
        inLanes(Array(logs.values)) { log in
            for call in round.end(log, Result { () throws(LogError) in _ = try log.flushNow() }) { call() }
        }
    }

    /// Runs `body` for each log, on this thread and on the lanes. Only on the queue.
    private func inLanes(_ logs: [PartitionLog], _ body: @Sendable (PartitionLog) -> Void) {
        let count = max(1, min(Self.lanesMax, logs.count))
        withoutActuallyEscaping(body) { body in
            @Sendable func run(from first: Int) {
                for place in stride(from: first, to: logs.count, by: count) { body(logs[place]) }
            }
            let group = DispatchGroup()
            for place in 1..<count { lanes[place - 1].async(group: group) { run(from: place) } }
            run(from: 0)
            group.wait()
        }
    }

    /// Those that wait in one round: each is told as soon as the last of its logs is through.
    private final class Round: Sendable {
        private struct Place: Sendable {
            var left: Int
            var failure: LogError?
            var done: @Sendable (Result<Void, LogError>) -> Void
        }

        private let places: Mutex<[Place]>
        private let placesOfLog: [ObjectIdentifier: [Int]]

        init(_ waiters: [Waiter]) {
            var placesOfLog: [ObjectIdentifier: [Int]] = [:]
            places = Mutex(
                waiters.enumerated().map { place, waiter in
                    let logs = Set(waiter.logs.map(ObjectIdentifier.init))
                    for log in logs { placesOfLog[log, default: []].append(place) }
                    return Place(left: logs.count, done: waiter.done)
                })
            self.placesOfLog = placesOfLog
        }

        /// The log is through; returns who is to be told.
        func end(_ log: PartitionLog, _ result: Result<Void, LogError>) -> [@Sendable () -> Void] {
            guard let waiting = placesOfLog[ObjectIdentifier(log)] else { return [] }
            return places.withLock { places in
                waiting.compactMap { index in
                    places[index].left -= 1
                    if case .failure(let error) = result { places[index].failure = error }
                    let place = places[index]
                    guard place.left == 0 else { return nil }
                    return { place.done(place.failure.map(Result.failure) ?? .success(())) }
                }
            }
        }
    }
}
