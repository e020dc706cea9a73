import DiskSimulation
import Records
import TestSupport
import Testing

@testable import SegmentedLog

@Suite("Idempotent producers")
struct ProducerTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("a batch sent again gives the offsets of the first time, for the last five batches")
    func duplicates() throws {
        let log = try openLog(folder.partition)
        var producer = Producer(id: 1)
        let batches = try (0..<7).map { _ in try producer.batch(["a", "b"]) }
        for batch in batches { _ = try log.append(batch) }
        for (index, batch) in batches.enumerated().suffix(5) {
            let expected = AppendResult(
                baseOffset: Int64(index * 2), lastOffset: Int64(index * 2 + 1), isDuplicate: true, logStartOffset: 0)
            #expect(try log.append(batch) == expected)
        }
        #expect(logError { _ = try log.append(batches[1]) }?.code == .outOfOrderSequence)
        #expect(log.endOffset == 14)
    }

    @Test("a gap in the sequence is refused, and a repeated part of a batch too")
    func gap() throws {
        let log = try openLog(folder.partition)
        var producer = Producer(id: 1)
        _ = try log.append(producer.batch(["a", "b"]))
        producer.sequence = 3
        #expect(logError { _ = try log.append(producer.batch(["x"])) }?.code == .outOfOrderSequence)
        producer.sequence = 1
        #expect(logError { _ = try log.append(producer.batch(["x"])) }?.code == .outOfOrderSequence)
        producer.sequence = 2
        #expect(try log.append(producer.batch(["c"])).baseOffset == 2)
    }

    @Test("a new epoch starts at sequence 0 and fences the old one")
    func epochs() throws {
        let log = try openLog(folder.partition)
        var old = Producer(id: 1)
        _ = try log.append(old.batch(["a"]))
        var new = Producer(id: 1, epoch: 1, sequence: 5)
        #expect(logError { _ = try log.append(new.batch(["x"])) }?.code == .outOfOrderSequence)
        new.sequence = 0
        #expect(try log.append(new.batch(["b"])).baseOffset == 1)
        #expect(logError { _ = try log.append(old.batch(["x"])) }?.code == .producerFenced)
        #expect(
            logError { _ = try log.appendMarker(commit: true, producerId: 1, producerEpoch: 0) }?.code
                == .producerFenced)
    }

    @Test("an unknown producer may start at any sequence, and sequences wrap to 0")
    func wrapping() throws {
        let log = try openLog(folder.partition)
        var producer = Producer(id: 1, sequence: Int32.max - 1)
        let wrapping = try producer.batch(["a", "b", "c"])
        _ = try log.append(wrapping)
        #expect(producer.sequence == 1)
        #expect(try log.append(wrapping).isDuplicate)
        #expect(try log.append(producer.batch(["d"])).baseOffset == 3)
    }

    @Test(
        "sequences move in both directions around the wrap",
        arguments: [
            (Int32.max, 1, 0), (0, -1, Int32.max), (Int32.max - 1, 3, 1), (1, -3, Int32.max - 1), (5, 0, 5),
        ] as [(Int32, Int32, Int32)])
    func arithmetic(start: Int32, distance: Int32, end: Int32) {
        #expect(ProducerSequence.advanced(start, by: distance) == end)
    }

    @Test("the table is there again after a clean restart and after a crash", arguments: [true, false])
    func restart(clean: Bool) throws {
        let config = LogConfig(segmentBytes: 400)
        var log = try openLog(folder.partition, config)
        var producers = (0..<3).map { Producer(id: $0) }
        var last: [RecordBatch] = []
        for round in 0..<10 {
            last = try producers.indices.map { try producers[$0].batch(["r\(round)"]) }
            for batch in last { _ = try log.append(batch) }
        }
        if clean { try log.close() } else { log.abandon() }
        log = try openLog(folder.partition, config, clean: clean)
        for (index, batch) in last.enumerated() {
            let offset = Int64(27 + index)
            let result = try log.append(batch)
            #expect(result.isDuplicate && result.baseOffset == offset && result.lastOffset == offset)
        }
        for index in producers.indices {
            producers[index].sequence += 1
            #expect(logError { _ = try log.append(producers[index].batch(["gap"])) }?.code == .outOfOrderSequence)
        }
    }

    @Test("a restart needs no segment below the newest snapshot for the table")
    func snapshotIsEnough() async throws {
        let config = LogConfig(segmentBytes: 300, retentionBytes: 0)
        var log = try openLog(folder.partition, config)
        var producer = Producer(id: 9)
        _ = try log.append(producer.batch(["a"]))
        for _ in 0..<10 { _ = try log.append(makeBatch(["filler"])) }
        try await log.flush()
        try log.applyRetention(now: 0)
        #expect(log.startOffset > 0)
        log.abandon()
        log = try openLog(folder.partition, config)
        producer.sequence = 7
        #expect(logError { _ = try log.append(producer.batch(["gap"])) }?.code == .outOfOrderSequence)
    }

    @Test("a producer is known whose segment was closed just before a crash, also when nothing older is left")
    func snapshotLostInCrash() async throws {
        let disk = SimulatedDisk(seed: 1)
        var producer = Producer(id: 1)
        var log = try openLog("/data/hits-0", disk: disk)
        _ = try log.append(producer.batch(["a", "b"]))
        let last = try producer.batch(["c"])
        _ = try log.append(last)
        // The process dies before the flush that the roll asks for, and that would store the snapshot.
        log.abandon()
        try log.roll()
        _ = try log.append(makeBatch(["another's"]))
        let crashed = disk.crash(.process)
        log = try openLog("/data/hits-0", disk: crashed)
        try log.deleteRecords(before: 3)
        #expect(try log.values() == ["another's"])
        log = try openLog("/data/hits-0", disk: crashed.crash(.nothing))
        let known = AppendResult(baseOffset: 2, lastOffset: 2, isDuplicate: true, logStartOffset: 3)
        #expect(try log.append(last) == known)
        #expect(try log.append(producer.batch(["d"])).baseOffset == 4)
    }

    @Test("after a restart all five batches in flight are known when they are sent again", arguments: [true, false])
    func inFlightAtRestart(isClean: Bool) async throws {
        let disk = SimulatedDisk(seed: 1)
        var producer = Producer(id: 1)
        let batches = try (0..<5).map { try producer.batch(["\($0)"]) }
        var log = try openLog("/data/hits-0", disk: disk)
        for batch in batches { _ = try log.append(batch) }
        if isClean {
            try log.close()
        } else {
            try log.roll()
            try await log.flush()
        }
        log = try openLog("/data/hits-0", disk: disk.crash(.nothing), clean: isClean)
        for (offset, batch) in batches.enumerated() {
            let result = try log.append(batch)
            #expect(result.isDuplicate && result.baseOffset == offset && result.lastOffset == offset)
        }
    }

    @Test("a snapshot reads back, and any changed byte is noticed")
    func snapshot() {
        let table = ProducerTable(entries: [
            3: ProducerEntry(
                epoch: 2,
                batches: [
                    .init(lastSequence: 4, lastOffset: 95, offsetDelta: 0, timestamp: 77),
                    .init(lastSequence: 9, lastOffset: 100, offsetDelta: 4, timestamp: 77),
                ],
                transactionFirstOffset: 90, lastSeen: 77),
            4: ProducerEntry(epoch: 0, lastSeen: 5),
        ])
        let encoded = ProducerSnapshot.encode(table)
        #expect(encoded.count == 10 + 3 * 46)
        let decoded = ProducerSnapshot.decode(encoded)
        #expect(decoded?.entries == table.entries)
        #expect(decoded?.open == [OpenTransaction(producerId: 3, producerEpoch: 2, firstOffset: 90)])
        for index in encoded.indices {
            var changed = encoded
            changed[index] ^= 1
            #expect(ProducerSnapshot.decode(changed) == nil)
        }
    }

    @Test("producers are forgotten after their time, those with an open transaction are not")
    func expiry() throws {
        let clock = TestClock()
        let log = try openLog(folder.partition, LogConfig(producerExpirationMilliseconds: 1000), clock: clock)
        var plain = Producer(id: 1)
        var transactional = Producer(id: 2, isTransactional: true)
        _ = try log.append(plain.batch(["a"]))
        _ = try log.append(transactional.batch(["b"]))
        clock.advance(1001)
        try log.applyRetention(now: clock.now)
        #expect(log.state.withLock { Set($0.producers.entries.keys) } == [2])
    }
}
