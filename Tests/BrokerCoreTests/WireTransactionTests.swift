import Records
import Testing

@testable import BrokerCore

@Suite("The state machine of a client's transactions")
struct WireTransactionTests {
    private let first = ProducerIdentity(id: 7, epoch: 0)
    private let t0 = TopicPartition("t", 0)
    private let t1 = TopicPartition("t", 1)

    private func begun(_ identity: ProducerIdentity? = nil) throws -> WireTransaction {
        let identity = identity ?? first
        var machine = WireTransaction(
            TransactionRecord(
                transactionalId: "x", identity: identity, status: .empty, partitions: [],
                timeoutMilliseconds: 1000, lastUpdate: 0))
        _ = try machine.handle(.clock(now: 0))
        return machine
    }

    private func opened() throws -> WireTransaction {
        var machine = try begun()
        _ = try machine.handle(.add(first, [t0], now: 100))
        #expect(try machine.handle(.logged) == [.arm(at: 1100)])
        return machine
    }

    private func initialise(
        _ expected: ProducerIdentity? = nil, timeout: Int32 = 1000, fresh: ProducerIdentity? = nil, now: Int64 = 500
    ) -> WireTransaction.Event {
        .initialise(expected: expected, timeoutMilliseconds: timeout, fresh: fresh, now: now)
    }

    /// The record that is to be logged before anything else is done.
    private func logged(
        _ actions: [WireTransaction.Action], sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) throws -> TransactionRecord {
        var record: TransactionRecord?
        if case .log(let found) = actions.first { record = found }
        return try #require(record, "expected a record to log, got \(actions)", sourceLocation: sourceLocation)
    }

    private func code(_ body: () throws(BrokerError) -> Void) -> BrokerError.Code? {
        do throws(BrokerError) {
            try body()
            return nil
        } catch {
            return error.code
        }
    }

    @Test("a producer that begins anew over its own open transaction has the timeout that it asks for now")
    func newTimeout() throws {
        var machine = try opened()
        let record = try logged(machine.handle(initialise(first, timeout: 5000)))
        #expect(record.status == .prepareAbort && record.timeoutMilliseconds == 5000)
    }

    @Test("a new id gets a fresh producer id, and each that begins after it the next epoch")
    func beginning() throws {
        var machine = WireTransaction(id: "x")
        #expect(try machine.handle(initialise()) == [.needsIdentity])
        let record = try logged(machine.handle(initialise(fresh: first)))
        #expect(record.status == .empty && record.identity == first && record.timeoutMilliseconds == 1000)
        #expect(code { () throws(BrokerError) in _ = try machine.handle(initialise()) } == .transactionUnderWay)
        #expect(try machine.handle(.logged) == [.answer(first)])
        _ = try machine.handle(initialise())
        #expect(try machine.handle(.logged) == [.answer(ProducerIdentity(id: 7, epoch: 1))])
        // The first is a zombie from here on.
        #expect(code { () throws(BrokerError) in _ = try machine.handle(.add(first, [t0], now: 1)) } == .fenced)
        #expect(
            code { () throws(BrokerError) in
                _ = try machine.handle(.add(ProducerIdentity(id: 8, epoch: 1), [t0], now: 1))
            } == .unknownProducer)
    }

    @Test("a record that was not written leaves all as it was; of one that may have been nothing more is said")
    func failures() throws {
        var machine = try opened()
        _ = try machine.handle(.end(first, commit: true, now: 200))
        _ = try machine.handle(.logFailed)
        #expect(machine.record.status == .ongoing && machine.isSettled)
        try machine.verify(first, t0)
        _ = try machine.handle(.end(first, commit: true, now: 200))
        _ = try machine.handle(.logLost)
        for event in [initialise(), .add(first, [t0], now: 1), .end(first, commit: true, now: 1)] {
            #expect(code { () throws(BrokerError) in _ = try machine.handle(event) } == .uncertain)
        }
        #expect(code { () throws(BrokerError) in try machine.verify(first, t0) } == .uncertain)
        #expect(try machine.handle(.clock(now: 1 << 40)) == [])
    }

    @Test("partitions are logged before they count, and those that are there are not logged again")
    func adding() throws {
        var machine = try begun()
        let record = try logged(machine.handle(.add(first, [t0], now: 100)))
        #expect(record.status == .ongoing && record.partitions == [t0] && record.start == 100)
        #expect(code { () throws(BrokerError) in try machine.verify(first, t0) } == .transactionState)
        #expect(try machine.handle(.logged) == [.arm(at: 1100)])
        try machine.verify(first, t0)
        #expect(try machine.handle(.add(first, [t0], now: 150)) == [])
        #expect(code { () throws(BrokerError) in try machine.verify(first, t1) } == .transactionState)
        // While another is being logged, those that are there can be written to.
        _ = try machine.handle(.add(first, [t1], now: 150))
        try machine.verify(first, t0)
        #expect(try machine.handle(.logged) == [])
        try machine.verify(first, t1)
        #expect(machine.record.start == 100)
    }

    @Test("a transaction ends as it was decided, and asking again changes nothing", arguments: [true, false])
    func ending(isCommit: Bool) throws {
        var machine = try opened()
        let decision = try logged(machine.handle(.end(first, commit: isCommit, now: 200)))
        #expect(decision.status == (isCommit ? .prepareCommit : .prepareAbort) && decision.identity == first)
        // From the decision on nothing is taken any more, though it is not durable yet.
        #expect(code { () throws(BrokerError) in try machine.verify(first, t0) } == .transactionState)
        #expect(try machine.handle(.logged) == [.mark(decision)])
        #expect(!machine.isSettled && machine.unfinished == [.mark(decision)])
        for event in [initialise(), .add(first, [t1], now: 1), .end(first, commit: isCommit, now: 1)] {
            #expect(code { () throws(BrokerError) in _ = try machine.handle(event) } == .transactionUnderWay)
        }
        #expect(
            code { () throws(BrokerError) in _ = try machine.handle(.end(first, commit: !isCommit, now: 1)) }
                == .transactionState)
        let noted = try machine.handle(.marked(now: 300))
        #expect(machine.record.status == (isCommit ? .completeCommit : .completeAbort))
        #expect(noted == [.note(machine.record)] && machine.record.partitions.isEmpty)
        #expect(try machine.handle(.end(first, commit: isCommit, now: 400)) == [])
        #expect(
            code { () throws(BrokerError) in _ = try machine.handle(.end(first, commit: !isCommit, now: 400)) }
                == .transactionState)
        // The next one begins anew.
        _ = try machine.handle(.add(first, [t1], now: 500))
        _ = try machine.handle(.logged)
        #expect(machine.record.partitions == [t1] && machine.record.start == 500)
    }

    @Test("without a transaction there is nothing to end")
    func nothingToEnd() throws {
        var machine = try begun()
        for isCommit in [true, false] {
            #expect(
                code { () throws(BrokerError) in _ = try machine.handle(.end(first, commit: isCommit, now: 1)) }
                    == .transactionState)
        }
    }

    @Test("who begins while a transaction is open aborts it under an epoch that nobody has")
    func fencing() throws {
        var machine = try opened()
        let decision = try logged(machine.handle(initialise()))
        #expect(decision.status == .prepareAbort && decision.identity == ProducerIdentity(id: 7, epoch: 1))
        _ = try machine.handle(.logged)
        #expect(code { () throws(BrokerError) in _ = try machine.handle(.end(first, commit: true, now: 1)) } == .fenced)
        _ = try machine.handle(.marked(now: 2))
        _ = try machine.handle(initialise())
        #expect(try machine.handle(.logged) == [.answer(ProducerIdentity(id: 7, epoch: 2))])
    }

    @Test("a transaction that lasts too long is aborted, and its producer fenced for good")
    func timeout() throws {
        var machine = try opened()
        #expect(try machine.handle(.clock(now: 1099)) == [.arm(at: 1100)])
        // A step under way may end it: the clock looks again.
        _ = try machine.handle(.add(first, [t1], now: 1099))
        #expect(try machine.handle(.clock(now: 1100)) == [.arm(at: 1100 + WireTransactionLimits.retryMilliseconds)])
        _ = try machine.handle(.logged)
        let decision = try logged(machine.handle(.clock(now: 1600)))
        #expect(decision.status == .prepareAbort && decision.identity.epoch == 1 && decision.partitions == [t0, t1])
        _ = try machine.handle(.logged)
        _ = try machine.handle(.marked(now: 1700))
        #expect(code { () throws(BrokerError) in _ = try machine.handle(.add(first, [t0], now: 1800)) } == .fenced)
        #expect(code { () throws(BrokerError) in _ = try machine.handle(initialise(first)) } == .fenced)
        #expect(try machine.handle(.clock(now: 5000)) == [])
    }

    @Test("a producer that lost its way gets the next epoch once, however often it asks (KIP-360)")
    func expected() throws {
        var machine = try begun()
        let second = ProducerIdentity(id: 7, epoch: 1)
        _ = try machine.handle(initialise(first))
        #expect(try machine.handle(.logged) == [.answer(second)])
        #expect(try machine.handle(initialise(first)) == [.answer(second)])
        // A newer one has taken over.
        _ = try machine.handle(initialise())
        _ = try machine.handle(.logged)
        for old in [first, second, ProducerIdentity(id: 6, epoch: 2)] {
            #expect(code { () throws(BrokerError) in _ = try machine.handle(initialise(old)) } == .fenced)
        }
    }

    @Test("a zombie that lost its way does not abort the transaction of the producer that took over")
    func zombie() throws {
        var machine = try begun()
        _ = try machine.handle(initialise())
        _ = try machine.handle(.logged)
        _ = try machine.handle(.add(ProducerIdentity(id: 7, epoch: 1), [t0], now: 1))
        _ = try machine.handle(.logged)
        #expect(code { () throws(BrokerError) in _ = try machine.handle(initialise(first)) } == .fenced)
        #expect(machine.record.status == .ongoing && machine.isSettled)
    }

    @Test("when the epochs are used up there is a new producer id")
    func exhausted() throws {
        let last = ProducerIdentity(id: 7, epoch: Int16.max - 1)
        let fresh = ProducerIdentity(id: 8, epoch: 0)
        var machine = try begun(last)
        #expect(try machine.handle(initialise(last)) == [.needsIdentity])
        _ = try machine.handle(initialise(last, fresh: fresh))
        #expect(try machine.handle(.logged) == [.answer(fresh)])
        #expect(try machine.handle(initialise(last)) == [.answer(fresh)])
        // An abort still finds an epoch to fence with.
        machine = try begun(last)
        _ = try machine.handle(.add(last, [t0], now: 1))
        _ = try machine.handle(.logged)
        let decision = try logged(machine.handle(initialise()))
        #expect(decision.identity == ProducerIdentity(id: 7, epoch: Int16.max))
        _ = try machine.handle(.logged)
        _ = try machine.handle(.marked(now: 2))
        #expect(try machine.handle(initialise()) == [.needsIdentity])
    }

    @Test("an id that nobody uses for a week is forgotten, and one with an open transaction never")
    func expiry() throws {
        var machine = try begun()
        let week = TransactionSettings().idExpiration.milliseconds
        #expect(try machine.handle(.expire(now: week - 1, unusedFor: week)) == [])
        let dead = try logged(machine.handle(.expire(now: week, unusedFor: week)))
        #expect(dead.status == .dead && !machine.isForgotten)
        _ = try machine.handle(.logged)
        #expect(machine.isForgotten)
        var open = try opened()
        #expect(try open.handle(.expire(now: week * 2, unusedFor: week)) == [])
    }

    @Test("what an earlier process has left is gone on with")
    func restored() throws {
        let machine = try opened()
        var again = WireTransaction(machine.record)
        #expect(again.unfinished == [.arm(at: 1100)])
        try again.verify(first, t0)
        _ = try again.handle(.end(first, commit: true, now: 200))
        _ = try again.handle(.logged)
        let third = WireTransaction(again.record)
        #expect(third.unfinished == [.mark(again.record)] && !third.isSettled)
    }
}
