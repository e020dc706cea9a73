/// Whether a file is still the generation it was: the decision on what a look at the file shows.
enum Continuity: Equatable, Sendable {
    /// The bytes before the offset are the same: read on.
    case same
    /// The same file, but bytes not read yet were cut off its end.
    case cutShort(lostBytes: Int64)
    /// Truncated or rewritten, or another file with a used inode: a new generation begins at its first byte. `unreadBytes` had been
    /// seen and were not read.
    case replaced(unreadBytes: Int64)

    /// - Parameters:
    ///   - size: the file's size now.
    ///   - header: the hash of its first `generation.current.headerBytes` bytes; nil where it was not looked at.
    ///   - tail: the hash of the `tailBytes` bytes before the offset; nil where it was not looked at.
    static func judge(_ generation: Generation, size: Int64, header: UInt64? = nil, tail: UInt64? = nil) -> Continuity {
        let progress = generation.current
        if size < progress.offset { return .replaced(unreadBytes: generation.unreadBytes) }
        if let header, header != progress.headerHash { return .replaced(unreadBytes: generation.unreadBytes) }
        if let tail, tail != progress.tailHash { return .replaced(unreadBytes: generation.unreadBytes) }
        guard size < generation.sizeSeen else { return .same }
        // Nothing read, so nothing to recognise it by: all that had been seen has to be taken as gone.
        if progress.offset == 0 { return .replaced(unreadBytes: generation.unreadBytes) }
        return .cutShort(lostBytes: generation.sizeSeen - size)
    }
}
