import Synchronization

/// Counts what is under way, for one that waits until nothing is.
final class WaitGroup: Sendable {
    private struct State {
        var count = 0
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    var isEmpty: Bool { state.withLock { $0.count == 0 } }

    func enter() { state.withLock { $0.count += 1 } }

    func leave() {
        let waiter = state.withLock { state in
            state.count -= 1
            guard state.count == 0 else { return nil as CheckedContinuation<Void, Never>? }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns when nothing is under way, nor what has begun meanwhile. One may wait at a time.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard state.count > 0 else { return true }
                state.waiter = continuation
                return false
            }
            if isOver { continuation.resume() }
        }
    }
}
