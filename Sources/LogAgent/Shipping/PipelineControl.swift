import Synchronization

/// What others ask of a pipeline and see of it, from any thread.
final class PipelineControl: Sendable {
    private struct State {
        var isStopping = false
        var hasEnded = false
        var status: InputStatus
        /// Waits that came after the last scan.
        var newWaiters: [CheckedContinuation<Void, Never>] = []
        /// Waits whose files have been looked at.
        var scannedWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>
    let signal: EventSignal

    init(input: String, signal: EventSignal) {
        state = Mutex(State(status: InputStatus(name: input)))
        self.signal = signal
    }

    // MARK: From outside

    var status: InputStatus { state.withLock(\.status) }

    func stop() {
        state.withLock { $0.isStopping = true }
        signal.raise()
    }

    /// Returns once everything that was in the files is committed, or the pipeline has ended.
    func waitUntilIdle() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.newWaiters.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() } else { signal.raise() }
        }
    }

    // MARK: From the pipeline

    var isStopping: Bool { state.withLock(\.isStopping) }

    /// Whether somebody waits for files to be looked at.
    var isScanAsked: Bool { state.withLock { !$0.newWaiters.isEmpty } }

    /// Whether somebody waits for what the last scan found.
    var isIdleAwaited: Bool { state.withLock { !$0.scannedWaiters.isEmpty } }

    /// A scan begins: it answers all waits up to now.
    func scanBegins() {
        state.withLock {
            $0.scannedWaiters += $0.newWaiters
            $0.newWaiters = []
        }
    }

    /// What the last scan found is committed.
    func becameIdle() {
        let waiters = state.withLock { state in
            defer { state.scannedWaiters = [] }
            return state.scannedWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func publish(_ status: InputStatus) { state.withLock { $0.status = status } }

    /// The pipeline is over: nobody waits for it any more.
    func end() {
        let waiters = state.withLock { state in
            state.hasEnded = true
            state.status.phase = .stopped
            defer {
                state.newWaiters = []
                state.scannedWaiters = []
            }
            return state.newWaiters + state.scannedWaiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
