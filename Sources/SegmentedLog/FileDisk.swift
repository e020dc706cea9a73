import CLinux
import Glibc

/// The real file system. Of the files opened through one value (and its copies) only a limited number holds a descriptor: see `FilePool`.
package struct FileDisk: Disk {
    /// A quarter of what the process may open: the rest is for connections, tailed files, and files that may not be closed just now.
    private static let limitShare = 4
    /// What is taken where the system tells no limit, and the least there is where it tells a tiny one.
    private static let openFilesUsual = 256
    private static let openFilesMin = 8

    let pool: FilePool

    /// - Parameter openFilesMax: how many files are kept open; nil for a quarter of the process's soft limit as it is now.
    package init(openFilesMax: Int? = nil) {
        pool = FilePool(limit: max(openFilesMax ?? Self.openFilesMaxDefault, Self.openFilesMin))
    }

    private static var openFilesMaxDefault: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return openFilesUsual }
        return Int(clamping: limit.rlim_cur) / limitShare
    }

    package func openDirectory(_ path: String, create: Bool) throws(LogError) -> [String] {
        var descriptor = PooledFile.openDescriptor(path, O_RDONLY | O_DIRECTORY, pool)
        if descriptor < 0, create, errno == ENOENT {
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw .system(errno, "mkdir", path: path) }
            descriptor = PooledFile.openDescriptor(path, O_RDONLY | O_DIRECTORY, pool)
        }
        guard descriptor >= 0 else { throw .system(errno, "open", path: path) }
        guard let stream = fdopendir(descriptor) else {
            let number = errno
            close(descriptor)
            throw .system(number, "fdopendir", path: path)
        }
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
        try PooledFile.open(path, access, pool)
    }

    package func rename(_ path: String, to newPath: String) throws(LogError) {
        guard Glibc.rename(path, newPath) == 0 else { throw .system(errno, "rename", path: path) }
    }

    package func remove(_ path: String) throws(LogError) {
        if Glibc.remove(path) != 0, errno != ENOENT { throw .system(errno, "remove", path: path) }
    }

    package func syncDirectory(_ path: String) throws(LogError) { try sync(path, "fsync of the directory", fsync) }

    /// All of the file system is written that holds the folder.
    package func syncAll(_ path: String) throws(LogError) { try sync(path, "syncfs", clinux_syncfs) }

    private func sync(_ path: String, _ name: String, _ call: (Int32) -> Int32) throws(LogError) {
        let descriptor = PooledFile.openDescriptor(path, O_RDONLY | O_DIRECTORY, pool)
        guard descriptor >= 0 else { throw .system(errno, "open", path: path) }
        defer { close(descriptor) }
        guard call(descriptor) == 0 else { throw .system(errno, name, path: path) }
    }
}
