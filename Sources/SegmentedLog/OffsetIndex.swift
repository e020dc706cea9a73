/// The sparse map from offset to position of one segment (`.index`): 4 bytes offset relative to the segment's base, 4 bytes position.
///
/// An entry holds the **first** offset of the batch at its position. Kafka writes the last one; both satisfy the lookup rule (largest entry not above
/// the offset, then forward), and with the first a reader that goes on where it stopped lands on its batch and not on the one before.
struct OffsetIndex: Sendable {
    static let entryBytes = 8

    private(set) var entries: IndexFile
    let baseOffset: Int64
    /// The newest entry, kept in memory: readers near the end need no search. (base offset, 0) without entries.
    private(set) var last: (offset: Int64, position: Int64)

    init(_ file: any DiskFile, baseOffset: Int64) throws(LogError) {
        entries = try IndexFile(file, entryBytes: Self.entryBytes)
        self.baseOffset = baseOffset
        last = (baseOffset, 0)
        if entries.count > 0 {
            last = try entries.entry(entries.count - 1).withUnsafeBytes { Self.decode($0, baseOffset: baseOffset) }
        }
    }

    /// Adds an entry; offsets and positions ascend. The caller keeps both in 32 bits by rolling the segment.
    mutating func append(offset: Int64, position: Int64) throws(LogError) {
        try entries.append(Self.encode(offset: offset, position: position, baseOffset: baseOffset))
        last = (offset, position)
    }

    /// Where to start looking for `offset`: a position, and the least offset the batch there can have.
    func start(for offset: Int64) throws(LogError) -> (offset: Int64, position: Int64) {
        if offset >= last.offset { return last }
        let base = baseOffset
        let share = Double(offset - base) / Double(max(1, last.offset - base))
        let found = try entries.last(near: share) { Self.decode($0, baseOffset: base).offset <= offset }
        guard let found else { return (base, 0) }
        return found.withUnsafeBytes { Self.decode($0, baseOffset: base) }
    }

    /// The last entry whose offset and position are not above these; nil for none.
    func last(atMost offset: Int64, position: Int64) throws(LogError) -> (offset: Int64, position: Int64)? {
        if last.offset <= offset, last.position <= position { return last }
        let base = baseOffset
        let share = Double(position) / Double(max(1, last.position))
        let found = try entries.last(near: share) {
            let entry = Self.decode($0, baseOffset: base)
            return entry.offset <= offset && entry.position <= position
        }
        return found.map { $0.withUnsafeBytes { Self.decode($0, baseOffset: base) } }
    }

    /// The last entry in the file's bytes that is below `bound` and `position`, and its number; entries behind one that does not ascend do not count.
    static func lastEntry(
        in bytes: [UInt8], baseOffset: Int64, below bound: Int64, position: Int64
    ) -> (index: Int, offset: Int64, position: Int64)? {
        var found: (index: Int, offset: Int64, position: Int64)?
        for start in stride(from: 0, through: bytes.count - entryBytes, by: entryBytes) {
            let entry = bytes[start..<(start + entryBytes)].withUnsafeBytes { decode($0, baseOffset: baseOffset) }
            guard entry.offset < bound, entry.position < position, entry.position > found?.position ?? 0,
                entry.offset > found?.offset ?? baseOffset - 1
            else { break }
            found = (start / entryBytes, entry.offset, entry.position)
        }
        return found
    }

    static func encode(offset: Int64, position: Int64, baseOffset: Int64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entryBytes)
        bytes.appendBigEndian(UInt32(truncatingIfNeeded: offset - baseOffset))
        bytes.appendBigEndian(UInt32(truncatingIfNeeded: position))
        return bytes
    }

    private static func decode(
        _ entry: UnsafeRawBufferPointer, baseOffset: Int64
    ) -> (offset: Int64, position: Int64) {
        (
            baseOffset &+ Int64(entry.bigEndian(at: 0, as: UInt32.self)),
            Int64(entry.bigEndian(at: 4, as: UInt32.self))
        )
    }
}
