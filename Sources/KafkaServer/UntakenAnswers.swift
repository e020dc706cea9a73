import Synchronization

/// The answers that clients do not take. When they come to too much memory, the connection whose client has taken nothing for longest is closed. Every call may come from any thread.
final class UntakenAnswers: Sendable {
    private struct Held {
        var bytes: Int
        let since: ContinuousClock.Instant
        let close: @Sendable () -> Void
    }

    private struct State {
        var held: [ObjectIdentifier: Held] = [:]
        var bytes = 0
    }

    private let bytesMax: Int
    private let state = Mutex(State())

    /// - Parameter bytesMax: of all connections; one alone may hold more.
    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// The connection holds so many bytes that its client does not take.
    /// - Parameter close: closes it; called once at most, and not after `release`.
    func hold(_ bytes: Int, by connection: AnyObject, close: @escaping @Sendable () -> Void) {
        let closed = state.withLock { state -> [Held] in
            let id = ObjectIdentifier(connection)
            let since = state.held[id]?.since ?? .now
            state.bytes += bytes - (state.held[id]?.bytes ?? 0)
            state.held[id] = Held(bytes: bytes, since: since, close: close)
            var closed: [Held] = []
            while state.bytes > bytesMax, state.held.count > 1,
                let slowest = state.held.min(by: { $0.value.since < $1.value.since })
            {
                Self.remove(slowest.key, &state)
                closed.append(slowest.value)
            }
            return closed
        }
        for each in closed { each.close() }
    }

    /// The client takes what there is, or has left.
    func release(_ connection: AnyObject) { state.withLock { Self.remove(ObjectIdentifier(connection), &$0) } }

    private static func remove(_ id: ObjectIdentifier, _ state: inout State) {
        state.bytes -= state.held.removeValue(forKey: id)?.bytes ?? 0
    }
}
