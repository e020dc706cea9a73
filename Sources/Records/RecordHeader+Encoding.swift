extension [RecordHeader] {
    /// The headers as they stand in a record, without their count.
    func encoded() -> [UInt8] {
        var output: [UInt8] = []
        for header in self {
            var name = header.name
            name.withUTF8 { Self.append($0, to: &output) }
            if let value = header.value {
                value.withUnsafeBufferPointer { Self.append($0, to: &output) }
            } else {
                output.append(1)  // -1, zigzag-encoded
            }
        }
        return output
    }

    /// Appends the length and the bytes.
    private static func append(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        var rest = zigzag(bytes.count)
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(truncatingIfNeeded: rest))
        output.append(contentsOf: bytes)
    }
}
