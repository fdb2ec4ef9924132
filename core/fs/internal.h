/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of core/fs share among themselves: dentry cache internals, permission checks on
 * inodes, the path walk's state. Layer: core. Private to core/fs (filesystems may use the helpers
 * of the first part).
 */
#ifndef CORE_FS_INTERNAL_H
#define CORE_FS_INTERNAL_H

#include "core/fs/namei.h"
#include "core/fs/vfs.h"

/* ---- helpers for filesystems ---- */

/* relatime and friends: updates the access time of f's inode in memory when it is due. */
void file_accessed(struct file *f);
void path_accessed(const struct path *p);
/* Owner and group of a new inode in dir; drops or inherits set-gid in *mode as Linux does. */
void inode_init_owner(const struct inode *dir, const struct cred *cred, uint32_t *mode, uid_t *uid,
                      gid_t *gid);

/* A change but for the size, on an inode whose fields are the truth. */
void inode_apply_attr(struct inode *ino, const struct attr_change *ch);

/* ---- inodes ---- */

/* Mode bits, capabilities, read-only super block, then the filesystem's own check. */
CO_FN int inode_permission(struct inode *ino, const struct cred *cred, int mask);
/* Attributes of an inode that has no path here: a layer below an overlay. */
CO_FN int inode_getattr(struct inode *ino, struct kstat *ret);
bool inode_owner_or_capable(const struct inode *ino, const struct cred *cred);
int inode_get_write(struct inode *ino); /* -ETXTBSY, or counts a writer */
void inode_put_write(struct inode *ino);
static inline bool mount_writable(const struct mount *m)
{
	return !(m->flags & 1 /* MS_RDONLY */) && !m->sb->read_only;
}
/* Clears set-id bits before data is changed; ino->lock is held. */
CO_FN int inode_remove_privs(struct inode *ino, const struct cred *cred);
/* Truncates after all checks; the inode's lock is not held. */
CO_FN int inode_do_truncate(struct dentry *d, int64_t size, const struct cred *cred);

/* ---- dentries ---- */

#define DCACHE_MAX_UNUSED 16384

/* An unhashed child of parent, with one reference; inode reference is taken over (NULL: negative).
 * NULL: no memory (the inode is put). */
struct dentry *dentry_new(struct dentry *parent, const char *name, size_t len, struct inode *ino);
void dentry_hash(struct dentry *d);
/* Takes d out of the cache: no look-up finds it any more. */
void dentry_drop(struct dentry *d);
/* The name of d, which only the caller uses and which was dropped, is known to be free from now on. */
void dentry_delete(struct dentry *d);
/* So is this one. */
void dentry_absent(struct dentry *parent, const char *name);
/* Makes a negative dentry positive; takes over the reference. */
void dentry_instantiate(struct dentry *d, struct inode *ino);
/* Gives d another parent and name (already allocated; the old one is freed). */
void dentry_move(struct dentry *d, struct dentry *parent, char *name);
/* Swaps the places of two dentries. */
void dentry_exchange(struct dentry *a, struct dentry *b);
/* Does it lead to what has no name any more? */
bool dentry_is_removed(const struct dentry *d);
bool dentry_is_below(const struct dentry *d, const struct dentry *top); /* or the same */

/* The cache (dcache.c). */
uint32_t dcache_hash(const struct dentry *parent, const char *name, size_t len);
struct dentry *dcache_find(struct dentry *parent, const char *name, size_t len); /* new reference */
void dcache_insert(struct dentry *d);
void dcache_remove(struct dentry *d);
void dcache_lru_add(struct dentry *d);
void dcache_lru_del(struct dentry *d);
/* Drops the unused names that are remembered of d, a directory that is being removed. */
void dcache_shrink_parent(struct dentry *d);
/* Frees d, which nobody uses, and returns its parent, whose reference the caller drops. */
struct dentry *dentry_kill(struct dentry *d);
unsigned dcache_unused(void); /* how many unused dentries are kept */

/* ---- the walk (namei.c) ---- */

enum last_type { LAST_NORM, LAST_DOT, LAST_DOTDOT, LAST_ROOT, LAST_BIND };

struct nd {
	const struct walk *w;
	struct path root, cur; /* references */
	const char *name;      /* what is left of the string being walked */
	const char *last;      /* last component, not terminated */
	size_t last_len;
	enum last_type last_type;
	bool trailing;         /* slashes follow the last component */
	unsigned links;        /* symlinks followed */
	unsigned depth, nbody;
	const char *rest[SYMLINKS_MAX + 1];
	char *body[SYMLINKS_MAX + 1];
};

#define ND_LINK 1 /* nd_last: a symlink was taken up; go on with nd_parent */

int nd_init(struct nd *nd, const struct walk *w, const char *name, unsigned flags);
void nd_done(struct nd *nd);
/* Walks to the directory of the last component; nd->last* describe that. */
CO_FN int nd_parent(struct nd *nd);
/* Steps into the last component. A final symlink is followed or taken as the result. */
CO_FN int nd_last(struct nd *nd, bool follow);
/* On to d, a child of nd->cur (takes over the reference): crosses mounts, handles links. */
CO_FN int nd_step(struct nd *nd, struct dentry *d, bool follow, bool trailing);
/* After ND_LINK of nd_step for the last component: the link's text is what is walked next. */
int nd_link(struct nd *nd);
/* Child of dir, negative or positive, with a reference; the directory's lock is held or not. */
CO_FN int dentry_lookup(struct dentry *dir, const char *name, size_t len, bool locked,
                        bool cached_only, struct dentry **ret);
CO_FN int walk_parent(struct nd *nd, const struct walk *w, const char *name);

/* ---- creation and removal checks (namei_dir.c) ---- */

CO_FN int may_create(struct inode *dir, const struct cred *cred, const struct dentry *child);
CO_FN int may_delete(struct dentry *dir, struct dentry *victim, const struct cred *cred,
                     bool isdir);
CO_FN int dentry_mknod(struct dentry *dir, struct dentry *d, uint32_t mode, dev_t rdev,
                       const struct walk *w);

/* FIFOs: core/ipc/pipe.c. */
CO_FN int fifo_open(struct inode *ino, struct file *f);

#endif
