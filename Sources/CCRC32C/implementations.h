#ifndef CCRC32C_IMPLEMENTATIONS_H
#define CCRC32C_IMPLEMENTATIONS_H

#include "ccrc32c.h"

#include <stdbool.h>

void ccrc32c_make_portable_tables(void);
void ccrc32c_make_powers(void);

#if defined(__x86_64__)
bool ccrc32c_has_sse42(void);
uint32_t ccrc32c_extend_sse42(uint32_t crc, const void *bytes, size_t length);
#elif defined(__aarch64__)
bool ccrc32c_has_armv8(void);
uint32_t ccrc32c_extend_armv8(uint32_t crc, const void *bytes, size_t length);
#endif

#endif
