import DiskSimulation
import Records
import Testing

@testable import SegmentedLog

/// A compacted file that is damaged before it is in its place costs what is damaged, and not the start.
@Suite("A damaged swap file")
struct DamagedSwapTests {
    private let partition = "/data/hits-0"
    private let config = LogConfig(segmentBytes: 600, indexIntervalBytes: 100, cleanupPolicy: .compact)

    /// The disk of a process that is killed at this operation of a compaction, with a bit of the swap file turned; nil once the compaction has ended, none where there is no such file.
    private func damagedSwap(killedAt operation: Int) async throws -> (disk: SimulatedDisk, isDamaged: Bool)? {
        let disk = SimulatedDisk(seed: UInt64(operation))
        let log = try openLog(partition, config, disk: disk)
        // Four small segments that become one.
        for number in 0..<4 {
            for key in ["u\(number)", "k"] { _ = try log.append(makeBatch([(key, "\(number)")])) }
            try log.roll()
            try await log.flush()
        }
        disk.inject(Fault(.crash, at: operation))
        let isOver = logError { try log.compact() } == nil
        log.abandon()
        if isOver { return nil }
        let killed = disk.crash(.process)
        let swap = partition + "/" + SegmentName.name(0, .log) + SegmentName.swapSuffix
        guard let file = try? killed.open(swap, .readOnly) else { return (killed, false) }
        // In the second of its batches.
        let sound = try file.readBytes(Int(file.size()), at: 0)
        let first = try sound.withUnsafeBytes { try RecordBatchHeader(parsing: $0) }.sizeInBytes
        var bytes = sound
        bytes[first + 65] ^= 1
        try killed.open(swap, .readWrite).write(bytes, at: 0)
        return (killed, true)
    }

    @Test("wherever the compaction was killed, the partition opens, and all is there or damage is told")
    func everywhere() async throws {
        var operation = 0
        var (untouched, replaced) = (0, 0)
        while true {
            operation += 1
            guard let (disk, isDamaged) = try await damagedSwap(killedAt: operation) else { break }
            guard isDamaged else { continue }
            let log = try openLog(partition, config, disk: disk)
            #expect(log.damage.count == 1, "operation \(operation)")
            var found: [String: String] = [:]
            var offset = log.startOffset
            while offset < log.endOffset {
                do {
                    let read = try log.read(from: offset, bytesMax: 1, isolation: .readUncommitted)
                    for record in try read.batches.flatMap({ try records(of: $0) }) {
                        if let key = record.key { found[key] = record.value }
                    }
                    offset = max(read.nextOffset, offset + 1)
                } catch let error as LogError {
                    #expect(error.code == .corrupt, "operation \(operation)")
                    offset += 1
                }
            }
            let all = ["u0": "0", "u1": "1", "u2": "2", "u3": "3", "k": "3"]
            if found == all { untouched += 1 } else { replaced += 1 }
            #expect(found == all || found == all.filter { $0.key != "u1" }, "operation \(operation)")
            // And again after that.
            log.abandon()
            #expect(try openLog(partition, config, disk: disk.crash(.process)).endOffset == 8)
        }
        #expect(untouched > 0 && replaced > 0, "\(untouched), \(replaced)")
    }
}
