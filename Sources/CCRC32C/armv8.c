#if defined(__aarch64__)

#include "implementations.h"

#include <arm_acle.h>
#include <string.h>

#if defined(__linux__)
#include <sys/auxv.h>

#define SLUICE_HWCAP_CRC32 (1UL << 7)

bool ccrc32c_has_armv8(void) {
    return (getauxval(AT_HWCAP) & SLUICE_HWCAP_CRC32) != 0;
}
#else
// Elsewhere (Apple) every processor has the instruction that the compiler is told it may use.
bool ccrc32c_has_armv8(void) {
#if defined(__ARM_FEATURE_CRC32)
    return true;
#else
    return false;
#endif
}
#endif

__attribute__((target("crc"))) uint32_t ccrc32c_extend_armv8(uint32_t crc, const void *bytes, size_t length) {
    const uint8_t *p = bytes;
    crc = ~crc;
    while (length >= 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        crc = __crc32cd(crc, word);
        p += 8;
        length -= 8;
    }
    while (length-- > 0) {
        crc = __crc32cb(crc, *p++);
    }
    return ~crc;
}

#endif
