/// A file of entries of one size, appended to and searched by position: what the offset index and the time index share.
///
/// A copy is a snapshot: it keeps its own count, and entries once written are never changed, so readers search a copy without a lock.
struct IndexFile: Sendable {
    let file: any DiskFile
    let entryBytes: Int
    private(set) var count: Int

    /// Takes the file as it is; `count` is the number of whole entries in it.
    init(_ file: any DiskFile, entryBytes: Int) throws(LogError) {
        self.file = file
        self.entryBytes = entryBytes
        count = Int(try file.size()) / entryBytes
    }

    /// True when the file is a whole number of entries.
    func isWhole() throws(LogError) -> Bool { Int(try file.size()) == count * entryBytes }

    /// The bytes of entry `index`.
    func entry(_ index: Int) throws(LogError) -> [UInt8] {
        let bytes = try file.readBytes(entryBytes, at: Int64(index * entryBytes))
        guard bytes.count == entryBytes else {
            throw LogError(.corrupt, "index entry \(index) is missing", byteOffset: Int64(index * entryBytes))
        }
        return bytes
    }

    /// Writes one entry after the others. After a throw the entry is not there; a part of it may be on disk and is overwritten next time.
    mutating func append(_ entry: [UInt8]) throws(LogError) {
        try file.write(entry, at: Int64(count * entryBytes))
        count += 1
    }

    /// Cuts off what a failed append may have left behind the last entry.
    func trim() throws(LogError) {
        if try !isWhole() { try file.truncate(to: Int64(count * entryBytes)) }
    }

    /// So many entries are read at once.
    private static let blockEntries = 256

    /// The last entry for which `isAtMost` holds, given that it holds for a prefix of them; nil for none. The lent bytes are the entry's.
    ///
    /// - Parameter share: where the entry is likely to be, from 0 for the first to 1 for the last. Batches of a partition are of much the same size: of an index
    ///   of 8,192 entries that is one read for six.
    func last(near share: Double, where isAtMost: (UnsafeRawBufferPointer) -> Bool) throws(LogError) -> [UInt8]? {
        // It holds for those before `low`, and not from `high` on.
        var low = 0
        var high = count
        var start = Int(Double(count) * min(max(share, 0), 1)) - Self.blockEntries / 2
        while low < high {
            start = min(max(start, low), max(low, high - Self.blockEntries))
            let length = min(Self.blockEntries, high - start)
            let block = try entries(start..<(start + length))
            let found = block.withUnsafeBytes { Self.countOfPrefix($0, entryBytes, where: isAtMost) }
            if found > 0 { low = start + found }
            if found < length { high = start + found }
            if found > 0, low >= high {
                return Array(block[((found - 1) * entryBytes)..<(found * entryBytes)])
            }
            start = low + (high - low) / 2
        }
        return low == 0 ? nil : try entry(low - 1)
    }

    private func entries(_ range: Range<Int>) throws(LogError) -> [UInt8] {
        let bytes = try file.readBytes(range.count * entryBytes, at: Int64(range.lowerBound * entryBytes))
        guard bytes.count == range.count * entryBytes else {
            throw LogError(
                .corrupt, "index entry \(range.upperBound - 1) is missing",
                byteOffset: Int64(range.lowerBound * entryBytes))
        }
        return bytes
    }

    private static func countOfPrefix(
        _ block: UnsafeRawBufferPointer, _ entryBytes: Int, where isAtMost: (UnsafeRawBufferPointer) -> Bool
    ) -> Int {
        var (first, end) = (0, block.count / entryBytes)
        while first < end {
            let middle = first + (end - first) / 2
            let entry = UnsafeRawBufferPointer(rebasing: block[middle * entryBytes..<(middle + 1) * entryBytes])
            if isAtMost(entry) { first = middle + 1 } else { end = middle }
        }
        return first
    }
}
