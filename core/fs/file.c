/* SPDX-License-Identifier: Apache-2.0
 *
 * Open files: birth, references, release, and files without a name. Layer: core.
 */
#include <stdlib.h>

#include "core/fs/internal.h"
#include "core/fs/locks.h"
#include "core/fs/mount.h"
#include "core/fs/notify.h"
#include "core/objcount.h"

OBJCOUNT(file_count, "file");

void (*file_epoll_release)(struct file *f);
static uint64_t next_gen = 1;

struct file *file_new(const struct file_ops *ops, struct path path, unsigned flags,
                      struct cred *cred)
{
	struct file *f = zalloc(sizeof(*f));

	if (f && !path.mnt && anon_mount())
		path.mnt = mount_ref(anon_mount());
	if (!f || !path.mnt) {
		free(f);
		path_put(&path);
		return NULL;
	}
	f->refs = 1;
	f->ops = ops;
	f->path = path;
	f->inode = path.dentry->inode;
	f->flags = flags & ~(unsigned)O_CLOEXEC;
	if (!(flags & O_PATH)) {
		f->can_read = (flags + 1) & 1;
		f->can_write = (flags + 1) & 2;
	}
	/* Pipes and sockets are watched by some, through /proc; other things without a name aren't. */
	f->notify = path.dentry->parent == path.dentry &&
	            (S_ISFIFO(f->inode->mode) || S_ISSOCK(f->inode->mode));
	f->cred = cred ? cred_ref(cred) : NULL;
	f->gen = next_gen++;
	comutex_init(&f->pos_lock);
	obj_born(&file_count);
	return f;
}

static int anon_setattr(struct inode *ino, const struct attr_change *ch,
                        const struct cred *cred UNUSED)
{
	if (ch->valid & ATTR_SIZE)
		return -EINVAL;
	inode_apply_attr(ino, ch);
	return 0;
}

static const struct inode_ops anon_ops = { .setattr = anon_setattr };

/* "pipe:[12]" has inode number 12; a name without a number gets the next one. */
static uint64_t ino_of(const char *name)
{
	const char *open = strrchr(name, '[');
	char *end;
	uint64_t n;

	if (!open)
		return inode_next_ino();
	n = strtoull(open + 1, &end, 10);
	return end > open + 1 && *end == ']' ? n : inode_next_ino();
}

struct file *file_anon(const struct file_ops *ops, const char *name, uint32_t mode, unsigned flags,
                       void *priv)
{
	struct mount *m = anon_mount();
	struct inode *ino;
	struct path p;
	struct file *f;

	ino = m ? inode_new(m->sb, &anon_ops, NULL, ino_of(name), mode) : NULL;
	const struct cred *who = co_self() ? co_self()->cred : NULL;
	if (ino && who) { /* whoever made it may open it again through /proc */
		ino->uid = who->fsuid;
		ino->gid = who->fsgid;
	}
	p.dentry = ino ? dentry_anon(ino, name) : NULL;
	if (!p.dentry)
		return NULL;
	p.mnt = mount_ref(m);
	f = file_new(ops, p, flags, NULL);
	if (f)
		f->priv = priv;
	return f;
}

struct file *file_ref(struct file *f)
{
	f->refs++;
	return f;
}

struct file *file_unref(struct file *f)
{
	if (!f || --f->refs)
		return NULL;
	notify_file(f, f->can_write ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
	if (f->epolls && file_epoll_release)
		file_epoll_release(f);
	locks_drop_file(f);
	if (f->ops->release)
		f->ops->release(f);
	if (f->counted_writer)
		inode_put_write(f->inode);
	path_put(&f->path);
	cred_unref(f->cred);
	comutex_done(&f->pos_lock);
	free(f);
	obj_died(&file_count);
	return NULL;
}
