#include "cmalloc.h"

#include <malloc.h>

void cmalloc_keep_freed(int map, int trim) {
    mallopt(M_MMAP_THRESHOLD, map);
    mallopt(M_TRIM_THRESHOLD, trim);
}
