#ifndef CMALLOC_H
#define CMALLOC_H

// mallopt(3), which the Glibc module does not import. What is freed is kept up to `trim` bytes, and only requests from `map` bytes on get pages of their own.
void cmalloc_keep_freed(int map, int trim);

#endif
