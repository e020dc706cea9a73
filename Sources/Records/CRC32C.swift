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
}
