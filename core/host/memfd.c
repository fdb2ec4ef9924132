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
	/* Without MFD_ALLOW_SEALING (older hosts under a filter) the file is as good. */
	fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
	return 0;
}

int host_memfd(const char *name, const void *data, size_t n)
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
