/* SPDX-License-Identifier: Apache-2.0
 *
 * Marks on inodes, and events to them. Layer: core. Which event goes to whom in which order is as in
 * fs/notify/fsnotify.c and include/linux/fsnotify.h of Linux: first the directory, with the entry's
 * name, then the inode itself.
 */
#include "core/fs/notify.h"

#define SELF_ONLY (IN_MOVE_SELF | IN_DELETE_SELF)

unsigned notify_marks;

void notify_attach(struct notify_mark *m, struct inode *ino)
{
	m->inode = inode_ref(ino);
	LIST_INSERT_HEAD(&ino->marks, m, on_inode);
	LIST_INSERT_HEAD(&ino->sb->marks, m, on_super);
	notify_marks++;
}

void notify_detach(struct notify_mark *m)
{
	LIST_REMOVE(m, on_inode);
	LIST_REMOVE(m, on_super);
	notify_marks--;
	m->inode = inode_unref(m->inode);
}

static void detach_all(struct inode *ino)
{
	struct notify_mark *m;

	inode_ref(ino);
	while ((m = LIST_FIRST(&ino->marks))) {
		notify_detach(m);
		m->ops->gone(m);
	}
	inode_unref(ino);
}

/* `unlinked`: through a file whose name is gone. */
static void send(struct inode *ino, uint32_t mask, const char *name, uint32_t cookie, bool unlinked)
{
	struct notify_mark *m, *next;

	if (LIST_EMPTY(&ino->marks))
		return;
	inode_ref(ino);
	LIST_FOREACH_SAFE(m, &ino->marks, on_inode, next)
		if (m->mask & mask & (IN_ALL_EVENTS | IN_UNMOUNT) && !(unlinked && m->excl_unlink))
			m->ops->event(m, mask, name, cookie);
	inode_unref(ino);
}

static uint32_t with_type(const struct inode *ino, uint32_t mask)
{
	return S_ISDIR(ino->mode) && !(mask & SELF_ONLY) ? mask | IN_ISDIR : mask;
}

static bool has_parent(const struct dentry *d)
{
	return d->parent != d;
}

void notify_tell_file(const struct file *f, uint32_t mask)
{
	const struct dentry *d = f->path.dentry;
	uint32_t type = d->inode->mode & S_IFMT;
	bool unlinked = has_parent(d) && !d->hashed;

	mask = with_type(d->inode, mask);
	/* Who may list a directory must not learn when others use the devices and FIFOs in it. */
	bool data = mask & (IN_ACCESS | IN_MODIFY) && type != S_IFREG && type != S_IFDIR;
	if (has_parent(d) && !data)
		send(d->parent->inode, mask, d->name, 0, unlinked);
	send(d->inode, mask, NULL, 0, unlinked);
}

void notify_tell_dentry(const struct dentry *d, uint32_t mask)
{
	mask = with_type(d->inode, mask);
	if (has_parent(d))
		send(d->parent->inode, mask, d->name, 0, false);
	send(d->inode, mask, NULL, 0, false);
}

void notify_tell_inode(struct inode *ino, uint32_t mask)
{
	send(ino, with_type(ino, mask), NULL, 0, false);
}

void notify_tell_entry(struct inode *dir, uint32_t mask, const char *name, const struct inode *ino)
{
	send(dir, with_type(ino, mask), name, 0, false);
}

void notify_tell_move(struct inode *odir, const char *oname, struct inode *ndir,
                      const struct dentry *moved, struct inode *target)
{
	static uint32_t last_cookie;
	uint32_t cookie = ++last_cookie ? last_cookie : ++last_cookie; /* 0: none */

	send(odir, with_type(moved->inode, IN_MOVED_FROM), oname, cookie, false);
	send(ndir, with_type(moved->inode, IN_MOVED_TO), moved->name, cookie, false);
	if (target)
		notify_tell_inode(target, IN_ATTRIB);
	notify_tell_inode(moved->inode, IN_MOVE_SELF);
}

void notify_tell_removed(struct inode *ino)
{
	if (LIST_EMPTY(&ino->marks))
		return;
	notify_tell_inode(ino, IN_DELETE_SELF);
	detach_all(ino);
}

void notify_tell_unmount(struct super *sb)
{
	struct notify_mark *m;

	while ((m = LIST_FIRST(&sb->marks))) {
		struct inode *ino = inode_ref(m->inode);

		notify_tell_inode(ino, IN_UNMOUNT);
		detach_all(ino);
		inode_unref(ino);
	}
}

uint32_t notify_of_change(unsigned valid)
{
	const unsigned both = ATTR_ATIME | ATTR_MTIME;
	uint32_t mask = 0;

	if (valid & (ATTR_UID | ATTR_GID | ATTR_MODE))
		mask |= IN_ATTRIB;
	if (valid & ATTR_SIZE)
		mask |= IN_MODIFY;
	if ((valid & both) == both)
		mask |= IN_ATTRIB;
	else if (valid & ATTR_ATIME)
		mask |= IN_ACCESS;
	else if (valid & ATTR_MTIME)
		mask |= IN_MODIFY;
	return mask;
}
