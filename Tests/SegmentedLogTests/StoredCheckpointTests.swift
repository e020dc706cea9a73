import Records
import Synchronization
import TestSupport
import Testing

@testable import SegmentedLog

/// What waits for a checkpoint goes by what was stored, whatever else falls due meanwhile.
@Suite("Waiting for a checkpoint")
struct StoredCheckpointTests {
    private let folder: TemporaryFolder
    private let disk = RenamingDisk()

    init() throws {
        folder = try TemporaryFolder()
    }

    /// A log that closes a segment each time its checkpoint is about to get its name, as producers do that write meanwhile.
    private func rollingLog(_ config: LogConfig) throws -> PartitionLog {
        let log = try openLog(folder.partition, config, disk: disk)
        disk.beforeRename { [weak log] path in
            guard path.hasSuffix(PartitionCheckpoint.fileName), let log else { return }
            _ = try? log.append(makeBatch([("later", "meanwhile")], timestamp: 1_700_000_000_000))
            try? log.roll()
        }
        return log
    }

    private func fill(_ log: PartitionLog) throws {
        for number in 0..<6 {
            _ = try log.append(makeBatch([("k", "\(number)")]))
            try log.roll()
        }
    }

    @Test("a deletion of records is done although a segment is closed while it is stored")
    func deletion() throws {
        let log = try rollingLog(LogConfig())
        try fill(log)
        for offset in 1...4 as ClosedRange<Int64> {
            try log.deleteRecords(before: offset)
            #expect(log.startOffset == offset)
            #expect(try folder.names(".log").first == SegmentName.name(offset, .log))
        }
    }

    @Test("retention removes segments although another is closed while the start is stored")
    func retention() throws {
        let log = try rollingLog(LogConfig(retentionMilliseconds: 1000))
        try fill(log)
        try log.applyRetention(now: 1_700_000_000_000)
        #expect(log.startOffset == 6)
        #expect(try folder.names(".log").first == SegmentName.name(6, .log))
    }

    @Test("compaction goes on although a segment is closed while its checkpoint is stored")
    func compaction() async throws {
        let log = try rollingLog(LogConfig(cleanupPolicy: .compact))
        try fill(log)
        try await log.flush()
        #expect(try log.compact().recordsRemoved >= 5)
    }
}

/// The real disk, with something that happens just before a file gets another name.
private final class RenamingDisk: Disk {
    private let disk = FileDisk()
    private let hook = Mutex<(@Sendable (String) -> Void)?>(nil)

    func beforeRename(_ hook: @escaping @Sendable (_ newPath: String) -> Void) { self.hook.withLock { $0 = hook } }

    func openDirectory(_ path: String, create: Bool) throws(LogError) -> [String] {
        try disk.openDirectory(path, create: create)
    }
    func open(_ path: String, _ access: DiskAccess) throws(LogError) -> any DiskFile { try disk.open(path, access) }
    func rename(_ path: String, to newPath: String) throws(LogError) {
        hook.withLock { $0 }?(newPath)
        try disk.rename(path, to: newPath)
    }
    func remove(_ path: String) throws(LogError) { try disk.remove(path) }
    func syncDirectory(_ path: String) throws(LogError) { try disk.syncDirectory(path) }
    func syncAll(_ path: String) throws(LogError) { try disk.syncAll(path) }
}
