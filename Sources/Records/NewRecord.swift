/// One record on its way into a batch.
struct NewRecord {
    /// What a record needs beside its key, value and headers, at most: five numbers of five bytes, one of ten, and the attributes.
    static let overheadBytesMax = 36

    let timestampDelta: Int64
    let offsetDelta: Int
    let key: UnsafeRawBufferPointer?
    let value: UnsafeRawBufferPointer?
    let encodedHeaders: UnsafeRawBufferPointer
    let headerCount: Int

    /// Encodes the record from `start` on and returns its length.
    ///
    /// Precondition: there is room for `contentBytes`, the lengths of key, value and headers together, and `overheadBytesMax`; each of these lengths,
    /// the count and the offset delta are below 2^31. That is the proof for the unchecked stores here: no number takes more than its share.
    @inline(__always)
    func write(at start: UnsafeMutableRawPointer, contentBytes: Int) -> Int {
        // The length comes first but is known last. How many bytes it takes is guessed, which is cheaper than adding up seven fields' lengths.
        let lengthBytesGuessed = zigzagLength(contentBytes + RecordParser.recordBytesMin)
        let fields = start + lengthBytesGuessed
        var end = fields
        end.storeBytes(of: 0, as: UInt8.self)
        end += 1
        storeZigzag(timestampDelta, at: &end)
        storeZigzag(offsetDelta, at: &end)
        storeNullable(key, at: &end)
        storeNullable(value, at: &end)
        storeZigzag(headerCount, at: &end)
        if headerCount > 0 { storeBytes(encodedHeaders, at: &end) }
        let length = end - fields
        let lengthBytes = zigzagLength(length)
        if lengthBytes != lengthBytesGuessed {
            (start + lengthBytes).copyMemory(from: fields, byteCount: length)
        }
        var position = start
        storeZigzag(length, at: &position)
        return lengthBytes + length
    }
}

extension NewRecord {
    /// Encodes a record without key and headers from `start` on and returns its length. The precondition is that of `write(at:contentBytes:)`.
    @inline(__always)
    static func write(
        value: UnsafeRawBufferPointer, timestampDelta: Int64, offsetDelta: Int, at start: UnsafeMutableRawPointer
    ) -> Int {
        // Attributes, a null key and no headers are a byte each.
        let length =
            3 + zigzagLength(timestampDelta) + zigzagLength(offsetDelta) + zigzagLength(value.count) + value.count
        var end = start
        storeZigzag(length, at: &end)
        end.storeBytes(of: 0, as: UInt8.self)
        end += 1
        storeZigzag(timestampDelta, at: &end)
        storeZigzag(offsetDelta, at: &end)
        storeNullable(nil, at: &end)
        storeZigzag(value.count, at: &end)
        storeBytes(value, at: &end)
        end.storeBytes(of: 0, as: UInt8.self)
        return end + 1 - start
    }
}

/// The number with its sign in the lowest bit, so that small numbers of either sign are short.
@inline(__always)
func zigzag(_ value: some FixedWidthInteger) -> UInt64 {
    let wide = Int64(truncatingIfNeeded: value)
    return UInt64(bitPattern: (wide << 1) ^ (wide >> 63))
}

/// The bytes that the number takes at seven bits each. Compared, not computed: what is stored behind it need not wait for the result.
@inline(__always)
private func zigzagLength(_ value: some FixedWidthInteger) -> Int {
    let raw = zigzag(value)
    if raw < 1 << 7 { return 1 }
    if raw < 1 << 14 { return 2 }
    if raw < 1 << 21 { return 3 }
    return (70 - raw.leadingZeroBitCount) / 7
}

@inline(__always)
private func storeZigzag(_ value: some FixedWidthInteger, at end: inout UnsafeMutableRawPointer) {
    var rest = zigzag(value)
    if rest >= 0x80 && rest < 0x4000 {
        // Two bytes in one store: what most lengths, offsets and timestamps of a batch take.
        let pair = UInt16(truncatingIfNeeded: (rest & 0x7F) | 0x80 | (rest >> 7) << 8)
        end.storeBytes(of: pair.littleEndian, as: UInt16.self)
        end += 2
        return
    }
    while rest >= 0x80 {
        end.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, as: UInt8.self)
        end += 1
        rest >>= 7
    }
    end.storeBytes(of: UInt8(truncatingIfNeeded: rest), as: UInt8.self)
    end += 1
}

@inline(__always)
private func storeNullable(_ bytes: UnsafeRawBufferPointer?, at end: inout UnsafeMutableRawPointer) {
    guard let bytes else {
        end.storeBytes(of: 1, as: UInt8.self)  // -1, zigzag-encoded
        end += 1
        return
    }
    storeZigzag(bytes.count, at: &end)
    storeBytes(bytes, at: &end)
}

@inline(__always)
private func storeBytes(_ bytes: UnsafeRawBufferPointer, at end: inout UnsafeMutableRawPointer) {
    guard let source = bytes.baseAddress else { return }
    end.copyMemory(from: source, byteCount: bytes.count)
    end += bytes.count
}
