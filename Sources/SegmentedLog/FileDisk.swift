import Glibc

/// The real file system.
package struct FileDisk: Disk {
    package init() {}

    package func openDirectory(_ path: String, create: Bool) throws(LogError) -> [String] {
        if create, mkdir(path, 0o755) != 0, errno != EEXIST {
            throw .system(errno, "mkdir", path: path)
        }
        guard let stream = opendir(path) else { throw .system(errno, "opendir", path: path) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw .system(errno, "readdir", path: path) }
                return names
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
    }

    package func open(_ path: String, _ access: DiskAccess) throws(LogError) -> any DiskFile {
        let flags = access == .readOnly ? O_RDONLY : O_RDWR | O_CREAT
        let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system(errno, "open", path: path) }
        // Drops clean pages only. What it cannot do, it leaves as it is.
        if access == .recovering { _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) }
        return DescriptorFile(descriptor: descriptor, path: path)
    }

    package func rename(_ path: String, to newPath: String) throws(LogError) {
        guard Glibc.rename(path, newPath) == 0 else { throw .system(errno, "rename", path: path) }
    }

    package func remove(_ path: String) throws(LogError) {
        if Glibc.remove(path) != 0, errno != ENOENT { throw .system(errno, "remove", path: path) }
    }

    package func syncDirectory(_ path: String) throws(LogError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(errno, "open", path: path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system(errno, "fsync of the directory", path: path) }
    }
}

/// A file behind a descriptor. Both properties are constant and every call is positional, so it is used from many threads at once.
private final class DescriptorFile: DiskFile, DescriptorBacked {
    let descriptor: Int32
    private let path: String

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    func size() throws(LogError) -> Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(errno, "fstat", path: path) }
        return Int64(status.st_size)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws(LogError) -> Int {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = pread(descriptor, rest.baseAddress, rest.count, Int(position) + done)
            if count == 0 { break }
            if count > 0 {
                done += count
            } else if errno != EINTR {
                throw .system(errno, "read", path: path)
            }
        }
        return done
    }

    func write(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at position: Int64) throws(LogError) {
        let total = first.count + second.count
        var done = 0
        while done < total {
            let head = UnsafeRawBufferPointer(rebasing: first[min(done, first.count)...])
            let tail = UnsafeRawBufferPointer(rebasing: second[max(0, done - first.count)...])
            let count = Self.writeOnce(descriptor, head, tail, position + Int64(done))
            if count > 0 {
                done += count
            } else if count == 0 {
                throw .system(ENOSPC, "write", path: path)
            } else if errno != EINTR {
                throw .system(errno, "write", path: path)
            }
        }
    }

    private static func writeOnce(
        _ descriptor: Int32, _ head: UnsafeRawBufferPointer, _ tail: UnsafeRawBufferPointer, _ position: Int64
    ) -> Int {
        // pwritev takes mutable pointers for both directions; it only reads from them.
        var vectors = (
            iovec(iov_base: UnsafeMutableRawPointer(mutating: head.baseAddress), iov_len: head.count),
            iovec(iov_base: UnsafeMutableRawPointer(mutating: tail.baseAddress), iov_len: tail.count)
        )
        return withUnsafeBytes(of: &vectors) { bytes in
            pwritev(descriptor, bytes.assumingMemoryBound(to: iovec.self).baseAddress, 2, Int(position))
        }
    }

    func truncate(to size: Int64) throws(LogError) {
        while ftruncate(descriptor, Int(size)) != 0 {
            if errno != EINTR { throw .system(errno, "truncate", path: path) }
        }
    }

    func sync() throws(LogError) {
        // Not repeated on any error: the kernel drops the dirty state of pages it failed to write, so a second call would report success.
        guard fdatasync(descriptor) == 0 else {
            var error = LogError.system(errno, "fdatasync", path: path)
            error.code = .io
            throw error
        }
    }
}
