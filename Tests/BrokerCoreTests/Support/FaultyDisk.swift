import SegmentedLog
import Synchronization

/// The real disk, with writes that fail where a test wants it.
final class FaultyDisk: Disk {
    /// Given a path and the bytes about to be written there: the error to throw instead, nothing being written.
    typealias Fault = @Sendable (_ path: String, _ bytes: Int) -> LogError?

    private let disk = FileDisk()
    private let fault = Mutex<Fault?>(nil)
    private let syncFault = Mutex<(@Sendable (String) -> LogError?)?>(nil)

    private let openFault = Mutex<(@Sendable (String) -> LogError?)?>(nil)

    /// Files whose opening fails.
    func failOpens(_ fault: (@Sendable (String) -> LogError?)?) { openFault.withLock { $0 = fault } }

    func failWrites(_ fault: Fault?) { self.fault.withLock { $0 = fault } }

    func failSyncs(_ fault: (@Sendable (String) -> LogError?)?) { syncFault.withLock { $0 = fault } }

    /// No room for anything, or only for files whose path has `except`.
    func fill(except: String? = nil) {
        failWrites { path, _ in
            if let except, path.contains(except) { return nil }
            return LogError(.diskFull, "write failed: No space left on device", segment: path)
        }
    }

    func makeRoom() { failWrites(nil) }

    func openDirectory(_ path: String, create: Bool) throws(LogError) -> [String] {
        try disk.openDirectory(path, create: create)
    }

    func open(_ path: String, _ access: DiskAccess) throws(LogError) -> any DiskFile {
        let fault = openFault.withLock { $0 }
        if let error = fault?(path) { throw error }
        return FaultyFile(path: path, file: try disk.open(path, access), disk: self)
    }

    func rename(_ path: String, to newPath: String) throws(LogError) { try disk.rename(path, to: newPath) }
    func remove(_ path: String) throws(LogError) { try disk.remove(path) }
    func syncDirectory(_ path: String) throws(LogError) { try disk.syncDirectory(path) }
    func syncAll(_ path: String) throws(LogError) { try disk.syncAll(path) }

    private final class FaultyFile: DiskFile {
        let path: String
        let file: any DiskFile
        let disk: FaultyDisk

        init(path: String, file: any DiskFile, disk: FaultyDisk) {
            self.path = path
            self.file = file
            self.disk = disk
        }

        func size() throws(LogError) -> Int64 { try file.size() }

        func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws(LogError) -> Int {
            try file.read(into: buffer, at: position)
        }

        func write(
            _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at position: Int64
        ) throws(LogError) {
            let fault = disk.fault.withLock { $0 }
            if let error = fault?(path, first.count + second.count) { throw error }
            try file.write(first, second, at: position)
        }

        func reserve(_ count: Int64, at position: Int64) -> Bool { file.reserve(count, at: position) }
        func truncate(to size: Int64) throws(LogError) { try file.truncate(to: size) }

        func sync() throws(LogError) {
            let fault = disk.syncFault.withLock { $0 }
            if let error = fault?(path) { throw error }
            try file.sync()
        }
    }
}
