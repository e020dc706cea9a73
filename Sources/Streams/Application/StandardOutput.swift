import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The process's standard output as the stage `console` prints to it: what one task writes stays in one piece.
final class StandardOutput: Sendable {
    private let turn = Mutex(())

    /// Writes all of the bytes.
    /// A pipe whose reader has gone ends the process by SIGPIPE, as it does for any filter; nothing committed is lost.
    /// - Throws: `StageError.failed` where the disk behind it is full.
    func write(_ bytes: [UInt8]) throws(StageError) {
        let failure = turn.withLock { _ in
            bytes.withUnsafeBytes { Self.writeAll($0) }
        }
        if let failure {
            throw StageError(.failed, "standard output: \(String(cString: strerror(failure)))", name: "ConsoleFailed")
        }
    }

    private static func writeAll(_ bytes: UnsafeRawBufferPointer) -> Int32? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = UnsafeRawBufferPointer(rebasing: rest).withMemoryRebound(to: UInt8.self) { buffer in
                #if canImport(Glibc)
                    Glibc.write(STDOUT_FILENO, buffer.baseAddress, buffer.count)
                #elseif canImport(Musl)
                    Musl.write(STDOUT_FILENO, buffer.baseAddress, buffer.count)
                #else
                    Darwin.write(STDOUT_FILENO, buffer.baseAddress, buffer.count)
                #endif
            }
            if written < 0 {
                if errno == EINTR { continue }
                return errno
            }
            rest = rest.dropFirst(written)
        }
        return nil
    }
}
