import Synchronization

@testable import SegmentedLog

/// The real disk, counting what is done with it.
final class MeteredDisk: Disk {
    struct Counts {
        /// By the end of the file's name.
        var bytesRead: [String: Int] = [:]
        var writes = 0
        /// Of files and folders.
        var syncs = 0
        var listings = 0
        var opens = 0
    }

    private let disk = FileDisk()
    private let state = Mutex(Counts())

    var counts: Counts { state.withLock { $0 } }

    func openDirectory(_ path: String, create: Bool) throws(LogError) -> [String] {
        state.withLock { $0.listings += 1 }
        return try disk.openDirectory(path, create: create)
    }
    func open(_ path: String, _ access: DiskAccess) throws(LogError) -> any DiskFile {
        state.withLock { $0.opens += 1 }
        return File(try disk.open(path, access), String(path.split(separator: ".").last ?? ""), self)
    }
    func rename(_ path: String, to newPath: String) throws(LogError) { try disk.rename(path, to: newPath) }
    func remove(_ path: String) throws(LogError) { try disk.remove(path) }
    func syncDirectory(_ path: String) throws(LogError) {
        state.withLock { $0.syncs += 1 }
        try disk.syncDirectory(path)
    }
    func syncAll(_ path: String) throws(LogError) {
        state.withLock { $0.syncs += 1 }
        try disk.syncAll(path)
    }

    private final class File: DiskFile {
        private let file: any DiskFile
        private let kind: String
        private let disk: MeteredDisk

        init(_ file: any DiskFile, _ kind: String, _ disk: MeteredDisk) {
            self.file = file
            self.kind = kind
            self.disk = disk
        }

        func size() throws(LogError) -> Int64 { try file.size() }
        func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws(LogError) -> Int {
            let count = try file.read(into: buffer, at: position)
            disk.state.withLock { $0.bytesRead[kind, default: 0] += count }
            return count
        }
        func write(
            _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at position: Int64
        ) throws(LogError) {
            disk.state.withLock { $0.writes += 1 }
            try file.write(first, second, at: position)
        }
        func reserve(_ count: Int64, at position: Int64) -> Bool { file.reserve(count, at: position) }
        func truncate(to size: Int64) throws(LogError) {
            disk.state.withLock { $0.writes += 1 }
            try file.truncate(to: size)
        }
        func sync() throws(LogError) {
            disk.state.withLock { $0.syncs += 1 }
            try file.sync()
        }
    }
}
