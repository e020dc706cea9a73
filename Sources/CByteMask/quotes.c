#include "cbytemask.h"

#include <string.h>

typedef uint8_t bytes64 __attribute__((ext_vector_type(64), aligned(1)));
typedef uint64_t words8 __attribute__((ext_vector_type(8)));
typedef bool bits64 __attribute__((ext_vector_type(64)));

// The loader picks the copy for the processor: a scan takes 217 ns a line with the baseline's 128 bits, 173 with 256, 164 with 512.
#if defined(__x86_64__) && defined(__GLIBC__)
#define FOR_EVERY_PROCESSOR __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define FOR_EVERY_PROCESSOR
#endif

#define NOTED_AT_ONCE 6

#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE uint64_t quotes_in(const bytes64 *block) {
    bits64 quotes = __builtin_convertvector(*block == '"', bits64);
    uint64_t word;
    memcpy(&word, &quotes, sizeof word);
    return word;
}

// Adds 0xFF for each byte that is not printable ASCII or is a backslash. By address: a vector of 64 bytes is no argument on every processor.
ALWAYS_INLINE void add_foreign(const bytes64 *block, bytes64 *foreign) {
    *foreign |= (bytes64)(*block == '\\') | (bytes64)(*block - 0x20 > 0x5E);
}

// Writes the positions of the quotes of one block and returns how many quotes there are.
ALWAYS_INLINE size_t note(uint64_t quotes, size_t start, size_t *positions) {
    size_t count = (size_t)__builtin_popcountll(quotes);
    // As many as a block of a log mostly has at most, whether they are there or not: a loop over those that are leaves the branch predictor guessing in
    // every block.
#pragma clang loop unroll(full)
    for (size_t index = 0; index < NOTED_AT_ONCE; index++) {
        positions[index] = start + (quotes == 0 ? 64 : (size_t)__builtin_ctzll(quotes));
        quotes &= quotes - 1;
    }
    if (count > NOTED_AT_ONCE) {
#pragma clang loop unroll(full)
        for (size_t index = NOTED_AT_ONCE; index < CBYTEMASK_SLACK; index++) {
            positions[index] = start + (quotes == 0 ? 64 : (size_t)__builtin_ctzll(quotes));
            quotes &= quotes - 1;
        }
        for (size_t index = CBYTEMASK_SLACK; index < count; index++) {
            positions[index] = start + (size_t)__builtin_ctzll(quotes);
            quotes &= quotes - 1;
        }
    }
    return count;
}

FOR_EVERY_PROCESSOR
bool cbytemask_quotes(const void *text, size_t count, size_t quoteCount, size_t *positions) {
    const uint8_t *bytes = text;
    size_t found = 0;
    size_t start = 0;
    bytes64 foreign = 0;
    for (; count - start >= 64; start += 64) {
        const bytes64 *block = (const bytes64 *)(bytes + start);
        add_foreign(block, &foreign);
        uint64_t quotes = quotes_in(block);
        // Before they are written: there is room for `quoteCount` and the slack.
        if (found + (size_t)__builtin_popcountll(quotes) > quoteCount) return false;
        found += note(quotes, start, positions + found);
    }
    if (start < count) {
        size_t left = count - start;
        uint8_t copy[64];
        const bytes64 *block = (const bytes64 *)copy;
        // The last 64 bytes once more, without those that have been looked at; of a shorter text a copy.
        size_t seen = 64 - left;
        if (count >= 64) {
            block = (const bytes64 *)(bytes + count - 64);
        } else {
            memset(copy, ' ', sizeof copy);
            memcpy(copy, text, count);
            seen = 0;
        }
        add_foreign(block, &foreign);
        uint64_t quotes = quotes_in(block) >> seen;
        if (found + (size_t)__builtin_popcountll(quotes) > quoteCount) return false;
        found += note(quotes, start, positions + found);
    }
    return found == quoteCount && __builtin_reduce_or((words8)foreign) == 0;
}
