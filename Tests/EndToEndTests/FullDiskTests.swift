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
        let mounted = try await Program.run(
            "/bin/mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", mountPoint.path])
        guard mounted.status == 0 else {
            try Test.cancel("no file system can be mounted here: \(mounted.errors)")
        }
        let outcome = await Result.awaiting {
            try await fillAndHeal(dataDirectory: mountPoint("data"), ballast: mountPoint("ballast"))
        }
        _ = try await Program.run("/bin/umount", ["--lazy", mountPoint.path])
        try outcome.get()
    }

    private func fillAndHeal(dataDirectory: String, ballast: String) async throws {
        let pipeline = try Pipeline(dataDirectory: dataDirectory)
        try Data(count: 8 << 20).write(to: URL(filePath: ballast))
        let writer = try NumberedWriter(path: pipeline.log, linesPerBurst: 1000)
        let sluice = try Program(Program.sluice, pipeline.up())
        // Enough to fill the disk three times, and no backlog that takes a slow machine minutes afterwards.
        try await eventually("the full disk is reported") {
            if writer.written < 60_000 { try writer.burst() }
            return sluice.errors.contains("No space left on device")
        }
        #expect(sluice.isRunning, "\(sluice.errors)")
        try FileManager.default.removeItem(atPath: ballast)
        let mountPoint = (dataDirectory as NSString).deletingLastPathComponent
        _ = try await Program.run("/bin/mount", ["-o", "remount,size=400m", mountPoint])
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

extension Result where Failure == any Error {
    /// The outcome of an asynchronous body, so that cleaning up can come before the error is thrown on.
    fileprivate static func awaiting(_ body: () async throws -> Success) async -> Result {
        do { return .success(try await body()) } catch { return .failure(error) }
    }
}
