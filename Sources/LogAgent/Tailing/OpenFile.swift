import Glibc

/// An open descriptor of a log file, closed when the last reference goes. Holding it keeps a renamed or deleted file readable.
final class OpenFile {
    private let descriptor: Int32

    init(path: String) throws(SystemError) {
        // O_NONBLOCK: opening a FIFO that took the file's place must not hang the agent; regular files ignore it.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw SystemError(errno) }
    }

    deinit { close(descriptor) }

    func facts() throws(SystemError) -> FileFacts {
        var result = stat()
        guard fstat(descriptor, &result) == 0 else { throw SystemError(errno) }
        return FileFacts(result)
    }

    /// Reads at `offset` until `buffer` is full or the file ends; returns the bytes read.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled,
                off_t(offset + Int64(filled)))
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError(errno)
            }
            filled += count
        }
        return filled
    }

    /// Reads up to `count` bytes at `offset`.
    func bytes(at offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: count)
        var failure: SystemError?
        let filled = result.withUnsafeMutableBytes { buffer in
            do throws(SystemError) {
                return try read(into: buffer, at: offset)
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        result.removeSubrange(filled...)
        return result
    }

    /// The hash of `count` bytes at `offset`, or of fewer where the file ends.
    func hash(at offset: Int64, count: Int) throws(SystemError) -> UInt64 {
        try bytes(at: offset, count: count).withUnsafeBytes(ContentHash.of)
    }

    /// The path that leads to the file now, as the kernel knows it; nil for a deleted file.
    func presentPath() -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { room in
            room.withMemoryRebound(to: CChar.self) { characters in
                characters.baseAddress.map { readlink("/proc/self/fd/\(descriptor)", $0, characters.count) } ?? -1
            }
        }
        guard count > 0, let path = String(validating: buffer[..<count], as: UTF8.self) else { return nil }
        return path.hasSuffix(" (deleted)") ? nil : path
    }
}
