import Synchronization
import Testing

@testable import KafkaServer

@Suite("Answers that clients do not take")
struct UntakenAnswersTests {
    private final class Connection {}

    private final class Closed: Sendable {
        private let state = Mutex<[Int]>([])
        func note(_ number: Int) { state.withLock { $0.append(number) } }
        var all: [Int] { state.withLock { $0 } }
    }

    @Test("those that have been slow for longest go first, until the rest is no more than the limit")
    func order() {
        let untaken = UntakenAnswers(bytesMax: 100)
        let connections = (0..<4).map { _ in Connection() }
        let closed = Closed()
        for place in 0..<3 { untaken.hold(30, by: connections[place]) { closed.note(place) } }
        #expect(closed.all == [])
        // It holds more, and has been slow since it was first seen.
        untaken.hold(40, by: connections[0]) { closed.note(0) }
        untaken.release(connections[1])
        untaken.hold(60, by: connections[3]) { closed.note(3) }
        #expect(closed.all == [0])
        untaken.hold(500, by: connections[3]) { closed.note(3) }
        #expect(closed.all == [0, 2])
        untaken.release(connections[3])
        untaken.hold(100, by: connections[1]) { closed.note(1) }
        #expect(closed.all == [0, 2])
    }
}

@Suite("Lines that clients cause")
struct LineLimitTests {
    @Test("a subject has a line a minute, and all subjects together no end of them")
    func subjects() {
        let limit = LineLimit()
        #expect(limit.isDue("a"))
        #expect(!limit.isDue("a"))
        #expect(limit.isDue("b"))
        #expect((0..<5000).count { limit.isDue("\($0)") } == 998)
    }
}
