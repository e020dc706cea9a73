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

    /// The index of the last entry for which `isAtMost` holds, given that it holds for a prefix of them; nil for none.
    func last(where isAtMost: ([UInt8]) -> Bool) throws(LogError) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = low + (high - low) / 2
            if isAtMost(try entry(middle)) { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : low - 1
    }
}
