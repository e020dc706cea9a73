import TestSupport
import Testing

@testable import SegmentedLog

@Suite("Index files")
struct IndexFileTests {
    @Test(
        "the last entry that is at most as large is found wherever it is looked for first",
        arguments: [0, 1, 255, 256, 257, 5000])
    func lastNear(count: Int) throws {
        let folder = try TemporaryFolder()
        var random = SeededGenerator.announced(for: "IndexFileTests, \(count) entries")
        var index = try IndexFile(FileDisk().open(folder.path + "/index", .readWrite), entryBytes: 8)
        var entries: [Int64] = []
        for _ in 0..<count {
            entries.append((entries.last ?? 0) + Int64.random(in: 1...100, using: &random))
            var bytes: [UInt8] = []
            bytes.appendBigEndian(entries[entries.count - 1])
            try index.append(bytes)
        }
        for _ in 0..<200 {
            let wanted = Int64.random(in: 0...((entries.last ?? 0) + 10), using: &random)
            // Also far from where it is, and outside.
            let share = Double.random(in: -0.5...1.5, using: &random)
            let found = try index.last(near: share) { $0.bigEndian(at: 0, as: Int64.self) <= wanted }
            let value = found?.withUnsafeBytes { $0.bigEndian(at: 0, as: Int64.self) }
            #expect(value == entries.last { $0 <= wanted })
        }
    }
}
