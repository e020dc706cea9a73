import Synchronization
import TestSupport
import Testing

@testable import KafkaServer

@Suite("The memory of all requests")
struct MemoryBudgetTests {
    private final class Grants: Sendable {
        private let state = Mutex<[Int]>([])
        func note(_ number: Int) { state.withLock { $0.append(number) } }
        var all: [Int] { state.withLock { $0 } }
    }

    @Test("one goes beyond the limit; the others wait in line, and are served in it")
    func line() {
        let budget = MemoryBudget(bytesMax: 100)
        let grants = Grants()
        #expect(budget.take(90, for: 0) { grants.note(0) })
        #expect(budget.take(50, for: 1) { grants.note(1) })
        #expect(!budget.take(50, for: 2) { grants.note(2) })
        // It would fit later, and comes after the one that does not.
        #expect(!budget.take(5, for: 3) { grants.note(3) })
        #expect(budget.take(1000, for: 1) { grants.note(1) }, "who may go on is not stopped")
        budget.give(90, of: 0)
        #expect(grants.all == [])
        budget.give(1050, of: 1)
        #expect(grants.all == [2, 3])
        #expect(budget.used == 55)
    }

    @Test("of those that keep what they have and wait for more, one after the other comes to its end")
    func mutualWait() {
        let budget = MemoryBudget(bytesMax: 100)
        let grants = Grants()
        for owner in 0..<4 { #expect(budget.take(25, for: UInt64(owner)) { grants.note(owner) }) }
        #expect(budget.take(25, for: 0) { grants.note(0) })
        for owner in 1..<4 { #expect(!budget.take(25, for: UInt64(owner)) { grants.note(owner) }) }
        budget.give(50, of: 0)
        #expect(grants.all == [1, 2])
        budget.give(50, of: 1)
        #expect(grants.all == [1, 2, 3])
        for owner in 2..<4 { budget.give(50, of: UInt64(owner)) }
        #expect(budget.used == 0)
    }

    @Test("a wish that is taken back makes room for those behind it; one that was granted says so")
    func withdrawn() throws {
        let budget = MemoryBudget(bytesMax: 100)
        let grants = Grants()
        #expect(budget.take(80, for: 0) { grants.note(0) })
        #expect(budget.take(10, for: 1) { grants.note(1) })
        #expect(budget.take(20, for: 9) { grants.note(9) }, "beyond the limit")
        #expect(!budget.take(50, for: 2) { grants.note(2) })
        #expect(!budget.take(10, for: 3) { grants.note(3) })
        budget.give(20, of: 9)
        // The next in line goes beyond it.
        #expect(grants.all == [2])
        #expect(!budget.withdraw(2))
        budget.give(50, of: 2)
        #expect(grants.all == [2, 3])
        #expect(budget.used == 100)
    }

    @Test("large requests that go on for ever leave room for usual and small ones, and all of it is given back")
    func lanes() {
        let memory = RequestMemory(bytesMax: 16 << 20)
        let grants = Grants()
        var large = (0..<3).map { _ in memory.share(ofRequest: 50 << 20) }
        for place in large.indices {
            #expect(memory.take(FrameAssembler.bytesAtFirst, for: &large[place]) { grants.note(place) })
        }
        #expect(memory.take(7 << 20, for: &large[0]) { grants.note(0) })
        #expect(memory.take(7 << 20, for: &large[1]) { grants.note(1) }, "one goes beyond the limit")
        #expect(!memory.take(7 << 20, for: &large[2]) { grants.note(2) })
        var usual = memory.share(ofRequest: 1 << 20)
        #expect(memory.take(FrameAssembler.bytesAtFirst, for: &usual) { grants.note(3) })
        #expect(memory.take(1 << 19, for: &usual) { grants.note(3) }, "a usual one waits for nobody")
        memory.give(usual)
        memory.give(large[0])
        #expect(grants.all == [])
        memory.give(large[1])
        #expect(grants.all == [2])
        memory.add(7 << 20, to: &large[2])
        memory.give(large[2])
        #expect(memory.used == 0)
    }
}
