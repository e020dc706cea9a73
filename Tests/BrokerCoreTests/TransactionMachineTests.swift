import Records
import Testing

@testable import BrokerCore

@Suite("The state machine of a transactional id")
struct TransactionMachineTests {
    private let first = ProducerIdentity(id: 7, epoch: 0)
    private let second = ProducerIdentity(id: 7, epoch: 1)
    private let t0 = TopicPartition("t", 0)
    private let t1 = TopicPartition("t", 1)

    private func opened() throws -> TransactionMachine {
        var machine = TransactionMachine()
        #expect(try machine.handle(.sessionOpened) == [.needsIdentity])
        _ = try machine.handle(.identityGiven(first))
        return machine
    }

    @Test("sequences count records per partition")
    func sequences() throws {
        var machine = try opened()
        #expect(try machine.handle(.appending(1, t0)) == [.append(first, baseSequence: 0)])
        _ = try machine.handle(.appended(t0, records: 5))
        #expect(try machine.handle(.appending(1, t0)) == [.append(first, baseSequence: 5)])
        #expect(try machine.handle(.appending(1, t1)) == [.append(first, baseSequence: 0)])
    }

    @Test("a commit prepares, decides, marks, and the next transaction has an identity of its own")
    func commit() throws {
        var machine = try opened()
        _ = try machine.handle(.appended(t1, records: 1))
        _ = try machine.handle(.appended(t0, records: 1))
        #expect(try machine.handle(.commitRequested(1)) == [.prepare(first, [t0, t1])])
        #expect(machine.isCommitting)
        #expect(try machine.handle(.decided) == [.mark(commit: true, first, [t0, t1])])
        #expect(try machine.handle(.finished) == [])
        #expect(try machine.handle(.appending(1, t0)) == [.append(second, baseSequence: 0)])
    }

    @Test("a commit of nothing does nothing")
    func emptyCommit() throws {
        var machine = try opened()
        #expect(try machine.handle(.commitRequested(1)) == [])
        #expect(machine.phase == .idle)
    }

    @Test("a failure before the decision aborts")
    func failedCommit() throws {
        var machine = try opened()
        _ = try machine.handle(.appended(t0, records: 1))
        _ = try machine.handle(.commitRequested(1))
        #expect(try machine.handle(.commitFailed) == [.mark(commit: false, first, [t0])])
        #expect(machine.identity == second)
    }

    @Test("a lost decision ends the session: no step can guess the outcome")
    func lostDecision() throws {
        var machine = try opened()
        _ = try machine.handle(.appended(t0, records: 1))
        _ = try machine.handle(.commitRequested(1))
        _ = try machine.handle(.decisionLost)
        for event in [
            TransactionMachine.Event.appending(1, t0), .abortRequested(1), .commitRequested(1), .sessionOpened,
        ] {
            let error = #expect(throws: BrokerError.self) { try machine.handle(event) }
            #expect(error?.code == .uncertain)
        }
    }

    @Test("a newer session aborts what the older left open and fences it")
    func fencing() throws {
        var machine = try opened()
        _ = try machine.handle(.appended(t0, records: 1))
        #expect(try machine.handle(.sessionOpened) == [.mark(commit: false, first, [t0])])
        #expect(machine.identity == second)
        for event in [TransactionMachine.Event.appending(1, t0), .abortRequested(1), .commitRequested(1)] {
            let error = #expect(throws: BrokerError.self) { try machine.handle(event) }
            #expect(error?.code == .fenced)
        }
        _ = try machine.handle(.appending(2, t0))
    }

    @Test("a newer session raises the epoch also when nothing is open")
    func idleFencing() throws {
        var machine = try opened()
        _ = try machine.handle(.sessionOpened)
        #expect(machine.identity == second)
    }

    @Test("an append that may have left bytes behind leaves only the abort")
    func failedAppend() throws {
        var machine = try opened()
        _ = try machine.handle(.appendFailed(t0))
        let append = #expect(throws: BrokerError.self) { try machine.handle(.appending(1, t0)) }
        #expect(append?.code == .invalid)
        let commit = #expect(throws: BrokerError.self) { try machine.handle(.commitRequested(1)) }
        #expect(commit?.code == .invalid)
        #expect(try machine.handle(.abortRequested(1)) == [.mark(commit: false, first, [t0])])
        #expect(try machine.handle(.appending(1, t0)) == [.append(second, baseSequence: 0)])
    }

    @Test("when the epochs are used up a new producer id is asked for")
    func epochsUsedUp() throws {
        var machine = try opened()
        _ = try machine.handle(.identityGiven(ProducerIdentity(id: 7, epoch: Int16.max - 1)))
        _ = try machine.handle(.appended(t0, records: 1))
        let actions = try machine.handle(.abortRequested(1))
        #expect(actions.last == .needsIdentity)
        #expect(try machine.handle(.appending(1, t0)) == [.needsIdentity])
    }
}
