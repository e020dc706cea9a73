#include "implementations.h"

// Checksums are polynomials over GF(2), reflected: the highest bit is x^0. A zero byte behind the data multiplies its register by x^8, modulo the
// polynomial. The method is that of zlib's crc32_combine.

static const uint32_t reflected_polynomial = 0x82F63B78;

// powers[n] is x^(2^n).
static uint32_t powers[67];

static uint32_t multiply(uint32_t a, uint32_t b) {
    uint32_t product = 0;
    for (uint32_t bit = 1u << 31; bit != 0; bit >>= 1) {
        if (a & bit) product ^= b;
        b = (b >> 1) ^ ((b & 1) ? reflected_polynomial : 0);
    }
    return product;
}

void ccrc32c_make_powers(void) {
    powers[0] = 1u << 30;
    for (int n = 1; n < 67; n++) powers[n] = multiply(powers[n - 1], powers[n - 1]);
}

uint32_t ccrc32c_shift(uint32_t difference, uint64_t length) {
    // x^8 for each byte: three powers further on than the length's own bits.
    for (int n = 3; length != 0; n++, length >>= 1) {
        if (length & 1) difference = multiply(powers[n], difference);
    }
    return difference;
}
