/// One record on its way into a batch: the numbers around its key, value and headers.
struct RecordEncoding {
    /// What a record needs beside its key, value and headers, at most: five numbers of five bytes, one of ten, and the attributes.
    static let overheadBytesMax = 36

    let timestampDelta: Int64
    let offsetDelta: Int
    let key: UnsafeRawBufferPointer?
    let value: UnsafeRawBufferPointer?
    let encodedHeaders: UnsafeRawBufferPointer
    let headerCount: Int

    /// Encodes the record at the start of `room` and returns its length.
    ///
    /// Precondition: `room` has at least `overheadBytesMax` bytes more than key, value and headers. That is the proof for the unchecked stores
    /// here: each advances by no more than its share of that sum, as lengths, count and offset delta are below 2^31.
    @inline(__always)
    func write(into room: UnsafeMutableRawBufferPointer) -> Int {
        guard let start = room.baseAddress else { return 0 }
        let keyLength = key?.count ?? -1
        let valueLength = value?.count ?? -1
        let length =
            1 + zigzagLength(timestampDelta) + zigzagLength(offsetDelta) + zigzagLength(keyLength) + max(keyLength, 0)
            + zigzagLength(valueLength) + max(valueLength, 0) + zigzagLength(headerCount) + encodedHeaders.count
        var end = start
        storeZigzag(length, at: &end)
        end.storeBytes(of: 0, as: UInt8.self)
        end += 1
        storeZigzag(timestampDelta, at: &end)
        storeZigzag(offsetDelta, at: &end)
        storeZigzag(keyLength, at: &end)
        if let key { storeBytes(key, at: &end) }
        storeZigzag(valueLength, at: &end)
        if let value { storeBytes(value, at: &end) }
        storeZigzag(headerCount, at: &end)
        storeBytes(encodedHeaders, at: &end)
        return end - start
    }

    /// The headers as they stand in a record, without their count.
    static func encode(_ headers: [RecordHeader]) -> [UInt8] {
        var output: [UInt8] = []
        for header in headers {
            var name = header.name
            name.withUTF8 { appendLengthPrefixed($0, to: &output) }
            if let value = header.value {
                value.withUnsafeBufferPointer { appendLengthPrefixed($0, to: &output) }
            } else {
                output.append(1)  // -1, zigzag-encoded
            }
        }
        return output
    }

    private static func appendLengthPrefixed(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        var rest = zigzag(bytes.count)
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(truncatingIfNeeded: rest))
        output.append(contentsOf: bytes)
    }
}

/// The number with its sign in the lowest bit, so that small numbers of either sign are short.
@inline(__always)
private func zigzag(_ value: some FixedWidthInteger) -> UInt64 {
    let wide = Int64(truncatingIfNeeded: value)
    return UInt64(bitPattern: (wide << 1) ^ (wide >> 63))
}

/// The bytes that the number takes at seven bits each.
@inline(__always)
private func zigzagLength(_ value: some FixedWidthInteger) -> Int {
    let bits = 64 - (zigzag(value) | 1).leadingZeroBitCount
    return (bits * 9 + 64) >> 6
}

@inline(__always)
private func storeZigzag(_ value: some FixedWidthInteger, at end: inout UnsafeMutableRawPointer) {
    var rest = zigzag(value)
    while rest >= 0x80 {
        end.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, as: UInt8.self)
        end += 1
        rest >>= 7
    }
    end.storeBytes(of: UInt8(truncatingIfNeeded: rest), as: UInt8.self)
    end += 1
}

@inline(__always)
private func storeBytes(_ bytes: UnsafeRawBufferPointer, at end: inout UnsafeMutableRawPointer) {
    guard let source = bytes.baseAddress else { return }
    end.copyMemory(from: source, byteCount: bytes.count)
    end += bytes.count
}
