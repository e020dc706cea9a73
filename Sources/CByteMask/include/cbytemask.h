#ifndef CBYTEMASK_H
#define CBYTEMASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Where bytes stand in a text. Swift compares vectors, but has no step from a vector of results to a word of bits, one instruction on most processors.
// Written in clang's vector types, so that one text serves all of them. See docs/decisions/0010-a-mask-of-bytes.md.

typedef uint8_t cbytemask_bytes32 __attribute__((ext_vector_type(32), aligned(1)));
typedef bool cbytemask_bits32 __attribute__((ext_vector_type(32)));

/// The bytes among the 32 at `text` that are a space or a quote: bit i is byte i.
static inline uint32_t cbytemask_spaces32(const void *text) {
    cbytemask_bytes32 bytes = *(const cbytemask_bytes32 *)text;
    cbytemask_bits32 found = __builtin_convertvector((bytes == ' ') | (bytes == '"'), cbytemask_bits32);
    uint32_t result;
    __builtin_memcpy(&result, &found, sizeof result);
    return result;
}

/// As above, and those that are `other`.
static inline uint32_t cbytemask_stops32(const void *text, uint8_t other) {
    cbytemask_bytes32 bytes = *(const cbytemask_bytes32 *)text;
    cbytemask_bits32 found = __builtin_convertvector(bytes == other, cbytemask_bits32);
    uint32_t result;
    __builtin_memcpy(&result, &found, sizeof result);
    return result | cbytemask_spaces32(text);
}

/// Notes where the quotes of a text are that is printable ASCII without a backslash.
///
/// Reads nothing outside of the text. Returns false when the text has another byte or not exactly `quoteCount` quotes.
/// `positions` has room for `quoteCount + CBYTEMASK_SLACK` numbers; what stands in it from `quoteCount` on means nothing.
bool cbytemask_quotes(const void *text, size_t count, size_t quoteCount, size_t *positions);

/// Notes where the quotes of a text are that holds no backslash and no control character; bytes from 0x80 may be in it, as in JSON.
///
/// Reads nothing outside of the text. Returns how many quotes there are, or -1 when the text has another byte or more than `most` quotes.
/// `positions` has room for `most + CBYTEMASK_SLACK` numbers; what stands in it behind the last quote's means nothing.
ptrdiff_t cbytemask_string_quotes(const void *text, size_t count, size_t most, size_t *positions);

#define CBYTEMASK_SLACK 12

#endif
