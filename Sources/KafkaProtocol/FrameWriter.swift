/// Record batches, one behind the other, that stand somewhere else until the frame is sent.
package protocol RecordSpan: Sendable {
    /// How long they are, in bytes.
    var sizeInBytes: Int { get }
}

/// A piece of a frame.
package enum FramePart: Sendable {
    case bytes([UInt8])
    case records(any RecordSpan)
}

/// Writes the fields of one frame, its length first. As in `FrameReader`, one text writes a message in all of its versions.
package struct FrameWriter {
    /// What is behind the last records; four bytes at the frame's start are kept for its length.
    private var bytes: [UInt8] = [0, 0, 0, 0]
    /// What is complete.
    private var parts: [FramePart] = []
    private var partsBytes = 0
    /// Whether the fields from here on are those of a flexible version.
    package var isFlexible = false

    package init() {}

    /// The whole frame, in the order in which its parts are sent.
    package consuming func finished() -> [FramePart] {
        let length = UInt32(clamping: partsBytes + bytes.count - 4)
        endPart()
        if case .bytes(var first)? = parts.first {
            for index in 0..<4 { first[index] = UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * index)) }
            parts[0] = .bytes(first)
        }
        return parts
    }

    private mutating func endPart() {
        guard !bytes.isEmpty else { return }
        partsBytes += bytes.count
        parts.append(.bytes(bytes))
        bytes = []
    }

    package mutating func int8(_ value: Int8) { integer(value) }
    package mutating func int16(_ value: Int16) { integer(value) }
    package mutating func int32(_ value: Int32) { integer(value) }
    package mutating func int64(_ value: Int64) { integer(value) }
    package mutating func bool(_ value: Bool) { integer(value ? Int8(1) : 0) }
    package mutating func error(_ code: ErrorCode) { integer(code.rawValue) }
    /// How long the client is throttled, in milliseconds: there are no quotas.
    package mutating func throttleTime() { int32(0) }

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

    /// An array of whatever, without elements.
    package mutating func emptyArray() { arrayLength(0) }

    package mutating func byteArray(_ value: [UInt8]) {
        isFlexible ? unsignedVarint(UInt32(clamping: value.count + 1)) : integer(Int32(clamping: value.count))
        bytes.append(contentsOf: value)
    }

    /// An array that is null.
    package mutating func nullArray() { isFlexible ? unsignedVarint(0) : integer(Int32(-1)) }

    /// Record batches as one field of bytes; none is an empty one, never null.
    package mutating func records(_ span: (any RecordSpan)?) {
        let size = span?.sizeInBytes ?? 0
        isFlexible ? unsignedVarint(UInt32(clamping: size + 1)) : integer(Int32(clamping: size))
        guard let span else { return }
        endPart()
        partsBytes += size
        parts.append(.records(span))
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
