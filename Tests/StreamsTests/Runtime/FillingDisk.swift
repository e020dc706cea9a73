import SegmentedLog
import Synchronization

/// The real disk, which is full whenever a test says so.
final class FillingDisk: Disk {
    private let disk = FileDisk()
    private let full = Mutex<String?>(nil)

    /// No room for writes to files whose path has `part`; nil makes room.
    func fill(_ part: String?) { full.withLock { $0 = part } }

    func openDirectory(_ path: String, create: Bool) throws(LogError) -> [String] {
        try disk.openDirectory(path, create: create)
    }

    func open(_ path: String, _ access: DiskAccess) throws(LogError) -> any DiskFile {
        File(path: path, file: try disk.open(path, access), disk: self)
    }

    func rename(_ path: String, to newPath: String) throws(LogError) { try disk.rename(path, to: newPath) }
    func remove(_ path: String) throws(LogError) { try disk.remove(path) }
    func syncDirectory(_ path: String) throws(LogError) { try disk.syncDirectory(path) }
    func syncAll(_ path: String) throws(LogError) { try disk.syncAll(path) }

    private final class File: DiskFile {
        private let path: String
        private let file: any DiskFile
        private let disk: FillingDisk

        init(path: String, file: any DiskFile, disk: FillingDisk) {
            self.path = path
            self.file = file
            self.disk = disk
        }

        func size() throws(LogError) -> Int64 { try file.size() }
        func reserve(_ count: Int64, at position: Int64) -> Bool { file.reserve(count, at: position) }
        func truncate(to size: Int64) throws(LogError) { try file.truncate(to: size) }
        func sync() throws(LogError) { try file.sync() }

        func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws(LogError) -> Int {
            try file.read(into: buffer, at: position)
        }

        func write(
            _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at position: Int64
        ) throws(LogError) {
            if let part = disk.full.withLock({ $0 }), path.contains(part) {
                throw LogError(.diskFull, "write failed: No space left on device", segment: path)
            }
            try file.write(first, second, at: position)
        }
    }
}
