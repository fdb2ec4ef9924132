/* SPDX-License-Identifier: Apache-2.0
 *
 * Host memory files: see memio.h. Layer: core/host.
 */
#include "core/host/memio.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int memio_new(const char *name, uint64_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int err;

	if (fd < 0)
		return -errno;
	err = memio_truncate(fd, size);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

void memio_close(int fd)
{
	close(fd);
}

ssize_t memio_read(int fd, void *buf, size_t n, uint64_t off)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = pread(fd, (char *)buf + done, n - done, (off_t)(off + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return done ? (ssize_t)done : -errno;
		if (!got)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

ssize_t memio_write(int fd, const void *buf, size_t n, uint64_t off)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = pwrite(fd, (const char *)buf + done, n - done, (off_t)(off + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return done ? (ssize_t)done : -errno;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

int memio_truncate(int fd, uint64_t size)
{
	return ftruncate(fd, (off_t)size) ? -errno : 0;
}

int memio_fallocate(int fd, int mode, uint64_t off, uint64_t len)
{
	while (fallocate(fd, mode, (off_t)off, (off_t)len))
		if (errno != EINTR)
			return -errno;
	return 0;
}

int64_t memio_seek(int fd, uint64_t off, int whence)
{
	off_t r = lseek(fd, (off_t)off, whence);

	return r < 0 ? -errno : r;
}

int64_t memio_pages(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? -errno : st.st_blocks / (int64_t)(PAGE_SIZE / 512);
}

int memio_seal(int fd, unsigned seals)
{
	return fcntl(fd, F_ADD_SEALS, (int)seals) < 0 ? -errno : 0;
}

int memio_dup(int fd, bool writable)
{
	char link[40];
	int r;

	if (writable) {
		r = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	} else {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		r = open(link, O_RDONLY | O_CLOEXEC);
	}
	return r < 0 ? -errno : r;
}

uint64_t memio_pages_max(void)
{
	static uint64_t max;

	if (!max)
		max = (uint64_t)MAX(sysconf(_SC_PHYS_PAGES), 2) / 2;
	return max;
}
