import Records

/// How far a file has been read, and what recognises the bytes before that place.
///
/// The offset is always just after a newline, so an unfinished last line stays in the file, which is the buffer.
struct TailProgress: Equatable, Sendable {
    /// The bytes at the start of a file that take part in its identity.
    static let headerBytesMax: Int64 = 1024
    /// The bytes before the offset that are compared before reading on.
    static let tailBytesMax: Int64 = 64

    /// The next byte to read.
    private(set) var offset: Int64
    /// The hash of the first `headerBytes` bytes; grows with the offset until the header is whole.
    private(set) var headerHash: UInt64
    /// The hash of the `tailBytes` bytes before the offset.
    private(set) var tailHash: UInt64
    /// CRC-32C of all bytes from where the reading began up to the offset.
    private(set) var checksum: UInt32
    /// The lines passed since the reading began.
    private(set) var lines: Int64

    /// The first byte of a file.
    static let beginning = TailProgress(
        offset: 0, headerHash: ContentHash.empty, tailHash: ContentHash.empty, checksum: 0, lines: 0)

    /// A place further on where the reading begins, recognised by the bytes before it.
    init(beginningAt offset: Int64, header: [UInt8], tail: [UInt8]) {
        self.init(
            offset: offset, headerHash: header.withUnsafeBytes(ContentHash.of),
            tailHash: tail.withUnsafeBytes(ContentHash.of), checksum: 0, lines: 0)
    }

    /// A place as it was recorded.
    init(offset: Int64, headerHash: UInt64, tailHash: UInt64, checksum: UInt32, lines: Int64) {
        self.offset = offset
        self.headerHash = headerHash
        self.tailHash = tailHash
        self.checksum = checksum
        self.lines = lines
    }

    var headerBytes: Int64 { min(Self.headerBytesMax, offset) }
    var tailBytes: Int64 { min(Self.tailBytesMax, offset) }
    /// Where a read has to begin so that the tail can be compared and the progress can move on.
    var windowStart: Int64 { offset - tailBytes }

    /// Moves on to `end`. `window` holds the file's bytes from `windowStart` (of the present offset, or earlier) to at least `end`.
    mutating func advance(to end: Int64, lines count: Int64, window: UnsafeRawBufferPointer, windowStart start: Int64) {
        func bytes(_ from: Int64, _ to: Int64) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: window[Int(from - start)..<Int(to - start)])
        }
        let headerEnd = min(Self.headerBytesMax, end)
        if headerBytes < headerEnd { headerHash = ContentHash.extend(headerHash, bytes(headerBytes, headerEnd)) }
        checksum = CRC32C.extend(checksum, bytes(offset, end))
        tailHash = ContentHash.of(bytes(end - min(Self.tailBytesMax, end), end))
        offset = end
        lines += count
    }
}
