/* SPDX-License-Identifier: Apache-2.0
 *
 * Host memory files. Layer: core/host. Called at start and at the first exec, never with input from
 * a guest.
 */
#include "core/host/memfd.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static int fill(int fd, const char *data, size_t n)
{
	size_t done = 0;

	if (ftruncate(fd, (off_t)PAGE_UP(n)))
		return -errno;
	while (done < n) {
		ssize_t got = pwrite(fd, data + done, n - done, (off_t)done);

		if (got < 0)
			return -errno;
		done += (size_t)got;
	}
	return 0;
}

static int make(const char *name, const void *data, size_t n)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	int err = fill(fd, data, n);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

int host_memfd(const char *name, const void *data, size_t n)
{
	int fd = make(name, data, n);

	/* Without MFD_ALLOW_SEALING (older hosts under a filter) the file is as good. */
	if (fd >= 0)
		fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
	return fd;
}

int host_memfd_page(const char *name, const void *data, size_t n, void **ret_page)
{
	const int seals = F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE;
	int fd = make(name, data, n);

	*ret_page = NULL;
	if (fd < 0)
		return fd;
	void *p = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		int err = -errno;

		close(fd);
		return err;
	}
	if (!fcntl(fd, F_ADD_SEALS, seals | F_SEAL_SEAL)) {
		*ret_page = p;
		return fd;
	}
	munmap(p, PAGE_SIZE);
	fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
	return fd;
}
