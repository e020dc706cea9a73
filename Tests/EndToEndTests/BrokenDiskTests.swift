import Foundation
import TestSupport
import Testing

/// What Kafka's clients see of a disk that is full, or damaged.
@Suite(
    "Clients and a broken disk", .timeLimit(.minutes(10)),
    .enabled(if: PythonInterpreter.path != nil, "no Python with the clients: run make test"))
struct BrokenDiskTests {
    @Test(
        "on a full disk producers and groups are told to try again, readers go on, and all goes on when there is room",
        .enabled(if: geteuid() == 0, "needs root to mount a small file system"))
    func fullDisk() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder("data"), withIntermediateDirectories: true)
        let mounted = try await Program.run("/bin/mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", folder("data")])
        guard mounted.status == 0 else { try Test.cancel("no file system can be mounted here: \(mounted.errors)") }
        let failure = await failure { try await fillAndHeal(folder) }
        _ = try await Program.run("/bin/umount", ["--lazy", folder("data")])
        if let failure { throw failure }
    }

    private func fillAndHeal(_ folder: TemporaryFolder) async throws {
        let broker = try await RunningBroker(folder)
        let client = try Program(
            try #require(PythonInterpreter.path),
            [Program.root + "/Tests/Clients/with_a_full_disk.py", broker.address, folder.path])
        try await eventually("the disk is full") {
            guard client.isRunning else { throw TimedOut(description: "the client ended: \(client.errors)") }
            return client.output.split(separator: "\n").contains("full")
        }
        let mounted = try await Program.run("/bin/mount", ["-o", "remount,size=100m", folder("data")])
        #expect(mounted.status == 0, "\(mounted.errors)")
        try folder.write("room", "")
        let ended = await client.wait()
        #expect(ended.status == 0, "\(ended.errors)\n\(broker.process.errors)")
        #expect(await broker.stop() == 0)
    }

    private func failure(_ body: () async throws -> Void) async -> (any Error)? {
        do {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test("fetches at a damaged batch are told so, the log names the place, and everything else is served")
    func corruptSegment() async throws {
        let folder = try TemporaryFolder()
        let broker = try await RunningBroker(folder)
        let written = try await PythonInterpreter.run("Clients/with_a_corrupt_segment.py", [broker.address, "write"])
        #expect(written.status == 0, "\(written.errors)")
        broker.process.signal(SIGKILL)
        await broker.process.wait()
        let segment = folder("data/broken-0/00000000000000000000.log")
        var bytes = try Data(contentsOf: URL(filePath: segment))
        let batchBytes = bytes.count / 10
        // In the records of the fifth batch: only its checksum tells.
        bytes[batchBytes * 4 + 65] ^= 1
        try bytes.write(to: URL(filePath: segment))
        try await broker.crash()
        let place = "\(segment) at byte \(batchBytes * 4)"
        #expect(broker.process.errors.contains(place), "\(broker.process.errors)")
        let read = try await PythonInterpreter.run("Clients/with_a_corrupt_segment.py", [broker.address, "read"])
        #expect(read.status == 0, "\(read.errors)\n\(broker.process.errors)")
        #expect(broker.process.errors.contains("a fetch fails: \(place)"), "\(broker.process.errors)")
        #expect(await broker.stop() == 0)
    }
}
