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

    /// Appends all the bytes and empties them, or none: what a failed write left is taken back, unless another worker has appended meanwhile.
    func write(_ bytes: inout [UInt8]) throws(StageError) {
        try openIfNeeded()
        let start = lseek(descriptor, 0, SEEK_END)
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: $0[written...]).baseAddress, $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let code = errno
                if start >= 0, lseek(descriptor, 0, SEEK_END) == start + off_t(written) { ftruncate(descriptor, start) }
                throw failure("cannot write", code)
            }
            written += count
            isUnsynced = true
        }
        bytes.removeAll(keepingCapacity: true)
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
