/* SPDX-License-Identifier: Apache-2.0
 *
 * The objects of the virtual file system: super blocks, inodes, dentries, mounts, paths.
 * Layer: core. Modelled on Linux's, whose words it uses (path_resolution(7), mount_namespaces(7)).
 *
 * Filesystems implement inode_ops and file_ops; permissions, path walk, mount points, sticky bits
 * and limits are checked once, in the vfs_* functions of namei.h, before an operation is called.
 * All operations may yield; a directory is changed only under its inode's lock.
 */
#ifndef CORE_FS_VFS_H
#define CORE_FS_VFS_H

#include <bsd/sys/queue.h>
#include <sys/stat.h>
#include <time.h>

#include "core/base.h"
#include "core/co.h"
#include "core/cred.h"

struct file;
struct file_ops;
struct inode;
struct inode_ops;
struct dentry;
struct super;
struct mount;
struct mount_ns;
struct flock_list; /* advisory locks: core/fs/locks.h */
struct pipe;       /* core/ipc/pipe.h */
LIST_HEAD(notify_mark_list, notify_mark); /* who wants to know: core/fs/notify.h */

/* ---- metadata ---- */

/* What stat(2) and statx(2) tell. */
struct kstat {
	uint64_t ino;
	uint32_t mode; /* type and permissions */
	uint32_t nlink;
	uid_t uid;
	gid_t gid;
	dev_t dev, rdev;
	uint64_t size;
	uint64_t blocks; /* of 512 bytes */
	uint32_t blksize;
	struct timespec atime, mtime, ctime, btime;
	bool has_btime;
	uint64_t attributes, attributes_mask; /* STATX_ATTR_* */
	uint64_t mnt_id;
	bool kept; /* not asked anew for a moment, and such that times tell of all changes */
};

/* A change of attributes: chmod, chown, truncate, utimensat. Checked before it reaches a filesystem. */
#define ATTR_MODE 1
#define ATTR_UID 2
#define ATTR_GID 4
#define ATTR_SIZE 8
#define ATTR_ATIME 16
#define ATTR_MTIME 32
struct attr_change {
	unsigned valid; /* ATTR_* */
	uint32_t mode;  /* permission bits only */
	uid_t uid;
	gid_t gid;
	uint64_t size;
	struct timespec atime, mtime;
};

struct kstatfs {
	uint64_t type, bsize, blocks, bfree, bavail, files, ffree, namelen, frsize, flags;
	uint64_t fsid;
};

/* ---- objects ---- */

struct super_ops {
	const char *name; /* as in /proc/mounts and /proc/filesystems */
	CO_FN int (*statfs)(struct super *sb, struct kstatfs *ret);
	void (*destroy)(struct super *sb); /* frees sb->priv */
	void (*release)(struct super *sb); /* last reference gone: drop inodes held for oneself. Optional */
	/* Options as /proc/PID/mounts shows them, each with a leading comma. Optional. */
	void (*show_options)(struct super *sb, char *buf, size_t size);
	CO_FN int (*sync)(struct super *sb); /* sync(2), syncfs(2). NULL: nothing is ever unwritten */
};

struct super {
	int refs;
	const struct super_ops *ops;
	dev_t dev;            /* anonymous device number: what st_dev shows */
	struct dentry *root;  /* reference */
	bool exclusive;       /* only this sandbox changes it: the dentry cache is the truth */
	bool read_only;
	void *priv;
	/* core/fs/inode.c's own */
	struct notify_mark_list marks; /* on its inodes: core/fs/notify.c */
	long nr_inodes;              /* inodes alive: the object outlives `refs` until they are gone */
	struct comutex rename_lock;  /* one directory-crossing rename at a time */
};

struct inode {
	int refs;
	/* immutable */
	struct super *sb; /* reference */
	const struct inode_ops *ops;
	const struct file_ops *fops; /* what an open file of it does; NULL: not openable by itself */
	uint64_t ino;
	dev_t rdev;
	/*
	 * Attributes. The truth for filesystems that live in the sentry; a cache that getattr
	 * refreshes for hostfs. Always use vfs_getattr.
	 */
	uint32_t mode;
	uint32_t nlink;
	uid_t uid;
	gid_t gid;
	uint64_t size;
	struct timespec atime, mtime, ctime, btime;
	/* loop */
	struct comutex lock;        /* data writes and directory changes */
	struct flock_list *locks;   /* advisory locks, or NULL */
	struct notify_mark_list marks; /* core/fs/notify.c; each holds the inode */
	struct pipe *pipe;          /* FIFO: the open pipe, or NULL */
	void *bound;                /* socket file: the bound unix socket, or NULL; core/ipc clears it */
	int writers, exec_denies;   /* ETXTBSY: open for writing; being executed */
	uint64_t futex_id;          /* core/mm: unique name in futex keys; 0 until first asked for */
	uint64_t gen;               /* unique, by age: fixed order for taking several locks */
	void *above;                /* the overlay node that stands for it, or NULL: core/fs/overlay's */
	struct inode *next_dying;   /* core/fs/inode.c's own: list of those to be destroyed */
	bool dead_dir;              /* removed directory: nothing can be made in it any more */
	bool linkable;              /* O_TMPFILE without O_EXCL: link(2) may name it though nlink is 0 */
	void *priv;                 /* the filesystem's */
};

/*
 * Operations of an inode, NULL when there is none (the vfs answers ENOTDIR, EPERM, EINVAL as
 * Linux does). `dir` arguments are directories whose lock is held; names are single components,
 * at most NAME_MAX, never "." or "..". New inodes are returned with a reference for the caller.
 * Existence, permission and mount-point checks are done already.
 */
struct inode_ops {
	/* 0 and *ret, or -ENOENT (cached as negative when the super block is exclusive). */
	CO_FN int (*lookup)(struct inode *dir, const char *name, struct inode **ret);
	/* Regular file, FIFO, socket or device by the type in mode; umask applied already. */
	CO_FN int (*mknod)(struct inode *dir, const char *name, uint32_t mode, dev_t rdev,
	                   const struct cred *cred, struct inode **ret);
	CO_FN int (*mkdir)(struct inode *dir, const char *name, uint32_t mode, const struct cred *cred,
	                   struct inode **ret);
	CO_FN int (*symlink)(struct inode *dir, const char *name, const char *target,
	                     const struct cred *cred, struct inode **ret);
	CO_FN int (*link)(struct inode *dir, const char *name, struct inode *target);
	CO_FN int (*unlink)(struct inode *dir, const char *name, struct inode *victim);
	CO_FN int (*rmdir)(struct inode *dir, const char *name, struct inode *victim); /* ENOTEMPTY */
	/* Within one super block; target is the inode replaced, or NULL. flags: RENAME_NOREPLACE
	 * (target is NULL then), RENAME_EXCHANGE, RENAME_WHITEOUT. */
	CO_FN int (*rename)(struct inode *odir, const char *oname, struct inode *victim,
	                    struct inode *ndir, const char *nname, struct inode *target,
	                    unsigned flags);
	/* A nameless regular file for O_TMPFILE. */
	CO_FN int (*tmpfile)(struct inode *dir, uint32_t mode, const struct cred *cred,
	                     struct inode **ret);
	/* Target text into buf (not terminated); returns its length. */
	CO_FN ssize_t (*readlink)(struct inode *ino, char *buf, size_t size);
	/* Magic links of proc: where the link leads, as references. Instead of readlink in a walk. */
	CO_FN int (*follow)(struct inode *ino, struct mount **mnt, struct dentry **dentry);
	/* Refreshes and returns the attributes: *ret comes filled from the inode's fields, which are the
	 * truth when there is no operation. */
	CO_FN int (*getattr)(struct inode *ino, struct kstat *ret);
	CO_FN int (*setattr)(struct inode *ino, const struct attr_change *ch, const struct cred *cred);
	/* Filesystem-specific permission check after the common one. mask: MAY_*. Optional. */
	CO_FN int (*permission)(struct inode *ino, const struct cred *cred, int mask);
	/* Is a cached name still right? Shared host trees. NULL: always. Returns 1, 0 or negative. */
	CO_FN int (*revalidate)(struct dentry *d);
	/* Makes an open file: may replace f->ops, set f->priv. NULL: nothing to do. */
	CO_FN int (*open)(struct inode *ino, struct file *f);
	/* xattr(7): name with its prefix; size 0 asks for the length; -ENODATA, -ERANGE, -EOPNOTSUPP. */
	CO_FN ssize_t (*getxattr)(struct inode *ino, const char *name, void *buf, size_t size);
	CO_FN int (*setxattr)(struct inode *ino, const char *name, const void *val, size_t size, int flags);
	CO_FN ssize_t (*listxattr)(struct inode *ino, char *buf, size_t size);
	CO_FN int (*removexattr)(struct inode *ino, const char *name);
	/* What is remembered of the host's file for a while is to be asked anew. Optional. */
	void (*forget)(struct inode *ino);
	void (*destroy)(struct inode *ino); /* last reference gone: frees priv */
};

#define MAY_EXEC 1
#define MAY_WRITE 2
#define MAY_READ 4

/* A name in a directory. Negative when inode is NULL. The cache keeps unused ones in an LRU. */
struct dentry {
	int refs;
	struct dentry *parent; /* reference; the root's parent is itself (no reference) */
	struct inode *inode;   /* reference, or NULL */
	struct super *sb;      /* borrowed from the mount that holds it */
	char *name;
	uint32_t hash, len;    /* of the name */
	bool hashed;           /* can be found by a look-up; unlinked ones can't */
	int mounted;           /* number of mounts on it, in any namespace */
	/* cache's own */
	LIST_ENTRY(dentry) hash_entry;
	LIST_ENTRY(dentry) sibling;
	LIST_HEAD(, dentry) children;
	TAILQ_ENTRY(dentry) lru_entry;
	bool on_lru;
};

struct path {
	struct mount *mnt;     /* reference */
	struct dentry *dentry; /* reference */
};

struct mount {
	int refs;
	uint64_t id;
	struct super *sb;      /* reference */
	struct dentry *root;   /* reference: the top of what is mounted (a bind may be below sb->root) */
	struct mount *parent;  /* borrowed; NULL: the namespace's root */
	struct dentry *point;  /* reference: where in the parent */
	struct mount_ns *ns;   /* borrowed; NULL once detached */
	unsigned flags;        /* MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME ... */
	char *source;          /* first field of /proc/mounts */
	TAILQ_ENTRY(mount) ns_entry; /* in mount order */
};

struct mount_ns {
	int refs;
	struct mount *root;
	TAILQ_HEAD(mount_list, mount) mounts;
	unsigned nr_mounts;
};

/* ---- life cycle (core/fs/inode.c, dentry.c, mount.c) ---- */

struct super *super_new(const struct super_ops *ops, void *priv); /* picks a device number */
struct super *super_ref(struct super *sb);
struct super *super_unref(struct super *sb);

/* Attributes zero except ino, mode, nlink 1 and times now. NULL: no memory. */
struct inode *inode_new(struct super *sb, const struct inode_ops *ops, const struct file_ops *fops,
                        uint64_t ino, uint32_t mode);
struct inode *inode_ref(struct inode *ino);
struct inode *inode_unref(struct inode *ino);
/* For whoever executes a file: no writing until allowed again. -ETXTBSY while open for writing. */
int inode_deny_write(struct inode *ino);
void inode_allow_write(struct inode *ino);
uint64_t inode_next_ino(void); /* for filesystems without numbers of their own */
struct timespec vfs_now(void); /* for times of inodes */

/* Makes the root dentry of a super block; takes over the inode reference. */
struct dentry *dentry_root(struct super *sb, struct inode *ino);
/* A dentry outside any directory, e.g. "pipe:[7]"; takes over the inode reference. */
struct dentry *dentry_anon(struct inode *ino, const char *name);
struct dentry *dentry_ref(struct dentry *d);
struct dentry *dentry_unref(struct dentry *d);
/* Drops cached, unused dentries: all of a super block, or until the cache is within its bound. */
void dcache_shrink_super(struct super *sb);

struct path path_ref(const struct path *p);
void path_put(struct path *p); /* drops both references and clears p */
static inline bool path_equal(const struct path *a, const struct path *b)
{
	return a->mnt == b->mnt && a->dentry == b->dentry;
}

struct mount_ns *mount_ns_new(struct super *root_sb, unsigned flags, const char *source);
struct mount_ns *mount_ns_ref(struct mount_ns *ns);
struct mount_ns *mount_ns_unref(struct mount_ns *ns);
struct mount *mount_ref(struct mount *m);
struct mount *mount_unref(struct mount *m);
/* Mounts `root` (a dentry of sb) at `at`. -EBUSY, -ENOTDIR, -ENOSPC at the mount limit. */
int mount_attach(struct mount_ns *ns, const struct path *at, struct super *sb, struct dentry *root,
                 unsigned flags, const char *source, struct mount **ret);
int mount_detach(struct mount *m, bool lazy); /* -EBUSY */
/* The mount on top of p, if any: replaces p's references. Repeats to the topmost. */
void mount_cross(struct path *p);

#endif
