import Glibc

/// The lines of a file or a pipe, read by a thread that may block, until the end or a request to stop.
struct LineReader {
    /// What a line may have at most, as it is held in memory whole.
    static let lineBytesMax = 32 << 20
    private static let firstBytes = 256 << 10

    private let descriptor: Int32
    private let stop: StopRequest
    private var buffer = [UInt8](repeating: 0, count: Self.firstBytes)
    private var unread = 0..<0
    private var isAtEnd = false
    /// The number of the line read last, from 1 on.
    private(set) var lineNumber = 0

    init(descriptor: Int32, stop: StopRequest) {
        self.descriptor = descriptor
        self.stop = stop
    }

    /// Hands the next line, without its newline, to `body`; the last one need not have a newline.
    ///
    /// - Returns: false at the end, and once a stop is requested.
    mutating func next(_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
        var searched = 0
        while true {
            guard !stop.isRequested else { return false }
            if let length = newline(from: searched) {
                lineNumber += 1
                let line = unread.lowerBound..<unread.lowerBound + length
                unread = line.upperBound + 1..<unread.upperBound
                try buffer.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[line])) }
                return true
            }
            searched = unread.count
            guard isAtEnd else {
                try fill()
                continue
            }
            guard !unread.isEmpty else { return false }
            lineNumber += 1
            let line = unread
            unread = 0..<0
            try buffer.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[line])) }
            return true
        }
    }

    /// How far from the first unread byte the first newline is.
    private func newline(from searched: Int) -> Int? {
        buffer.withUnsafeBytes { bytes in
            let place = UnsafeRawBufferPointer(rebasing: bytes[unread].dropFirst(searched))
            guard let start = place.baseAddress, let found = memchr(start, 0x0A, place.count) else { return nil }
            return searched + (UnsafeRawPointer(found) - start)
        }
    }

    /// Reads more behind what is unread, making room first.
    private mutating func fill() throws {
        if unread.lowerBound > 0 {
            buffer.withUnsafeMutableBytes { bytes in
                let (from, count) = (unread.lowerBound, unread.count)
                if let start = bytes.baseAddress { memmove(start, start + from, count) }
            }
            unread = 0..<unread.count
        }
        if unread.count == buffer.count {
            guard buffer.count < Self.lineBytesMax else {
                throw CommandFailure(
                    "line \(lineNumber + 1) is longer than \(readableBytes(Self.lineBytesMax)); nothing from it on was sent"
                )
            }
            buffer += [UInt8](repeating: 0, count: buffer.count)
        }
        var waiting = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: stop.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&waiting, 2, -1) > 0, waiting[0].revents != 0 else { return }
        let count = buffer.withUnsafeMutableBytes { bytes in
            read(descriptor, bytes.baseAddress?.advanced(by: unread.upperBound), bytes.count - unread.upperBound)
        }
        if count < 0, errno != EINTR, errno != EAGAIN {
            throw CommandFailure("cannot read standard input: \(String(cString: strerror(errno)))")
        }
        isAtEnd = count == 0
        unread = 0..<unread.upperBound + max(count, 0)
    }
}
