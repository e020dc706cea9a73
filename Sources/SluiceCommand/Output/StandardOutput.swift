import Glibc

/// Standard output, where a reader that has gone is an end and not a failure.
struct StandardOutput {
    /// Nobody reads it any more, as behind `| head`.
    struct Closed: Error {}

    /// Lets a write to a pipe without a reader fail rather than kill the process, which may have to commit before it ends.
    static func surviveClosing() { signal(SIGPIPE, SIG_IGN) }

    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Writes a text and a newline.
    static func write(line: String) throws { try write(Array((line + "\n").utf8)) }

    /// Writes all of the bytes.
    /// - Throws: `Closed`, or a `CommandFailure` that says why they cannot be written.
    static func write(_ bytes: [UInt8]) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.write(STDOUT_FILENO, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count >= 0 {
                written += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EPIPE: throw Closed()
            default: throw CommandFailure("cannot write to standard output: \(String(cString: strerror(errno)))")
            }
        }
    }

    /// Whether the reader has gone; tells it without writing.
    static var isClosed: Bool {
        var descriptor = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return poll(&descriptor, 1, 0) > 0 && descriptor.revents & Int16(POLLERR) != 0
    }
}
