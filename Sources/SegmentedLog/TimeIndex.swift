/// The sparse map from timestamp to offset of one segment (`.timeindex`): 8 bytes timestamp, 4 bytes offset relative to the segment's base.
///
/// An entry (T, O) says: T is the largest timestamp up to then, and its batch ends at O. So every record later than T comes after O. Timestamps ascend.
struct TimeIndex: Sendable {
    static let entryBytes = 12

    private(set) var entries: IndexFile
    let baseOffset: Int64
    /// The newest entry; nil without entries.
    private(set) var last: (timestamp: Int64, offset: Int64)?

    init(_ file: any DiskFile, baseOffset: Int64) throws(LogError) {
        entries = try IndexFile(file, entryBytes: Self.entryBytes)
        self.baseOffset = baseOffset
        if entries.count > 0 {
            last = try entries.entry(entries.count - 1).withUnsafeBytes { Self.decode($0, baseOffset: baseOffset) }
        }
    }

    /// Adds an entry when `timestamp` is above the last one's.
    mutating func append(timestamp: Int64, offset: Int64) throws(LogError) {
        if let last, timestamp <= last.timestamp { return }
        try entries.append(Self.encode(timestamp: timestamp, offset: offset, baseOffset: baseOffset))
        last = (timestamp, offset)
    }

    /// The entry of that number.
    func entry(_ index: Int) throws(LogError) -> (timestamp: Int64, offset: Int64) {
        try entries.entry(index).withUnsafeBytes { Self.decode($0, baseOffset: baseOffset) }
    }

    /// An offset below which no record has this timestamp or a later one.
    func offset(before timestamp: Int64) throws(LogError) -> Int64 {
        let base = baseOffset
        let found = try entries.last(near: 0.5) { Self.decode($0, baseOffset: base).timestamp < timestamp }
        return found?.withUnsafeBytes { Self.decode($0, baseOffset: base).offset } ?? base
    }

    /// How many of the entries in the file's bytes are of batches below `bound`, and the last of these; entries behind one that does not ascend do not count.
    static func entries(
        in bytes: [UInt8], baseOffset: Int64, below bound: Int64
    ) -> (count: Int, last: (timestamp: Int64, offset: Int64)?) {
        var found: (count: Int, last: (timestamp: Int64, offset: Int64)?) = (0, nil)
        for start in stride(from: 0, through: bytes.count - entryBytes, by: entryBytes) {
            let entry = bytes[start..<(start + entryBytes)].withUnsafeBytes { decode($0, baseOffset: baseOffset) }
            if entry.offset >= bound { break }
            if let last = found.last, entry.timestamp <= last.timestamp { break }
            found = (found.count + 1, entry)
        }
        return found
    }

    static func encode(timestamp: Int64, offset: Int64, baseOffset: Int64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entryBytes)
        bytes.appendBigEndian(timestamp)
        bytes.appendBigEndian(UInt32(truncatingIfNeeded: offset - baseOffset))
        return bytes
    }

    private static func decode(
        _ entry: UnsafeRawBufferPointer, baseOffset: Int64
    ) -> (timestamp: Int64, offset: Int64) {
        (
            entry.bigEndian(at: 0, as: Int64.self),
            baseOffset &+ Int64(entry.bigEndian(at: 8, as: UInt32.self))
        )
    }
}
