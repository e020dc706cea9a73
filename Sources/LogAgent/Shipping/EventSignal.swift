import Dispatch
import Synchronization

/// Wakes one waiting task: by hand, after a time, or when a descriptor can be read.
///
/// Any thread may raise it; one task waits. `@unchecked Sendable` holds because the state is under a mutex, the source is used on the serial queue only,
/// and the rest does not change.
final class EventSignal: @unchecked Sendable {
    private struct State {
        var isRaised = false
        var waiter: CheckedContinuation<Void, Never>?
        /// Counts the waits, so that a timer of an earlier one wakes nobody.
        var wait = 0
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "sluice.agent.signal")
    private let source: (any DispatchSourceRead)?
    private var isArmed = false

    /// - Parameter descriptor: what `wait(for:watching:)` may watch; it has to stay open until `close()` has been called.
    init(descriptor: Int32?) {
        if let descriptor {
            source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        } else {
            source = nil
        }
        source?.setEventHandler { [weak self] in
            guard let self else { return }
            // The descriptor stays readable until the waiter has read it: silent until it waits again.
            isArmed = false
            source?.suspend()
            raise()
        }
    }

    deinit {
        guard let source, !source.isCancelled else { return }
        // A suspended source must not be freed.
        if !isArmed { source.resume() }
        source.cancel()
    }

    /// Wakes the waiter, or lets the next wait return at once.
    func raise() { wake(nil) }

    private func wake(_ wait: Int?) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if let wait {
                guard wait == state.wait else { return nil }
            } else if state.waiter == nil {
                state.isRaised = true
            }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns when the signal is raised, after `limit`, or, if `isWatching`, when the descriptor can be read.
    func wait(for limit: Duration, watching isWatching: Bool) async {
        await withCheckedContinuation { continuation in
            let wait = state.withLock { state -> Int? in
                if state.isRaised {
                    state.isRaised = false
                    return nil
                }
                state.wait += 1
                state.waiter = continuation
                return state.wait
            }
            guard let wait else { return continuation.resume() }
            let parts = max(limit, .zero).components
            let nanoseconds = min(parts.seconds, 3600) * 1_000_000_000 + parts.attoseconds / 1_000_000_000
            queue.asyncAfter(deadline: .now() + .nanoseconds(Int(nanoseconds))) { [weak self] in self?.wake(wait) }
            if isWatching { queue.async { self.arm() } }
        }
    }

    private func arm() {
        guard !isArmed, let source, !source.isCancelled else { return }
        isArmed = true
        source.resume()
    }

    /// Lets go of the descriptor; returns when it is no longer used.
    func close() async {
        guard source != nil else { return }
        await withCheckedContinuation { continuation in
            queue.async { self.cancel { continuation.resume() } }
        }
    }

    private func cancel(_ done: @escaping @Sendable () -> Void) {
        guard let source, !source.isCancelled else { return done() }
        source.setCancelHandler(handler: done)
        source.cancel()
        // A suspended source neither cancels nor may be freed.
        if !isArmed { source.resume() }
        isArmed = true
    }
}
