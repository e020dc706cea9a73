import Dispatch
import Synchronization

/// Calls back when a time has come: the one clock of all that waits in a broker, fetches, joins, sessions and transactions.
///
/// A hashed wheel: a timer lies in the slot of its tick, so setting and cancelling one costs the same however many there are. Between the ticks that have
/// timers it sleeps. Callbacks run one after another on a thread of the wheel's own, up to a tick late and never early; they must be quick and not block.
/// Every call may come from any thread.
package final class TimerWheel: Sendable {
    /// A timer that was set.
    package struct Timer: Sendable, Hashable {
        fileprivate let id: UInt64
        fileprivate let tick: Int64
    }

    /// How exact it is.
    static let tickLength = Duration.milliseconds(10)
    private static let slotCount: Int64 = 512
    /// Longer is no use, and could overflow.
    private static let delayMax = Duration.seconds(366 * 86_400)

    private struct State {
        var slots: [[Timer: @Sendable () -> Void]] = Array(repeating: [:], count: Int(slotCount))
        var count = 0
        var lastId: UInt64 = 0
        /// All before this tick have been looked at.
        var next: Int64 = 0
        /// The tick the thread will wake for.
        var wakesAt: Int64?
    }

    private let state = Mutex(State())
    private let start = ContinuousClock.now
    private let queue = DispatchQueue(label: "sluice.timers", qos: .userInitiated)

    package init() {}

    /// How many timers are set.
    var count: Int { state.withLock { $0.count } }

    /// Calls `body` once, `delay` from now, unless it is cancelled before.
    @discardableResult
    package func schedule(after delay: Duration, _ body: @escaping @Sendable () -> Void) -> Timer {
        let due = start.duration(to: .now) + max(.zero, min(delay, Self.delayMax))
        let tick = Int64((due / Self.tickLength).rounded(.up))
        return state.withLock { state in
            state.lastId += 1
            let timer = Timer(id: state.lastId, tick: max(tick, state.next))
            state.slots[Int(timer.tick % Self.slotCount)][timer] = body
            state.count += 1
            if timer.tick < state.wakesAt ?? .max { wake(at: timer.tick, &state) }
            return timer
        }
    }

    /// Takes a timer back; false where its callback has begun or was taken back already.
    @discardableResult
    package func cancel(_ timer: Timer) -> Bool {
        state.withLock { state in
            guard state.slots[Int(timer.tick % Self.slotCount)].removeValue(forKey: timer) != nil else { return false }
            state.count -= 1
            return true
        }
    }

    private func wake(at tick: Int64, _ state: inout State) {
        state.wakesAt = tick
        let delay = Self.tickLength * Int(tick) - start.duration(to: .now)
        let nanoseconds = max(0, delay / .nanoseconds(1))
        queue.asyncAfter(deadline: .now() + .nanoseconds(Int(nanoseconds))) { [weak self] in self?.turn(tick) }
    }

    /// Runs what is due, and goes to sleep until the next slot that has a timer.
    private func turn(_ tick: Int64) {
        let now = Int64((start.duration(to: .now) / Self.tickLength).rounded(.down))
        let due = state.withLock { state -> [(Timer, @Sendable () -> Void)] in
            // An earlier timer was set meanwhile, and this wake was not taken back.
            guard state.wakesAt == tick else { return [] }
            state.wakesAt = nil
            var due: [(Timer, @Sendable () -> Void)] = []
            let turns = min(now - state.next + 1, Self.slotCount)
            for step in 0..<max(0, turns) {
                let slot = Int((state.next + step) % Self.slotCount)
                for (timer, body) in state.slots[slot] where timer.tick <= now {
                    state.slots[slot][timer] = nil
                    due.append((timer, body))
                }
            }
            state.count -= due.count
            state.next = max(state.next, now + 1)
            if state.count > 0 { wake(at: Self.nextTick(state), &state) }
            return due
        }
        for (_, body) in due.sorted(by: { ($0.0.tick, $0.0.id) < ($1.0.tick, $1.0.id) }) { body() }
    }

    /// The first tick of this turn of the wheel whose slot has a timer; where all of them are for later turns, the end of this one.
    private static func nextTick(_ state: State) -> Int64 {
        for tick in state.next..<state.next + slotCount
        where state.slots[Int(tick % slotCount)].keys.contains(where: { $0.tick == tick }) {
            return tick
        }
        return state.next + slotCount
    }
}
