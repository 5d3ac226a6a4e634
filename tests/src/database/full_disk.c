/* Loaded into a PostgreSQL server: while there is a file with the name in FULL_DISK, no other file grows, as on a disk
   without room. What is already there can be overwritten. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_refused(int fd, off_t end) {
    const char *mark = getenv("FULL_DISK");
    struct stat file;
    return mark && access(mark, F_OK) == 0 && fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && end > file.st_size;
}

static off_t sum(const struct iovec *parts, int count) {
    off_t all = 0;
    while (count-- > 0) all += parts++->iov_len;
    return all;
}

#define WRITE(name)                                                                        \
    ssize_t name(int fd, const void *bytes, size_t count, off_t at) {                      \
        ssize_t (*next)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, #name);       \
        if (is_refused(fd, at + count)) return errno = ENOSPC, -1;                         \
        return next(fd, bytes, count, at);                                                 \
    }
#define WRITE_PARTS(name)                                                                  \
    ssize_t name(int fd, const struct iovec *parts, int count, off_t at) {                 \
        ssize_t (*next)(int, const struct iovec *, int, off_t) = dlsym(RTLD_NEXT, #name);  \
        if (is_refused(fd, at + sum(parts, count))) return errno = ENOSPC, -1;             \
        return next(fd, parts, count, at);                                                 \
    }
#define RESERVE(name)                                                                      \
    int name(int fd, off_t at, off_t count) {                                              \
        int (*next)(int, off_t, off_t) = dlsym(RTLD_NEXT, #name);                          \
        return is_refused(fd, at + count) ? ENOSPC : next(fd, at, count);                  \
    }

WRITE(pwrite)
WRITE(pwrite64)
WRITE_PARTS(pwritev)
WRITE_PARTS(pwritev64)
RESERVE(posix_fallocate)
RESERVE(posix_fallocate64)
