#ifndef CFILEBIRTH_H
#define CFILEBIRTH_H

#include <stdbool.h>
#include <stdint.h>

// When a file was made. Swift's Glibc does not show statx(2), the one call that tells it.

typedef struct {
    uint64_t device;
    uint64_t inode;
    int64_t birth_nanoseconds;
} cfilebirth_identity;

/// What tells the open file from every other of its file system, also from one that has its inode later. False where the file system keeps no time of birth.
bool cfilebirth_identify(int descriptor, cfilebirth_identity *identity);

#endif
