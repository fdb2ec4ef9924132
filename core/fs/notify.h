/* SPDX-License-Identifier: Apache-2.0
 *
 * Who wants to know what happens to which inode, and the telling: Linux's fsnotify. Layer: core.
 *
 * A mark asks for events of one inode, which it holds: so it stays with the file through renames,
 * copy-up, and whatever the caches forget. The vfs reports here what guests do, with the functions of
 * the second part, which cost one comparison while there is no mark. Only what goes through the vfs
 * is seen: not writes through mappings, and not what the host does to its files. Nothing here yields.
 */
#ifndef CORE_FS_NOTIFY_H
#define CORE_FS_NOTIFY_H

#include <sys/inotify.h> /* events are its IN_* */

#include "core/fs/file.h"
#include "core/fs/vfs.h"

struct notify_mark;

struct notify_ops {
	/* Some of mask's events happened; name is that of an entry in a watched directory, or NULL.
	 * May take m off its inode, and no other mark. */
	void (*event)(struct notify_mark *m, uint32_t mask, const char *name, uint32_t cookie);
	/* The inode is gone, and m was taken off it. */
	void (*gone)(struct notify_mark *m);
};

struct notify_mark {
	/* the owner's; set before notify_attach */
	const struct notify_ops *ops;
	uint32_t mask;     /* events of interest */
	bool excl_unlink;  /* not those of entries through files whose name is gone */
	/* notify.c's own */
	struct inode *inode; /* reference */
	LIST_ENTRY(notify_mark) on_inode, on_super;
};

void notify_attach(struct notify_mark *m, struct inode *ino);
void notify_detach(struct notify_mark *m);

/* ---- what happened; for the vfs ---- */

extern unsigned notify_marks; /* how many there are */

void notify_tell_file(const struct file *f, uint32_t mask);
void notify_tell_dentry(const struct dentry *d, uint32_t mask);
void notify_tell_inode(struct inode *ino, uint32_t mask);
void notify_tell_entry(struct inode *dir, uint32_t mask, const char *name, const struct inode *ino);
void notify_tell_move(struct inode *odir, const char *oname, struct inode *ndir,
                      const struct dentry *moved, struct inode *target);
void notify_tell_removed(struct inode *ino);
void notify_tell_unmount(struct super *sb);

/* Through an open file: IN_OPEN, IN_ACCESS, IN_MODIFY, IN_CLOSE_*. Its directory is told, too. */
static inline void notify_file(const struct file *f, uint32_t mask)
{
	if (notify_marks && f->notify)
		notify_tell_file(f, mask);
}

/* To a file by name or descriptor: IN_ATTRIB and kin. Its directory is told, too. */
static inline void notify_dentry(const struct dentry *d, uint32_t mask)
{
	if (notify_marks && mask)
		notify_tell_dentry(d, mask);
}

/* To the inode alone. */
static inline void notify_inode(struct inode *ino, uint32_t mask)
{
	if (notify_marks)
		notify_tell_inode(ino, mask);
}

/* dir got or lost an entry, which leads or led to ino: IN_CREATE, IN_DELETE. */
static inline void notify_entry(struct inode *dir, uint32_t mask, const char *name,
                                const struct inode *ino)
{
	if (notify_marks)
		notify_tell_entry(dir, mask, name, ino);
}

/* What was oname in odir is `moved` now, in ndir, in place of target or of nothing (NULL). */
static inline void notify_move(struct inode *odir, const char *oname, struct inode *ndir,
                               const struct dentry *moved, struct inode *target)
{
	if (notify_marks)
		notify_tell_move(odir, oname, ndir, moved, target);
}

/* The last that led to an inode without names is gone: its marks go, after IN_DELETE_SELF. */
static inline void notify_removed(struct inode *ino)
{
	if (notify_marks)
		notify_tell_removed(ino);
}

/* The last mount of sb is gone: its marks go, after IN_UNMOUNT. */
static inline void notify_unmount(struct super *sb)
{
	if (notify_marks)
		notify_tell_unmount(sb);
}

/* The events of a change of attributes (ATTR_*), as fsnotify_change() of Linux. */
uint32_t notify_of_change(unsigned valid);

#endif
