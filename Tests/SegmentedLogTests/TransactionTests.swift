import Records
import TestSupport
import Testing

@testable import SegmentedLog

@Suite("Transactions in one partition")
struct TransactionTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("the last stable offset stays at the first open transaction until its marker")
    func lastStableOffset() throws {
        let log = try openLog(folder.partition)
        var first = Producer(id: 1, isTransactional: true)
        var second = Producer(id: 2, isTransactional: true)
        _ = try log.append(makeBatch(["plain"]))
        _ = try log.append(first.batch(["a1"]))
        _ = try log.append(second.batch(["b1"]))
        _ = try log.append(first.batch(["a2"]))
        #expect(log.lastStableOffset == 1)
        #expect(log.openTransactions.map(\.firstOffset) == [1, 2])
        #expect(try log.values(.readCommitted) == ["plain"])
        #expect(try log.appendMarker(commit: true, producerId: 2, producerEpoch: 0) == 4)
        #expect(log.lastStableOffset == 1)
        #expect(try log.appendMarker(commit: false, producerId: 1, producerEpoch: 0) == 5)
        #expect(log.lastStableOffset == 6)
        #expect(log.openTransactions.isEmpty)
        #expect(try log.values(.readCommitted) == ["plain", "b1"])
        #expect(try log.values(.readUncommitted) == ["plain", "a1", "b1", "a2"])
    }

    @Test(
        "a read names the aborted transactions that overlap it, by first offset, across segments",
        arguments: [nil, true, false])
    func abortedList(restart: Bool?) throws {
        let config = LogConfig(segmentBytes: 250)
        var log = try openLog(folder.partition, config)
        var long = Producer(id: 1, isTransactional: true)
        var short = Producer(id: 2, isTransactional: true)
        _ = try log.append(long.batch(["l0"]))
        _ = try log.append(short.batch(["s0"]))
        _ = try log.appendMarker(commit: false, producerId: 2, producerEpoch: 0)
        for number in 0..<10 { _ = try log.append(makeBatch(["p\(number)"])) }
        _ = try log.appendMarker(commit: false, producerId: 1, producerEpoch: 0)
        _ = try log.append(short.batch(["s1"]))
        _ = try log.appendMarker(commit: true, producerId: 2, producerEpoch: 0)
        if let restart {
            if restart { try log.close() } else { log.abandon() }
            log = try openLog(folder.partition, config, clean: restart)
        }
        let read = try log.read(from: 0, bytesMax: 1, isolation: .readCommitted)
        #expect(
            read.abortedTransactions == [
                AbortedTransaction(producerId: 1, firstOffset: 0, lastOffset: 13, lastStableOffset: 14)
            ])
        let next = try log.read(from: 1, bytesMax: 1, isolation: .readCommitted)
        #expect(next.abortedTransactions.map(\.firstOffset) == [0, 1])
        #expect(
            next.abortedTransactions.last
                == AbortedTransaction(producerId: 2, firstOffset: 1, lastOffset: 2, lastStableOffset: 0))
        #expect(try log.values(.readCommitted) == (0..<10).map { "p\($0)" } + ["s1"])
        #expect(try log.read(from: 14, bytesMax: 1, isolation: .readCommitted).abortedTransactions.isEmpty)
    }

    @Test("an open transaction is open again after a restart", arguments: [true, false])
    func openAfterRestart(clean: Bool) throws {
        let config = LogConfig(segmentBytes: 250)
        var log = try openLog(folder.partition, config)
        var producer = Producer(id: 1, isTransactional: true)
        _ = try log.append(makeBatch(["before"]))
        _ = try log.append(producer.batch(["open"]))
        for _ in 0..<8 { _ = try log.append(makeBatch(["after"])) }
        if clean { try log.close() } else { log.abandon() }
        log = try openLog(folder.partition, config, clean: clean)
        #expect(log.openTransactions == [OpenTransaction(producerId: 1, producerEpoch: 0, firstOffset: 1)])
        #expect(log.lastStableOffset == 1)
        _ = try log.appendMarker(commit: true, producerId: 1, producerEpoch: 0)
        #expect(log.lastStableOffset == log.endOffset)
        #expect(try log.values(.readCommitted).count == 10)
    }

    @Test("a plain write of a producer with an open transaction is refused")
    func plainInside() throws {
        let log = try openLog(folder.partition)
        var producer = Producer(id: 1, isTransactional: true)
        _ = try log.append(producer.batch(["t"]))
        producer.isTransactional = false
        #expect(logError { _ = try log.append(producer.batch(["x"])) }?.code == .invalidTransactionState)
    }

    @Test("a marker of a newer epoch ends the transaction and fences the producer")
    func fencingMarker() throws {
        let log = try openLog(folder.partition)
        var producer = Producer(id: 1, isTransactional: true)
        _ = try log.append(producer.batch(["zombie"]))
        _ = try log.appendMarker(commit: false, producerId: 1, producerEpoch: 1)
        #expect(logError { _ = try log.append(producer.batch(["x"])) }?.code == .producerFenced)
        #expect(try log.values(.readCommitted).isEmpty)
        var successor = Producer(id: 1, epoch: 1, isTransactional: true)
        #expect(try log.append(successor.batch(["new"])).baseOffset == 2)
    }

    @Test("under flush always a transaction is not stable before its marker is durable")
    func stableOnlyWhenDurable() async throws {
        let gate = FlushGate(policy: .always)
        let log = try openLog(folder.partition, gate: gate)
        var producer = Producer(id: 1, isTransactional: true)
        let result = try log.append(producer.batch(["t"]))
        try await gate.waitUntilDurable([(log, through: result.lastOffset)])
        _ = try log.appendMarker(commit: true, producerId: 1, producerEpoch: 0)
        #expect(log.highWatermark == 1)
        #expect(log.lastStableOffset == 0)
        try await gate.waitUntilDurable([(log, through: 1)])
        #expect(log.lastStableOffset == 2)
        #expect(try log.values(.readCommitted) == ["t"])
    }
}
