import Records

/// Writes the fields of one frame, its length first. As in `FrameReader`, one text writes a message in all of its versions.
package struct FrameWriter {
    /// The frame so far; four bytes at its start are kept for its length.
    private var bytes: [UInt8] = [0, 0, 0, 0]
    /// Whether the fields from here on are those of a flexible version.
    package var isFlexible = false

    package init() {}

    /// The whole frame.
    package consuming func finished() -> [UInt8] {
        let length = UInt32(clamping: bytes.count - 4)
        for index in 0..<4 { bytes[index] = UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * index)) }
        return bytes
    }

    package mutating func int8(_ value: Int8) { integer(value) }
    package mutating func int16(_ value: Int16) { integer(value) }
    package mutating func int32(_ value: Int32) { integer(value) }
    package mutating func int64(_ value: Int64) { integer(value) }
    package mutating func bool(_ value: Bool) { integer(value ? Int8(1) : 0) }
    package mutating func error(_ code: ErrorCode) { integer(code.rawValue) }

    package mutating func topicID(_ id: TopicID) {
        integer(id.high)
        integer(id.low)
    }

    /// A text, or null. One that is too long for its 16-bit length is cut.
    package mutating func string(_ text: String?) {
        guard let text else { return isFlexible ? unsignedVarint(0) : integer(Int16(-1)) }
        let utf8 = text.utf8.prefix(Int(Int16.max))
        isFlexible ? unsignedVarint(UInt32(utf8.count + 1)) : integer(Int16(utf8.count))
        bytes.append(contentsOf: utf8)
    }

    package mutating func array<Element>(_ elements: [Element], _ element: (inout FrameWriter, Element) -> Void) {
        arrayLength(elements.count)
        for each in elements { element(&self, each) }
    }

    package mutating func array(_ numbers: [Int32]) { array(numbers) { $0.int32($1) } }

    /// An array that is null.
    package mutating func nullArray() { isFlexible ? unsignedVarint(0) : integer(Int32(-1)) }

    /// Record batches one behind the other, as one field of bytes.
    package mutating func records(_ batches: [RecordBatch]) {
        let size = batches.reduce(0) { $0 + $1.sizeInBytes }
        isFlexible ? unsignedVarint(UInt32(clamping: size + 1)) : integer(Int32(clamping: size))
        bytes.reserveCapacity(bytes.count + size)
        for batch in batches {
            batch.withUnsafeParts { header, records in
                bytes.append(contentsOf: header)
                bytes.append(contentsOf: records)
            }
        }
    }

    /// The end of a structure: no tagged fields, where the version can have some.
    package mutating func endOfStructure() {
        if isFlexible { unsignedVarint(0) }
    }

    private mutating func arrayLength(_ count: Int) {
        isFlexible ? unsignedVarint(UInt32(clamping: count + 1)) : integer(Int32(clamping: count))
    }

    private mutating func integer(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func unsignedVarint(_ value: UInt32) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}
