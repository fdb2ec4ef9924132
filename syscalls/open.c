/* SPDX-License-Identifier: Apache-2.0
 *
 * open(2) and its family, close(2), dup(2), memfd_create(2). Layer: syscalls.
 */
#include <linux/close_range.h>
#include <linux/memfd.h>
#include <linux/openat2.h>
#include <stdio.h>

#include "core/fs/filesystems.h"
#include "core/fs/tmpfs/seals.h"
#include "syscalls/fs_util.h"

#define O_TMPFILE_BIT (O_TMPFILE & ~O_DIRECTORY)
#define PATH_FLAGS ((unsigned)(O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC))
#define VALID_FLAGS                                                                                \
	((unsigned)(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK |    \
	            O_SYNC | O_DSYNC | O_ASYNC | O_DIRECT | KERNEL_O_LARGEFILE | O_DIRECTORY |     \
	            O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH | O_TMPFILE))
#define VALID_RESOLVE                                                                              \
	(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH |         \
	 RESOLVE_IN_ROOT | RESOLVE_CACHED)

/* build_open_flags(): what no combination may ask for. */
static int check_how(unsigned flags, uint64_t mode, uint64_t resolve)
{
	if (resolve & ~(uint64_t)VALID_RESOLVE ||
	    (resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) == (RESOLVE_BENEATH | RESOLVE_IN_ROOT))
		return -EINVAL;
	if (mode && !(flags & (unsigned)(O_CREAT | O_TMPFILE_BIT)))
		return -EINVAL;
	if (mode & ~(uint64_t)07777)
		return -EINVAL;
	if (flags & O_DIRECTORY && flags & O_CREAT)
		return -EINVAL;
	if (flags & O_TMPFILE_BIT) {
		if ((flags & O_TMPFILE) != O_TMPFILE || flags & O_CREAT ||
		    (flags & O_ACCMODE) == O_RDONLY)
			return -EINVAL;
	}
	if (flags & O_PATH && flags & ~PATH_FLAGS)
		return -EINVAL;
	if (resolve & RESOLVE_CACHED && flags & (unsigned)(O_TRUNC | O_CREAT | O_TMPFILE_BIT))
		return -EAGAIN;
	return 0;
}

static CO_FN int64_t open_how(struct task *t, int dirfd, gaddr_t path, unsigned flags,
                              uint64_t mode, uint64_t resolve)
{
	struct walk w;
	struct file *f, *hold;
	bool scoped = resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT);
	char *name;
	int err = check_how(flags, mode, resolve);

	if (err)
		return err;
	name = path_arg(path, &err);
	if (!name)
		return err;
	/* No descriptor free: nothing may be created. */
	if ((uint64_t)fdtable_count(t->files) >= task_rlimit(t, RLIMIT_NOFILE))
		err = -EMFILE;
	if (!err && !name[0])
		err = -ENOENT; /* before the descriptor is looked at */
	/* With a scoped look-up even an absolute name starts at dirfd. */
	if (!err)
		err = walk_at(t, dirfd, scoped && name[0] ? "." : name, &w, &hold);
	if (!err) {
		w.resolve = (unsigned)resolve;
		err = vfs_open(&w, name, flags, (uint32_t)mode, &f);
		file_unref(hold);
	}
	path_arg_free(name);
	if (err)
		return err;
	return install_file(t, f, flags & O_CLOEXEC);
}

/* open and openat forgive what openat2 refuses. */
static CO_FN int64_t open_lenient(struct task *t, int dirfd, gaddr_t path, unsigned flags,
                                  uint64_t mode)
{
	flags &= VALID_FLAGS;
	if (flags & O_PATH)
		flags &= PATH_FLAGS;
	else
		flags |= KERNEL_O_LARGEFILE;
	mode = flags & (unsigned)(O_CREAT | O_TMPFILE_BIT) ? mode & 07777 : 0;
	return open_how(t, dirfd, path, flags, mode, 0);
}

SYSCALL3(open, gaddr_t, path, unsigned, flags, uint32_t, mode)
{
	return open_lenient(t, AT_FDCWD, path, flags, mode);
}

SYSCALL4(openat, int, dirfd, gaddr_t, path, unsigned, flags, uint32_t, mode)
{
	return open_lenient(t, dirfd, path, flags, mode);
}

SYSCALL2(creat, gaddr_t, path, uint32_t, mode)
{
	return open_lenient(t, AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

SYSCALL4(openat2, int, dirfd, gaddr_t, path, gaddr_t, how_addr, size_t, size)
{
	struct open_how how = { 0 };
	char tail[64];

	if (size < sizeof(how)) /* the first version's size is today's */
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (copyin_obj(&how, how_addr))
		return -EFAULT;
	/* What a newer caller appends must be zero. */
	for (size_t at = sizeof(how); at < size;) {
		size_t n = MIN(size - at, sizeof(tail));

		if (copyin(tail, how_addr + at, n))
			return -EFAULT;
		for (size_t i = 0; i < n; i++)
			if (tail[i])
				return -E2BIG;
		at += n;
	}
	if (how.flags & ~(uint64_t)VALID_FLAGS)
		return -EINVAL;
	return open_how(t, dirfd, path,
	                (unsigned)how.flags | (how.flags & O_PATH ? 0 : KERNEL_O_LARGEFILE),
	                how.mode, how.resolve);
}

SYSCALL1(close, unsigned, fd)
{
	int err = fd_close(t->files, (int)fd);

	/* The descriptor is gone: a restart would close another one. */
	if (err == -ERESTARTSYS || err == -ERESTARTNOINTR || err == -ERESTARTNOHAND ||
	    err == -ERESTART_RESTARTBLOCK)
		err = -EINTR;
	return err;
}

SYSCALL3(close_range, unsigned, first, unsigned, last, unsigned, flags)
{
	if (flags & ~(unsigned)(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || first > last)
		return -EINVAL;
	if (flags & CLOSE_RANGE_UNSHARE && fdtable_shared(t->files)) {
		struct fdtable *own, *old = t->files;
		int err = fdtable_dup(old, &own);

		if (err)
			return err;
		t->files = own;
		fdtable_unref(old);
	}
	return fd_close_range(t->files, first, last, flags & CLOSE_RANGE_CLOEXEC);
}

/* ---- dup ---- */

SYSCALL1(dup, int, fd)
{
	struct file *f = fd_get_path(t->files, fd);

	return f ? install_file(t, f, false) : -EBADF;
}

static CO_FN int64_t dup_to(struct task *t, int old, int new, bool cloexec)
{
	uint64_t limit = task_rlimit(t, RLIMIT_NOFILE);
	struct file *f;

	if (new < 0 || (uint64_t)new >= limit)
		return -EBADF;
	f = fd_get_path(t->files, old);
	return f ? fd_replace(t->files, f, new, cloexec, limit) : -EBADF;
}

SYSCALL2(dup2, int, old, int, new)
{
	if (old == new)
		return fd_cloexec_get(t->files, old) < 0 ? -EBADF : new;
	return dup_to(t, old, new, false);
}

SYSCALL3(dup3, int, old, int, new, int, flags)
{
	if (flags & ~O_CLOEXEC || old == new)
		return -EINVAL;
	return dup_to(t, old, new, flags & O_CLOEXEC);
}

/* ---- memfd ---- */

#define MFD_NAME_MAX (NAME_MAX - 6) /* with "memfd:" a file name */
#define MFD_NOEXEC_BIT 0x8U
#define MFD_EXEC_BIT 0x10U

SYSCALL2(memfd_create, gaddr_t, name_addr, unsigned, flags)
{
	const unsigned both = MFD_NOEXEC_BIT | MFD_EXEC_BIT;
	char name[MFD_NAME_MAX + 1], label[NAME_MAX + 16];
	struct file *f;
	ssize_t n;
	int err;

	const unsigned huge = MFD_HUGETLB | (unsigned)MFD_HUGE_MASK << MFD_HUGE_SHIFT;
	if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING | both | (flags & MFD_HUGETLB ? huge : 0)) ||
	    (flags & both) == both)
		return -EINVAL;
	if (flags & MFD_HUGETLB)
		return -ENOSYS; /* as without CONFIG_HUGETLBFS */
	n = copyin_str(name, name_addr, sizeof(name));
	if (n < 0)
		return n == -ENAMETOOLONG ? -EINVAL : n;
	snprintf(label, sizeof(label), "/memfd:%s (deleted)", name);
	err = tmpfs_anon_file(label, 0, O_RDWR | KERNEL_O_LARGEFILE, &f);
	if (err)
		return err;
	f->cred = cred_ref(t->cred);
	f->inode->uid = t->cred->fsuid;
	f->inode->gid = t->cred->fsgid;
	if (flags & MFD_ALLOW_SEALING)
		tmpfs_init_seals(f, 0);
	if (flags & MFD_NOEXEC_BIT) {
		f->inode->mode &= ~0111U;
		tmpfs_init_seals(f, SEAL_EXEC);
	}
	return install_file(t, f, flags & MFD_CLOEXEC);
}
