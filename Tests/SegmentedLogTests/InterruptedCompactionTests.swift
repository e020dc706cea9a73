import DiskSimulation
import Records
import TestSupport
import Testing

@testable import SegmentedLog

/// Compaction that does not come to its end, and logs that have lost what they knew of it.
@Suite("Interrupted compaction")
struct InterruptedCompactionTests {
    private let partition = "/data/hits-0"
    private let config = LogConfig(
        segmentBytes: 600, indexIntervalBytes: 100, cleanupPolicy: .compact, deleteRetentionMilliseconds: 1000)

    private func put(_ log: PartitionLog, _ key: String, _ value: String?, _ timestamp: Int64 = 1000) throws {
        _ = try log.append(makeBatch([(key, value)], timestamp: timestamp))
    }

    private func settle(_ log: PartitionLog) async throws {
        try log.roll()
        try await log.flush()
    }

    private func table(_ log: PartitionLog) throws -> [String: String] {
        var table: [String: String] = [:]
        for record in try log.all(from: nil, .readCommitted) { record.key.map { table[$0] = record.value } }
        return table
    }

    @Test("a pass that finds no room halfway is not taken for done: what a tombstone hides does not come back")
    func noRoom() async throws {
        var operation = 0
        var halfway = 0
        while true {
            operation += 1
            let clock = TestClock()
            let disk = SimulatedDisk(seed: UInt64(operation))
            let log = try openLog(partition, config, disk: disk, clock: clock)
            // The first segments become groups of their own, one of them with the value; its tombstone comes behind.
            for number in 0..<16 { try put(log, number == 10 ? "a" : "f\(number)", "1", clock.now) }
            try put(log, "f0", "2", clock.now)
            try put(log, "a", nil, clock.now)
            try await settle(log)
            disk.inject(Fault(.full(operations: 1), at: operation))
            let error = logError { try log.compact() }
            #expect(error == nil || error?.code == .diskFull, "operation \(operation)")
            if error != nil, try table(log)["a"] == nil, try log.all().count < 18 { halfway += 1 }
            disk.clearFaults()
            for pass in 0..<2 {
                clock.advance(2000)
                try put(log, "b", "\(pass)", clock.now)
                try await settle(log)
                try log.compact()
                #expect(try table(log)["a"] == nil, "operation \(operation), pass \(pass)")
            }
            let again = try openLog(partition, config, disk: disk.crash(.process), clock: clock)
            #expect(again.damage.isEmpty, "operation \(operation)")
            #expect(try table(again)["a"] == nil, "operation \(operation)")
            if error == nil { break }
        }
        #expect(halfway > 5)
    }

    @Test(
        "once a swap has changed a name an error makes the log read-only: nothing removes the compacted file",
        arguments: [Fault.Kind.error, .full(operations: 1)])
    func failedSwap(kind: Fault.Kind) async throws {
        var operation = 0
        var halfway = 0
        while true {
            operation += 1
            let disk = SimulatedDisk(seed: UInt64(operation))
            let log = try openLog(partition, config, disk: disk)
            // Four small segments that become one.
            for number in 0..<4 {
                try put(log, "u\(number)", "1")
                try put(log, "k", "\(number)")
                try await settle(log)
            }
            func names() throws -> [String] {
                try disk.openDirectory(partition, create: false).filter {
                    $0.contains(".log") && !$0.hasSuffix(SegmentName.temporarySuffix)
                }
            }
            let before = try names()
            disk.inject(Fault(kind, at: operation))
            let error = logError { try log.compact() }
            disk.clearFaults()
            if error == nil { break }
            let isHalfway = try names() != before
            let refusal = logError { try log.deleteRecords(before: 4) }
            if isHalfway {
                halfway += 1
                #expect(refusal?.code == .readOnly, "operation \(operation)")
            }
            #expect(try table(log)["k"] == "3", "operation \(operation)")
            let again = try openLog(partition, config, disk: disk.crash(.process))
            #expect(again.damage.isEmpty, "operation \(operation)")
            var expected = ["u2": "1", "u3": "1", "k": "3"]
            if again.startOffset == 0 { expected.merge(["u0": "1", "u1": "1"]) { $1 } }
            #expect(try table(again) == expected, "operation \(operation)")
        }
        // All that takes room comes before.
        #expect(kind == .error ? halfway > 8 : halfway == 0, "\(halfway)")
    }

    @Test("a compacted log without its checkpoint is written and compacted on, and read through from then on")
    func lostCheckpoint() async throws {
        let folder = try TemporaryFolder()
        var log = try openLog(folder.partition, config)
        for number in 0..<20 { try put(log, "k\(number % 3)", "\(number)") }
        try await settle(log)
        try log.compact()
        try put(log, "k0", "later")
        try log.close()
        try folder.remove(PartitionCheckpoint.fileName)
        log = try openLog(folder.partition, config)
        #expect(log.damage.isEmpty)
        // The segment that was open then ends with a marker, which compaction takes.
        var producer = Producer(id: 1, isTransactional: true)
        _ = try log.append(producer.batch([("k1", "committed")]))
        _ = try log.appendMarker(commit: true, producerId: 1, producerEpoch: 0)
        let expected = try table(log)
        #expect(expected == ["k0": "later", "k1": "committed", "k2": "17"])
        try await settle(log)
        try put(log, "k2", "open")
        try log.compact()
        for isClean in [true, false] {
            if isClean { try log.close() } else { log.abandon() }
            log = try openLog(folder.partition, config, clean: isClean)
            #expect(log.damage.isEmpty)
            #expect(try table(log) == ["k0": "later", "k1": "committed", "k2": "open"])
            #expect(try log.all().map(\.offset) == [17, 20, 21, 23])
        }
    }
}
