import Records
import TestSupport
import Testing

@testable import SegmentedLog

@Suite("Configs that change under an open log")
struct ConfigChangeTests {
    private let folder: TemporaryFolder
    private let clock = TestClock()

    init() throws { folder = try TemporaryFolder() }

    private func put(_ log: PartitionLog, _ key: String, _ value: String) throws {
        _ = try log.append(makeBatch([(key, value)], timestamp: clock.now))
    }

    @Test("the largest batch, the segments' size and the clock are those of the moment")
    func appending() throws {
        let log = try openLog(folder.partition, LogConfig(), clock: clock)
        let batch = try makeBatch([String(repeating: "x", count: 500)])
        log.config.maxBatchBytes = 400
        #expect(logError { _ = try log.append(batch) }?.code == .batchTooLarge)
        log.config.maxBatchBytes = 4000
        log.config.segmentBytes = 400
        #expect(logError { _ = try log.append(batch) }?.code == .segmentTooSmall)
        log.config.segmentBytes = 600
        #expect(try log.append(batch).logAppendTimestamp == nil)
        log.config.timestampType = .logAppend
        #expect(try log.append(batch).logAppendTimestamp == clock.now)
        #expect(try folder.names(".log").count == 2)
    }

    @Test("retention takes the active segment once all of it is old, and goes on behind it")
    func activeSegment() async throws {
        let log = try openLog(folder.partition, LogConfig(retentionMilliseconds: 10_000), clock: clock)
        for number in 0..<5 { try put(log, "k", "\(number)") }
        try await log.flush()
        clock.advance(10_000)
        try log.applyRetention(now: clock.now)
        #expect(log.startOffset == 0)
        clock.advance(1)
        try log.applyRetention(now: clock.now)
        #expect(log.startOffset == 5)
        #expect(log.sizeInBytes == 0)
        #expect(try folder.names(".log") == ["00000000000000000005.log"])
        try put(log, "k", "later")
        #expect(try log.values() == ["later"])
        log.abandon()
        let reopened = try openLog(folder.partition, LogConfig(), clean: false)
        #expect(reopened.damage.isEmpty)
        #expect(reopened.startOffset == 5)
        #expect(reopened.endOffset == 6)
    }

    @Test("compaction leaves young records alone, and waits until enough is new")
    func lagAndRatio() async throws {
        let config = LogConfig(segmentBytes: 400, cleanupPolicy: .compact, compactionLagMilliseconds: 60_000)
        let log = try openLog(folder.partition, config, clock: clock)
        for number in 0..<20 { try put(log, "k", "\(number)") }
        try log.roll()
        try await log.flush()
        #expect(!log.isWorthCompacting(now: clock.now))
        #expect(try log.compact() == CompactionResult())
        clock.advance(60_000)
        #expect(log.isWorthCompacting(now: clock.now))
        #expect(try log.compact().recordsRemoved == 19)
        #expect(!log.isWorthCompacting(now: clock.now))

        // One closed segment of another key beside what is clean: less than nine tenths, more than one.
        log.config.compactionLagMilliseconds = 0
        try put(log, "other", "x")
        try log.roll()
        try await log.flush()
        log.config.dirtyRatioMin = 0.9
        #expect(!log.isWorthCompacting(now: clock.now))
        log.config.compactionLagMaxMilliseconds = 1000
        clock.advance(1001)
        #expect(log.isWorthCompacting(now: clock.now))
        log.config.compactionLagMaxMilliseconds = .max
        log.config.dirtyRatioMin = 0.1
        #expect(log.isWorthCompacting(now: clock.now))
    }

    @Test(
        "a log that was only deleted from can be compacted, one that was compacted can be deleted from, and both at once"
    )
    func policies() async throws {
        let log = try openLog(folder.partition, LogConfig(segmentBytes: 400, retentionMilliseconds: 1000), clock: clock)
        for number in 0..<20 { try put(log, "k", "\(number)") }
        try log.roll()
        try await log.flush()
        #expect(try log.compact() == CompactionResult())
        log.config.cleanupPolicy = .compactAndDelete
        #expect(try log.compact().recordsRemoved == 19)
        #expect(try log.values() == ["19"])
        clock.advance(1001)
        log.config.cleanupPolicy = .compact
        try log.applyRetention(now: clock.now)
        #expect(try log.values() == ["19"])
        log.config.cleanupPolicy = .compactAndDelete
        try log.applyRetention(now: clock.now)
        #expect(try log.values().isEmpty)
        #expect(log.endOffset == 20)
    }

    @Test("an empty partition needs no sync to be made or closed, and is there with its first record")
    func untouched() async throws {
        let log = try openLog(folder.partition, LogConfig(), clock: clock)
        #expect(try folder.names().filter { $0.contains("checkpoint") }.isEmpty)
        try log.close()
        let reopened = try openLog(folder.partition, LogConfig(), clean: true)
        try put(reopened, "k", "v")
        try await reopened.flush()
        reopened.abandon()
        #expect(try openLog(folder.partition, LogConfig(), clean: false).values() == ["v"])
    }
}
