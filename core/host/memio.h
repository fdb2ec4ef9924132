/* SPDX-License-Identifier: Apache-2.0
 *
 * Host memory files as the backing of guest files and shared memory: created, read, written and
 * sized here, mapped by stubs. Memory only, so nothing here blocks. Layer: core/host.
 */
#ifndef CORE_HOST_MEMIO_H
#define CORE_HOST_MEMIO_H

#include "core/base.h"

/* A new, empty, close-on-exec memory file of that size. Owned by the caller. Negative errno. */
int memio_new(const char *name, uint64_t size);
void memio_close(int fd);
/* Bytes moved (short only at the end), or negative errno. */
ssize_t memio_read(int fd, void *buf, size_t n, uint64_t off);
ssize_t memio_write(int fd, const void *buf, size_t n, uint64_t off);
int memio_truncate(int fd, uint64_t size);
int memio_fallocate(int fd, int mode, uint64_t off, uint64_t len);
/* SEEK_DATA or SEEK_HOLE from off: an offset, or -ENXIO. */
int64_t memio_seek(int fd, uint64_t off, int whence);
/* How many pages all memory files together should take at most: half of the machine's. */
uint64_t memio_pages_max(void);
/* Pages that have memory, or negative errno. */
int64_t memio_pages(int fd);
/* F_SEAL_* of fcntl(2): -EBUSY while somebody has it mapped writable. */
int memio_seal(int fd, unsigned seals);
/* Another descriptor for a stub: the same open file, or one that can only be read. */
int memio_dup(int fd, bool writable);

#endif
