import Glibc
import SegmentedLog
import Synchronization

/// The right to work on a data directory, held by one process at a time.
///
/// It is a `flock` on the file `lock`, so the kernel drops it with the process, however that ends; the process id in the file is only for the message.
final class DirectoryLock: Sendable {
    static let fileName = "lock"
    private let descriptor: Mutex<Int32?>

    /// Takes the lock, making the directory first where it is missing.
    /// - Throws: `.inUse` with the owner's process id.
    init(directory: String) throws(BrokerError) {
        try Self.makeDirectories(directory)
        let path = directory + "/" + Self.fileName
        // O_CLOEXEC: a child started by this process must not keep the directory locked.
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.systemError("cannot open the lock file", path: path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            defer { close(descriptor) }
            guard reason == EWOULDBLOCK else { throw Self.systemError("cannot lock", path: path, number: reason) }
            let owner = Self.owner(descriptor).map { "process \($0)" } ?? "another process"
            throw BrokerError(
                .inUse, "\(directory) is in use by \(owner); stop it, or name another folder with --data-dir")
        }
        let text = Array("\(getpid())\n".utf8)
        // The id is a help for people: on a full disk the lock still counts without it.
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
        self.descriptor = Mutex(descriptor)
    }

    deinit { release() }

    /// Lets another process in.
    func release() {
        let held = descriptor.withLock { descriptor in
            defer { descriptor = nil }
            return descriptor
        }
        if let held { close(held) }
    }

    private static func owner(_ descriptor: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 20)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }

    private static func makeDirectories(_ path: String) throws(BrokerError) {
        var prefixes: [String] = []
        var end = path.endIndex
        while end > path.startIndex {
            prefixes.append(String(path[..<end]))
            guard let slash = path[..<end].lastIndex(of: "/") else { break }
            end = slash
        }
        for prefix in prefixes.reversed() {
            guard mkdir(prefix, 0o755) == 0 else {
                if errno == EEXIST { continue }
                throw systemError("cannot make the data directory", path: prefix)
            }
            // What is in it is only as safe as its own name.
            let parent = prefix.lastIndex(of: "/").map { $0 == prefix.startIndex ? "/" : String(prefix[..<$0]) } ?? "."
            do throws(LogError) {
                try FileDisk().syncDirectory(parent)
            } catch {
                throw BrokerError(error, "cannot make the data directory \(prefix)")
            }
        }
    }

    private static func systemError(_ message: String, path: String, number: Int32 = errno) -> BrokerError {
        BrokerError(
            number == ENOSPC ? .diskFull : .io, "\(message): \(String(cString: strerror(number)))", path: path)
    }
}
