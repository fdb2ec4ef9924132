/* SPDX-License-Identifier: Apache-2.0
 *
 * Private to hostfs: a tree of the host behind a directory descriptor. Layer: core.
 *
 * Every step is one component below a descriptor that the sentry holds, without following links, so
 * nothing above the root can be named. Host devices, FIFOs and sockets are shown but never opened.
 */
#ifndef CORE_FS_HOSTFS_HOSTFS_H
#define CORE_FS_HOSTFS_HOSTFS_H

#include <bsd/sys/queue.h>
/* Without memory an addition leaves hh.tbl NULL instead of ending the process: such an element is only
 * not found by its key. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "core/fs/file.h"
#include "core/fs/vfs.h"
#include "core/host/file.h"

/* Descriptors kept open for inodes that can be found again by name; fewer under a low RLIMIT_NOFILE. */
#ifndef HOSTFS_FDS_MAX
#define HOSTFS_FDS_MAX 8000
#endif

/* Numbers of the host's further devices are moved out of each other's way; a double still holds them. */
#define HOSTFS_INO_BITS 44

struct hnode_key {
	uint64_t dev, ino;
};

struct hfile {
	int fd;
	bool write;
	bool shared; /* the descriptor is the node's */
	int64_t at;  /* directory: the descriptor's own position, -1: unknown */
	LIST_ENTRY(hfile) entry;
};

struct hchunk; /* bytes that are read often: cache.c */

/* What hostfs knows of an inode: who it is on the host, and a way back to it. */
struct hnode {
	struct hnode_key key;
	struct statx_timestamp btime; /* tells apart files that had the same number one after the other */
	struct host_disk *disk;
	struct inode *inode;  /* the inode that owns this */
	struct inode *parent; /* reference; NULL for the root */
	char *name;           /* in parent */
	bool lost;            /* that name is gone: the descriptor must stay */
	int fd;               /* O_PATH or O_RDONLY, or -1 when it was closed to save descriptors */
	bool readable;        /* it is O_RDONLY */
	unsigned users;       /* open files that share it */
	bool on_lru;
	/* Attributes that the inode has no place for. */
	uint64_t blocks, attributes, attributes_mask;
	uint32_t blksize;
	bool has_btime;
	/* cache.c's own: what need not be asked again for now */
	ktime_t attr_until, link_until, read_since;
	char *link;           /* a symlink's text, or NULL */
	uint64_t read_to;     /* nothing beyond was read since read_since */
	unsigned read_again;  /* how often something before that was */
	unsigned nr_chunks;
	struct hchunk **chunks;
	LIST_HEAD(, hfile) open; /* open files; their descriptors serve as well */
	struct hnode *below;  /* hnode_fd's own */
	TAILQ_ENTRY(hnode) lru;
	UT_hash_handle hh;
};

struct hostfs {
	struct hnode *nodes; /* by key */
	uint64_t *devs;      /* of the host, in the order they were met */
	unsigned nr_devs;
	bool read_only;
	bool exclusive;
};

static inline struct hnode *hnode_of(struct inode *ino) { return ino->priv; }
static inline struct host_disk *disk_of(struct inode *ino) { return hnode_of(ino)->disk; }
static inline struct hostfs *hostfs_of(struct inode *ino) { return ino->sb->priv; }

/* The inode's O_PATH descriptor, opened again if need be; borrowed until the next yield.
 * -ESTALE when another file has its name now. */
CO_FN int hnode_fd(struct inode *ino);
/* The inode for an O_PATH descriptor (taken over), found as `name` in dir; "" for a nameless one. */
CO_FN int hnode_get(struct super *sb, struct inode *dir, const char *name, int fd,
                    struct inode **ret);
/* The same with its attributes; fd may be -1 when it is on the disk of dir. */
int hnode_get_known(struct super *sb, struct inode *dir, const char *name, int fd,
                    const struct statx *st, struct inode **ret);
/* An open descriptor that somebody else's call came by: kept, or closed. */
void hnode_offer_fd(struct inode *ino, int fd);
/* The file has this name: remember the way back. */
void hnode_place(struct inode *ino, struct inode *dir, const char *name);
/* It has this name no more. */
void hnode_lost(struct inode *ino, const struct inode *dir, const char *name);
/* Of several at once, so that all are open; the third and later may be NULL or gone: -ESTALE then. */
CO_FN int hnode_fds(struct inode *const *inos, int *ret, unsigned n);
/* As host_open_path, host_look and host_reopen; make room when the process has no descriptor left. */
CO_FN int hostfs_open_path(struct inode *dir, const char *name, bool killable);
CO_FN int hostfs_look(struct inode *dir, const char *name, struct statx *ret, int *fd);
CO_FN int hostfs_reopen(struct host_disk *d, int fd, int flags);
/* The number that the guest sees. */
uint64_t hostfs_ino(const struct hostfs *fs, uint64_t dev, uint64_t ino);
/* Is this what the node stands for? */
bool hnode_is(const struct hnode *h, const struct statx *st);
void hostfs_fill(struct inode *ino, const struct statx *st);

/* Takes h->fd for an open file, with access to its bytes; hnode_put_fd gives it back. */
CO_FN int hnode_share_fd(struct inode *ino);
void hnode_put_fd(struct inode *ino);
/* An open descriptor of the inode's, or -1; borrowed. */
int hnode_fd_at_hand(struct hnode *h);

/*
 * cache.c: in an exclusive tree the host isn't asked again for HOSTFS_KEEP. Changes made below are
 * not promised to show; with this they do, a little later.
 */
#define HOSTFS_KEEP NSEC_PER_SEC
#define HOSTFS_CHUNK ((size_t)16 << 10)
bool hostfs_keeps(const struct hnode *h);
/* Are the inode's attributes good as they are? */
bool hostfs_attr_good(const struct hnode *h);
/* The text of a symlink, borrowed until the next yield, or NULL. */
const char *hostfs_link_get(const struct hnode *h);
void hostfs_link_keep(struct hnode *h, const char *text, size_t len);
/* n bytes at pos are read: is that done often enough to keep what is there? */
bool hostfs_read_often(struct hnode *h, uint64_t pos, size_t n);
/* What is kept of the bytes at pos, pinned; NULL: nothing. *n: how many, 0 at the end of the file. */
struct hchunk *hostfs_chunk_get(struct hnode *h, uint64_t pos, const char **bytes, size_t *n);
void hostfs_chunk_put(struct hchunk *c);
/* Reads what is around pos from the host. 0, -EAGAIN when it isn't to be kept, or the host's errno. */
CO_FN int hostfs_chunk_fill(struct inode *ino, int fd, uint64_t pos);
void hostfs_forget(struct hnode *h); /* all of it */

extern const struct inode_ops hostfs_inode_ops;
extern const struct file_ops hostfs_file_ops, hostfs_dir_fops;

/* dir.c */
CO_FN int hostfs_lookup(struct inode *dir, const char *name, struct inode **ret);
CO_FN int hostfs_revalidate(struct dentry *d);
CO_FN int hostfs_mknod(struct inode *dir, const char *name, uint32_t mode, dev_t rdev,
                       const struct cred *cred, struct inode **ret);
CO_FN int hostfs_mkdir(struct inode *dir, const char *name, uint32_t mode, const struct cred *cred,
                       struct inode **ret);
CO_FN int hostfs_symlink(struct inode *dir, const char *name, const char *target,
                         const struct cred *cred, struct inode **ret);
CO_FN int hostfs_link(struct inode *dir, const char *name, struct inode *target);
CO_FN int hostfs_unlink(struct inode *dir, const char *name, struct inode *victim);
CO_FN int hostfs_rmdir(struct inode *dir, const char *name, struct inode *victim);
CO_FN int hostfs_rename(struct inode *odir, const char *oname, struct inode *victim,
                        struct inode *ndir, const char *nname, struct inode *target,
                        unsigned flags);
CO_FN int hostfs_tmpfile(struct inode *dir, uint32_t mode, const struct cred *cred,
                         struct inode **ret);

/* attr.c */
CO_FN int hostfs_getattr(struct inode *ino, struct kstat *ret);
CO_FN int hostfs_setattr(struct inode *ino, const struct attr_change *ch, const struct cred *cred);
CO_FN ssize_t hostfs_readlink(struct inode *ino, char *buf, size_t size);
CO_FN ssize_t hostfs_getxattr(struct inode *ino, const char *name, void *buf, size_t size);
CO_FN int hostfs_setxattr(struct inode *ino, const char *name, const void *val, size_t size, int flags);
CO_FN ssize_t hostfs_listxattr(struct inode *ino, char *buf, size_t size);
CO_FN int hostfs_removexattr(struct inode *ino, const char *name);

/* file.c */
CO_FN int hostfs_open(struct inode *ino, struct file *f);

#endif
