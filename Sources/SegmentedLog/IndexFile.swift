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

    /// So many entries are read at once when no more are left to search.
    private static let blockEntries = 256

    /// The last entry for which `isAtMost` holds, given that it holds for a prefix of them; nil for none. The lent bytes are the entry's.
    func last(where isAtMost: (UnsafeRawBufferPointer) -> Bool) throws(LogError) -> [UInt8]? {
        var low = 0
        var high = count
        while high - low > Self.blockEntries {
            let middle = low + (high - low) / 2
            if try entry(middle).withUnsafeBytes(isAtMost) { low = middle } else { high = middle }
        }
        // One read for the last steps: of a large index that is 6 reads for 14.
        let block = try file.readBytes((high - low) * entryBytes, at: Int64(low * entryBytes))
        guard block.count == (high - low) * entryBytes else {
            throw LogError(.corrupt, "index entry \(high - 1) is missing", byteOffset: Int64(low * entryBytes))
        }
        return block.withUnsafeBytes { bytes in
            func entry(_ index: Int) -> UnsafeRawBufferPointer {
                UnsafeRawBufferPointer(rebasing: bytes[index * entryBytes..<(index + 1) * entryBytes])
            }
            var (first, end) = (0, high - low)
            while first < end {
                let middle = first + (end - first) / 2
                if isAtMost(entry(middle)) { first = middle + 1 } else { end = middle }
            }
            return first == 0 ? nil : Array(entry(first - 1))
        }
    }
}
