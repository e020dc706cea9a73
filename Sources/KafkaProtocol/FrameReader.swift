/// Reads the fields of one frame out of untrusted bytes: never beyond its end, and never more elements than bytes are left for.
///
/// Strings, arrays and structures are written in two ways, the classic one and the compact one of flexible versions (KIP-482). `isFlexible` says which, so
/// that a message is read by one text for all of its versions.
package struct FrameReader {
    /// The frame without its length.
    package let bytes: [UInt8]
    /// The next byte to read.
    package private(set) var position = 0
    /// Whether the fields from here on are those of a flexible version.
    package var isFlexible = false

    /// The elements that all arrays of a frame have together, at most: as structures they take more memory than in the frame.
    private static let elementsMax = 1_000_000

    /// Room is made for so many elements of an array before the first has been read; more take their room as they come.
    private static let elementsReserved = 64

    private var elementsLeft = elementsMax

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// How many bytes are left.
    package var remaining: Int { bytes.count - position }

    package mutating func int8() throws(ProtocolError) -> Int8 { try integer() }
    package mutating func int16() throws(ProtocolError) -> Int16 { try integer() }
    package mutating func int32() throws(ProtocolError) -> Int32 { try integer() }
    package mutating func int64() throws(ProtocolError) -> Int64 { try integer() }

    /// True for any number but 0.
    package mutating func bool() throws(ProtocolError) -> Bool { try int8() != 0 }

    package mutating func topicID() throws(ProtocolError) -> TopicID {
        TopicID(high: try integer(), low: try integer())
    }

    /// A text that is there.
    package mutating func string() throws(ProtocolError) -> String {
        let start = position
        guard let text = try nullableString() else { throw ProtocolError("a string is missing", at: start) }
        return text
    }

    /// A text, or nil.
    package mutating func nullableString() throws(ProtocolError) -> String? {
        let length = isFlexible ? try compactLength() : Int(try int16())
        return try range(length).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    /// A text as it is in the headers of all versions.
    package mutating func classicNullableString() throws(ProtocolError) -> String? {
        let length = Int(try int16())
        return try range(length).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    /// Where bytes stand in the frame, or nil.
    package mutating func nullableBytes() throws(ProtocolError) -> Range<Int>? {
        let length = isFlexible ? try compactLength() : Int(try int32())
        return try range(length)
    }

    /// Bytes, none where they are null.
    package mutating func byteArray() throws(ProtocolError) -> [UInt8] {
        try nullableBytes().map { Array(bytes[$0]) } ?? []
    }

    /// Elements, none where the array is null.
    package mutating func array<Element>(
        _ element: (inout FrameReader) throws(ProtocolError) -> Element
    ) throws(ProtocolError) -> [Element] {
        try nullableArray(element) ?? []
    }

    /// Elements, or nil.
    package mutating func nullableArray<Element>(
        _ element: (inout FrameReader) throws(ProtocolError) -> Element
    ) throws(ProtocolError) -> [Element]? {
        let start = position
        let count = isFlexible ? try compactLength() : Int(try int32())
        guard count >= -1 else { throw ProtocolError("an array of \(count) elements", at: start) }
        guard count >= 0 else { return nil }
        // Every element takes a byte or more.
        guard count <= remaining else {
            throw ProtocolError("an array of \(count) elements in \(remaining) bytes", at: start)
        }
        guard count <= elementsLeft else {
            throw ProtocolError("more than \(Self.elementsMax) elements in all arrays", at: start)
        }
        elementsLeft -= count
        var elements: [Element] = []
        elements.reserveCapacity(min(count, Self.elementsReserved))
        for _ in 0..<count { elements.append(try element(&self)) }
        return elements
    }

    /// Numbers, none where the array is null.
    package mutating func int32Array() throws(ProtocolError) -> [Int32] {
        try array { (reader) throws(ProtocolError) in try reader.int32() }
    }

    /// Passes over the tagged fields that end a structure of a flexible version; of another there are none.
    package mutating func endOfStructure() throws(ProtocolError) {
        guard isFlexible else { return }
        for _ in 0..<(try unsignedVarint()) {
            _ = try unsignedVarint()
            _ = try range(Int(try unsignedVarint()))
        }
    }

    /// Checks that nothing is left.
    package func end() throws(ProtocolError) {
        guard remaining == 0 else { throw ProtocolError("\(remaining) bytes follow the message", at: position) }
    }

    /// Checks that nothing is left, or exactly so many zero bytes, with which a known client ends this message by mistake. Kafka's broker looks at nothing behind what
    /// it needs, so such clients work with it.
    package func end(orZeros count: Int) throws(ProtocolError) {
        let isKnownMistake = remaining == count && bytes[position..<position + count].allSatisfy { $0 == 0 }
        if !isKnownMistake { try end() }
    }

    private mutating func integer<Number: FixedWidthInteger>() throws(ProtocolError) -> Number {
        let width = Number.bitWidth / 8
        guard remaining >= width else { throw ProtocolError("the frame ends within a number", at: position) }
        var value: Number = 0
        for index in position..<position + width { value = value << 8 | Number(truncatingIfNeeded: bytes[index]) }
        position += width
        return value
    }

    /// One more than the length; 0 is null.
    private mutating func compactLength() throws(ProtocolError) -> Int { Int(try unsignedVarint()) - 1 }

    private mutating func unsignedVarint() throws(ProtocolError) -> UInt32 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 28, by: 7) {
            guard remaining > 0 else { throw ProtocolError("the frame ends within a number", at: position) }
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 {
                guard let number = UInt32(exactly: value) else { break }
                return number
            }
        }
        throw ProtocolError("a number is longer than 32 bits", at: position)
    }

    private mutating func range(_ length: Int) throws(ProtocolError) -> Range<Int>? {
        guard length >= -1 else { throw ProtocolError("a length of \(length)", at: position) }
        guard length >= 0 else { return nil }
        guard length <= remaining else {
            throw ProtocolError("\(length) bytes, but \(remaining) are left", at: position)
        }
        defer { position += length }
        return position..<position + length
    }
}
