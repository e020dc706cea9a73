import Records

/// Record headers in a record batch's encoding: for each a name and a value, both after a zigzag varint of their length, -1 for null.
package enum EncodedHeaders {
    /// Appends the headers, without their count.
    package static func append(_ headers: [RecordHeader], to bytes: inout [UInt8]) {
        for header in headers {
            appendLength(header.name.utf8.count, to: &bytes)
            bytes.append(contentsOf: header.name.utf8)
            appendLength(header.value?.count ?? -1, to: &bytes)
            bytes.append(contentsOf: header.value ?? [])
        }
    }

    /// Decodes `count` headers; bytes that are no headers end the list early.
    package static func decode(_ bytes: ArraySlice<UInt8>, count: Int) -> [RecordHeader] {
        var headers: [RecordHeader] = []
        var rest = bytes
        while headers.count < count, let name = nextField(&rest), let name, let value = nextField(&rest) {
            headers.append(RecordHeader(name: String(decoding: name, as: UTF8.self), value: value.map { Array($0) }))
        }
        return headers
    }

    /// The value of the last header of that name, as Kafka's `lastHeader`.
    static func value(named name: String, in bytes: ArraySlice<UInt8>, count: Int) -> ArraySlice<UInt8>? {
        var found: ArraySlice<UInt8>?
        var rest = bytes
        var seen = 0
        while seen < count, let candidate = nextField(&rest), let candidate, let value = nextField(&rest) {
            if candidate.elementsEqual(name.utf8) { found = value }
            seen += 1
        }
        return found
    }

    private static func appendLength(_ length: Int, to bytes: inout [UInt8]) {
        var zigzag = UInt64(bitPattern: Int64((length << 1) ^ (length >> 63)))
        while zigzag >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: zigzag) | 0x80)
            zigzag >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: zigzag))
    }

    /// The next length and its bytes: nil when there is no valid one, `.some(nil)` for a null.
    private static func nextField(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>?? {
        var zigzag: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard let byte = rest.popFirst(), shift < 35 else { return nil }
            zigzag |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { break }
            shift += 7
        }
        let length = Int(zigzag >> 1) ^ -Int(zigzag & 1)
        if length == -1 { return .some(nil) }
        guard length >= 0, length <= rest.count else { return nil }
        defer { rest = rest.dropFirst(length) }
        return rest.prefix(length)
    }
}
