/* SPDX-License-Identifier: Apache-2.0
 *
 * mount(2), umount2(2), pivot_root(2): tmpfs, proc and mqueue, bind, move and remount inside the
 * sandbox. Layer: syscalls.
 */
#include <stdlib.h>

#include "core/fs/filesystems.h"
#include "core/ipc/mqueue.h"
#include "syscalls/fs_util.h"

#define PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)

/* ---- options of tmpfs ---- */

struct tmpfs_opts {
	uint64_t size, inodes;
	uint32_t mode;
	uid_t uid;
	gid_t gid;
	bool set_uid, set_gid;
};

/* A number with k, m, g; false when it isn't one. */
static bool parse_size(const char *s, uint64_t *ret)
{
	char *end;
	uint64_t n;
	unsigned shift = 0;

	errno = 0;
	n = strtoull(s, &end, 0);
	if (end == s || *s == '-' || errno)
		return false;
	switch (*end) {
	case 'g':
	case 'G':
		shift += 10;
		/* fall through */
	case 'm':
	case 'M':
		shift += 10;
		/* fall through */
	case 'k':
	case 'K':
		shift += 10;
		end++;
	}
	if (*end || n > UINT64_MAX >> shift)
		return false;
	*ret = n << shift;
	return true;
}

static bool parse_id(const char *s, int base, uint32_t *ret)
{
	char *end;
	unsigned long n = strtoul(s, &end, base);

	if (end == s || *end || n > UINT32_MAX)
		return false;
	*ret = (uint32_t)n;
	return true;
}

static bool parse_opt(const char *key, const char *val, struct tmpfs_opts *o)
{
	uint64_t n;

	if (!val)
		return !*key || !strcmp(key, "rw") || !strcmp(key, "ro");
	if (!strcmp(key, "size"))
		return parse_size(val, &o->size);
	if (!strcmp(key, "nr_blocks")) {
		if (!parse_size(val, &n) || n > UINT64_MAX / PAGE_SIZE)
			return false;
		o->size = n * PAGE_SIZE;
		return true;
	}
	if (!strcmp(key, "nr_inodes"))
		return parse_size(val, &o->inodes);
	if (!strcmp(key, "mode"))
		return parse_id(val, 8, &o->mode);
	if (!strcmp(key, "uid"))
		return o->set_uid = parse_id(val, 10, &o->uid);
	if (!strcmp(key, "gid"))
		return o->set_gid = parse_id(val, 10, &o->gid);
	return !strcmp(key, "huge") || !strcmp(key, "mpol"); /* hints of placement */
}

static int parse_opts(char *data, struct tmpfs_opts *o)
{
	char *save, *key;

	for (key = strtok_r(data, ",", &save); key; key = strtok_r(NULL, ",", &save)) {
		char *val = strchr(key, '=');

		if (val)
			*val++ = '\0';
		if (!parse_opt(key, val, o))
			return -EINVAL;
	}
	return 0;
}

static int new_tmpfs(char *data, struct super **ret)
{
	struct tmpfs_opts o = { .mode = 01777 };
	int err = parse_opts(data, &o);

	if (!err)
		err = tmpfs_new(o.size, o.inodes, o.mode & 07777, ret);
	if (err)
		return err;
	if (o.set_uid)
		(*ret)->root->inode->uid = o.uid;
	if (o.set_gid)
		(*ret)->root->inode->gid = o.gid;
	return 0;
}

/* ---- mount ---- */

static CO_FN int new_mount(const struct path *at, unsigned flags, const char *type,
                           const char *source, char *data)
{
	struct super *sb;
	int err;

	if (!type)
		return -EINVAL;
	if (!strcmp(type, "tmpfs")) {
		err = new_tmpfs(data, &sb);
	} else if (!strcmp(type, "proc")) {
		err = procfs_new(&sb);
	} else if (!strcmp(type, "mqueue")) {
		err = mqueuefs_get(current_task()->tg->ipc, &sb);
	} else {
		/* Not by its name: guests could fill the table of what was logged. */
		log_once("mount-type", "mount of file system type %.32s isn't supported", type);
		return -ENODEV;
	}
	if (err)
		return err;
	if (strcmp(type, "mqueue")) /* that one is the namespace's, however it is mounted */
		sb->read_only = flags & MS_RDONLY;
	err = mount_attach(at->mnt->ns, at, sb, sb->root, flags & MNT_FLAGS, source, NULL);
	super_unref(sb);
	return err;
}

static int remount(const struct path *at, unsigned flags)
{
	if (at->dentry != at->mnt->root)
		return -EINVAL;
	at->mnt->flags = (at->mnt->flags & ~(unsigned)MNT_FLAGS) | (flags & MNT_FLAGS);
	/*
	 * The super block of a tree that the sandbox was given stays as it was: only one made here
	 * (read-only by a mount of the guest) changes, which the mount's own flag expresses as well.
	 */
	if (!(flags & MS_BIND) && !strcmp(at->mnt->sb->ops->name, "tmpfs"))
		at->mnt->sb->read_only = flags & MS_RDONLY;
	return 0;
}

static CO_FN int mount_at(struct task *t, const struct path *at, unsigned flags, const char *type,
                          const char *source, char *data)
{
	struct walk w = task_walk(t);
	struct path from;
	int err;

	if (!at->mnt->ns)
		return -EINVAL;
	if (flags & MS_REMOUNT)
		return remount(at, flags);
	if (flags & PROPAGATION && !(flags & MS_BIND)) {
		/* Every mount is private already; sharing isn't kept. */
		return at->dentry == at->mnt->root ? 0 : -EINVAL;
	}
	if (!(flags & (MS_BIND | MS_MOVE)))
		return new_mount(at, flags, type, source, data);
	if (!source || !*source)
		return -EINVAL;
	err = vfs_lookup(&w, source, 0, &from);
	if (err)
		return err;
	if (flags & MS_BIND)
		err = mount_bind(at->mnt->ns, &from, at, flags & MS_REC);
	else if (at->mnt->ns != from.mnt->ns)
		err = -EINVAL;
	else
		err = mount_move(&from, at);
	path_put(&from);
	return err;
}

/* A string argument that may be NULL. */
static CO_FN int opt_str(gaddr_t addr, char **ret)
{
	int err = 0;

	*ret = addr ? path_arg(addr, &err) : NULL;
	return err;
}

SYSCALL5(mount, gaddr_t, source_addr, gaddr_t, target, gaddr_t, type_addr, uint64_t, flags,
         gaddr_t, data_addr)
{
	char *source = NULL, *type = NULL, *data = NULL, *empty = NULL;
	struct path at;
	int err = opt_str(type_addr, &type);

	if (!err)
		err = opt_str(source_addr, &source);
	if (!err && (flags & (MS_BIND | MS_MOVE | MS_REMOUNT | PROPAGATION)) == 0)
		err = opt_str(data_addr, &data);
	if (!err && !data && !(empty = strdup("")))
		err = -ENOMEM;
	if (!err)
		err = path_at(t, AT_FDCWD, target, 0, &at);
	if (!err) {
		if ((flags & 0xffff0000) == 0xc0ed0000) /* MS_MGC_VAL of old programs */
			flags &= 0xffff;
		if (!task_capable(t, CAP_SYS_ADMIN))
			err = -EPERM;
		else
			err = mount_at(t, &at, (unsigned)flags, type, source, data ? data : empty);
		path_put(&at);
	}
	free(empty);
	path_arg_free(data);
	path_arg_free(source);
	path_arg_free(type);
	return err;
}

static void move_path(struct path *p, const struct path *from, const struct path *to)
{
	struct path was = *p;

	if (was.mnt != from->mnt || was.dentry != from->dentry)
		return;
	*p = path_ref(to);
	path_put(&was);
}

/* Who had the old root as root or working directory gets the new one. */
static void move_roots(const struct path *old, const struct path *new)
{
	struct task *o;

	for (o = task_next(0); o; o = task_next(o->tid)) {
		if (!o->fs)
			continue; /* on its way out */
		move_path(&o->fs->root, old, new);
		move_path(&o->fs->cwd, old, new);
	}
}

SYSCALL2(pivot_root, gaddr_t, new_addr, gaddr_t, old_addr)
{
	struct path root, new, old;
	int err;

	if (!task_capable(t, CAP_SYS_ADMIN))
		return -EPERM;
	err = path_at(t, AT_FDCWD, new_addr, AT_DIRECTORY, &new);
	if (err)
		return err;
	err = path_at(t, AT_FDCWD, old_addr, AT_DIRECTORY, &old);
	if (!err) {
		root = path_ref(&t->fs->root);
		err = mount_pivot(&root, &new, &old);
		if (!err)
			move_roots(&root, &new);
		path_put(&root);
		path_put(&old);
	}
	path_put(&new);
	return err;
}

#define UMOUNT_FLAGS (MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW)

SYSCALL2(umount2, gaddr_t, target, int, flags)
{
	struct path p;
	int err;

	if (flags & ~UMOUNT_FLAGS)
		return -EINVAL;
	err = path_at(t, AT_FDCWD, target, flags & UMOUNT_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0, &p);
	if (err)
		return err;
	if (!task_capable(t, CAP_SYS_ADMIN))
		err = -EPERM;
	else if (flags & MNT_EXPIRE) /* never expires: nothing marks it */
		err = flags & (MNT_FORCE | MNT_DETACH) || p.mnt == t->fs->root.mnt ? -EINVAL : -EAGAIN;
	else if (p.mnt == t->fs->root.mnt && p.dentry == p.mnt->root && !(flags & MNT_DETACH))
		p.mnt->flags |= MS_RDONLY; /* the root stays, but nothing is written to it any more */
	else
		err = mount_umount(&p, flags);
	path_put(&p);
	return err;
}
