import Glibc

/// Which file it is as long as it exists. A deleted file's inode may be given to another file.
struct FileIdentity: Hashable, Sendable {
    /// `st_dev`.
    var device: UInt64
    /// `st_ino`.
    var inode: UInt64
}

/// What one `stat` says about a file.
struct FileFacts: Equatable, Sendable {
    var identity: FileIdentity
    var size: Int64
    /// Whether a name still leads to it.
    var hasName: Bool
    var isRegular: Bool
    var isDirectory: Bool

    init(_ result: stat) {
        identity = FileIdentity(device: UInt64(result.st_dev), inode: UInt64(result.st_ino))
        size = Int64(result.st_size)
        hasName = result.st_nlink > 0
        isRegular = result.st_mode & S_IFMT == S_IFREG
        isDirectory = result.st_mode & S_IFMT == S_IFDIR
    }

    /// The facts of the file that `path` leads to, through symbolic links.
    static func of(path: String) -> Result<FileFacts, SystemError> {
        var result = stat()
        return stat(path, &result) == 0 ? .success(FileFacts(result)) : .failure(SystemError(errno))
    }
}

/// A system call's error number.
struct SystemError: Error, Equatable, CustomStringConvertible {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    /// Whether the file is simply not there.
    var isAbsence: Bool { number == ENOENT || number == ENOTDIR }

    /// The system's words for it.
    var description: String { String(cString: strerror(number)) }
}
