#include "implementations.h"

typedef uint32_t (*extend_function)(uint32_t crc, const void *bytes, size_t length);

static extend_function selected = ccrc32c_extend_portable;
static const char *selected_name = "portable";

// Runs before main, when there is one thread: later readers need no lock.
__attribute__((constructor)) static void select_implementation(void) {
    ccrc32c_make_portable_tables();
    ccrc32c_make_powers();
#if defined(__x86_64__)
    if (ccrc32c_has_sse42()) {
        selected = ccrc32c_extend_sse42;
        selected_name = "sse4.2";
    }
#elif defined(__aarch64__)
    if (ccrc32c_has_armv8()) {
        selected = ccrc32c_extend_armv8;
        selected_name = "armv8-crc";
    }
#endif
}

uint32_t ccrc32c_extend(uint32_t crc, const void *bytes, size_t length) {
    return selected(crc, bytes, length);
}

const char *ccrc32c_implementation(void) {
    return selected_name;
}
