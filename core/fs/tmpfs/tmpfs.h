/* SPDX-License-Identifier: Apache-2.0
 *
 * tmpfs(5): what its files share. Layer: core. Private to core/fs/tmpfs, but for the seals.
 */
#ifndef CORE_FS_TMPFS_TMPFS_H
#define CORE_FS_TMPFS_TMPFS_H

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

#include "core/fs/file.h"
#include "core/fs/vfs.h"

#define CHUNK_PAGES 64
#define DIRENT_COST 20 /* what a directory entry adds to st_size, as in Linux */

/* The instance: limits and use. Pages and inodes; a limit of 0 is none. */
struct tmpfs {
	uint64_t max_pages, pages;
	uint64_t max_inodes, inodes;
	uint64_t next_ino;
};

/* 64 pages of a file; those never written are NULL. */
struct chunk {
	RB_ENTRY(chunk) entry;
	uint64_t index; /* first page / CHUNK_PAGES */
	unsigned used;
	char *page[CHUNK_PAGES];
};
RB_HEAD(chunk_tree, chunk);

/* A file's bytes: in chunks, until it is first mapped; then in a host memory file. */
struct data {
	struct tmpfs *fs; /* whose pages are counted */
	struct chunk_tree chunks;
	struct chunk *last; /* where the last access was */
	uint64_t pages;     /* counted against the instance */
	int fd;             /* -1 until mapped */
};

struct entry {
	RB_ENTRY(entry) by_name, by_cookie;
	uint64_t cookie; /* position in the directory; never reused */
	struct inode *ino; /* reference */
	char name[];
};
RB_HEAD(name_tree, entry);
RB_HEAD(cookie_tree, entry);

struct xattr {
	TAILQ_ENTRY(xattr) entry;
	char *name;
	size_t size;
	char value[];
};

struct node {
	struct tmpfs *fs;
	/* directory */
	struct name_tree names;
	struct cookie_tree cookies;
	uint64_t next_cookie;
	uint64_t parent_ino; /* of ".." */
	/* symlink */
	char *target;
	/* regular file */
	struct data data;
	unsigned seals;
	TAILQ_HEAD(, xattr) xattrs; /* in order of setting */
	size_t xattr_bytes;
};

static inline struct node *node_of(const struct inode *ino)
{
	return ino->priv;
}

/* ---- super.c ---- */
extern const struct inode_ops tmpfs_dir_ops, tmpfs_reg_ops, tmpfs_link_ops, tmpfs_special_ops;
extern const struct file_ops tmpfs_dir_fops, tmpfs_reg_fops;
/* A new inode of sb; type in mode. -ENOSPC, -ENOMEM. */
int tmpfs_inode(struct super *sb, uint32_t mode, uid_t uid, gid_t gid, struct inode **ret);
int tmpfs_getattr(struct inode *ino, struct kstat *st);
int tmpfs_setattr(struct inode *ino, const struct attr_change *ch, const struct cred *cred);
void tmpfs_destroy_inode(struct inode *ino);

/* ---- dir.c ---- */
void tmpfs_dir_init(struct node *n);
void tmpfs_dir_free(struct node *n);

/* ---- data.c: no function here yields ---- */
void data_init(struct data *d, struct tmpfs *fs);
void data_free(struct data *d);
/* Bytes below `size` at pos; holes read as zeros. */
int data_read(struct data *d, void *buf, size_t n, uint64_t pos);
/* Bytes stored: short on -ENOSPC or -ENOMEM, which is returned when there are none. */
ssize_t data_write(struct data *d, const void *buf, size_t n, uint64_t pos, uint64_t size);
/* The file gets `size`, from old: drops and clears what is beyond. */
int data_truncate(struct data *d, uint64_t old, uint64_t size);
/* Drops whole pages of [start, end) and clears the rest of it. */
int data_punch(struct data *d, uint64_t start, uint64_t end, uint64_t size);
/* Gives the page at index memory. */
int data_alloc_page(struct data *d, uint64_t index);
/* First data or hole at or after pos: -ENXIO at the end. */
int64_t data_seek(struct data *d, uint64_t pos, uint64_t size, int whence);
/* Moves the bytes to a host memory file, if they aren't there yet. */
int data_to_host(struct data *d, uint64_t size);
/* May n more pages be taken, by the instance and by all together? */
bool data_has_room(const struct data *d, uint64_t n);
/* Brings the page count up to date: guests touch pages of mapped files by themselves. */
void data_recount(struct data *d);

/* ---- xattr.c ---- */
ssize_t tmpfs_getxattr(struct inode *ino, const char *name, void *buf, size_t size);
int tmpfs_setxattr(struct inode *ino, const char *name, const void *val, size_t size, int flags);
ssize_t tmpfs_listxattr(struct inode *ino, char *buf, size_t size);
int tmpfs_removexattr(struct inode *ino, const char *name);
void tmpfs_xattr_free(struct node *n);

#endif
