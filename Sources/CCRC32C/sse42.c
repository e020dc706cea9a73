#if defined(__x86_64__)

#include "implementations.h"

#include <immintrin.h>
#include <string.h>

// The crc32 instruction has a latency of three cycles and a throughput of one: three independent streams keep it busy. Their checksums are joined
// by moving a register over n zero bytes, which is a multiplication by x^(8n) modulo the polynomial. PCLMULQDQ gives the reflected product
// one bit high and crc32 of the 64-bit product multiplies by x^32 more, so the factor kept here is x^(8n - 33).
enum { long_stride = 4096, short_stride = 256 };

typedef struct {
    uint32_t over_one;  // x^(8 * stride - 33), reflected
    uint32_t over_two;  // x^(16 * stride - 33), reflected
} shift_factors;

static const shift_factors long_factors = {0x82F89C77, 0x54A86326};
static const shift_factors short_factors = {0xB9E02B86, 0xDD7E3B0C};

bool ccrc32c_has_sse42(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
}

static inline uint64_t load(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

__attribute__((target("sse4.2,pclmul"))) static inline uint32_t shift(uint32_t crc, uint32_t factor) {
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi32_si128((int)crc), _mm_cvtsi32_si128((int)factor), 0);
    return (uint32_t)_mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

__attribute__((target("sse4.2,pclmul"))) static inline uint32_t three_strides(
    uint32_t crc, const uint8_t *p, size_t stride, shift_factors factors) {
    uint64_t first = crc;
    uint64_t second = 0;
    uint64_t third = 0;
    for (size_t i = 0; i < stride; i += 8) {
        first = _mm_crc32_u64(first, load(p + i));
        second = _mm_crc32_u64(second, load(p + stride + i));
        third = _mm_crc32_u64(third, load(p + 2 * stride + i));
    }
    return shift((uint32_t)first, factors.over_two) ^ shift((uint32_t)second, factors.over_one) ^ (uint32_t)third;
}

__attribute__((target("sse4.2,pclmul"))) uint32_t ccrc32c_extend_sse42(uint32_t crc, const void *bytes, size_t length) {
    const uint8_t *p = bytes;
    crc = ~crc;
    while (length >= 3 * long_stride) {
        crc = three_strides(crc, p, long_stride, long_factors);
        p += 3 * long_stride;
        length -= 3 * long_stride;
    }
    while (length >= 3 * short_stride) {
        crc = three_strides(crc, p, short_stride, short_factors);
        p += 3 * short_stride;
        length -= 3 * short_stride;
    }
    uint64_t wide = crc;
    while (length >= 8) {
        wide = _mm_crc32_u64(wide, load(p));
        p += 8;
        length -= 8;
    }
    crc = (uint32_t)wide;
    while (length-- > 0) {
        crc = _mm_crc32_u8(crc, *p++);
    }
    return ~crc;
}

#endif
