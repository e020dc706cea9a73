#ifndef CLINUX_H
#define CLINUX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

// Calls of Linux that Swift's Glibc does not show: epoll(7), and statx(2), syncfs(2) and fallocate(2), since they ask for _GNU_SOURCE.

typedef struct {
    uint64_t device;
    uint64_t inode;
    int64_t birth_nanoseconds;
} clinux_identity;

/// What tells the open file from every other of its file system, also from one that has its inode later. False where the file system keeps no time of birth.
bool clinux_identify(int descriptor, clinux_identity *identity);

/// syncfs(2): writes all of the file system that holds the open file or folder. 0, or -1 and errno.
int clinux_syncfs(int descriptor);

/// fallocate(2) without a change of the file's size: room on the device for bytes that will be written from `position` on. 0, or -1 and errno.
int clinux_reserve(int descriptor, int64_t position, int64_t count);

#endif
