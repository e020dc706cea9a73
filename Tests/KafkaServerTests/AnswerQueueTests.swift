import KafkaProtocol
import TestSupport
import Testing

@testable import KafkaServer

@Suite("The order of answers")
struct AnswerQueueTests {
    private func frame(_ number: Int) -> Answer.Frame { [.bytes([UInt8(number)])] }

    @Test("answers go out in the order of their requests, in whatever order they come in")
    func order() throws {
        let seed = UInt64.random(in: 0..<1 << 32)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var queue = AnswerQueue()
            var sent: [UInt8] = []
            let numbers = (0..<Int.random(in: 1...20, using: &random)).map { _ in queue.reserve() }
            for number in numbers.shuffled(using: &random) {
                queue.fill(number, with: frame(number))
                while case .send(let frame?)? = queue.next() {
                    if case .bytes(let bytes)? = frame.first { sent += bytes }
                }
            }
            #expect(sent == numbers.map { UInt8($0) }, "seed \(seed)")
            #expect(queue.count == 0)
        }
    }

    @Test("work that was put off begins when it is the first, once, and holds those behind it back")
    func postponed() throws {
        var queue = AnswerQueue()
        let (first, second, third) = (queue.reserve(), queue.reserve(), queue.reserve())
        queue.postpone(second) { [] }
        queue.fill(third, with: nil)
        #expect(queue.next() == nil)
        queue.fill(first, with: nil)
        guard case .send(nil)? = queue.next(), case .begin(second, _)? = queue.next() else {
            Issue.record("the second is to begin")
            return
        }
        #expect(queue.next() == nil)
        queue.fill(second, with: frame(2))
        guard case .send(.some)? = queue.next(), case .send(nil)? = queue.next() else {
            Issue.record("both are to be sent")
            return
        }
        #expect(queue.count == 0)
    }

    @Test("a request that ends the connection does so after the answers before it")
    func end() {
        var queue = AnswerQueue()
        let (first, second) = (queue.reserve(), queue.reserve())
        queue.end(second)
        #expect(queue.next() == nil)
        queue.fill(first, with: frame(1))
        guard case .send? = queue.next(), case .end? = queue.next() else {
            Issue.record("an answer, then the end")
            return
        }
    }
}

extension AnswerQueue.Step? {
    /// For `#expect`: only whether there is one.
    static func == (step: Self, other: _OptionalNilComparisonType) -> Bool {
        if case .none = step { true } else { false }
    }
}
