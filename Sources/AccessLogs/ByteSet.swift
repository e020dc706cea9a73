/// A set of byte values, used when a format is compiled to prove that a field's end is the only possible one.
struct ByteSet: Sendable, Equatable {
    private var bits = SIMD4<UInt64>(repeating: 0)

    init() {}

    init(_ range: ClosedRange<UInt8>) {
        for byte in range { insert(byte) }
    }

    init(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { insert(byte) }
    }

    mutating func insert(_ byte: UInt8) {
        bits[Int(byte >> 6)] |= 1 << UInt64(byte & 63)
    }

    func contains(_ byte: UInt8) -> Bool {
        bits[Int(byte >> 6)] & (1 << UInt64(byte & 63)) != 0
    }

    func union(_ other: ByteSet) -> ByteSet {
        var result = self
        result.bits |= other.bits
        return result
    }

    func subtracting(_ bytes: some Sequence<UInt8>) -> ByteSet {
        var result = self
        for byte in bytes { result.bits[Int(byte >> 6)] &= ~(1 << UInt64(byte & 63)) }
        return result
    }

    func isDisjoint(with other: ByteSet) -> Bool {
        (bits & other.bits) == SIMD4(repeating: 0)
    }
}
