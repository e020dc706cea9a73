#define _GNU_SOURCE
#include "clinux.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

bool clinux_identify(int descriptor, clinux_identity *identity) {
    struct statx status;
    if (statx(descriptor, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &status) != 0) return false;
    if ((status.stx_mask & STATX_BTIME) == 0) return false;
    identity->device = (uint64_t)status.stx_dev_major << 32 | status.stx_dev_minor;
    identity->inode = status.stx_ino;
    identity->birth_nanoseconds = status.stx_btime.tv_sec * 1000000000LL + status.stx_btime.tv_nsec;
    return true;
}

int clinux_reserve(int descriptor, int64_t position, int64_t count) {
    return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, position, count);
}

int clinux_syncfs(int descriptor) { return syncfs(descriptor); }
