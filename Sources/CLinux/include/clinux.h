#ifndef CLINUX_H
#define CLINUX_H

#include <stdbool.h>
#include <stdint.h>

// Calls of Linux that Swift's Glibc does not show, since they ask for _GNU_SOURCE: statx(2) and syncfs(2).

typedef struct {
    uint64_t device;
    uint64_t inode;
    int64_t birth_nanoseconds;
} clinux_identity;

/// What tells the open file from every other of its file system, also from one that has its inode later. False where the file system keeps no time of birth.
bool clinux_identify(int descriptor, clinux_identity *identity);

/// syncfs(2): writes all of the file system that holds the open file or folder. 0, or -1 and errno.
int clinux_syncfs(int descriptor);

#endif
