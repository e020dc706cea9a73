import DiskSimulation
import Records
import TestSupport
import Testing

@testable import SegmentedLog

@Suite("Compaction")
struct CompactionTests {
    private let partition = "/data/hits-0"
    private let config = LogConfig(
        segmentBytes: 600, indexIntervalBytes: 100, cleanupPolicy: .compact, deleteRetentionMilliseconds: 1000)

    private func put(_ log: PartitionLog, _ key: String?, _ value: String?, _ timestamp: Int64 = 1000) throws {
        _ = try log.append(makeBatch([(key, value)], timestamp: timestamp))
    }

    /// The closed part and the active segment, as a map of the latest values.
    private func table(_ log: PartitionLog, _ isolation: Isolation = .readCommitted) throws -> [String: String] {
        var table: [String: String] = [:]
        for record in try log.all(from: nil, isolation) { record.key.map { table[$0] = record.value } }
        return table
    }

    private func settle(_ log: PartitionLog) async throws {
        try log.roll()
        try await log.flush()
    }

    @Test("what is missing at the end of a segment stops a pass and is still reported after it")
    func missingEnd() async throws {
        let folder = try TemporaryFolder()
        var log = try openLog(folder.partition, config)
        for number in 0..<40 { try put(log, "k", "\(number)") }
        try await settle(log)
        try log.close()
        let first = try #require(try folder.names(".log").first)
        let size = try makeBatch([(key: "k", value: "1")], timestamp: 1000).sizeInBytes
        try folder.write(Array(try folder.bytes(first).dropLast(size)), to: first)
        for _ in 0..<2 {
            log = try openLog(folder.partition, config)
            #expect(log.damage.count == 1)
            #expect(logError { try log.compact() }?.code == .corrupt)
            #expect(logError { _ = try log.all() }?.code == .corrupt)
            try log.close()
        }
    }

    @Test("the latest record of each key stays at its offset, the others go")
    func latest() async throws {
        let folder = try TemporaryFolder()
        var log = try openLog(folder.partition, config)
        for round in 0..<20 {
            for key in 0..<5 { try put(log, "k\(key)", "\(round)") }
        }
        try put(log, nil, "keyless")
        let before = try log.all()
        try await settle(log)
        let result = try log.compact()
        #expect(result.recordsRemoved == 95)
        #expect(result.bytesAfter < result.bytesBefore / 5)
        #expect(try log.all() == Array(before.suffix(6)))
        #expect(log.startOffset == 0)
        #expect(log.endOffset == 101)
        #expect(try log.compact() == CompactionResult())
        #expect(try log.append(makeBatch([("k1", "new")])).baseOffset == 101)
        for clean in [true, false] {
            if clean { try log.close() } else { log.abandon() }
            log = try openLog(folder.partition, config, clean: clean)
            #expect(log.damage.isEmpty)
            #expect(try log.all().map(\.offset) == [95, 96, 97, 98, 99, 100, 101])
        }
    }

    @Test("records within a batch are compacted too, also compressed ones")
    func withinBatch() async throws {
        var builder = RecordBatchBuilder(compression: .zstd)
        for number in 0..<30 {
            builder.append(keyBytes: bytes("k\(number % 3)"), valueBytes: bytes("\(number)"), timestamp: 1)
        }
        let log = try openLog(partition, config, disk: SimulatedDisk(seed: 1))
        _ = try log.append(try builder.build())
        try await settle(log)
        try log.compact()
        #expect(try log.all().map(\.offset) == [27, 28, 29])
        #expect(try log.all().map(\.value) == ["27", "28", "29"])
        #expect(
            try log.read(from: 3, bytesMax: 1, isolation: .readUncommitted).batches.first?.header.compression == .zstd)
    }

    @Test("a null value deletes its key, and goes itself when its time has passed and an earlier pass has seen it")
    func tombstones() async throws {
        let clock = TestClock()
        let log = try openLog(partition, config, disk: SimulatedDisk(seed: 1), clock: clock)
        try put(log, "a", "1", clock.now)
        try put(log, "b", "1", clock.now)
        try put(log, "a", nil, clock.now)
        try await settle(log)
        try log.compact()
        #expect(try log.all().map(\.key) == ["b", "a"])
        clock.advance(2000)
        try put(log, "c", "1", clock.now)
        try await settle(log)
        try log.compact()
        #expect(try log.all().map(\.key) == ["b", "c"])
    }

    @Test("aborted data goes, committed data becomes plain, markers go, and what is open stays untouched")
    func transactions() async throws {
        let folder = try TemporaryFolder()
        var log = try openLog(folder.partition, config)
        var first = Producer(id: 1, isTransactional: true)
        var second = Producer(id: 2, isTransactional: true)
        _ = try log.append(first.batch([("a", "committed")]))
        _ = try log.append(second.batch([("a", "aborted"), ("b", "aborted")]))
        _ = try log.appendMarker(commit: true, producerId: 1, producerEpoch: 0)
        for _ in 0..<12 { try put(log, "filler", "x") }
        _ = try log.appendMarker(commit: false, producerId: 2, producerEpoch: 0)
        try await settle(log)
        _ = try log.append(first.batch([("a", "open")]))
        try await settle(log)
        let open = log.lastStableOffset
        try log.compact()
        #expect(log.lastStableOffset == open)
        for clean in [nil, true, false] {
            if clean == true { try log.close() } else if clean == false { log.abandon() }
            if let clean { log = try openLog(folder.partition, config, clean: clean) }
            #expect(try table(log) == ["a": "committed", "filler": "x"])
            #expect(log.openTransactions.map(\.producerId) == [1])
            let read = try log.read(from: 0, bytesMax: 1, isolation: .readUncommitted)
            #expect(read.batches.first?.header.isTransactional == false)
            #expect(read.batches.first?.header.producerId == -1)
            #expect(logError { _ = try log.append(second.batch([("x", "y")])) } == nil)
            #expect(log.damage.isEmpty)
            _ = try log.appendMarker(commit: false, producerId: 2, producerEpoch: 0)
        }
    }

    @Test("producers are known after compaction and a crash, though their batches are gone")
    func producersSurvive() async throws {
        let disk = SimulatedDisk(seed: 1)
        var log = try openLog(partition, config, disk: disk)
        var producer = Producer(id: 1)
        _ = try log.append(producer.batch([("a", "1")]))
        for number in 0..<20 { try put(log, "a", "\(number)") }
        try await settle(log)
        try log.compact()
        log = try openLog(partition, config, disk: disk.powerCut())
        producer.sequence = 5
        #expect(logError { _ = try log.append(producer.batch([("a", "gap")])) }?.code == .outOfOrderSequence)
    }

    @Test("a pass stops at the key limit and the next one goes on")
    func keyLimit() async throws {
        var config = config
        config.compactionKeysMax = 4
        let log = try openLog(partition, config, disk: SimulatedDisk(seed: 1))
        for number in 0..<40 { try put(log, "k\(number % 10)", "\(number)") }
        let expected = try table(log)
        try await settle(log)
        var passes = 0
        while try log.compact() != CompactionResult() { passes += 1 }
        #expect(passes > 1)
        #expect(try table(log) == expected)
        #expect(try log.all().count < 40)
    }

    @Test(
        "a damaged segment stops compaction and stays as it is, also when only an offset field is wrong",
        arguments: [65, 70])
    func damaged(byte: Int) async throws {
        let folder = try TemporaryFolder()
        let log = try openLog(folder.partition, config)
        for number in 0..<20 { try put(log, "k", "\(number)") }
        try await settle(log)
        let name = "00000000000000000000.log"
        var broken = try folder.bytes(name)
        broken[byte] ^= 1
        let file = try FileDisk().open(folder.partition + "/" + name, .readWrite)
        try file.write(broken, at: 0)
        let error = logError { try log.compact() }
        #expect(error?.code == .corrupt, "\(String(describing: error))")
        #expect(error?.byteOffset == Int64(byte / 70 * 70))
        #expect(try folder.bytes(name) == broken)
        #expect(try folder.names(".cleaned").isEmpty)
        #expect(try log.append(makeBatch([("k", "on")])).baseOffset == 20)
    }

    @Test("a crash at any operation of a compaction leaves the same latest values", arguments: Survival.allCases)
    func crashes(survival: Survival) async throws {
        var cut = 0
        while true {
            let disk = SimulatedDisk(seed: UInt64(1000 + cut))
            let gate = FlushGate(policy: .always)
            let log = try openLog(partition, config, disk: disk, gate: gate)
            var producer = Producer(id: 1, isTransactional: true)
            for number in 0..<24 {
                try put(log, "k\(number % 4)", "\(number)")
                if number % 6 == 2 { _ = try log.append(producer.batch([("t\(number)", "t")])) }
                if number % 6 == 4 { _ = try log.appendMarker(commit: number < 12, producerId: 1, producerEpoch: 0) }
            }
            try await settle(log)
            let expected = try table(log)
            disk.cutPower(at: disk.operations + cut)
            let error = logError { try log.compact() }
            let after = disk.crash(survival)
            for _ in 0..<2 {
                let recovered = try openLog(partition, config, disk: after)
                #expect(recovered.damage.isEmpty, "cut \(cut): \(recovered.damage)")
                #expect(recovered.endOffset == log.endOffset, "cut \(cut)")
                #expect(try table(recovered) == expected, "cut \(cut)")
                #expect(recovered.openTransactions.isEmpty, "cut \(cut)")
                _ = try recovered.compact()
                #expect(try table(recovered) == expected, "cut \(cut)")
                try recovered.close()
            }
            if error == nil { break }
            cut += 1
        }
        #expect(cut > 20)
    }

    @Test("readers and writers go on while compaction replaces segments")
    func concurrent() async throws {
        let folder = try TemporaryFolder()
        let log = try openLog(folder.partition, config)
        for number in 0..<300 { try put(log, "k\(number % 7)", "\(number)") }
        try await settle(log)
        async let reads: Void = {
            for _ in 0..<30 {
                let last = try log.all().last?.offset ?? 0
                #expect(last >= 299)
            }
        }()
        async let writes: Void = {
            for number in 0..<100 { try put(log, "w\(number % 3)", "\(number)") }
        }()
        try log.compact()
        try await reads
        try await writes
        #expect(try table(log).count == 10)
    }
}
