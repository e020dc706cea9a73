import Foundation
import Records
import TestSupport
import Testing

@testable import SegmentedLog

/// What a start costs, and that what is not scanned again is what a scan would find.
@Suite("Starting")
struct StartTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private let value = String(repeating: "x", count: 100)

    private func append(_ count: Int, to log: PartitionLog) throws {
        for _ in 0..<count { _ = try log.append(makeBatch([value], timestamp: log.endOffset)) }
    }

    /// What the last process has left is opened again; the log and what that took.
    private func reopen(_ config: LogConfig, clean: Bool) throws -> (PartitionLog, MeteredDisk.Counts) {
        let disk = MeteredDisk()
        let log = try openLog(folder.partition, config, disk: disk, clean: clean)
        #expect(log.damage.isEmpty)
        return (log, disk.counts)
    }

    @Test("a start after a clean stop reads the ends of segments, writes and syncs nothing, and lists the folder once")
    func clean() throws {
        let config = LogConfig(segmentBytes: 100_000, indexIntervalBytes: 1000)
        let log = try openLog(folder.partition, config)
        try append(2000, to: log)
        let size = log.sizeInBytes
        try log.close()
        let (again, counts) = try reopen(config, clean: true)
        let segments = try folder.names(".log").count
        #expect(segments >= 3 && again.endOffset == 2000)
        #expect(counts.bytesRead["log"] ?? 0 <= segments * 1500)
        #expect(counts.bytesRead["log"] ?? 0 < Int(size) / 10)
        #expect(counts.writes == 0 && counts.syncs == 0 && counts.listings == 1)
    }

    @Test("a close with nothing new writes and syncs nothing")
    func idleClose() throws {
        var log = try openLog(folder.partition)
        try append(100, to: log)
        try log.close()
        let disk = MeteredDisk()
        log = try openLog(folder.partition, disk: disk, clean: true)
        _ = try log.all()
        try log.close()
        #expect(disk.counts.writes == 0 && disk.counts.syncs == 0)
        #expect(try openLog(folder.partition, clean: true).endOffset == 100)
    }

    @Test("the name of an empty segment that a crash has left is synced before anything in it is acknowledged")
    func emptySegment() async throws {
        var log = try openLog(folder.partition)
        try append(100, to: log)
        try log.roll()
        try await log.flush()
        log.abandon()
        for clean in [false, true] {
            let disk = MeteredDisk()
            log = try openLog(folder.partition, policy: .always, disk: disk, clean: clean)
            if !clean {
                // Nothing written: nothing to sync when it is closed, and the next process has to know again.
                try log.close()
                #expect(disk.counts.syncs == 0)
                continue
            }
            let result = try log.append(makeBatch([value]))
            try await log.gate.waitUntilDurable([(log, through: result.lastOffset)])
            #expect(disk.counts.syncs == 2)
        }
    }

    @Test("a start after a crash with nothing written since the checkpoint scans and writes nothing")
    func idleCrash() throws {
        let config = LogConfig(segmentBytes: 100_000, indexIntervalBytes: 1000)
        var log = try openLog(folder.partition, config)
        try append(2000, to: log)
        try log.close()
        log = try openLog(folder.partition, config, clean: true)
        log.abandon()
        let (again, counts) = try reopen(config, clean: false)
        #expect(again.endOffset == 2000)
        #expect(counts.bytesRead["log"] ?? 0 <= (try folder.names(".log").count) * 1500)
        #expect(counts.writes == 0 && counts.syncs == 0 && counts.listings == 1)
    }

    @Test("after a crash only what lies above the checkpoint is scanned, in the middle of a large segment too")
    func tail() throws {
        let config = LogConfig(segmentBytes: 10 << 20, indexIntervalBytes: 1000)
        var log = try openLog(folder.partition, config)
        try append(10_000, to: log)
        try log.close()
        log = try openLog(folder.partition, config, clean: true)
        try append(50, to: log)
        let size = log.sizeInBytes
        log.abandon()
        let (again, counts) = try reopen(config, clean: false)
        #expect(again.endOffset == 10_050)
        #expect(size > 1_000_000)
        // The tail has 50 batches of less than 200 bytes; it is read to be scanned, and the batch it begins with to be sure of the place.
        #expect(counts.bytesRead["log"] ?? 0 < 3 * (50 * 200 + 1500), "\(counts.bytesRead)")
        #expect(try again.all().map(\.offset) == Array(0..<10_050))
    }

    @Test("what is resumed from the checkpoint is what a scan of everything finds", arguments: 0..<12 as Range<UInt64>)
    func likeScanned(_: UInt64) throws {
        let seed = UInt64.random(in: 0..<1 << 32)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let config = LogConfig(
            segmentBytes: [2000, 20_000, 1 << 20].randomElement(using: &random) ?? 0, indexIntervalBytes: 300)
        var producers = (0..<4).map { Producer(id: Int64($0), isTransactional: $0 < 3) }
        var hasOpen = [Bool](repeating: false, count: 4)
        func work(_ log: PartitionLog) throws {
            for _ in 0..<Int.random(in: 0..<200, using: &random) {
                let index = Int.random(in: 0..<4, using: &random)
                if hasOpen[index], Int.random(in: 0..<3, using: &random) == 0 {
                    _ = try log.appendMarker(
                        commit: Bool.random(using: &random), producerId: producers[index].id, producerEpoch: 0)
                    hasOpen[index] = false
                } else {
                    let time = Int64.random(in: 0..<1_000_000, using: &random)
                    _ = try log.append(producers[index].batch([(key: nil, value: value)], timestamp: time))
                    hasOpen[index] = producers[index].isTransactional
                }
            }
        }
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let log = try openLog(folder.partition, config, clean: true)
            try work(log)
            // A checkpoint in the middle of a segment that goes on.
            if Bool.random(using: &random) {
                try log.roll()
                try work(log)
                _ = try log.gate.flushBlocking(log)
                try work(log)
            }
            try log.close()
        }
        let log = try openLog(folder.partition, config, clean: true)
        try work(log)
        log.abandon()

        let scanned = folder.path + "/scanned-0"
        try FileManager.default.copyItem(atPath: folder.partition, toPath: scanned)
        for name in try folder.names("index") { try FileManager.default.removeItem(atPath: scanned + "/" + name) }
        let (resumed, whole) = (try openLog(folder.partition, config), try openLog(scanned, config))
        #expect(resumed.endOffset == log.endOffset && whole.endOffset == log.endOffset)
        #expect(resumed.damage.isEmpty && whole.damage.isEmpty)
        #expect(try resumed.all() == whole.all())
        #expect(try resumed.all(from: 0, .readCommitted) == whole.all(from: 0, .readCommitted))
        #expect(resumed.openTransactions == whole.openTransactions)
        func inside(_ log: PartitionLog) -> ([AbortedTransaction], [Int64?], [Int64: ProducerEntry]) {
            log.state.withLock { state in
                (
                    state.segments.flatMap(\.transactions.entries), state.segments.map { $0.newest?.timestamp },
                    state.producers.entries
                )
            }
        }
        let (left, right) = (inside(resumed), inside(whole))
        #expect(left.0 == right.0)
        #expect(left.1 == right.1)
        #expect(left.2.mapValues(\.lastSequence) == right.2.mapValues(\.lastSequence))
        for _ in 0..<50 {
            let time = Int64.random(in: 0..<1_000_000, using: &random)
            #expect(try resumed.offset(forTimestamp: time)?.offset == whole.offset(forTimestamp: time)?.offset)
            let offset = Int64.random(in: 0...log.endOffset, using: &random)
            let (a, b) = (
                try resumed.read(from: offset, bytesMax: 1, isolation: .readUncommitted),
                try whole.read(from: offset, bytesMax: 1, isolation: .readUncommitted)
            )
            #expect(a.nextOffset == b.nextOffset && a.batches.map(\.baseOffset) == b.batches.map(\.baseOffset))
        }
    }
}
