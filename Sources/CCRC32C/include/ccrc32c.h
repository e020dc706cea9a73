#ifndef CCRC32C_H
#define CCRC32C_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, polynomial 0x1EDC6F41, reflected; RFC 3720 appendix B.4) of `length` bytes that follow data whose checksum is `crc`.
/// Start with 0. Uses the processor's instruction where it has one. Safe from any thread.
uint32_t ccrc32c_extend(uint32_t crc, const void *bytes, size_t length);

/// The same checksum without special instructions (slicing by 8). For tests, and for processors without the instruction.
uint32_t ccrc32c_extend_portable(uint32_t crc, const void *bytes, size_t length);

/// What `length` zero bytes behind them make of the exclusive or of two checksums. So the checksum of data whose beginning is replaced by another of equal
/// length is the old one ^ `ccrc32c_shift(old beginning's ^ new beginning's, bytes behind it)`: a microsecond, however much follows.
uint32_t ccrc32c_shift(uint32_t difference, uint64_t length);

/// What `ccrc32c_extend` runs on this processor: "sse4.2", "armv8-crc" or "portable".
const char *ccrc32c_implementation(void);

#endif
