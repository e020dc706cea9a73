import Records
import TestSupport
import Testing

@testable import SegmentedLog

@Suite("Recovery after a crash")
struct RecoveryTests {
    let folder: TemporaryFolder
    let first = "00000000000000000000.log"

    init() throws { folder = try TemporaryFolder() }

    /// A log that was never closed: what a killed process leaves.
    private func write(_ count: Int, _ config: LogConfig = LogConfig()) throws {
        let gate = FlushGate(policy: .os)
        let log = try openLog(folder.partition, config, gate: gate)
        for number in 0..<count { _ = try log.append(makeBatch(["v\(number)"], timestamp: Int64(number))) }
        // The folder is the test's from here on: no flush of a rolled segment may come later.
        gate.close()
    }

    @Test("a torn last batch is cut off at every byte position, and the log goes on there")
    func tornTail() throws {
        try write(3)
        let whole = try folder.bytes(first)
        let last = whole.count / 3 * 2
        for cut in last..<whole.count {
            try folder.write(Array(whole[..<cut]), to: first)
            let log = try openLog(folder.partition)
            #expect(log.endOffset == 2)
            #expect(log.truncatedBytes == Int64(cut - last))
            #expect(log.damage.isEmpty)
            #expect(log.sizeInBytes == Int64(last))
            #expect(try log.append(makeBatch(["again"])).baseOffset == 2)
            #expect(try log.values() == ["v0", "v1", "again"])
            try folder.write(whole, to: first)
            try folder.remove(PartitionCheckpoint.fileName)
        }
    }

    @Test("a last batch with a flipped byte is cut off, whichever byte of the checked part it is")
    func flippedTail() throws {
        try write(2)
        let whole = try folder.bytes(first)
        for index in stride(from: whole.count / 2 + 16, to: whole.count, by: 7) {
            var broken = whole
            broken[index] ^= 0x41
            try folder.write(broken, to: first)
            try? folder.remove(PartitionCheckpoint.fileName)
            let log = try openLog(folder.partition)
            #expect(log.endOffset == 1, "byte \(index)")
            #expect(log.damage.isEmpty)
        }
    }

    @Test(
        "a corrupt batch with valid ones behind it is reported with its place, kept, and thrown by reads that come there"
    )
    func corruptMiddle() throws {
        try write(10)
        var broken = try folder.bytes(first)
        let size = broken.count / 10
        broken[size * 4 + 65] ^= 1
        try folder.write(broken, to: first)
        let log = try openLog(folder.partition)
        #expect(log.damage.count == 1)
        let damage = try #require(log.damage.first)
        #expect(damage.code == .corrupt)
        #expect(damage.directory == folder.partition)
        #expect(damage.segment == first)
        #expect(damage.byteOffset == Int64(size * 4))
        #expect(log.endOffset == 10)
        #expect(try folder.bytes(first) == broken)
        let before = try log.read(from: 0, bytesMax: 1 << 20, isolation: .readUncommitted)
        #expect(before.nextOffset == 4)
        let error = logError { _ = try log.read(from: 4, bytesMax: 1 << 20, isolation: .readUncommitted) }
        #expect(error?.code == .corrupt)
        #expect(error?.byteOffset == Int64(size * 4))
        #expect(try log.all(from: 5).map(\.offset) == Array(5..<10))
        #expect(try log.append(makeBatch(["on"])).baseOffset == 10)
    }

    @Test(
        "a batch that a power cut kept from being written is cut off with what came behind it, and the log goes on there",
        arguments: [false, true])
    func unwrittenSector(isBelowRecoveryPoint: Bool) throws {
        let text = String(repeating: "x", count: 700)
        let log = try openLog(folder.partition)
        for number in 0..<6 { _ = try log.append(makeBatch(["\(number)" + text])) }
        if isBelowRecoveryPoint { try log.close() } else { log.abandon() }
        var broken = try folder.bytes(first)
        let size = broken.count / 6
        // Write-back keeps no order: a sector of the third batch is missing, and the fourth is whole.
        let sector = (size * 2 / 512 + 1) * 512
        broken.replaceSubrange(sector..<sector + 512, with: [UInt8](repeating: 0, count: 512))
        try folder.write(broken, to: first)
        let again = try openLog(folder.partition)
        #expect(again.endOffset == (isBelowRecoveryPoint ? 6 : 2))
        #expect(again.damage.map(\.byteOffset) == (isBelowRecoveryPoint ? [Int64(size * 2)] : []))
        #expect(again.truncatedBytes == (isBelowRecoveryPoint ? 0 : Int64(size * 4)))
        again.abandon()
    }

    @Test("a corrupt length is stepped over by looking for the next valid batch, and is reported")
    func corruptLength() throws {
        try write(6)
        var broken = try folder.bytes(first)
        let size = broken.count / 6
        for index in 0..<4 { broken[size * 2 + 8 + index] = 0x7F }
        try folder.write(broken, to: first)
        let log = try openLog(folder.partition)
        #expect(log.damage.map(\.byteOffset) == [Int64(size * 2)])
        #expect(log.endOffset == 6)
        #expect(
            logError { _ = try log.read(from: 2, bytesMax: 100, isolation: .readUncommitted) }?.byteOffset
                == Int64(size * 2))
        #expect(try log.all(from: 3).map(\.offset) == [3, 4, 5])
    }

    @Test("what is missing below the recovery point is reported, and its offsets are never given again")
    func belowRecoveryPoint() throws {
        var log = try openLog(folder.partition)
        for number in 0..<4 { _ = try log.append(makeBatch(["v\(number)"])) }
        try log.close()
        let whole = try folder.bytes(first)
        try folder.write(Array(whole[..<(whole.count / 2 + 5)]), to: first)
        log = try openLog(folder.partition)
        #expect(log.damage.map(\.byteOffset) == [Int64(whole.count / 2)])
        #expect(log.endOffset == 4)
        #expect(log.truncatedBytes == 0)
        #expect(try folder.bytes(first).count == whole.count / 2 + 5)
        #expect(logError { _ = try log.read(from: 2, bytesMax: 100, isolation: .readUncommitted) }?.code == .corrupt)
        #expect(logError { _ = try log.read(from: 3, bytesMax: 100, isolation: .readUncommitted) }?.code == .corrupt)
        #expect(try log.append(makeBatch(["next"])).baseOffset == 4)
        #expect(try log.all(from: 4).map(\.value) == ["next"])
        try log.close()
        log = try openLog(folder.partition, clean: true)
        #expect(logError { _ = try log.read(from: 2, bytesMax: 100, isolation: .readUncommitted) }?.code == .corrupt)
        try log.deleteRecords(before: 4)
        #expect(try log.values() == ["next"])
    }

    @Test("a missing closed segment is reported, not skipped")
    func missingSegment() throws {
        try write(30, LogConfig(segmentBytes: 800))
        let names = try folder.names(".log")
        let victim = try #require(names.dropFirst().first)
        try folder.remove(victim)
        let log = try openLog(folder.partition, LogConfig(segmentBytes: 800))
        #expect(log.damage.count == 1)
        #expect(log.endOffset == 30)
        #expect(logError { _ = try log.all() }?.code == .corrupt)
    }

    @Test("a closed segment that lost its last batches with the power is where the log ends")
    func closedSegmentWithoutItsTail() throws {
        let config = LogConfig(segmentBytes: 800)
        try write(40, config)
        let names = try folder.names(".log")
        let whole = try folder.bytes(names[1])
        let later = try names.dropFirst(2).reduce(0) { try $0 + folder.bytes($1).count }
        try folder.write(Array(whole.dropLast(makeBatch(["v21"]).sizeInBytes)), to: names[1])
        try forgetFlushes()
        var log = try openLog(folder.partition, config)
        #expect(log.damage.isEmpty)
        #expect(log.endOffset == 21)
        #expect(log.truncatedBytes == Int64(later))
        #expect(try folder.names(".log") == Array(names.prefix(2)))
        #expect(try log.append(makeBatch(["on"])).baseOffset == 21)
        try log.close()
        log = try openLog(folder.partition, config, clean: true)
        #expect(try log.values() == (0..<21).map { "v\($0)" } + ["on"])
    }

    /// As if no flush had come yet.
    private func forgetFlushes() throws {
        for name in try [PartitionCheckpoint.fileName] + folder.names(".snapshot") { try folder.remove(name) }
    }

    enum Known: CaseIterable { case damagedCheckpoint, lostCheckpoint, cleanShutdown, policy }

    @Test("nothing behind is cut off where what is missing was synced, or may have been", arguments: Known.allCases)
    func shortSegment(known: Known) throws {
        let config = LogConfig(segmentBytes: 800)
        try write(40, config)
        let names = try folder.names(".log")
        try folder.write(
            Array(try folder.bytes(names[1]).dropLast(makeBatch(["v21"]).sizeInBytes)), to: names[1])
        switch known {
        case .damagedCheckpoint: try folder.write([1, 2, 3], to: PartitionCheckpoint.fileName)
        case .lostCheckpoint: try folder.remove(PartitionCheckpoint.fileName)
        case .cleanShutdown, .policy: try forgetFlushes()
        }
        let log = try openLog(
            folder.partition, config, policy: known == .policy ? .always : .os, clean: known == .cleanShutdown)
        #expect(log.damage.count == 1)
        #expect(log.endOffset == 40)
        #expect(log.truncatedBytes == 0)
        #expect(try folder.names(".log") == names)
    }

    @Test("a rotten batch whose last byte alone is in the next batch's sector is no unwritten sector")
    func rottenBatchBeforeValid() throws {
        // Records end in a zero byte where they have no headers.
        let sizes = try (1...600).filter { try makeBatch([String(repeating: "x", count: $0)]).sizeInBytes % 512 == 1 }
        let size = try #require(sizes.first)
        var log = try openLog(folder.partition)
        for value in [String(repeating: "x", count: size), "next", "last"] { _ = try log.append(makeBatch([value])) }
        try log.close()
        try forgetFlushes()
        var bytes = try folder.bytes(first)
        bytes[100] ^= 1
        try folder.write(bytes, to: first)
        log = try openLog(folder.partition)
        #expect(log.damage.count == 1)
        #expect(log.endOffset == 3)
        #expect(log.truncatedBytes == 0)
    }

    @Test("a batch that rots while the log is open is reported by the read, with its place")
    func liveCorruption() throws {
        let log = try openLog(folder.partition)
        for number in 0..<3 { _ = try log.append(makeBatch(["v\(number)"])) }
        var broken = try folder.bytes(first)
        let size = broken.count / 3
        broken[size + 64] ^= 1
        let file = try FileDisk().open(folder.partition + "/" + first, .readWrite)
        try file.write(broken, at: 0)
        #expect(try log.read(from: 0, bytesMax: 1 << 20, isolation: .readUncommitted).nextOffset == 1)
        #expect(
            logError { _ = try log.read(from: 1, bytesMax: 1 << 20, isolation: .readUncommitted) }?.byteOffset
                == Int64(size))
        #expect(try log.read(from: 2, bytesMax: 1 << 20, isolation: .readUncommitted).nextOffset == 3)
    }

    @Test("rebuilt indexes are byte for byte those that were written", arguments: [true, false])
    func rebuiltIndexes(clean: Bool) throws {
        let config = LogConfig(segmentBytes: 3000, indexIntervalBytes: 150)
        let log = try openLog(folder.partition, config)
        var producer = Producer(id: 5, isTransactional: true)
        for number in 0..<60 {
            _ = try log.append(makeBatch(["v\(number)"], timestamp: Int64(number / 2 * 10)))
            if number % 10 == 3 { _ = try log.append(producer.batch(["t"])) }
            if number % 10 == 8 { _ = try log.appendMarker(commit: number % 20 == 8, producerId: 5, producerEpoch: 0) }
        }
        try log.close()
        let indexes = try folder.names("index")
        #expect(indexes.contains { $0.hasSuffix(".txnindex") })
        let written = try indexes.map { try folder.bytes($0) }
        let aborted = log.state.withLock { $0.segments.flatMap(\.transactions.entries) }
        for name in indexes { try folder.remove(name) }
        let reopened = try openLog(folder.partition, config, clean: clean)
        #expect(try folder.names("index") == indexes)
        #expect(try indexes.map { try folder.bytes($0) } == written)
        #expect(reopened.state.withLock { $0.segments.flatMap(\.transactions.entries) } == aborted)
        #expect(reopened.endOffset == log.endOffset)
    }

    @Test("an index that does not fit its log is rebuilt even after a clean shutdown")
    func brokenIndex() throws {
        let config = LogConfig(segmentBytes: 3000, indexIntervalBytes: 150)
        var log = try openLog(folder.partition, config)
        for number in 0..<60 { _ = try log.append(makeBatch(["v\(number)"], timestamp: Int64(number))) }
        try log.close()
        let name = "00000000000000000000.index"
        let written = try folder.bytes(name)
        try folder.write(Array(written.dropLast(3)), to: name)
        log = try openLog(folder.partition, config, clean: true)
        #expect(try folder.bytes(name) == written)
        #expect(try log.values().count == 60)
    }

    @Test("a damaged checkpoint costs a scan and nothing else", arguments: [false, true])
    func damagedCheckpoint(isTooLong: Bool) throws {
        var log = try openLog(folder.partition, LogConfig(segmentBytes: 500))
        for number in 0..<20 { _ = try log.append(makeBatch(["v\(number)"])) }
        try log.close()
        var stored = try folder.bytes(PartitionCheckpoint.fileName)
        if isTooLong { stored += [UInt8](repeating: 1, count: 5000) } else { stored[40] ^= 1 }
        try folder.write(stored, to: PartitionCheckpoint.fileName)
        log = try openLog(folder.partition, LogConfig(segmentBytes: 500), clean: true)
        #expect(log.damage.isEmpty)
        #expect(try log.values().count == 20)
    }

    @Test("the checkpoint reads back what was written and refuses every changed byte")
    func checkpoint() throws {
        var checkpoint = PartitionCheckpoint()
        checkpoint.recoveryPoint = 12
        checkpoint.startOffset = 3
        checkpoint.holesBelow = 9
        checkpoint.cleanedThrough = 7
        checkpoint.activeSince = 1_700_000_000_000
        let encoded = checkpoint.encoded()
        #expect(PartitionCheckpoint(parsing: encoded) == checkpoint)
        for index in encoded.indices {
            var changed = encoded
            changed[index] ^= 1
            #expect(PartitionCheckpoint(parsing: changed) == nil)
        }
    }

    @Test("any bytes at all in the folder's files are no reason to trap", arguments: 0..<40 as Range<UInt64>)
    func garbage(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let writer = try openLog(folder.partition, LogConfig(segmentBytes: 700, indexIntervalBytes: 100))
        for number in 0..<20 { _ = try writer.append(makeBatch(["v\(number)"], timestamp: Int64(number))) }
        try writer.close()
        for name in try folder.names() {
            var content = try folder.bytes(name)
            for _ in 0..<Int.random(in: 0...4, using: &generator) where !content.isEmpty {
                content[Int.random(in: 0..<content.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            if Bool.random(using: &generator), !content.isEmpty {
                content.removeLast(Int.random(in: 0..<content.count, using: &generator))
            }
            try folder.write(content, to: name)
        }
        let log = try openLog(folder.partition, clean: Bool.random(using: &generator))
        #expect(log.endOffset <= 25)
        for offset in log.startOffset...log.endOffset {
            _ = logError { _ = try log.read(from: offset, bytesMax: 300, isolation: .readCommitted) }
        }
        _ = logError { _ = try log.offset(forTimestamp: 10) }
        _ = logError {
            var batches = try LogReader(directory: folder.partition).batches()
            while try batches.next() != nil {}
        }
    }
}
