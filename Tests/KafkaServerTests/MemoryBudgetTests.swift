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

    @Test("who finds none left waits in line, and is served in it")
    func line() {
        let budget = MemoryBudget(bytesMax: 100)
        let grants = Grants()
        #expect(budget.take(90) { grants.note(0) } == nil)
        #expect(budget.take(50) { grants.note(1) } != nil)
        // It would fit, and comes after the one that does not.
        #expect(budget.take(5) { grants.note(2) } != nil)
        budget.give(30)
        #expect(grants.all == [])
        budget.give(10)
        #expect(grants.all == [1])
        #expect(budget.used == 100)
        budget.give(5)
        #expect(grants.all == [1, 2])
    }

    @Test("one that is larger than all there is comes when it is alone")
    func tooLarge() throws {
        let budget = MemoryBudget(bytesMax: 100)
        let grants = Grants()
        #expect(budget.take(10) { grants.note(0) } == nil)
        #expect(budget.take(1000) { grants.note(1) } != nil)
        budget.give(10)
        #expect(grants.all == [1])
        budget.give(1000)
        #expect(budget.used == 0)
    }

    @Test("a wish that is taken back makes room for those behind it; one that was granted says so")
    func withdrawn() throws {
        let budget = MemoryBudget(bytesMax: 100)
        let grants = Grants()
        #expect(budget.take(80) { grants.note(0) } == nil)
        let first = try #require(budget.take(50) { grants.note(1) })
        let second = try #require(budget.take(10) { grants.note(2) })
        #expect(budget.withdraw(first))
        #expect(grants.all == [2])
        #expect(!budget.withdraw(second))
        budget.give(10)
        #expect(budget.used == 80)
    }

    @Test("large requests that go on for ever leave room for small ones, and all of it is given back")
    func lanes() {
        let memory = RequestMemory(bytesMax: 1 << 20)
        let beginning = FrameAssembler.bytesAtFirst
        let grants = Grants()
        #expect(memory.take(beginning, after: 0) { grants.note(0) } == nil)
        #expect(memory.take(700 << 10, after: beginning) { grants.note(1) } == nil)
        #expect(memory.take(beginning, after: 0) { grants.note(2) } == nil)
        let wish = memory.take(700 << 10, after: beginning) { grants.note(3) }
        #expect(wish != nil, "two large ones are too much")
        #expect(memory.take(100, after: 0) { grants.note(4) } == nil, "a small one waits for nobody")
        memory.give(100)
        memory.give(beginning + (700 << 10))
        #expect(grants.all == [3])
        memory.give(beginning + (700 << 10))
        #expect(memory.used == 0)
    }
}
