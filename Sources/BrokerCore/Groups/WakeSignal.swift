import Synchronization

/// A flag one task waits for, with a deadline: what makes a waiting consumer look again.
///
/// Raising never blocks and may happen from any thread; one task waits at a time. Lower the flag, look, then wait: a raise in between is not lost.
package final class WakeSignal: Sendable {
    private struct State {
        var isRaised = false
        var waiter: CheckedContinuation<Bool, Never>?
        /// Numbers the waits, so that a late timer cannot end a later one.
        var wait: UInt64 = 0
        var expiredWait: UInt64 = 0
    }

    private let state = Mutex(State())
    private let timers: TimerWheel

    package init(_ timers: TimerWheel) { self.timers = timers }

    package func raise() {
        let waiter = state.withLock { state in
            state.isRaised = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: true)
    }

    package func lower() { state.withLock { $0.isRaised = false } }

    /// Returns true once the flag is raised, false at the deadline or when the task is cancelled.
    package func wait(until deadline: ContinuousClock.Instant) async -> Bool {
        let (isRaised, wait) = state.withLock { state in
            state.wait += 1
            return (state.isRaised, state.wait)
        }
        guard !isRaised, deadline > .now else { return isRaised }
        let timer = timers.schedule(after: ContinuousClock.now.duration(to: deadline)) { [weak self] in
            self?.expire(wait)
        }
        defer { timers.cancel(timer) }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result = state.withLock { state -> Bool? in
                    if state.isRaised { return true }
                    if state.expiredWait == wait { return false }
                    state.waiter = continuation
                    return nil
                }
                if let result { continuation.resume(returning: result) }
            }
        } onCancel: {
            expire(wait)
        }
    }

    private func expire(_ wait: UInt64) {
        let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard state.wait == wait else { return nil }
            state.expiredWait = wait
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: false)
    }
}
