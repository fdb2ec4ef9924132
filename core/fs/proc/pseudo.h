/* SPDX-License-Identifier: Apache-2.0
 *
 * Filesystems whose files are generated when they are read: proc(5), sysfs(5). Layer: core.
 *
 * A tree is described by tables of entries. What an inode is about (a process, a descriptor, a
 * device) is a key of numbers, never a pointer: the object may be gone by the time it is asked for,
 * and then everything below it is. Keys go from a directory to what is in it.
 */
#ifndef CORE_FS_PROC_PSEUDO_H
#define CORE_FS_PROC_PSEUDO_H

#include "core/fs/file.h"
#include "core/fs/proc/seq.h"

struct pseudo_entry;
struct pseudo_dir;

/* Which object, by number; stamp tells a number's users apart; sub: a part of it. */
struct pseudo_key {
	uint64_t id, stamp;
	int64_t sub;
	unsigned kind; /* the owner's: which class of object */
};

/* Is the object still there (1, else 0)? Updates owner and permissions of its inode. */
typedef int (*pseudo_refresh_fn)(const struct pseudo_key *k, struct inode *ino);

/* An open regular file. */
struct pseudo_open {
	/* immutable */
	struct pseudo_key key;
	const struct pseudo_entry *entry;
	/* the entry's own */
	uint64_t cookie; /* set by open() */
	uint64_t cursor; /* 0 when a reading starts; where show() goes on */
	/* pseudo_file.c's own */
	struct seq seq;
	int64_t base; /* offset in the file of seq's first byte */
	bool valid, more;
	struct comutex lock;
};

struct pseudo_entry {
	const char *name; /* NULL ends a table */
	uint32_t mode;    /* type and permissions */
	/* Directories. */
	struct pseudo_dir *dir;
	/*
	 * Regular files. show writes the text, or from o->cursor on a piece of it, to s: 0 at the end,
	 * 1 when there is more, negative errno. store takes n bytes (NUL-terminated in buf): how many it
	 * used, or negative errno. open: leave to open, beyond the permission bits.
	 */
	CO_FN int (*show)(struct seq *s, struct pseudo_open *o);
	CO_FN ssize_t (*store)(struct pseudo_open *o, const char *buf, size_t n);
	CO_FN int (*open)(struct pseudo_open *o, struct file *f);
	const struct file_ops *fops; /* instead of show and store; f->priv is the pseudo_open */
	/* Symbolic links: a fixed text, a generated one, and for magic links where it leads. */
	const char *target;
	CO_FN ssize_t (*readlink)(const struct pseudo_key *k, const struct pseudo_entry *e, char *buf,
	                          size_t size);
	CO_FN int (*follow)(const struct pseudo_key *k, struct path *ret);
	bool strict; /* the permission bits hold for whoever has CAP_DAC_OVERRIDE too, as in /proc/sys */
	/* Replaces the one inherited from the directory. */
	pseudo_refresh_fn refresh;
	long arg; /* the entry's own */
	const void *data;
};

/* An entry that isn't in a table. */
struct pseudo_child {
	const struct pseudo_entry *entry; /* its name isn't used */
	struct pseudo_key key;
	uint64_t nr; /* position: grows along the directory */
	char name[32];
};

#define PSEUDO_TABLES_MAX 8
struct pseudo_dir {
	const struct pseudo_entry *tables[PSEUDO_TABLES_MAX];
	/* The entry called name: 0 or -ENOENT. */
	int (*lookup)(const struct pseudo_key *dir, const char *name, struct pseudo_child *ret);
	/* The first entry whose number is at least nr: 0, or -ENOENT at the end. */
	int (*next)(const struct pseudo_key *dir, uint64_t nr, struct pseudo_child *ret);
	/* How many directories lookup knows, for st_nlink. */
	unsigned (*count)(const struct pseudo_key *dir);
};

/*
 * Adds a table, which stays the caller's, to a directory. An entry hides one of the same name that
 * was added before. -ENOSPC.
 */
int pseudo_dir_add(struct pseudo_dir *d, const struct pseudo_entry *table);
/* A file system with that directory at its top. */
int pseudo_new(const struct super_ops *ops, struct pseudo_dir *root, struct super **ret);

/* For entries with file operations of their own. */
void pseudo_release(struct file *f);
int64_t pseudo_llseek(struct file *f, int64_t off, int whence);
/* The number in a decimal name without leading zeros, or -1. */
int64_t pseudo_number(const char *name);

/* ---- pseudo_file.c ---- */
extern const struct file_ops pseudo_file_ops;
CO_FN int pseudo_open_file(const struct pseudo_key *k, const struct pseudo_entry *e, struct file *f);

#endif
