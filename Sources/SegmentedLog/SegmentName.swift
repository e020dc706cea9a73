/// Kafka's file names: twenty digits of the segment's base offset, then the kind.
enum SegmentName {
    /// What a file of a segment holds.
    enum Kind: String, CaseIterable {
        case log
        case index
        case timeIndex = "timeindex"
        case transactionIndex = "txnindex"
        case snapshot
    }

    /// A file still being written: removed when the log is opened.
    static let temporarySuffix = ".cleaned"
    /// A complete, synced compacted segment about to take its place: opening finishes the swap.
    static let swapSuffix = ".swap"
    private static let digits = 20

    /// Such as `00000000000000000042.log`.
    static func name(_ offset: Int64, _ kind: Kind) -> String {
        let number = String(offset)
        return String(repeating: "0", count: max(0, digits - number.count)) + number + "." + kind.rawValue
    }

    /// The offset in a name of this kind; nil for every other name.
    static func offset(of name: some StringProtocol, _ kind: Kind) -> Int64? {
        let suffix = "." + kind.rawValue
        guard name.utf8.count == digits + suffix.utf8.count, name.hasSuffix(suffix) else { return nil }
        let number = name.prefix(digits)
        guard number.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int64(number)
    }

    /// The ascending offsets of all files of a kind among `names`.
    static func offsets(in names: [String], _ kind: Kind) -> [Int64] {
        names.compactMap { offset(of: $0, kind) }.sorted()
    }
}
