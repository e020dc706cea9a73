import Foundation
import Glibc
import Records
import Synchronization
import TestSupport
import Testing

@testable import SegmentedLog

/// Logs with far more files than may be open.
@Suite("Logs of more files than may be open")
struct FewDescriptorsTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("a log of many segments is written, read, closed and opened again")
    func manySegments() throws {
        let disk = FileDisk(openFilesMax: 8)
        let config = LogConfig(segmentBytes: 300, indexIntervalBytes: 50)
        var log = try openLog(folder.partition, config, policy: .always, disk: disk)
        let values = (0..<200).map { "value \($0)" }
        for value in values { _ = try log.append(makeBatch([value])) }
        _ = try log.gate.flushBlocking(log)
        #expect(try folder.names(".log").count > 50)
        #expect(try log.values() == values)
        #expect(disk.pool.openCount <= 8)
        try log.close()
        for isClean in [true, false] {
            log = try openLog(folder.partition, config, disk: disk, clean: isClean)
            #expect(log.damage.isEmpty)
            #expect(try log.values() == values)
            #expect(disk.pool.openCount <= 8)
            try log.close()
        }
    }

    @Test("a slice is read after its segment was removed and its file would have been closed")
    func slice() throws {
        let disk = FileDisk(openFilesMax: 8)
        let config = LogConfig(segmentBytes: 300, indexIntervalBytes: 50)
        let log = try openLog(folder.partition, config, policy: .always, disk: disk)
        for number in 0..<100 { _ = try log.append(makeBatch(["value \(number)"])) }
        _ = try log.gate.flushBlocking(log)
        let slice = try #require(try log.slice(from: 0, bytesMax: 1000, isolation: .readUncommitted))
        try log.deleteRecords(before: 90)
        _ = try log.values()
        let contents = try slice.contents()
        var sent = [UInt8](repeating: 0, count: slice.sizeInBytes)
        let count = pread(try #require(slice.pinned).descriptor, &sent, sent.count, Int(slice.position))
        #expect(count == sent.count && sent == contents)
        let batches = try RecordBatch.batches(in: contents, range: contents.indices)
        #expect(try records(of: #require(batches.first)).map(\.value) == ["value 0"])
        try log.close()
    }

    @Test("readers meet no error and no wrong record while segments are compacted away, replaced and deleted")
    func readersDuringCompaction() throws {
        let disk = FileDisk(openFilesMax: 8)
        let config = LogConfig(segmentBytes: 1000, indexIntervalBytes: 100, cleanupPolicy: .compact, dirtyRatioMin: 0)
        let log = try openLog(folder.partition, config, policy: .always, disk: disk)
        let isDone = Atomic<Bool>(false)
        let failures = Mutex<[String]>([])
        let reads = Atomic<Int>(0)
        /// The value says its key and offset, so that a record of another file is known.
        @Sendable func append(_ count: Int) throws {
            for _ in 0..<count {
                let key = "k\(log.endOffset % 9)"
                _ = try log.append(makeBatch([(key: key, value: "\(key)@\(log.endOffset)")]))
            }
            _ = try log.gate.flushBlocking(log)
        }
        try append(100)
        @Sendable func read() throws {
            while !isDone.load(ordering: .relaxed) {
                let found: [ReadRecord]
                do {
                    found = try log.all()
                    _ = try log.offset(forTimestamp: 1000)
                } catch let error as LogError where error.code == .offsetOutOfRange {
                    continue
                }
                for record in found where record.value != "\(record.key ?? "")@\(record.offset)" {
                    failures.withLock { $0.append("offset \(record.offset) holds \(record)") }
                }
                reads.add(1, ordering: .relaxed)
            }
        }
        let readers = DispatchGroup()
        for _ in 0..<3 {
            readers.enter()
            Thread.detachNewThread {
                do { try read() } catch { failures.withLock { $0.append("\(error)") } }
                readers.leave()
            }
        }
        do {
            defer { isDone.store(true, ordering: .relaxed) }
            var round = 0
            // On a busy machine readers may be slow to begin.
            while round < 30 || (reads.load(ordering: .relaxed) <= 10 && round < 1000) {
                round += 1
                try append(50)
                try log.compact()
                if round % 5 == 0 { try log.deleteRecords(before: log.highWatermark - 60) }
            }
        }
        readers.wait()
        #expect(failures.withLock { Array($0.prefix(3)) } == [])
        #expect(reads.load(ordering: .relaxed) > 10)
        #expect(disk.pool.openCount <= 8 + 4)
        try log.close()
    }
}
