import Glibc
import TestSupport
import Testing

@testable import SegmentedLog

@Suite("Room on the device for what is appended")
struct FileRoomTests {
    private let folder: TemporaryFolder
    private let config = LogConfig(segmentBytes: 64 << 20)

    init() throws { folder = try TemporaryFolder() }

    @Test("a large active segment has room reserved, which a roll and a close give back", arguments: [true, false])
    func reserved(rolls: Bool) throws {
        let log = try openLog(folder.partition, config)
        try fill(log)
        #expect(try roomBehind(0) > 1 << 20)
        if rolls { try log.roll() } else { try log.close() }
        #expect(try roomBehind(0) <= 64 << 10)
        #expect(try openLog(folder.partition, config).endOffset == 6)
    }

    @Test("what a killed process had reserved is given back by the next one's roll")
    func reservedByAKilledProcess() throws {
        var log = try openLog(folder.partition, config)
        try fill(log)
        log.abandon()
        log = try openLog(folder.partition, config)
        #expect(try roomBehind(0) > 1 << 20)
        try log.roll()
        #expect(try roomBehind(0) <= 64 << 10)
        #expect(try log.values().count == 6)
    }

    @Test("a small segment takes no more of the device than it needs")
    func small() throws {
        let log = try openLog(folder.partition, config)
        for _ in 0..<10 { _ = try log.append(makeBatch([String(repeating: "x", count: 1000)])) }
        #expect(try roomBehind(0) <= 64 << 10)
    }

    private func fill(_ log: PartitionLog) throws {
        for _ in 0..<6 { _ = try log.append(makeBatch([String(repeating: "x", count: 1_000_000)])) }
    }

    /// What the segment's file takes of the device beyond its size.
    private func roomBehind(_ baseOffset: Int64) throws -> Int {
        var status = stat()
        let path = FilePath.join(folder.partition, SegmentName.name(baseOffset, .log))
        try #require(stat(path, &status) == 0)
        return Int(status.st_blocks) * 512 - Int(status.st_size)
    }
}
