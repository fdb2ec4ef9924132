/* SPDX-License-Identifier: Apache-2.0
 *
 * From names to files: path walk and every operation that takes a path. Layer: core.
 * path_resolution(7); openat2(2). The sentry resolves each component and each symlink itself.
 */
#ifndef CORE_FS_NAMEI_H
#define CORE_FS_NAMEI_H

#include <limits.h>

#include "core/fs/file.h"
#include "core/fs/vfs.h"

#define SYMLINKS_MAX 40

/* Root, working directory and umask of a task (struct fs_struct of Linux). */
struct fs_info {
	int refs;
	struct path root, cwd; /* references */
	uint32_t umask;
};
struct fs_info *fs_info_new(const struct path *root, const struct path *cwd, uint32_t umask);
struct fs_info *fs_info_dup(const struct fs_info *fs);
struct fs_info *fs_info_ref(struct fs_info *fs);
struct fs_info *fs_info_unref(struct fs_info *fs);

/* Who asks, and where relative names start. All borrowed for the call. */
struct walk {
	const struct fs_info *fs;
	const struct cred *cred;
	const struct path *base; /* start of a relative path; NULL: fs->cwd */
	unsigned resolve;        /* RESOLVE_* of openat2 */
};

#define WALK_NOFOLLOW 1   /* a symlink in the last place is the result itself */
#define WALK_EMPTY 2      /* AT_EMPTY_PATH: "" is the base itself */
#define WALK_DIRECTORY 4  /* the result must be a directory */
#define WALK_NO_AUTOMOUNT 8

/*
 * The existing file that name leads to, as references in *ret. Errors of path_resolution(7):
 * -ENOENT, -ENOTDIR, -EACCES, -ELOOP, -ENAMETOOLONG, and -EXDEV, -ELOOP of RESOLVE_*.
 */
CO_FN int vfs_lookup(const struct walk *w, const char *name, unsigned flags, struct path *ret);

/* With the flags of an open: for execve. MAY_EXEC is checked instead of MAY_READ. As __FMODE_EXEC. */
#define FMODE_EXEC_OPEN 0x20

/* open(2), openat2(2): flags O_*, mode with the umask not yet applied. */
CO_FN int vfs_open(const struct walk *w, const char *name, unsigned flags, uint32_t mode,
                   struct file **ret);
/* An open file for a path found already (fd reopen through /proc, execve). */
CO_FN int vfs_open_path(const struct path *p, unsigned flags, struct cred *cred, struct file **ret);

CO_FN int vfs_mknod(const struct walk *w, const char *name, uint32_t mode, dev_t rdev);
CO_FN int vfs_mkdir(const struct walk *w, const char *name, uint32_t mode);
CO_FN int vfs_symlink(const struct walk *w, const char *target, const char *name);
CO_FN int vfs_link(const struct walk *from, const char *oldname, unsigned flags,
                   const struct walk *to, const char *newname); /* flags: WALK_NOFOLLOW, WALK_EMPTY */
CO_FN int vfs_unlink(const struct walk *w, const char *name);
CO_FN int vfs_rmdir(const struct walk *w, const char *name);
CO_FN int vfs_rename(const struct walk *from, const char *oldname, const struct walk *to,
                     const char *newname, unsigned flags); /* flags: RENAME_* */
/* Makes a file of `mode` (S_IFSOCK) and returns its path: bind(2) of unix sockets. */
CO_FN int vfs_mknod_path(const struct walk *w, const char *name, uint32_t mode, struct path *ret);

CO_FN int vfs_getattr(const struct path *p, struct kstat *ret);
CO_FN int vfs_statfs(const struct path *p, struct kstatfs *ret);
/* Checks ownership, capabilities, sticky and set-id rules, read-only mounts; then applies. */
CO_FN int vfs_setattr(const struct path *p, const struct attr_change *ch, const struct cred *cred);
CO_FN int vfs_truncate(const struct path *p, int64_t size, const struct cred *cred, uint64_t fsize);
/* utimensat: NULL times mean now (other permission rule); UTIME_NOW and UTIME_OMIT in tv_nsec. */
CO_FN int vfs_utimes(const struct path *p, const struct timespec ts[2], const struct cred *cred);
/* MAY_* by mode bits, capabilities and the filesystem: 0, -EACCES, -EROFS. */
CO_FN int vfs_permission(const struct path *p, const struct cred *cred, int mask);
CO_FN ssize_t vfs_readlink(const struct path *p, char *buf, size_t size); /* -EINVAL: no link */

CO_FN ssize_t vfs_getxattr(const struct path *p, const char *name, void *buf, size_t size,
                           const struct cred *cred);
CO_FN int vfs_setxattr(const struct path *p, const char *name, const void *val, size_t size,
                       int flags, const struct cred *cred);
CO_FN ssize_t vfs_listxattr(const struct path *p, char *buf, size_t size, const struct cred *cred);
CO_FN int vfs_removexattr(const struct path *p, const char *name, const struct cred *cred);

/*
 * The name of p as seen from root: getcwd, /proc/PID/{cwd,exe,fd}. Terminated, in buf. Returns its
 * length or -ENAMETOOLONG. An unlinked name ends in " (deleted)"; a path outside root starts with
 * "(unreachable)". Nameless dentries give their own name.
 */
ssize_t vfs_path_name(const struct path *p, const struct path *root, char *buf, size_t size);

#endif
