import Foundation
import TestSupport
import Testing

/// A data directory on a small file system that fills up and is given room again.
@Suite("a full disk", .timeLimit(.minutes(10)))
struct FullDiskTests {
    @Test(
        "a full disk is reported, corrupts nothing, and the pipeline goes on when there is room again",
        .enabled(if: geteuid() == 0, "needs root to mount a small file system"))
    func fillsAndHeals() async throws {
        let mountPoint = try TemporaryFolder()
        try await SmallDisk.mounted(at: mountPoint.path, megabytes: 12) { disk in
            try await fillAndHeal(dataDirectory: mountPoint("data"), disk)
        }
    }

    private func fillAndHeal(dataDirectory: String, _ disk: SmallDisk) async throws {
        let pipeline = try Pipeline(dataDirectory: dataDirectory)
        let filler = disk.path + "/for-the-start"
        try Data(count: 8 << 20).write(to: URL(filePath: filler))
        let writer = try NumberedWriter(path: pipeline.log, linesPerBurst: 1000)
        var sluice = try Program(Program.sluice, pipeline.up())
        // Enough to fill the disk three times, and no backlog that takes a slow machine minutes afterwards.
        try await eventually("the full disk is reported") {
            if writer.written < 60_000 { try writer.burst() }
            return sluice.errors.contains("No space left on device")
        }
        #expect(sluice.isRunning, "\(sluice.errors)")
        // On the full disk still, to its last block.
        try disk.fillUp()
        sluice.signal(SIGTERM)
        let full = await sluice.wait()
        #expect(full.status == 0, "\(full.errors)")
        sluice = try Program(Program.sluice, pipeline.up())
        try writer.burst()
        try await eventually("the disk is still full after a start") {
            guard sluice.isRunning else { throw TimedOut(description: "it ended: \(sluice.errors)") }
            return sluice.errors.contains("No space left on device") || sluice.errors.contains("no room")
        }
        try FileManager.default.removeItem(atPath: filler)
        try await disk.grow(toMegabytes: 400)
        try writer.burst()
        let last = writer.written - 1
        try await eventually(
            "the last line arrives once there is room", within: .seconds(300), every: .milliseconds(200)
        ) {
            NumberedLines.counts(in: try await pipeline.values(of: "nginx.hits"))[last] != nil
        }
        sluice.signal(SIGTERM)
        let stopped = await sluice.wait()
        #expect(stopped.status == 0, "\(stopped.errors)")
        let finished = try await pipeline.finish()
        #expect(finished.status == 0, "\(finished.errors)")
        try await expectEachOnce(pipeline, lines: writer.written)
    }
}
