import Synchronization

/// Memory that several share. Who finds none left waits in line, so that a large request is not passed by small ones for ever. Every call may come from any thread.
final class MemoryBudget: Sendable {
    private struct State {
        var used = 0
        var waiters: [(id: UInt64, bytes: Int, granted: @Sendable () -> Void)] = []
        var lastId: UInt64 = 0
    }

    private let bytesMax: Int
    private let state = Mutex(State())

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// What is taken now.
    var used: Int { state.withLock { $0.used } }

    /// Takes the bytes, or calls `granted` once they have been taken for it. More than there can ever be is granted when nothing else is.
    /// - Returns: nil if they were taken at once, else what `withdraw` takes back the wish by.
    func take(_ bytes: Int, orWhenFree granted: @escaping @Sendable () -> Void) -> UInt64? {
        state.withLock { state in
            if state.waiters.isEmpty, fits(bytes, state) {
                state.used += bytes
                return nil
            }
            state.lastId += 1
            state.waiters.append((state.lastId, bytes, granted))
            return state.lastId
        }
    }

    /// Gives back what was taken.
    func give(_ bytes: Int) {
        let granted = state.withLock { state in
            state.used -= bytes
            return serve(&state)
        }
        for each in granted { each() }
    }

    /// Ends a wait. False where the bytes have been taken for it already: they are to be given back.
    func withdraw(_ id: UInt64) -> Bool {
        let (isWithdrawn, granted) = state.withLock { state in
            guard let place = state.waiters.firstIndex(where: { $0.id == id }) else {
                return (false, [] as [@Sendable () -> Void])
            }
            state.waiters.remove(at: place)
            return (true, serve(&state))
        }
        for each in granted { each() }
        return isWithdrawn
    }

    private func fits(_ bytes: Int, _ state: State) -> Bool { state.used == 0 || state.used + bytes <= bytesMax }

    private func serve(_ state: inout State) -> [@Sendable () -> Void] {
        var granted: [@Sendable () -> Void] = []
        while let first = state.waiters.first, fits(first.bytes, state) {
            state.used += first.bytes
            state.waiters.removeFirst()
            granted.append(first.granted)
        }
        return granted
    }
}
