import TestSupport

/// The contents of one file: what is on the device, and what the page cache shows.
struct FileImage: Sendable {
    enum Change: Sendable {
        case write([UInt8], at: Int)
        case truncate(Int)
    }

    /// What a device writes whole or not at all.
    private static let sectorBytes = 512

    /// What is on the device for certain.
    private(set) var durable: [UInt8] = []
    /// What a read gives.
    private(set) var current: [UInt8] = []
    /// What was done since the last sync, oldest first.
    private(set) var unsynced: [Change] = []
    /// A failed sync has left pages that no later sync writes: the kernel marks them clean, and reads still show them.
    private(set) var hasLostPages = false

    init() {}

    private init(durable: [UInt8]) {
        self.durable = durable
        current = durable
    }

    mutating func change(_ change: Change) {
        Self.apply(change, to: &current)
        unsynced.append(hasLostPages ? inWholeSectors(change) : change)
    }

    /// A sector is written as it is in memory: with what a failed sync has left there and no other would write.
    private func inWholeSectors(_ change: Change) -> Change {
        guard case .write(let bytes, let position) = change, !bytes.isEmpty else { return change }
        let start = position / Self.sectorBytes * Self.sectorBytes
        let end = (position + bytes.count + Self.sectorBytes - 1) / Self.sectorBytes * Self.sectorBytes
        return .write(Array(current[start..<min(end, current.count)]), at: start)
    }

    mutating func sync() {
        if hasLostPages {
            for change in unsynced { Self.apply(change, to: &durable) }
        } else {
            durable = current
        }
        unsynced.removeAll()
    }

    /// A sync that fails: of what was not synced some is on the device, and the rest never will be.
    mutating func failSync(_ generator: inout SeededGenerator) {
        durable = bySectors(&generator)
        unsynced.removeAll()
        hasLostPages = true
    }

    /// Forgets clean pages: reads show what is on the device, or will be with the next sync.
    mutating func dropCleanPages() {
        guard hasLostPages else { return }
        current = durable
        for change in unsynced { Self.apply(change, to: &current) }
    }

    /// What is there after a crash.
    func survivor(_ survival: Survival, _ generator: inout SeededGenerator) -> FileImage {
        switch survival {
        case .process:
            var image = self
            // Clean pages may be gone from memory at any time.
            if hasLostPages, generator.below(2) == 0 { image.dropCleanPages() }
            return image
        case .nothing: return FileImage(durable: durable)
        case .everything:
            var image = self
            image.sync()
            return FileImage(durable: image.durable)
        case .prefix: return FileImage(durable: byPrefix(&generator))
        case .sectors: return FileImage(durable: bySectors(&generator))
        }
    }

    /// Some of the changes in their order, and of the next one a part.
    private func byPrefix(_ generator: inout SeededGenerator) -> [UInt8] {
        var content = durable
        let count = generator.below(unsynced.count + 1)
        for change in unsynced.prefix(count) { Self.apply(change, to: &content) }
        if count < unsynced.count, case .write(let bytes, let position) = unsynced[count] {
            Self.apply(.write(Array(bytes.prefix(generator.below(bytes.count + 1))), at: position), to: &content)
        }
        return content
    }

    /// The page cache is written back in any order: each sector is as it was at some moment since the last sync, and so is the size.
    private func bySectors(_ generator: inout SeededGenerator) -> [UInt8] {
        guard !unsynced.isEmpty else { return durable }
        let newest = unsynced.count
        let newestInTen = [1, 5, 9][generator.below(3)]
        func moment(_ generator: inout SeededGenerator) -> Int {
            generator.below(10) < newestInTen ? newest : generator.below(newest + 1)
        }
        var content = durable
        var sizes = [content.count]
        var result: [UInt8] = []
        var moments: [Int] = []
        func keep(_ version: Int) {
            if content.count > result.count {
                result += [UInt8](repeating: 0, count: content.count - result.count)
                while moments.count * Self.sectorBytes < result.count { moments.append(moment(&generator)) }
            }
            for (sector, moment) in moments.enumerated() where moment == version {
                let range = sector * Self.sectorBytes..<min((sector + 1) * Self.sectorBytes, result.count)
                for position in range { result[position] = position < content.count ? content[position] : 0 }
            }
        }
        keep(0)
        for (index, change) in unsynced.enumerated() {
            Self.apply(change, to: &content)
            sizes.append(content.count)
            keep(index + 1)
        }
        return Array(result.prefix(sizes[moment(&generator)]))
    }

    private static func apply(_ change: Change, to content: inout [UInt8]) {
        switch change {
        case .write(let bytes, let position):
            if bytes.isEmpty { return }
            let missing = position + bytes.count - content.count
            if missing > 0 { content += [UInt8](repeating: 0, count: missing) }
            content.replaceSubrange(position..<(position + bytes.count), with: bytes)
        case .truncate(let size):
            if size < content.count { content.removeSubrange(size...) }
        }
    }
}
