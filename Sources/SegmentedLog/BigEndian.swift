extension UnsafeRawBufferPointer {
    /// The integer at `position`, most significant byte first as in all of Kafka's files. The caller has checked the bounds.
    func bigEndian<T: FixedWidthInteger>(at position: Int, as type: T.Type) -> T {
        T(bigEndian: loadUnaligned(fromByteOffset: position, as: type))
    }
}

extension [UInt8] {
    /// Appends an integer, most significant byte first.
    mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}
