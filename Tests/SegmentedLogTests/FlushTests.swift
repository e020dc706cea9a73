import DiskSimulation
import Glibc
import Records
import Synchronization
import TestSupport
import Testing

@testable import SegmentedLog

@Suite("Durability and failing disks")
struct FlushTests {
    private let partition = "/data/hits-0"

    @Test("concurrent appends share fdatasyncs, and each returns only when it is durable")
    func grouping() async throws {
        let folder = try TemporaryFolder()
        let disk = CountingDisk()
        let gate = FlushGate(policy: .always)
        let log = try openLog(folder.partition, disk: disk, gate: gate)
        let before = disk.syncs.withLock { $0 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<16 {
                group.addTask {
                    for number in 0..<20 {
                        let result = try log.append(makeBatch(["\(task)-\(number)"]))
                        try await gate.waitUntilDurable([(log, through: result.lastOffset)])
                        #expect(log.highWatermark > result.lastOffset)
                    }
                }
            }
            try await group.waitForAll()
        }
        let syncs = disk.syncs.withLock { $0 } - before
        #expect(log.highWatermark == 320)
        #expect(syncs < 320 / 2, "\(syncs) fdatasyncs for 320 appends")
        gate.close()
    }

    @Test("one wait covers several logs in one round")
    func severalLogs() async throws {
        let disk = SimulatedDisk(seed: 1)
        let gate = FlushGate(policy: .always)
        let logs = try (0..<3).map { try openLog("/data/hits-\($0)", disk: disk, gate: gate) }
        for log in logs { _ = try log.append(makeBatch(["x"])) }
        #expect(logs.map(\.highWatermark) == [0, 0, 0])
        try await gate.waitUntilDurable(logs.map { ($0, through: 0) })
        #expect(logs.map(\.highWatermark) == [1, 1, 1])
    }

    @Test("under flush always readers see only what is durable, and hear when it is")
    func visibility() async throws {
        let gate = FlushGate(policy: .always)
        let log = try openLog(partition, disk: SimulatedDisk(seed: 1), gate: gate)
        let calls = Mutex(0)
        log.onAdvance { calls.withLock { $0 += 1 } }
        _ = try log.append(makeBatch(["x"]))
        #expect(try log.read(from: 0, bytesMax: 100, isolation: .readUncommitted).batches.isEmpty)
        #expect(calls.withLock { $0 } == 0)
        try await gate.waitUntilDurable([(log, through: 0)])
        #expect(calls.withLock { $0 } == 1)
        #expect(try log.values() == ["x"])
    }

    @Test("under flush os an append is visible at once, and nothing is synced until the close")
    func flushOS() throws {
        let disk = SimulatedDisk(seed: 1)
        let log = try openLog(partition, disk: disk)
        let before = disk.syncs
        _ = try log.append(makeBatch(["x"]))
        #expect(try log.values() == ["x"])
        #expect(disk.syncs == before)
        try log.close()
        #expect(disk.syncs > before)
    }

    @Test("under flush os closed segments are left to the kernel until the fourth is closed")
    func closedSegmentsUnderOS() throws {
        let disk = SimulatedDisk(seed: 1)
        let gate = FlushGate(policy: .os)
        let log = try openLog(partition, LogConfig(segmentBytes: makeBatch(["x"]).sizeInBytes), disk: disk, gate: gate)
        let before = disk.syncs
        for _ in 0..<4 {
            _ = try log.append(makeBatch(["x"]))
            try gate.exclusively {}
            #expect(disk.syncs == before)
        }
        _ = try log.append(makeBatch(["x"]))
        try gate.exclusively {}
        #expect(disk.syncs > before)
        #expect(log.state.withLock { $0.housekeeping.checkpoint.recoveryPoint } == 5)
    }

    @Test("a deleted log is not kept for the sync that was put off")
    func deletedUnderOS() throws {
        let gate = FlushGate(policy: .os)
        weak var kept: PartitionLog?
        do {
            let config = try LogConfig(segmentBytes: makeBatch(["x"]).sizeInBytes)
            let log = try openLog(partition, config, disk: SimulatedDisk(seed: 1), gate: gate)
            for _ in 0..<2 { _ = try log.append(makeBatch(["x"])) }
            try log.delete()
            kept = log
        }
        #expect(kept == nil)
    }

    @Test("under flush os a closed segment is on disk in a while", .timeLimit(.minutes(1)))
    func closedSegmentUnderOS() async throws {
        let disk = SimulatedDisk(seed: 1)
        let gate = FlushGate(policy: .os, osPatience: .milliseconds(5))
        let log = try openLog(partition, LogConfig(segmentBytes: makeBatch(["x"]).sizeInBytes), disk: disk, gate: gate)
        for _ in 0..<2 { _ = try log.append(makeBatch(["x"])) }
        while log.state.withLock({ $0.housekeeping.checkpoint.recoveryPoint }) < 1 { await Task.yield() }
        #expect(try openLog(partition, disk: disk.powerCut()).values().first == "x")
    }

    @Test(
        "under flush interval the data is on disk within the interval, without anybody waiting", .timeLimit(.minutes(1))
    )
    func flushInterval() async throws {
        let disk = SimulatedDisk(seed: 1)
        let gate = FlushGate(policy: .interval(.milliseconds(5)))
        let log = try openLog(partition, disk: disk, gate: gate)
        _ = try log.append(makeBatch(["x"]))
        while log.state.withLock({ $0.durableOffset }) < 1 { await Task.yield() }
        #expect(try openLog(partition, disk: disk.powerCut()).values() == ["x"])
    }

    @Test("after a failed fdatasync the partition is read-only, all waiters are told, and nothing undurable is shown")
    func failedSync() async throws {
        let disk = SimulatedDisk(seed: 1)
        let gate = FlushGate(policy: .always)
        let log = try openLog(partition, disk: disk, gate: gate)
        _ = try log.append(makeBatch(["good"]))
        try await gate.waitUntilDurable([(log, through: 0)])
        disk.failSyncs(at: 0)
        _ = try log.append(makeBatch(["bad"]))
        for _ in 0..<2 {
            do {
                try await gate.waitUntilDurable([(log, through: 1)])
                Issue.record("the append was acknowledged")
            } catch {
                #expect(error.code == .readOnly)
                #expect((error.cause as? LogError)?.systemError != nil)
                #expect(error.directory == partition)
            }
            // The disk works again: still nobody is told that the lost write is there.
            disk.failSyncs(at: nil)
        }
        #expect(log.isReadOnly)
        #expect(logError { _ = try log.append(makeBatch(["more"])) }?.code == .readOnly)
        #expect(try log.values() == ["good"])
        #expect(logError { try log.close() }?.code == .readOnly)
    }

    @Test(
        "a full disk refuses the append, leaves no torn batch, and takes the next one when there is room",
        arguments: [0, 1, 40, 70, 100])
    func fullDisk(room: Int) async throws {
        let disk = SimulatedDisk(seed: 1)
        let gate = FlushGate(policy: .always)
        let log = try openLog(partition, LogConfig(indexIntervalBytes: 1), disk: disk, gate: gate)
        for _ in 0..<3 { _ = try log.append(makeBatch(["x"])) }
        disk.limit(toBytes: disk.usedBytes + room)
        let big = try makeBatch([String(repeating: "y", count: 100)])
        let size = log.sizeInBytes
        #expect(logError { _ = try log.append(big) }?.code == .diskFull)
        #expect(!log.isReadOnly)
        #expect(log.sizeInBytes == size)
        try await log.flush()
        let survivor = try openLog(partition, disk: disk.powerCut())
        #expect(survivor.truncatedBytes == 0)
        #expect(survivor.endOffset == 3)
        disk.limit(toBytes: nil)
        #expect(try log.append(big).baseOffset == 3)
        try await log.flush()
        #expect(try log.values().count == 4)
    }

    @Test("a disk that is full while a segment rolls refuses the append and rolls later")
    func fullDiskOnRoll() throws {
        let disk = SimulatedDisk(seed: 1)
        let size = try makeBatch(["x"]).sizeInBytes
        let log = try openLog(partition, LogConfig(segmentBytes: size), disk: disk)
        _ = try log.append(makeBatch(["x"]))
        disk.limit(toBytes: disk.usedBytes)
        for _ in 0..<3 { #expect(logError { _ = try log.append(makeBatch(["x"])) }?.code == .diskFull) }
        disk.limit(toBytes: nil)
        for offset in 1..<4 as Range<Int64> { #expect(try log.append(makeBatch(["x"])).baseOffset == offset) }
        try log.close()
        #expect(try openLog(partition, LogConfig(segmentBytes: size), disk: disk, clean: true).values().count == 4)
    }

    @Test("a start offset that found no room is stored by the next call, and not taken for stored before")
    func deletionWithoutRoom() throws {
        let disk = SimulatedDisk(seed: 1)
        let log = try openLog(partition, disk: disk)
        for _ in 0..<3 { _ = try log.append(makeBatch(["x"])) }
        disk.limit(toBytes: disk.usedBytes)
        for _ in 0..<2 { #expect(logError { try log.deleteRecords(before: 2) }?.code == .diskFull) }
        disk.limit(toBytes: nil)
        try log.deleteRecords(before: 2)
        #expect(try openLog(partition, disk: disk.crash(.nothing)).startOffset == 2)
    }

    @Test("what a failed fdatasync left in memory only is not taken for stored by the next process")
    func lostPages() async throws {
        let disk = SimulatedDisk(seed: 1)
        let gate = FlushGate(policy: .always)
        let log = try openLog(partition, disk: disk, gate: gate)
        _ = try log.append(makeBatch([String(repeating: "x", count: 5000)]))
        disk.inject(Fault(.error, at: 1, of: .sync))
        await #expect(throws: LogError.self) { try await gate.waitUntilDurable([(log, through: 0)]) }
        let killed = disk.crash(.process)
        let found = try openLog(partition, disk: killed).values()
        #expect(try openLog(partition, disk: killed.crash(.nothing)).values() == found)
    }

    @Test("any other failed write makes the partition read-only")
    func failedWrite() throws {
        let disk = SimulatedDisk(seed: 1)
        let log = try openLog(partition, disk: disk)
        _ = try log.append(makeBatch(["x"]))
        disk.cutPower(at: disk.operations + 1)
        #expect(logError { _ = try log.append(makeBatch(["y"])) }?.code == .readOnly)
        #expect(log.isReadOnly)
        #expect(try log.values() == ["x"])
    }

    @Test("a closed gate refuses waiters and still closes logs")
    func closedGate() async throws {
        let gate = FlushGate(policy: .always)
        let disk = SimulatedDisk(seed: 1)
        let log = try openLog(partition, disk: disk, gate: gate)
        _ = try log.append(makeBatch(["x"]))
        gate.close()
        await #expect(throws: LogError.self) { try await gate.waitUntilDurable([(log, through: 0)]) }
        try log.close()
        #expect(try openLog(partition, disk: disk.powerCut(), clean: true).values() == ["x"])
    }
}

/// The real disk, counting fdatasyncs of `.log` files.
private final class CountingDisk: Disk {
    let syncs = Mutex(0)
    private let disk = FileDisk()

    func openDirectory(_ path: String, create: Bool) throws(LogError) -> [String] {
        try disk.openDirectory(path, create: create)
    }
    func open(_ path: String, _ access: DiskAccess) throws(LogError) -> any DiskFile {
        let file = try disk.open(path, access)
        return path.hasSuffix(".log") ? CountingFile(file, self) : file
    }
    func rename(_ path: String, to newPath: String) throws(LogError) { try disk.rename(path, to: newPath) }
    func remove(_ path: String) throws(LogError) { try disk.remove(path) }
    func syncDirectory(_ path: String) throws(LogError) { try disk.syncDirectory(path) }
    func syncAll(_ path: String) throws(LogError) { try disk.syncAll(path) }
}

private final class CountingFile: DiskFile {
    private let file: any DiskFile
    private let disk: CountingDisk

    init(_ file: any DiskFile, _ disk: CountingDisk) {
        self.file = file
        self.disk = disk
    }

    func size() throws(LogError) -> Int64 { try file.size() }
    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws(LogError) -> Int {
        try file.read(into: buffer, at: position)
    }
    func write(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at position: Int64
    ) throws(LogError) {
        try file.write(first, second, at: position)
    }
    func reserve(_ count: Int64, at position: Int64) -> Bool { file.reserve(count, at: position) }
    func truncate(to size: Int64) throws(LogError) { try file.truncate(to: size) }
    func sync() throws(LogError) {
        disk.syncs.withLock { $0 += 1 }
        // As long as a real disk takes: in memory a sync may be over before another task has appended anything.
        usleep(1_000)
        try file.sync()
    }
}
