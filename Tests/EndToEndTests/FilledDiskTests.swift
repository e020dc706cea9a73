import Foundation
import TestSupport
import Testing

/// What makes room works where there is none, on a small file system of which every block is taken.
@Suite(
    "a disk without a free byte", .timeLimit(.minutes(10)),
    .enabled(if: geteuid() == 0, "needs root to mount a small file system"),
    .enabled(if: PythonInterpreter.path != nil, "no Python with the clients: run make test"))
struct FilledDiskTests {
    @Test("a stop, starts, deletions of records and topics, changes of configs and retention work, and make room")
    func makesRoom() async throws {
        try await onSmallDisk { _, disk, broker in
            try await client("look", broker)
            #expect(try await broker.restart() == 0)
            try disk.fillUp()
            try await client("look", broker)
            try await broker.crash()
            try disk.fillUp()
            try await client("look", broker)
            for step in ["delete-records", "delete-topic", "limit"] {
                try await client(step, broker)
                try await eventually("'\(step)' makes room") { disk.freeBytes > 1 << 20 }
                if step != "limit" { try disk.fillUp() }
            }
            try await client("go-on", broker)
            try await broker.crash()
            try await client("go-on", broker)
            #expect(await broker.stop() == 0)
        }
    }

    @Test("a start works, after a kill as well, and a stop, when the ballast is gone too")
    func withoutBallast() async throws {
        try await onSmallDisk { folder, disk, broker in
            for _ in 0..<2 {
                broker.process.signal(SIGKILL)
                await broker.process.wait()
                try? FileManager.default.removeItem(atPath: folder("data/ballast"))
                try disk.fillUp()
                try await broker.crash()
                try await client("look", broker)
            }
            #expect(await broker.stop() == 0)
            try disk.fillUp()
            try await broker.crash()
            try await client("look", broker)
            try disk.makeRoom()
            try await client("limit", broker)
            try await eventually("retention makes room") { disk.freeBytes > 1 << 20 }
            try await client("go-on", broker)
            #expect(await broker.stop() == 0)
        }
    }

    /// Runs `body` with a broker whose disk its clients have filled, to the last block.
    private func onSmallDisk(_ body: (TemporaryFolder, SmallDisk, RunningBroker) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        let settings = try folder.write(
            "settings.yaml", "stream: { embedded: { binder: { maintenance-interval: 200ms } } }\n")
        try await SmallDisk.mounted(at: folder("data"), megabytes: 24) { disk in
            let broker = try await RunningBroker(folder, options: ["--config", settings])
            try await client("fill", broker)
            try disk.fillUp()
            try await body(folder, disk, broker)
        }
    }

    private func client(_ step: String, _ broker: RunningBroker) async throws {
        let ended = try await PythonInterpreter.run("Clients/on_a_full_disk.py", [broker.address, step])
        guard ended.status == 0 else {
            throw TimedOut(description: "\(step): \(ended.errors)\n\(broker.process.errors)")
        }
    }
}
