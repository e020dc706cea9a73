import Synchronization

/// A file that there was no room for when its partition was opened: its contents are in memory until a sync finds room, and from then on in the file.
///
/// For indexes, which can be built anew from the log: on the disk there is an older one, or none, until then, so nothing may count on it.
final class DeferredFile: DiskFile {
    private enum Contents {
        case inMemory([UInt8])
        case stored(any DiskFile)
    }

    private let directory: String
    private let name: String
    private let disk: any Disk
    private let contents: Mutex<Contents>

    init(_ name: String, in directory: String, with bytes: [UInt8], _ disk: any Disk) {
        self.name = name
        self.directory = directory
        self.disk = disk
        contents = Mutex(.inMemory(bytes))
    }

    /// The file on the disk, once there is one.
    var stored: (any DiskFile)? {
        contents.withLock { contents in
            if case .stored(let file) = contents { file } else { nil }
        }
    }

    func size() throws(LogError) -> Int64 {
        try contents.withLock { (contents) throws(LogError) in
            switch contents {
            case .inMemory(let bytes): Int64(bytes.count)
            case .stored(let file): try file.size()
            }
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws(LogError) -> Int {
        try contents.withLock { (contents) throws(LogError) in
            switch contents {
            case .inMemory(let bytes):
                let found = bytes.dropFirst(Int(position)).prefix(buffer.count)
                buffer.copyBytes(from: found)
                return found.count
            case .stored(let file): return try file.read(into: buffer, at: position)
            }
        }
    }

    func write(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at position: Int64) throws(LogError) {
        try contents.withLock { (contents) throws(LogError) in
            switch contents {
            case .inMemory(var bytes):
                let end = Int(position) + first.count + second.count
                if end > bytes.count { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
                bytes.replaceSubrange(Int(position)..<end, with: Array(first) + Array(second))
                contents = .inMemory(bytes)
            case .stored(let file): try file.write(first, second, at: position)
            }
        }
    }

    func reserve(_ count: Int64, at position: Int64) -> Bool { false }

    func truncate(to size: Int64) throws(LogError) {
        try contents.withLock { (contents) throws(LogError) in
            switch contents {
            case .inMemory(let bytes): contents = .inMemory(Array(bytes.prefix(Int(size))))
            case .stored(let file): try file.truncate(to: size)
            }
        }
    }

    /// - Throws: `.diskFull` too while it is in memory: nothing has changed then.
    func sync() throws(LogError) {
        let file = try contents.withLock { (contents) throws(LogError) in
            switch contents {
            case .inMemory(let bytes):
                try disk.replace(name, in: directory, with: bytes)
                let file = try disk.open(FilePath.join(directory, name), .readWrite)
                contents = .stored(file)
                return file
            case .stored(let file): return file
            }
        }
        try file.sync()
    }
}
