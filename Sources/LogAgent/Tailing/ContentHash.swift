/// FNV-1a in 64 bits, which can be extended as a file grows: for the first and the last bytes of what has been read.
///
/// <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>
enum ContentHash {
    static let empty: UInt64 = 0xcbf2_9ce4_8422_2325

    static func extend(_ hash: UInt64, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var result = hash
        for byte in bytes { result = (result ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return result
    }

    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 { extend(empty, bytes) }
}
