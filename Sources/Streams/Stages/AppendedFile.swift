import Glibc

/// A file that is only ever appended to; opened at the first write and closed with its last owner.
final class AppendedFile {
    private let path: String
    private var descriptor: Int32 = -1
    /// Whether bytes were written since the last sync.
    private(set) var isUnsynced = false

    init(path: String) { self.path = path }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Appends the bytes and takes away from them what was written.
    func write(_ bytes: inout [UInt8]) throws(StageError) {
        try openIfNeeded()
        var written = 0
        defer { bytes.removeFirst(written) }
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: $0[written...]).baseAddress, $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("cannot write", errno) }
            written += count
            isUnsynced = true
        }
    }

    /// Returns once everything written is on disk. After a failure the data may be lost: the file is opened anew.
    func sync() throws(StageError) {
        guard isUnsynced, descriptor >= 0 else { return }
        if fdatasync(descriptor) != 0, errno != EINVAL, errno != EROFS {
            let code = errno
            close(descriptor)
            descriptor = -1
            throw failure("cannot sync", code)
        }
        isUnsynced = false
    }

    private func openIfNeeded() throws(StageError) {
        guard descriptor < 0 else { return }
        descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        if descriptor < 0 { throw failure("cannot open", errno) }
    }

    private func failure(_ what: String, _ code: Int32) -> StageError {
        StageError(.failed, "\(what) \(path): \(String(cString: strerror(code)))", name: "FileError")
    }
}
