import Foundation
import Testing

/// A file system in memory, at a folder of the test, that can be filled to its last block.
struct SmallDisk {
    let path: String

    /// Mounts it for as long as `body` runs. The test is cancelled where that is not possible.
    static func mounted(
        at path: String, megabytes: Int, _ body: (SmallDisk) async throws -> Void
    ) async throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let mounted = try await Program.run("/bin/mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path])
        guard mounted.status == 0 else { try Test.cancel("no file system can be mounted here: \(mounted.errors)") }
        var failure: (any Error)?
        do { try await body(SmallDisk(path: path)) } catch { failure = error }
        _ = try await Program.run("/bin/umount", ["--lazy", path])
        if let failure { throw failure }
    }

    /// Takes what is free, as another program might.
    func fillUp() throws {
        let descriptor = open(path + "/filler", O_WRONLY | O_CREAT | O_APPEND, 0o644)
        #expect(descriptor >= 0)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 1, count: 4096)
        while write(descriptor, block, block.count) > 0 {}
        #expect(freeBytes == 0)
    }

    /// Gives back what `fillUp` took.
    func makeRoom() throws { try FileManager.default.removeItem(atPath: path + "/filler") }

    func grow(toMegabytes megabytes: Int) async throws {
        let mounted = try await Program.run("/bin/mount", ["-o", "remount,size=\(megabytes)m", path])
        #expect(mounted.status == 0, "\(mounted.errors)")
    }

    var freeBytes: Int {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return -1 }
        return Int(status.f_bavail * status.f_frsize)
    }
}
