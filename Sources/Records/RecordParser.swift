/// What is wrong with an encoded record; a trivial value, so that throwing it costs nothing on the way.
enum RecordDefect: Error {
    case truncated
    case varintTooLong
    case negativeLength
    case overrun
    case lengthMismatch
    case offsetOutOfOrder

    var message: String {
        switch self {
        case .truncated: "the records end within a record"
        case .varintTooLong: "a variable-length number is longer than its type"
        case .negativeLength: "a length or count is negative"
        case .overrun: "a length reaches beyond the record's end"
        case .lengthMismatch: "a record's fields do not fill its length"
        case .offsetOutOfOrder: "a record's offset is not after the one before it, or after the batch's last"
        }
    }
}

/// Reads records out of untrusted bytes; every read is checked against `end`.
///
/// Borrows `bytes`: it must not outlive the closure that lends them.
struct RecordParser {
    /// Length, attributes, two deltas, two lengths and a count of one byte each.
    static let recordBytesMin = 7

    private let bytes: UnsafeRawBufferPointer
    private let end: Int
    private(set) var position: Int

    /// - Parameters:
    ///   - position: the first byte to read.
    ///   - end: the byte after the last that may be read; brought down to the length of `bytes`.
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer, from position: Int, to end: Int) {
        self.bytes = bytes
        self.end = Swift.min(end, bytes.count)
        self.position = Swift.max(position, 0)
    }

    /// A record as it is encoded: deltas, not yet added to the batch's base.
    struct Fields {
        var offsetDelta: Int32
        var timestampDelta: Int64
        var key: Range<Int>?
        var value: Range<Int>?
        var headerCount: Int
        var headersFrom: Int
        var start: Int
        var end: Int
    }

    /// Reads the record at `position` up to its headers, and moves on to the record's end.
    @inline(__always)
    mutating func nextRecord() throws(RecordDefect) -> Fields {
        let start = position
        let length = try length()
        guard length <= end - position else { throw .truncated }
        let recordEnd = position + length
        var fields = RecordParser(bytes, from: position, to: recordEnd)
        try fields.skipByte()  // the record's attributes: Kafka defines none
        let timestampDelta = try fields.varlong()
        let offsetDelta = try fields.varint()
        let key = try fields.nullableRange()
        let value = try fields.nullableRange()
        let headerCount = try fields.length()
        position = recordEnd
        return Fields(
            offsetDelta: offsetDelta, timestampDelta: timestampDelta, key: key, value: value, headerCount: headerCount,
            headersFrom: fields.position, start: start, end: recordEnd)
    }

    /// Reads one header: where its name and its value stand.
    @inline(__always)
    mutating func nextHeader() throws(RecordDefect) -> (name: Range<Int>, value: Range<Int>?) {
        let length = try length()
        guard length <= end - position else { throw .overrun }
        let name = position..<(position + length)
        position = name.upperBound
        return (name, try nullableRange())
    }

    @inline(__always)
    private mutating func skipByte() throws(RecordDefect) {
        guard position < end else { throw .truncated }
        position += 1
    }

    /// A length of -1 (null) or more, and that many bytes.
    @inline(__always)
    private mutating func nullableRange() throws(RecordDefect) -> Range<Int>? {
        let length = Int(try varint())
        if length < 0 {
            guard length == -1 else { throw .negativeLength }
            return nil
        }
        guard length <= end - position else { throw .overrun }
        let range = position..<(position + length)
        position = range.upperBound
        return range
    }

    @inline(__always)
    private mutating func length() throws(RecordDefect) -> Int {
        let length = Int(try varint())
        guard length >= 0 else { throw .negativeLength }
        return length
    }

    /// A zigzag-encoded 32-bit number of at most five bytes.
    @inline(__always)
    private mutating func varint() throws(RecordDefect) -> Int32 {
        let raw = try unsigned(bytesMax: 5)
        guard raw <= UInt64(UInt32.max) else { throw .varintTooLong }
        let narrow = UInt32(truncatingIfNeeded: raw)
        return Int32(bitPattern: narrow >> 1) ^ -Int32(bitPattern: narrow & 1)
    }

    /// A zigzag-encoded 64-bit number of at most ten bytes.
    @inline(__always)
    private mutating func varlong() throws(RecordDefect) -> Int64 {
        let raw = try unsigned(bytesMax: 10)
        return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    }

    @inline(__always)
    private mutating func unsigned(bytesMax: Int) throws(RecordDefect) -> UInt64 {
        guard position < end else { throw .truncated }
        let first = bytes[position]
        position += 1
        if first < 0x80 { return UInt64(first) }
        return try unsignedContinued(UInt64(first & 0x7F), bytesMax: bytesMax)
    }

    private mutating func unsignedContinued(_ first: UInt64, bytesMax: Int) throws(RecordDefect) -> UInt64 {
        var value = first
        var index = 1
        while index < bytesMax {
            guard position < end else { throw .truncated }
            let byte = bytes[position]
            position += 1
            // The tenth byte holds the one bit that is left of 64.
            guard index < 9 || byte <= 1 else { throw .varintTooLong }
            value |= UInt64(byte & 0x7F) << UInt64(7 * index)
            if byte < 0x80 { return value }
            index += 1
        }
        throw .varintTooLong
    }
}
