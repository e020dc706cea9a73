import CCRC32C

/// CRC-32C (Castagnoli), the checksum of record batches, by the processor's instruction where it has one. From any thread.
package enum CRC32C {
    /// The checksum of `bytes`.
    package static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        ccrc32c_extend(0, bytes.baseAddress, bytes.count)
    }

    /// The checksum of `bytes` after the data whose checksum is `crc`.
    package static func extend(_ crc: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        ccrc32c_extend(crc, bytes.baseAddress, bytes.count)
    }

    /// The checksum of data whose beginning was replaced by another of the same length.
    /// - Parameters:
    ///   - crc: the checksum of the data as it was.
    ///   - old: the checksum of the beginning alone, as it was.
    ///   - new: the checksum of the beginning that replaces it.
    ///   - bytesBehind: how many bytes follow it.
    package static func replacing(_ crc: UInt32, beginning old: UInt32, with new: UInt32, bytesBehind: Int) -> UInt32 {
        crc ^ ccrc32c_shift(old ^ new, UInt64(bytesBehind))
    }
}
