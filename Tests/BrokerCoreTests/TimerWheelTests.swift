import Synchronization
import TestSupport
import Testing

@testable import BrokerCore

@Suite("Timers", .timeLimit(.minutes(1)))
struct TimerWheelTests {
    private final class Calls: Sendable {
        let order = Mutex<[Int]>([])
        func note(_ number: Int) { order.withLock { $0.append(number) } }
        var all: [Int] { order.withLock { $0 } }
    }

    @Test("callbacks come in the order of their times, whatever the order they were set in, and never early")
    func order() async throws {
        let wheel = TimerWheel()
        let calls = Calls()
        let start = ContinuousClock.now
        let early = Mutex(false)
        for milliseconds in [120, 40, 80, 0, 6000] {
            wheel.schedule(after: .milliseconds(milliseconds)) {
                if start.duration(to: .now) < .milliseconds(milliseconds) { early.withLock { $0 = true } }
                calls.note(milliseconds)
            }
        }
        // The last one is more than one turn of the wheel away.
        try await eventually("all have come") { calls.all.count == 5 }
        #expect(calls.all == [0, 40, 80, 120, 6000])
        #expect(!early.withLock { $0 })
    }

    @Test("a timer that was taken back never comes; one that came cannot be taken back")
    func cancelled() async throws {
        let wheel = TimerWheel()
        let calls = Calls()
        let first = wheel.schedule(after: .milliseconds(30)) { calls.note(1) }
        let second = wheel.schedule(after: .milliseconds(60)) { calls.note(2) }
        #expect(wheel.cancel(first))
        #expect(!wheel.cancel(first))
        try await eventually("the other comes") { calls.all == [2] }
        #expect(!wheel.cancel(second))
    }

    @Test("a timer set while a later one is awaited comes first")
    func sooner() async throws {
        let wheel = TimerWheel()
        let calls = Calls()
        wheel.schedule(after: .seconds(3600)) { calls.note(1) }
        wheel.schedule(after: .milliseconds(20)) { calls.note(2) }
        try await eventually("the sooner one comes") { calls.all == [2] }
    }
}
