import Records

/// What one partition must know again after a restart and cannot read from its segments. A small text file, replaced as a whole.
struct PartitionCheckpoint: Sendable, Equatable {
    static let fileName = "partition.checkpoint"
    private static let magic = "sluice-partition-checkpoint 2"
    private static let bytesMax = 4096

    /// Everything below is on disk, indexes of closed segments included: a crash cannot have torn it.
    var recoveryPoint: Int64 = 0
    /// The first offset that may be read.
    var startOffset: Int64 = 0
    /// Compaction may have left holes below; above, offsets are dense. Stored before the first hole is made.
    var holesBelow: Int64 = 0
    /// A pass of compaction has been through all below, to its end: not above `holesBelow`.
    var cleanedThrough: Int64 = 0
    /// When the active segment had its first append, in milliseconds: for rolling by age.
    var activeSince: Int64 = 0

    init() {}

    /// Reads the partition's checkpoint; nil when there is none or it is damaged, and then everything is to be scanned.
    init?(readingFrom directory: String, _ disk: any Disk) throws(LogError) {
        let path = FilePath.join(directory, Self.fileName)
        guard let bytes = try disk.contents(of: path, bytesMax: Self.bytesMax), let parsed = Self(parsing: bytes) else {
            return nil
        }
        self = parsed
    }

    /// Replaces the partition's checkpoint, durably.
    func write(to directory: String, _ disk: any Disk, spending ballast: Ballast) throws(LogError) {
        try ballast.spend { () throws(LogError) in try disk.replace(Self.fileName, in: directory, with: encoded()) }
    }

    func encoded() -> [UInt8] {
        let text = """
            \(Self.magic)
            recovery-point \(recoveryPoint)
            start-offset \(startOffset)
            holes-below \(holesBelow)
            cleaned-through \(cleanedThrough)
            active-since \(activeSince)

            """
        return Array(text.utf8) + Array("crc32c \(Self.checksum(text))\n".utf8)
    }

    init?(parsing bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 8, lines[0] == Self.magic, lines[7].isEmpty,
            lines[6] == "crc32c \(Self.checksum(lines[0..<6].joined(separator: "\n") + "\n"))"
        else { return nil }
        func number(_ line: Substring, _ key: String) -> Int64? {
            line.hasPrefix(key + " ") ? Int64(line.dropFirst(key.utf8.count + 1)) : nil
        }
        guard let recoveryPoint = number(lines[1], "recovery-point"),
            let startOffset = number(lines[2], "start-offset"), let holesBelow = number(lines[3], "holes-below"),
            let cleanedThrough = number(lines[4], "cleaned-through"), let activeSince = number(lines[5], "active-since")
        else { return nil }
        self.recoveryPoint = recoveryPoint
        self.startOffset = startOffset
        self.holesBelow = holesBelow
        self.cleanedThrough = cleanedThrough
        self.activeSince = activeSince
    }

    private static func checksum(_ text: String) -> String {
        let value = Array(text.utf8).withUnsafeBytes { CRC32C.checksum($0) }
        return String(value, radix: 16)
    }
}
