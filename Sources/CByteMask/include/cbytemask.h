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

/// The bytes among the 32 at `text` that end a run of a JSON string: a quote, a backslash or a control character. Bit i is byte i.
static inline uint32_t cbytemask_string_stops32(const void *text) {
    cbytemask_bytes32 bytes = *(const cbytemask_bytes32 *)text;
    cbytemask_bits32 found =
        __builtin_convertvector((bytes == '"') | (bytes == '\\') | (bytes < 0x20), cbytemask_bits32);
    uint32_t result;
    __builtin_memcpy(&result, &found, sizeof result);
    return result;
}

/// The bytes among the 32 at either address that are not the same: bit i is byte i.
static inline uint32_t cbytemask_differences32(const void *left, const void *right) {
    cbytemask_bits32 found = __builtin_convertvector(
        *(const cbytemask_bytes32 *)left != *(const cbytemask_bytes32 *)right, cbytemask_bits32);
    uint32_t result;
    __builtin_memcpy(&result, &found, sizeof result);
    return result;
}

/// Notes where the quotes of a text are that is printable ASCII without a backslash.
///
/// Reads nothing outside of the text. Returns false when the text has another byte or not exactly `quoteCount` quotes.
/// `positions` has room for `quoteCount + CBYTEMASK_SLACK` numbers; what stands in it from `quoteCount` on means nothing.
bool cbytemask_quotes(const void *text, size_t count, size_t quoteCount, size_t *positions);

#define CBYTEMASK_SLACK 12

#endif
