/* SPDX-License-Identifier: Apache-2.0
 *
 * name_to_handle_at(2), open_by_handle_at(2), on file systems of which none can be exported: a
 * handle would go round the path walk. Layer: syscalls.
 */
#include "syscalls/fs_util.h"

#define HANDLE_BYTES_MAX 128 /* MAX_HANDLE_SZ */

SYSCALL5(name_to_handle_at, int, dirfd, gaddr_t, name, gaddr_t, handle UNUSED,
         gaddr_t, mount_id UNUSED, int, flags)
{
	struct path p;
	int err;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = path_at(t, dirfd, name, (flags & AT_EMPTY_PATH) |
	              (flags & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW), &p);
	if (err)
		return err;
	path_put(&p);
	return -EOPNOTSUPP;
}

SYSCALL3(open_by_handle_at, int, mount_fd, gaddr_t, uhandle, int, flags UNUSED)
{
	struct {
		uint32_t bytes;
		int32_t type;
	} h;
	uint8_t opaque[HANDLE_BYTES_MAX];
	struct file *f;

	if (copyin_obj(&h, uhandle))
		return -EFAULT;
	if (!h.bytes || h.bytes > HANDLE_BYTES_MAX)
		return -EINVAL;
	if (copyin(opaque, uhandle + sizeof(h), h.bytes))
		return -EFAULT;
	if (mount_fd != AT_FDCWD) {
		f = fd_get(t->files, mount_fd);
		if (!f)
			return -EBADF;
		file_unref(f);
	}
	return task_capable(t, CAP_DAC_READ_SEARCH) ? -ESTALE : -EPERM;
}
