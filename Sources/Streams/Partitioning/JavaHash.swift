/// `Object.hashCode()` of the Java types a partition key can have, so that a Spring application and Sluice put a key in the same partition.
///
/// The formulas are those the Java SE 17 API specification gives for `String`, `Integer`, `Long`, `Boolean` and `Double`.
enum JavaHash {
    /// `String.hashCode()`: `31 * h + unit` over the UTF-16 code units, wrapping at 32 bits.
    static func hash(_ text: String) -> Int32 {
        var hash: Int32 = 0
        for unit in text.utf16 {
            hash = hash &* 31 &+ Int32(unit)
        }
        return hash
    }

    /// `String.hashCode()` of text in UTF-8, without making a `String` of text that is ASCII.
    static func hash(utf8 bytes: ArraySlice<UInt8>) -> Int32 {
        var hash: Int32 = 0
        for byte in bytes {
            guard byte < 0x80 else { return Self.hash(String(decoding: bytes, as: UTF8.self)) }
            hash = hash &* 31 &+ Int32(byte)
        }
        return hash
    }

    /// `Integer.hashCode()` of a number that fits 32 bits, `Long.hashCode()` of any other.
    ///
    /// A JSON number has no width; a Spring application's JSON reader (Jackson) makes an `Integer` of one that fits and a `Long` of the rest.
    static func hash(_ number: Int64) -> Int32 {
        if let narrow = Int32(exactly: number) {
            return narrow
        }
        return hash(long: number)
    }

    /// `Long.hashCode()`: the two halves, combined by exclusive or.
    static func hash(long number: Int64) -> Int32 {
        fold(UInt64(bitPattern: number))
    }

    /// `Boolean.hashCode()`.
    static func hash(_ truth: Bool) -> Int32 { truth ? 1231 : 1237 }

    /// `Double.hashCode()`: the halves of `doubleToLongBits`, which knows one NaN only.
    static func hash(_ number: Double) -> Int32 {
        fold(number.isNaN ? 0x7ff8_0000_0000_0000 : number.bitPattern)
    }

    /// Spring Cloud Stream's default selector: `|hash| % count`, where the hash without a positive counterpart counts as 0.
    static func partition(hash: Int32, count: Int32) -> Int32 {
        guard hash != Int32.min, count > 0 else { return 0 }
        return abs(hash) % count
    }

    private static func fold(_ bits: UInt64) -> Int32 {
        Int32(truncatingIfNeeded: bits ^ (bits >> 32))
    }
}
