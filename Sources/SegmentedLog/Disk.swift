/// How a file is opened.
package enum DiskAccess: Sendable {
    /// For reading; a missing file is an error of code `.notFound`.
    case readOnly
    /// For reading and writing; a missing file is created (its directory entry is not synced by that).
    case readWrite
    /// As `readWrite`, and reads show what is on the device: pages are dropped that a failed write-back left in memory, which no later sync would
    /// write and which would be gone with the power.
    case recovering
}

/// The file system as the log sees it. Passed in, so that tests can fail, shorten and lose what real disks do.
///
/// Every call may come from any thread. Nothing is durable before `DiskFile.sync` (contents) or `syncDirectory` (names) returned.
package protocol Disk: Sendable {
    /// The names in the folder at `path`. With `create`, a missing folder is made first; its entry in its parent is not synced.
    func openDirectory(_ path: String, create: Bool) throws(LogError) -> [String]
    /// Opens the file at `path`. It is closed when the last reference goes.
    func open(_ path: String, _ access: DiskAccess) throws(LogError) -> any DiskFile
    /// Renames a file, replacing what has the new name.
    func rename(_ path: String, to newPath: String) throws(LogError)
    /// Removes a file or an empty folder; one that does not exist is no error.
    func remove(_ path: String) throws(LogError)
    /// Makes the creations, renames and removals in the folder at `path` durable.
    func syncDirectory(_ path: String) throws(LogError)
    /// Makes all durable that lies in the folder at `path` and below, contents and names, whoever wrote it.
    func syncAll(_ path: String) throws(LogError)
}

/// An open file. Positions and sizes are bytes from the file's start.
package protocol DiskFile: AnyObject, Sendable {
    /// The present size in bytes.
    func size() throws(LogError) -> Int64
    /// Fills `buffer` from `position` on and returns how many bytes there were: fewer only at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws(LogError) -> Int
    /// Writes `first`, then `second`, from `position` on. A throw may leave any part of them written.
    func write(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at position: Int64) throws(LogError)
    /// Has room kept on the device for what will be written from `position` on; false where that is not possible, or the device is nearly full. The file stays as it is and as long as it is:
    /// `truncate` gives back what lies behind its end.
    func reserve(_ count: Int64, at position: Int64) -> Bool
    /// Cuts the file to `size` bytes.
    func truncate(to size: Int64) throws(LogError)
    /// Makes the contents and the size durable (fdatasync). After a failure nothing is known about what was written since the last success, so even
    /// a full device is `.io` here and never `.diskFull`, which means that nothing changed.
    func sync() throws(LogError)
}

extension DiskFile {
    /// Writes the bytes of an array.
    func write(_ bytes: [UInt8], at position: Int64) throws(LogError) {
        try bytes.withUnsafeBytes { buffer in
            Result { () throws(LogError) in
                try write(buffer, UnsafeRawBufferPointer(start: nil, count: 0), at: position)
            }
        }.get()
    }

    /// Up to `count` bytes from `position` on; fewer only at the end of the file.
    func readBytes(_ count: Int, at position: Int64) throws(LogError) -> [UInt8] {
        var failure: LogError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(LogError) {
                filled = try read(into: UnsafeMutableRawBufferPointer(buffer), at: position)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}

extension Disk {
    /// The whole content of a small file; nil when there is none, or one that is longer than `bytesMax` and so cannot be what it should be.
    func contents(of path: String, bytesMax: Int) throws(LogError) -> [UInt8]? {
        let file: any DiskFile
        do throws(LogError) {
            file = try open(path, .readOnly)
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
        let size = try file.size()
        guard size <= bytesMax else { return nil }
        return try file.readBytes(Int(size), at: 0)
    }

    /// Replaces the file `name` in `directory` as a whole: temporary file, fsync, rename, directory sync. After a throw it may be called again.
    package func replace(
        _ name: String, in directory: String, with bytes: [UInt8], temporarySuffix suffix: String = ".cleaned"
    ) throws(LogError) {
        try prepare(name, in: directory, with: bytes, temporarySuffix: suffix)
        try putInPlace(name, in: directory, temporarySuffix: suffix)
        try syncDirectory(directory)
    }

    /// The first half of `replace`: the file is complete and synced, under its temporary name.
    func prepare(
        _ name: String, in directory: String, with bytes: [UInt8],
        temporarySuffix suffix: String = SegmentName.temporarySuffix
    ) throws(LogError) {
        let path = FilePath.join(directory, name) + suffix
        let file = try open(path, .readWrite)
        do throws(LogError) {
            try file.truncate(to: 0)
            try file.write(bytes, at: 0)
        } catch {
            // What a full disk has taken of it would be the last room there is.
            try? remove(path)
            throw error
        }
        try file.sync()
    }

    /// The second half: what was prepared gets its name. The directory is not synced.
    func putInPlace(
        _ name: String, in directory: String, temporarySuffix suffix: String = SegmentName.temporarySuffix
    ) throws(LogError) {
        let path = FilePath.join(directory, name)
        try rename(path + suffix, to: path)
    }
}
