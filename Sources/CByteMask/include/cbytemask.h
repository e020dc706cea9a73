#ifndef SLUICE_CBYTEMASK_H
#define SLUICE_CBYTEMASK_H

// Comparisons of 64 bytes at once, the result a bit for each: what Swift's SIMD types have no operation for. Header only, so that they are inlined
// into the Swift loops that use them. The bytes need no alignment; all 64 must be readable. Bit i of a result belongs to byte i.

#include <stdint.h>
#include <string.h>

// The portable way, exact for every byte, since no carry leaves one. Always there, so that it is tested where it is not used.

static inline uint64_t cbytemask_load(const void *bytes, int word) {
    uint64_t value;
    memcpy(&value, (const char *)bytes + 8 * word, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

/// The highest bits of eight bytes, moved together: the product has bit 8 i of the first factor at bit 56 + i.
static inline uint64_t cbytemask_pack(uint64_t highs) { return ((highs >> 7) * 0x0102040810204080ULL) >> 56; }

static inline uint64_t cbytemask_equal_portable(const void *bytes, uint8_t byte) {
    const uint64_t low = 0x7F7F7F7F7F7F7F7FULL;
    uint64_t result = 0;
    for (int word = 0; word < 8; word++) {
        uint64_t x = cbytemask_load(bytes, word) ^ (0x0101010101010101ULL * byte);
        result |= cbytemask_pack(~(((x & low) + low) | x | low)) << (8 * word);
    }
    return result;
}

static inline uint64_t cbytemask_at_most_portable(const void *bytes, uint8_t limit) {
    uint64_t result = 0;
    for (int i = 0; i < 64; i++) result |= (uint64_t)(((const uint8_t *)bytes)[i] <= limit) << i;
    return result;
}

#if defined(__SSE2__)

#include <emmintrin.h>

static inline uint64_t cbytemask_gather(__m128i a, __m128i b, __m128i c, __m128i d) {
    uint64_t low = (uint32_t)_mm_movemask_epi8(a) | (uint32_t)_mm_movemask_epi8(b) << 16;
    uint64_t high = (uint32_t)_mm_movemask_epi8(c) | (uint32_t)_mm_movemask_epi8(d) << 16;
    return low | high << 32;
}

/// The bytes that are `byte`.
static inline uint64_t cbytemask_equal(const void *bytes, uint8_t byte) {
    const __m128i *p = (const __m128i *)bytes;
    __m128i wanted = _mm_set1_epi8((char)byte);
    return cbytemask_gather(
        _mm_cmpeq_epi8(_mm_loadu_si128(p), wanted), _mm_cmpeq_epi8(_mm_loadu_si128(p + 1), wanted),
        _mm_cmpeq_epi8(_mm_loadu_si128(p + 2), wanted), _mm_cmpeq_epi8(_mm_loadu_si128(p + 3), wanted));
}

/// The bytes that are at most `limit`, as unsigned numbers.
static inline uint64_t cbytemask_at_most(const void *bytes, uint8_t limit) {
    const __m128i *p = (const __m128i *)bytes;
    __m128i most = _mm_set1_epi8((char)limit);
    __m128i a = _mm_loadu_si128(p), b = _mm_loadu_si128(p + 1), c = _mm_loadu_si128(p + 2), d = _mm_loadu_si128(p + 3);
    return cbytemask_gather(
        _mm_cmpeq_epi8(_mm_min_epu8(a, most), a), _mm_cmpeq_epi8(_mm_min_epu8(b, most), b),
        _mm_cmpeq_epi8(_mm_min_epu8(c, most), c), _mm_cmpeq_epi8(_mm_min_epu8(d, most), d));
}

#else

static inline uint64_t cbytemask_equal(const void *bytes, uint8_t byte) { return cbytemask_equal_portable(bytes, byte); }

static inline uint64_t cbytemask_at_most(const void *bytes, uint8_t limit) {
    return cbytemask_at_most_portable(bytes, limit);
}

#endif

#endif
