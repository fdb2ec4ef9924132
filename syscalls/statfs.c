/* SPDX-License-Identifier: Apache-2.0
 *
 * statfs(2), fstatfs(2), ustat(2). Layer: syscalls.
 */
#include <sys/sysmacros.h>

#include "syscalls/fs_util.h"

/* struct statfs of x86-64. */
struct kernel_statfs {
	int64_t type, bsize;
	uint64_t blocks, bfree, bavail, files, ffree;
	uint64_t fsid;
	int64_t namelen, frsize, flags, spare[4];
};
_Static_assert(sizeof(struct kernel_statfs) == 120, "the ABI's size");

static CO_FN int64_t put_statfs(const struct path *p, gaddr_t buf)
{
	struct kernel_statfs k = { 0 };
	struct kstatfs s;
	int err = vfs_statfs(p, &s);

	if (err)
		return err;
	k.type = (int64_t)s.type;
	k.bsize = (int64_t)s.bsize;
	k.blocks = s.blocks;
	k.bfree = s.bfree;
	k.bavail = s.bavail;
	k.files = s.files;
	k.ffree = s.ffree;
	k.fsid = s.fsid;
	k.namelen = (int64_t)s.namelen;
	k.frsize = (int64_t)(s.frsize ? s.frsize : s.bsize);
	k.flags = (int64_t)s.flags;
	return copyout_obj(buf, &k);
}

SYSCALL2(statfs, gaddr_t, path, gaddr_t, buf)
{
	struct path p;
	int64_t err = path_at(t, AT_FDCWD, path, 0, &p);

	if (err)
		return err;
	err = put_statfs(&p, buf);
	path_put(&p);
	return err;
}

SYSCALL2(fstatfs, int, fd, gaddr_t, buf)
{
	struct file *f = fd_get_path(t->files, fd);
	int64_t err;

	if (!f)
		return -EBADF;
	err = put_statfs(&f->path, buf);
	file_unref(f);
	return err;
}

/* struct ustat of x86-64. */
struct kernel_ustat {
	int32_t tfree, pad;
	uint64_t tinode;
	char fname[6], fpack[6];
	uint32_t pad2;
};
_Static_assert(sizeof(struct kernel_ustat) == 32, "the ABI's size");

SYSCALL2(ustat, unsigned, dev, gaddr_t, ubuf)
{
	dev_t want = makedev((dev & 0xfff00) >> 8, (dev & 0xff) | ((dev >> 12) & 0xfff00));
	struct mount *m = mount_of_dev(t->fs->root.mnt->ns, want);
	struct kernel_ustat u = { 0 };
	struct kstatfs s;
	struct path p;
	int err;

	if (!m)
		return -EINVAL;
	p = path_ref(&(struct path){ m, m->root });
	err = vfs_statfs(&p, &s);
	path_put(&p);
	if (err)
		return err;
	u.tfree = (int32_t)s.bfree;
	u.tinode = s.ffree;
	return copyout_obj(ubuf, &u) ? -EFAULT : 0;
}
