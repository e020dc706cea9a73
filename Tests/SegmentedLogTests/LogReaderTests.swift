import Records
import TestSupport
import Testing

@testable import SegmentedLog

@Suite("Reading a folder offline")
struct LogReaderTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func offsets(from offset: Int64 = 0) throws -> [Int64] {
        var iterator = try LogReader(directory: folder.partition).batches(from: offset)
        var found: [Int64] = []
        while let batch = try iterator.next() { found.append(batch.baseOffset) }
        return found
    }

    @Test("it sees what the writer has written so far, across segments, and changes nothing")
    func whileOpen() throws {
        let log = try openLog(folder.partition, LogConfig(segmentBytes: 500))
        for number in 0..<30 { _ = try log.append(makeBatch(["v\(number)"])) }
        try log.deleteRecords(before: 4)
        let names = try folder.names()
        #expect(try offsets() == Array(4..<30))
        #expect(try offsets(from: 17) == Array(17..<30))
        #expect(try offsets(from: 99).isEmpty)
        #expect(try folder.names() == names)
    }

    @Test("an iterator goes on with what is appended and rolled behind it")
    func growing() throws {
        let log = try openLog(folder.partition, LogConfig(segmentBytes: 500))
        _ = try log.append(makeBatch(["v0"]))
        var iterator = try LogReader(directory: folder.partition).batches()
        #expect(try iterator.next()?.baseOffset == 0)
        for number in 1..<30 { _ = try log.append(makeBatch(["v\(number)"])) }
        for number in 1..<30 as Range<Int64> { #expect(try iterator.next()?.baseOffset == number) }
        #expect(try iterator.next() == nil)
    }

    @Test("it stops at a torn tail and throws at damage in the middle")
    func tornAndDamaged() throws {
        let log = try openLog(folder.partition)
        for number in 0..<4 { _ = try log.append(makeBatch(["v\(number)"])) }
        let name = "00000000000000000000.log"
        let whole = try folder.bytes(name)
        try folder.write(Array(whole.dropLast(3)), to: name)
        #expect(try offsets() == [0, 1, 2])
        var broken = whole
        broken[whole.count / 4 + 64] ^= 1
        try folder.write(broken, to: name)
        let error = logError { _ = try offsets() }
        #expect(error?.code == .corrupt)
        #expect(error?.byteOffset == Int64(whole.count / 4))
        #expect(error?.segment == name)
    }

    @Test("a folder that is not there is an error")
    func missing() {
        #expect(logError { _ = try LogReader(directory: folder.partition) }?.code == .notFound)
    }
}
