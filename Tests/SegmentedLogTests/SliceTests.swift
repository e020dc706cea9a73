import Foundation
import Records
import Synchronization
import TestSupport
import Testing

@testable import SegmentedLog

@Suite("Slices")
struct SliceTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A log of many segments with batches of many sizes, aborted and open transactions.
    private func fill(_ log: PartitionLog, _ random: inout SeededGenerator) throws {
        var plain = Producer(id: 1)
        for number in 0..<300 {
            let count = Int.random(in: 1...5, using: &random)
            let values = (0..<count).map { _ in
                String(repeating: "x", count: Int.random(in: 0...300, using: &random))
            }
            _ = try log.append(plain.batch(values))
            guard number % 40 == 0 else { continue }
            var producer = Producer(id: 100 + Int64(number), isTransactional: true)
            _ = try log.append(producer.batch(["t"]))
            // The last one stays open.
            if number < 280 {
                _ = try log.appendMarker(commit: number % 80 == 0, producerId: producer.id, producerEpoch: 0)
            }
        }
    }

    /// Every slice is a prefix of what a read gives, as far as a segment goes, and together they are all of it.
    private func compare(_ log: PartitionLog, _ bytesMax: Int, _ isolation: Isolation) throws {
        var offset = log.startOffset
        var slices = 0
        while let slice = try log.slice(from: offset, bytesMax: bytesMax, isolation: isolation) {
            let contents = try slice.contents()
            let batches = try RecordBatch.batches(in: contents, range: contents.indices)
            #expect(batches.reduce(0) { $0 + $1.sizeInBytes } == contents.count)
            #expect(contents.count <= bytesMax || batches.count == 1)
            let read = try log.read(from: offset, bytesMax: bytesMax, isolation: isolation)
            #expect(batches.map(\.baseOffset) == read.batches.map(\.baseOffset))
            #expect(slice.abortedTransactions == read.abortedTransactions)
            #expect(slice.nextOffset >= read.nextOffset)
            offset = slice.nextOffset
            slices += 1
        }
        #expect(slices > 2)
        let end = isolation == .readCommitted ? log.lastStableOffset : log.highWatermark
        #expect(offset == end)
    }

    @Test(
        "a slice is what a read gives", arguments: [1, 500, 5000, 1 << 20], [Isolation.readUncommitted, .readCommitted])
    func likeReads(bytesMax: Int, isolation: Isolation) throws {
        let seed = UInt64.random(in: 0..<1 << 32)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let config = LogConfig(segmentBytes: 20_000, indexIntervalBytes: 500)
        var log = try openLog(folder.partition, config)
        try fill(log, &random)
        try compare(log, bytesMax, isolation)
        try log.close()
        // Opened again, all of it has to be verified first.
        log = try openLog(folder.partition, config, clean: true)
        try compare(log, bytesMax, isolation)
        try compare(log, bytesMax, isolation)
        try log.close()
    }

    @Test("slices of a compacted log pass over what is gone")
    func compacted() async throws {
        let config = LogConfig(segmentBytes: 2000, indexIntervalBytes: 200, cleanupPolicy: .compact)
        let log = try openLog(folder.partition, config)
        for number in 0..<400 { _ = try log.append(makeBatch([(key: "k\(number % 7)", value: "v\(number)")])) }
        try await log.flush()
        try log.compact()
        var offset: Int64 = 0
        var offsets: [Int64] = []
        while let slice = try log.slice(from: offset, bytesMax: 700, isolation: .readUncommitted) {
            let contents = try slice.contents()
            offsets += try RecordBatch.batches(in: contents, range: contents.indices).map(\.baseOffset)
            offset = slice.nextOffset
        }
        #expect(try offsets == log.all().map(\.offset))
        #expect(offsets.count < 400 && offsets.last == 399)
    }

    @Test(
        "who may not wait is told that the log is busy: while others have it, and before what an earlier process wrote was verified"
    )
    func doesNotWait() throws {
        var log = try openLog(folder.partition)
        for number in 0..<10 { _ = try log.append(makeBatch(["value \(number)"])) }
        func sliceAtOnce() throws(LogError) -> LogSlice? {
            try log.slice(from: 0, bytesMax: 1 << 20, isolation: .readUncommitted, waits: false)
        }
        #expect(try sliceAtOnce()?.nextOffset == 10)
        let codes = Mutex<[LogError.Code?]>([])
        log.state.withLock { [log] _ in
            // Asked by another thread: one must not try a mutex that it has itself.
            let isDone = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                let slice = logError {
                    _ = try log.slice(from: 0, bytesMax: 1, isolation: .readUncommitted, waits: false)
                }
                let bounds = logError { _ = try log.bounds(waits: false) }
                codes.withLock { $0 = [slice?.code, bounds?.code] }
                isDone.signal()
            }
            isDone.wait()
        }
        #expect(codes.withLock { $0 } == [.busy, .busy])
        try log.close()
        log = try openLog(folder.partition, clean: true)
        #expect(logError { _ = try sliceAtOnce() }?.code == .busy)
        _ = try log.slice(from: 0, bytesMax: 1 << 20, isolation: .readUncommitted)
        #expect(try sliceAtOnce()?.nextOffset == 10)
        #expect(try log.bounds(waits: false).highWatermark == 10)
    }

    @Test("damage before this process is found when it is first asked for; what is before it is given")
    func damage() throws {
        var log = try openLog(folder.partition)
        for number in 0..<10 { _ = try log.append(makeBatch(["value \(number)"])) }
        let sizes = try log.read(from: 0, bytesMax: 1 << 20, isolation: .readUncommitted).batches.map(\.sizeInBytes)
        try log.close()
        let name = "00000000000000000000.log"
        var bytes = try folder.bytes(name)
        let damaged = sizes[..<4].reduce(0, +)
        bytes[damaged + 70] ^= 1
        try folder.write(bytes, to: name)
        log = try openLog(folder.partition, clean: true)
        let slice = try #require(try log.slice(from: 0, bytesMax: 1 << 20, isolation: .readUncommitted))
        #expect(slice.nextOffset == 4)
        #expect(slice.sizeInBytes == damaged)
        let error = logError { _ = try log.slice(from: 4, bytesMax: 1 << 20, isolation: .readUncommitted) }
        #expect(error?.code == .corrupt)
        #expect(error?.byteOffset == Int64(damaged))
        #expect(error?.segment == name)
        #expect(try log.slice(from: 5, bytesMax: 1 << 20, isolation: .readUncommitted)?.nextOffset == 10)
    }
}
