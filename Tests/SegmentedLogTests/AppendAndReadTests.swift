import Foundation
import Records
import Synchronization
import TestSupport
import Testing

@testable import SegmentedLog

@Suite("Appending, reading, rolling and retention")
struct AppendAndReadTests {
    let folder: TemporaryFolder
    let clock = TestClock()

    init() throws { folder = try TemporaryFolder() }

    @Test("offsets are dense, and a read in the middle of a batch gives the whole batch")
    func offsets() throws {
        let log = try openLog(folder.partition)
        #expect(
            try log.append(makeBatch(["a", "b", "c"]))
                == AppendResult(baseOffset: 0, lastOffset: 2, isDuplicate: false, logStartOffset: 0))
        #expect(try log.append(makeBatch(["d"]), leaderEpoch: 7).baseOffset == 3)
        let read = try log.read(from: 1, bytesMax: 1, isolation: .readUncommitted)
        #expect(read.batches.map(\.baseOffset) == [0])
        #expect(read.nextOffset == 3)
        let second = try log.read(from: 3, bytesMax: 1 << 20, isolation: .readCommitted)
        #expect(second.batches.first?.header.partitionLeaderEpoch == 7)
        #expect(try log.read(from: 4, bytesMax: 1, isolation: .readUncommitted).batches.isEmpty)
        #expect(
            logError { _ = try log.read(from: 5, bytesMax: 1, isolation: .readUncommitted) }?.code == .offsetOutOfRange)
        #expect(
            logError { _ = try log.read(from: -1, bytesMax: 1, isolation: .readUncommitted) }?.code == .offsetOutOfRange
        )
    }

    @Test("the bytes on disk are the batch's own, with offset and epoch patched")
    func bytesOnDisk() throws {
        let log = try openLog(folder.partition)
        let batch = try makeBatch(["payload"])
        _ = try log.append(batch)
        _ = try log.append(batch, leaderEpoch: 3)
        let expected = batch.placed(at: 0, leaderEpoch: 0).encoded() + batch.placed(at: 1, leaderEpoch: 3).encoded()
        #expect(try folder.bytes("00000000000000000000.log") == expected)
    }

    @Test("every offset and every timestamp is found across rolled segments", arguments: [1, 200, 1 << 20])
    func lookups(bytesMax: Int) throws {
        let config = LogConfig(segmentBytes: 2000, indexIntervalBytes: 200)
        let log = try openLog(folder.partition, config)
        for number in 0..<200 { _ = try log.append(makeBatch(["v\(number)"], timestamp: Int64(number) * 10)) }
        #expect(try folder.names(".log").count > 5)
        for offset in 0..<200 as Range<Int64> {
            let read = try log.read(from: offset, bytesMax: bytesMax, isolation: .readUncommitted)
            #expect(read.batches.first?.baseOffset == offset)
            #expect(try log.offset(forTimestamp: offset * 10 - 5)?.offset == offset)
            #expect(try log.offset(forTimestamp: offset * 10)?.offset == offset)
        }
        #expect(try log.offset(forTimestamp: 1991) == nil)
        #expect(try log.values().count == 200)
    }

    @Test("a time lookup finds the record inside its batch, also when timestamps are out of order")
    func timeInsideBatch() throws {
        var builder = RecordBatchBuilder(compression: .zstd)
        for time in [500, 300, 900] as [Int64] { builder.append(keyBytes: nil, valueBytes: [1], timestamp: time) }
        let log = try openLog(folder.partition)
        _ = try log.append(try builder.build())
        _ = try log.append(makeBatch(["late"], timestamp: 100))
        let found = try log.offset(forTimestamp: 501)
        #expect(found?.offset == 2)
        #expect(found?.timestamp == 900)
        #expect(try log.offset(forTimestamp: 50)?.offset == 0)
    }

    @Test("a segment is closed by bytes and by age")
    func rolling() throws {
        let size = try makeBatch(["x"]).sizeInBytes
        let log = try openLog(
            folder.partition, LogConfig(segmentBytes: size * 2, segmentMilliseconds: 1000), clock: clock)
        for _ in 0..<3 { _ = try log.append(makeBatch(["x"])) }
        #expect(try folder.names(".log") == ["00000000000000000000.log", "00000000000000000002.log"])
        clock.advance(999)
        _ = try log.append(makeBatch(["x"]))
        #expect(try folder.names(".log").count == 2)
        clock.advance(1000)
        _ = try log.append(makeBatch(["x"]))
        #expect(try folder.names(".log").last == "00000000000000000004.log")
        #expect(logError { _ = try log.append(makeBatch(Array(repeating: "x", count: 100))) }?.code == .segmentTooSmall)
    }

    @Test("retention by bytes keeps at least that many, and by age what is young enough")
    func retention() throws {
        let size = Int64(try makeBatch(["x"]).sizeInBytes)
        let config = LogConfig(segmentBytes: Int(size), retentionBytes: size * 3, retentionMilliseconds: 10_000)
        let log = try openLog(folder.partition, config, clock: clock)
        for _ in 0..<10 { _ = try log.append(makeBatch(["x"], timestamp: clock.now)) }
        try log.applyRetention(now: clock.now)
        #expect(log.startOffset == 7)
        #expect(log.sizeInBytes == size * 3)
        #expect(try folder.names(".log").count == 3)
        clock.advance(10_001)
        _ = try log.append(makeBatch(["y"], timestamp: clock.now))
        try log.applyRetention(now: clock.now)
        #expect(log.startOffset == 10)
        #expect(try log.values() == ["y"])
        #expect(
            logError { _ = try log.read(from: 9, bytesMax: 1, isolation: .readUncommitted) }?.code == .offsetOutOfRange)
    }

    @Test("the log start offset survives a restart, clean or not", arguments: [true, false])
    func deleteRecords(clean: Bool) throws {
        var log = try openLog(folder.partition, LogConfig(segmentBytes: 200))
        for number in 0..<10 { _ = try log.append(makeBatch(["v\(number)"])) }
        try log.deleteRecords(before: 5)
        try log.deleteRecords(before: 3)
        #expect(log.startOffset == 5)
        #expect(logError { try log.deleteRecords(before: 11) }?.code == .offsetOutOfRange)
        if clean { try log.close() } else { log.abandon() }
        log = try openLog(folder.partition, LogConfig(segmentBytes: 200), clean: clean)
        #expect(log.startOffset == 5)
        #expect(log.damage.isEmpty)
        #expect(try log.values() == (5..<10).map { "v\($0)" })
        try log.deleteRecords(before: 10)
        #expect(try log.values().isEmpty)
        #expect(try log.append(makeBatch(["next"])).baseOffset == 10)
    }

    @Test("a clean restart goes on where the log ended, without a scan")
    func cleanRestart() throws {
        var log = try openLog(folder.partition, LogConfig(segmentBytes: 1000, indexIntervalBytes: 100))
        for number in 0..<50 { _ = try log.append(makeBatch(["v\(number)"], timestamp: Int64(number))) }
        try log.close()
        #expect(logError { _ = try log.append(makeBatch(["x"])) }?.code == .closed)
        log = try openLog(folder.partition, LogConfig(segmentBytes: 1000, indexIntervalBytes: 100), clean: true)
        #expect(log.endOffset == 50)
        #expect(log.highWatermark == 50)
        #expect(try log.append(makeBatch(["v50"], timestamp: 50)).baseOffset == 50)
        #expect(try log.values() == (0...50).map { "v\($0)" })
        #expect(try log.offset(forTimestamp: 49)?.offset == 49)
    }

    @Test("with the log's own time, batches carry it and keep a valid checksum")
    func logAppendTime() throws {
        let log = try openLog(folder.partition, LogConfig(timestampType: .logAppend), clock: clock)
        _ = try log.append(makeBatch(["x"], timestamp: 5))
        let batch = try #require(try log.read(from: 0, bytesMax: 1, isolation: .readUncommitted).batches.first)
        #expect(batch.maxTimestamp == clock.now)
        #expect(batch.header.timestampType == .logAppendTime)
        #expect(try batch.records().map(\.timestamp) == [clock.now])
    }

    @Test("control batches and batches with missing offsets are refused")
    func refused() throws {
        let log = try openLog(folder.partition)
        let marker = RecordBatch.controlMarker(
            commit: true, producerId: 1, producerEpoch: 0, coordinatorEpoch: 0, timestamp: 0)
        #expect(logError { _ = try log.append(marker) }?.code == .invalidBatch)
        #expect(log.endOffset == 0)
    }

    @Test("deleting removes the folder")
    func delete() throws {
        let log = try openLog(folder.partition)
        _ = try log.append(makeBatch(["x"]))
        try log.delete()
        #expect(throws: (any Error).self) { try folder.names() }
        #expect(logError { _ = try log.append(makeBatch(["x"])) }?.code == .closed)
    }
}
