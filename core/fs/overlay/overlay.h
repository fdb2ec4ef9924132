/* SPDX-License-Identifier: Apache-2.0
 *
 * Private to the overlay: a read-only lower tree under a private, writable upper one. Layer: core.
 *
 * An overlay inode stands for one lower inode, one upper inode, or both (a merged directory, or a
 * file that was copied up). Either of them leads to it (`above`; no tree is below two overlays), so identity, numbers and merged
 * directories survive eviction from the dentry cache; those that hold what can't be made again are
 * pinned until their last name goes.
 *
 * A file is copied up without a name: its lower names lead to the same overlay inode and so to the
 * copy. All its hard links stay one file, and a file whose names are gone can be copied as well.
 * Directories are copied up in place, from the top down. A whiteout is one particular upper inode,
 * linked wherever a lower name is hidden: devices 0:0 of guests are devices like any other.
 *
 * The upper tree belongs to the overlay alone and is a tmpfs: its operations don't wait, so its
 * directories need no locks of their own beyond the overlay's, and several of them in a row are
 * one step to everybody else. Names that hold a slash can't be looked up: they serve in between.
 */
#ifndef CORE_FS_OVERLAY_OVERLAY_H
#define CORE_FS_OVERLAY_OVERLAY_H

#include "core/fs/file.h"
#include "core/fs/internal.h"
#include "core/fs/vfs.h"

/* Upper numbers are moved out of the way of those that lower filesystems use. */
#define OVL_UPPER_INO ((uint64_t)1 << 42)

struct ovl_node {
	struct inode *inode;  /* the overlay inode that owns this */
	struct inode *lower;  /* reference, or NULL */
	struct inode *upper;  /* reference, or NULL */
	/* Lower directories until they are copied up: where that has to be done. */
	struct inode *parent; /* reference: overlay directory; NULL at the root */
	char *name;           /* in parent */
	struct comutex copyup;
	uint32_t lower_links; /* names of the lower file */
	uint32_t lower_gone;  /* those of them that are whited out or covered */
	uint32_t lower_dirs;  /* copied-up directory: lower subdirectories that show through */
	bool one_link;        /* directory of a filesystem that doesn't count subdirectories */
	bool dead;            /* removed directory */
	bool own_name;        /* it has one name, below which is no lower one */
	bool pinned;          /* holds a reference on inode */
	struct ovl_entries *list; /* directory: its names when it was read last, or NULL; readdir.c's own */
	TAILQ_ENTRY(ovl_node) pin;
};

struct ovl {
	struct super *lower, *upper;         /* references */
	struct mount *lower_mnt, *upper_mnt; /* references; to open real files through */
	struct inode *whiteout;              /* reference; upper */
	TAILQ_HEAD(, ovl_node) pins;
	struct cred *cred; /* all capabilities: checks were made against the overlay's inodes */
};

static inline struct ovl_node *ovl_node(struct inode *ino) { return ino->priv; }
static inline struct ovl *ovl_of(struct inode *ino) { return ino->sb->priv; }
static inline struct inode *ovl_real(struct inode *ino)
{
	struct ovl_node *n = ovl_node(ino);
	return n->upper ? n->upper : n->lower;
}
static inline bool ovl_is_whiteout(struct ovl *fs, const struct inode *ino)
{
	return ino == fs->whiteout;
}

extern const struct inode_ops ovl_inode_ops;
extern const struct file_ops ovl_file_fops, ovl_dir_fops;

/* node.c */
/* The overlay inode for a pair (references taken over, also on failure), named `name` in dir. */
int ovl_get(struct super *sb, struct inode *lower, struct inode *upper, struct inode *dir,
            const char *name, struct inode **ret);
struct ovl_node *ovl_find(const struct inode *real);
/* An upper inode came to be: find the node by it too from now on (reference taken over). */
void ovl_set_upper(struct inode *ino, struct inode *upper);
/* Names came or went: pin what must be kept, let go what nobody can reach any more. */
void ovl_repin(struct inode *ino);
CO_FN int ovl_refresh(struct inode *ino); /* attributes from the real inode */
void ovl_destroy_inode(struct inode *ino);

/* copyup.c */
CO_FN int ovl_copy_up(struct inode *ino);
/* The same, of a file that is about to be truncated to `size`. */
CO_FN int ovl_copy_up_size(struct inode *ino, uint64_t size);
/* Attributes, and extended ones, of a lower inode for an upper one. */
CO_FN int ovl_copy_attributes(struct ovl *fs, struct inode *lower, struct inode *upper);

/* lookup.c: attributes and look-up */
CO_FN int ovl_lookup(struct inode *dir, const char *name, struct inode **ret);
CO_FN int ovl_lower_lookup(struct inode *dir, const char *name, struct inode **ret);
CO_FN int ovl_upper_lookup(struct inode *dir, const char *name, struct inode **ret);
CO_FN int ovl_getattr(struct inode *ino, struct kstat *ret);
CO_FN int ovl_setattr(struct inode *ino, const struct attr_change *ch, const struct cred *cred);
CO_FN ssize_t ovl_readlink(struct inode *ino, char *buf, size_t size);
CO_FN ssize_t ovl_getxattr(struct inode *ino, const char *name, void *buf, size_t size);
CO_FN int ovl_setxattr(struct inode *ino, const char *name, const void *val, size_t size, int flags);
CO_FN ssize_t ovl_listxattr(struct inode *ino, char *buf, size_t size);
CO_FN int ovl_removexattr(struct inode *ino, const char *name);

/* dir.c: changes of directories */
CO_FN int ovl_mknod(struct inode *dir, const char *name, uint32_t mode, dev_t rdev,
                    const struct cred *cred, struct inode **ret);
CO_FN int ovl_mkdir(struct inode *dir, const char *name, uint32_t mode, const struct cred *cred,
                    struct inode **ret);
CO_FN int ovl_symlink(struct inode *dir, const char *name, const char *target,
                      const struct cred *cred, struct inode **ret);
CO_FN int ovl_link(struct inode *dir, const char *name, struct inode *target);
CO_FN int ovl_unlink(struct inode *dir, const char *name, struct inode *victim);
CO_FN int ovl_rmdir(struct inode *dir, const char *name, struct inode *victim);
CO_FN int ovl_rename(struct inode *odir, const char *oname, struct inode *victim, struct inode *ndir,
                     const char *nname, struct inode *target, unsigned flags);
CO_FN int ovl_tmpfile(struct inode *dir, uint32_t mode, const struct cred *cred, struct inode **ret);

/* readdir.c */
struct ovl_entries;
/* The names in dir, whose lock is held; counted, freed by ovl_list_free. */
CO_FN int ovl_list(struct inode *dir, struct ovl_entries **ret);
void ovl_list_free(struct ovl_entries *e);
void ovl_list_forget(struct inode *dir); /* its names have changed */
bool ovl_list_empty(const struct ovl_entries *e); /* but for "." and ".." */
/* All names of an upper directory, whiteouts too. */
CO_FN int ovl_list_upper(struct inode *upper_dir, struct ovl_entries **ret);
/* Removes them from it. Does not wait. */
void ovl_unlink_all(struct inode *upper_dir, const struct ovl_entries *e);

/* file.c */
CO_FN int ovl_open(struct inode *ino, struct file *f);
/* Opens the real inode below the overlay. */
CO_FN int ovl_open_real(struct ovl *fs, struct inode *real, unsigned flags, struct file **ret);

#endif
