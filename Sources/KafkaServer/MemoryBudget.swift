import Synchronization

/// Memory that several share, each for a part at a time. Every call may come from any thread.
///
/// Who finds none left waits in line, but for one at a time, which may go on beyond the limit until it is done: of those that wait for their next part while each keeps what it has, one
/// comes to its end and makes room for the others.
final class MemoryBudget: Sendable {
    /// Tells those that share apart.
    typealias Owner = UInt64

    private struct State {
        var used = 0
        var waiters: [(owner: Owner, bytes: Int, granted: @Sendable () -> Void)] = []
        /// Who may go beyond the limit; somebody, wherever there are waiters.
        var exceeding: Owner?
    }

    private let bytesMax: Int
    private let state = Mutex(State())

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// What is taken now.
    var used: Int { state.withLock { $0.used } }

    /// Takes the bytes, or calls `granted` once they have been taken for it. Who waits asks for nothing more.
    /// - Returns: whether they were taken at once.
    func take(_ bytes: Int, for owner: Owner, orWhenFree granted: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            let fits = state.waiters.isEmpty && state.used + bytes <= bytesMax
            if !fits {
                state.exceeding = state.exceeding ?? owner
                guard state.exceeding == owner else {
                    state.waiters.append((owner, bytes, granted))
                    return false
                }
            }
            state.used += bytes
            return true
        }
    }

    /// The owner is done: gives back all that it has taken.
    func give(_ bytes: Int, of owner: Owner) {
        let granted = state.withLock { state in
            state.used -= bytes
            if state.exceeding == owner { state.exceeding = nil }
            return serve(&state)
        }
        for each in granted { each() }
    }

    /// Ends a wait. False where the bytes have been taken for it already: they are to be given back.
    func withdraw(_ owner: Owner) -> Bool {
        let (isWithdrawn, granted) = state.withLock { state in
            guard let place = state.waiters.firstIndex(where: { $0.owner == owner }) else {
                return (false, [] as [@Sendable () -> Void])
            }
            state.waiters.remove(at: place)
            return (true, serve(&state))
        }
        for each in granted { each() }
        return isWithdrawn
    }

    private func serve(_ state: inout State) -> [@Sendable () -> Void] {
        var granted: [@Sendable () -> Void] = []
        while let first = state.waiters.first {
            if state.used + first.bytes > bytesMax {
                guard state.exceeding == nil else { break }
                state.exceeding = first.owner
            }
            state.used += first.bytes
            state.waiters.removeFirst()
            granted.append(first.granted)
        }
        return granted
    }
}
