/// Reads the fields of an internal topic's key or value: Kafka's classic encoding, most significant byte first. It never reads past the end.
struct FieldReader {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    mutating func integer<T: FixedWidthInteger>(_ type: T.Type) throws(BrokerError) -> T {
        let width = T.bitWidth / 8
        guard bytes.count >= width else { throw Self.short }
        var value: T = 0
        for byte in bytes.prefix(width) { value = value &<< 8 | T(truncatingIfNeeded: byte) }
        bytes.removeFirst(width)
        return value
    }

    /// A string behind its length in 16 bits.
    mutating func string() throws(BrokerError) -> String {
        let count = Int(try integer(Int16.self))
        guard count >= 0, count <= bytes.count else { throw Self.short }
        defer { bytes.removeFirst(count) }
        guard let text = String(validating: bytes.prefix(count), as: UTF8.self) else {
            throw BrokerError(.corrupt, "a string that is not UTF-8")
        }
        return text
    }

    /// The length of an array in 32 bits, -1 for null; it cannot be larger than the bytes that are left.
    mutating func count() throws(BrokerError) -> Int {
        let count = Int(try integer(Int32.self))
        guard count >= -1, count <= bytes.count else { throw Self.short }
        return max(count, 0)
    }

    private static let short = BrokerError(.corrupt, "the record is shorter than its fields")
}

/// Writes the fields of an internal topic's key or value.
struct FieldWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// The callers have checked that the text has at most 32767 bytes; what is over would be cut.
    mutating func append(_ text: String) {
        let utf8 = text.utf8.prefix(Int(Int16.max))
        append(Int16(truncatingIfNeeded: utf8.count))
        bytes.append(contentsOf: utf8)
    }
}
