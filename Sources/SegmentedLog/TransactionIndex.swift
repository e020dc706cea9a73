import Records

/// A transaction that ended with an abort marker: readers of committed data skip its producer's batches between the two offsets.
package struct AbortedTransaction: Sendable, Hashable {
    /// The producer whose transaction it was.
    package var producerId: Int64
    /// The offset of its first record.
    package var firstOffset: Int64
    /// The offset of its abort marker.
    package var lastOffset: Int64
    /// The last stable offset once it was over: no transaction that starts below was open then.
    package var lastStableOffset: Int64

    package init(producerId: Int64, firstOffset: Int64, lastOffset: Int64, lastStableOffset: Int64) {
        self.producerId = producerId
        self.firstOffset = firstOffset
        self.lastOffset = lastOffset
        self.lastStableOffset = lastStableOffset
    }

    /// Whether the batch was sent in this transaction.
    func covers(_ batch: RecordBatchHeader) -> Bool {
        batch.isTransactional && batch.producerId == producerId && firstOffset <= batch.baseOffset
            && batch.lastOffset < lastOffset
    }
}

/// The aborted transactions whose marker is in one segment (`.txnindex`), in the order of their markers: Kafka's 34 bytes each.
///
/// Aborts are rare, so the entries are also in memory; the file is made with the first one.
struct TransactionIndex: Sendable {
    static let entryBytes = 34
    private static let version: Int16 = 0

    private(set) var entries: [AbortedTransaction] = []
    private(set) var file: (any DiskFile)?

    /// An index without a file yet.
    init() {}

    /// Loads an existing file.
    /// - Throws: `.corrupt` when it is not one of whole entries of the known version.
    init(loading file: any DiskFile) throws(LogError) {
        let size = Int(try file.size())
        let bytes = try file.readBytes(size, at: 0)
        guard size % Self.entryBytes == 0, bytes.count == size else {
            throw LogError(.corrupt, "a transaction index of \(size) bytes is not one of whole entries")
        }
        for start in stride(from: 0, to: size, by: Self.entryBytes) {
            guard let entry = Self.decode(bytes, at: start) else {
                throw LogError(.corrupt, "a transaction index entry of an unknown version", byteOffset: Int64(start))
            }
            entries.append(entry)
        }
        self.file = file
    }

    /// Writes an entry after the others; after a throw it is not there.
    mutating func append(_ entry: AbortedTransaction, to file: any DiskFile) throws(LogError) {
        self.file = file
        try file.write(Self.encode(entry), at: Int64(entries.count * Self.entryBytes))
        entries.append(entry)
    }

    /// Cuts off what failed appends may have left in the file.
    func trim() throws(LogError) {
        let size = Int64(entries.count * Self.entryBytes)
        if let file, try file.size() != size { try file.truncate(to: size) }
    }

    static func encode(_ entry: AbortedTransaction) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entryBytes)
        bytes.appendBigEndian(version)
        bytes.appendBigEndian(entry.producerId)
        bytes.appendBigEndian(entry.firstOffset)
        bytes.appendBigEndian(entry.lastOffset)
        bytes.appendBigEndian(entry.lastStableOffset)
        return bytes
    }

    private static func decode(_ bytes: [UInt8], at start: Int) -> AbortedTransaction? {
        bytes.withUnsafeBytes { buffer in
            guard buffer.bigEndian(at: start, as: Int16.self) == version else { return nil }
            return AbortedTransaction(
                producerId: buffer.bigEndian(at: start + 2, as: Int64.self),
                firstOffset: buffer.bigEndian(at: start + 10, as: Int64.self),
                lastOffset: buffer.bigEndian(at: start + 18, as: Int64.self),
                lastStableOffset: buffer.bigEndian(at: start + 26, as: Int64.self))
        }
    }
}
