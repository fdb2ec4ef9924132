/* SPDX-License-Identifier: Apache-2.0
 *
 * The mqueue filesystem: one flat directory of queues for each IPC namespace, behind mq_open(2) and
 * mq_unlink(2), and mountable. Layer: core.
 *
 * Names change under the lock of the root's inode, through dentries, so that paths and calls
 * see the same.
 */
#include <linux/magic.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/fs/internal.h"
#include "core/fs/mount.h"
#include "core/ipc/mqueue.h"

#ifndef MQUEUE_MAGIC
#define MQUEUE_MAGIC 0x19800202
#endif
#define DIRENT_SIZE 20 /* what Linux adds to the directory's size */
#define FILENT_SIZE 80

struct name {
	RB_ENTRY(name) by_name, by_cookie;
	uint64_t cookie;   /* position in the directory; never reused */
	struct inode *ino; /* reference */
	char text[];
};
RB_HEAD(names, name);
RB_HEAD(cookies, name);

struct mqfs {
	struct ipc_ns *ns; /* borrowed; NULL once it is gone */
	struct names names;
	struct cookies cookies;
	uint64_t next_cookie;
};

static int name_cmp(const struct name *a, const struct name *b)
{
	return strcmp(a->text, b->text);
}
RB_GENERATE_INTERNAL(names, name, by_name, name_cmp, UNUSED static)

static int cookie_cmp(const struct name *a, const struct name *b)
{
	return (a->cookie > b->cookie) - (a->cookie < b->cookie);
}
RB_GENERATE_INTERNAL(cookies, name, by_cookie, cookie_cmp, UNUSED static)

static struct mqfs *mqfs_of(const struct inode *ino)
{
	return ino->sb->priv;
}

static struct name *find(const struct inode *dir, const char *text)
{
	struct name *n = RB_ROOT(&mqfs_of(dir)->names);

	while (n) {
		int c = strcmp(text, n->text);

		if (!c)
			break;
		n = c < 0 ? RB_LEFT(n, by_name) : RB_RIGHT(n, by_name);
	}
	return n;
}

/* ---- inodes ---- */

static int mqfs_setattr(struct inode *ino, const struct attr_change *ch,
                        const struct cred *cred UNUSED)
{
	/* As Linux, where the size means nothing but can be set. */
	if (ch->valid & ATTR_SIZE)
		ino->size = ch->size;
	inode_apply_attr(ino, ch);
	return 0;
}

static void queue_destroy(struct inode *ino)
{
	mqueue_free(ino->priv, mqfs_of(ino)->ns);
}

static const struct inode_ops queue_iops = {
	.setattr = mqfs_setattr,
	.destroy = queue_destroy,
};

/* A new queue called `text` in dir; mode without the umask's bits. */
static int make_queue(struct inode *dir, const char *text, uint32_t mode, const struct cred *cred,
                      const struct mq_attr *attr, struct inode **ret)
{
	struct mqfs *fs = mqfs_of(dir);
	size_t len = strlen(text) + 1;
	struct mqueue *q;
	struct name *n;
	int err;

	if (!fs->ns)
		return -EACCES;
	n = calloc(1, sizeof(*n) + len);
	if (!n)
		return -ENOMEM;
	memcpy(n->text, text, len);
	err = mqueue_new(fs->ns, cred, attr, &q);
	if (err) {
		free(n);
		return err;
	}
	n->ino = inode_new(dir->sb, &queue_iops, &mqueue_fops, inode_next_ino(),
	                   S_IFREG | (mode & 07777));
	if (!n->ino) {
		mqueue_free(q, fs->ns);
		free(n);
		return -ENOMEM;
	}
	n->ino->priv = q;
	n->ino->uid = cred->fsuid;
	n->ino->gid = cred->fsgid;
	n->ino->size = FILENT_SIZE;
	n->cookie = fs->next_cookie++;
	RB_INSERT(names, &fs->names, n);
	RB_INSERT(cookies, &fs->cookies, n);
	dir->size += DIRENT_SIZE;
	dir->atime = dir->mtime = dir->ctime = vfs_now();
	*ret = inode_ref(n->ino);
	return 0;
}

static void forget(struct mqfs *fs, struct name *n)
{
	RB_REMOVE(names, &fs->names, n);
	RB_REMOVE(cookies, &fs->cookies, n);
	inode_unref(n->ino);
	free(n);
}

/* ---- the directory ---- */

static int dir_lookup(struct inode *dir, const char *text, struct inode **ret)
{
	struct name *n = find(dir, text);

	if (!n)
		return -ENOENT;
	*ret = inode_ref(n->ino);
	return 0;
}

static int dir_mknod(struct inode *dir, const char *text, uint32_t mode, dev_t rdev UNUSED,
                     const struct cred *cred, struct inode **ret)
{
	return S_ISREG(mode) ? make_queue(dir, text, mode, cred, NULL, ret) : -EPERM;
}

static int dir_unlink(struct inode *dir, const char *text, struct inode *victim)
{
	struct name *n = find(dir, text);

	if (!n || n->ino != victim)
		return -ENOENT;
	victim->nlink--;
	dir->size -= DIRENT_SIZE;
	dir->atime = dir->mtime = dir->ctime = vfs_now();
	forget(mqfs_of(dir), n);
	return 0;
}

static void dir_destroy(struct inode *ino)
{
	struct mqfs *fs = mqfs_of(ino);
	struct name *n;

	while ((n = RB_ROOT(&fs->names)))
		forget(fs, n);
}

static const struct inode_ops dir_iops = {
	.lookup = dir_lookup,
	.mknod = dir_mknod,
	.unlink = dir_unlink,
	.setattr = mqfs_setattr,
	.destroy = dir_destroy,
};

/* Positions: 0 and 1 are "." and "..", then cookies. */
static int dir_iterate(struct file *f, struct dir_sink *s)
{
	struct mqfs *fs = mqfs_of(f->inode);
	struct name *n, key = { .cookie = 0 };

	for (; f->pos < 2; f->pos++)
		if (!s->emit(s, "..", f->pos ? 2 : 1, f->inode->ino, S_IFDIR, f->pos + 1))
			return 0;
	key.cookie = (uint64_t)f->pos;
	for (n = RB_NFIND(cookies, &fs->cookies, &key); n; n = RB_NEXT(cookies, &fs->cookies, n)) {
		if (!s->emit(s, n->text, strlen(n->text), n->ino->ino, S_IFREG, (int64_t)n->cookie + 1))
			break;
		f->pos = (int64_t)n->cookie + 1;
	}
	file_accessed(f);
	return 0;
}

static const struct file_ops dir_fops = {
	.llseek = dir_llseek,
	.iterate = dir_iterate,
	.fsync = memory_fsync,
};

/* ---- the instance ---- */

static int mqfs_statfs(struct super *sb UNUSED, struct kstatfs *ret)
{
	ret->type = MQUEUE_MAGIC;
	ret->bsize = ret->frsize = PAGE_SIZE;
	ret->namelen = NAME_MAX;
	return 0;
}

static void mqfs_destroy(struct super *sb)
{
	free(sb->priv);
}

static const struct super_ops mqfs_super_ops = {
	.name = "mqueue",
	.statfs = mqfs_statfs,
	.destroy = mqfs_destroy,
};

static int new_super(struct ipc_ns *ns, struct super **ret)
{
	struct mqfs *fs = calloc(1, sizeof(*fs));
	struct super *sb = fs ? super_new(&mqfs_super_ops, fs) : NULL;
	struct inode *root;

	if (!sb) {
		free(fs);
		return -ENOMEM;
	}
	fs->ns = ns;
	fs->next_cookie = 2;
	RB_INIT(&fs->names);
	RB_INIT(&fs->cookies);
	sb->exclusive = true;
	root = inode_new(sb, &dir_iops, &dir_fops, inode_next_ino(), S_IFDIR | 01777);
	if (root) {
		root->nlink = 2;
		root->size = 2 * DIRENT_SIZE;
		sb->root = dentry_root(sb, root);
	}
	if (!sb->root) {
		super_unref(sb);
		return -ENOMEM;
	}
	*ret = sb;
	return 0;
}

/* Where the namespace's queues are; borrowed. NULL: no memory. */
static struct mount *mq_mount(struct ipc_ns *ns)
{
	struct super *sb;

	if (!ns->mq_mnt && !new_super(ns, &sb)) {
		ns->mq_mnt = mount_internal(sb, sb->root);
		super_unref(sb);
	}
	return ns->mq_mnt;
}

void mq_ns_init(struct ipc_ns *ns)
{
	ns->mq_queues_max = 256;
	ns->mq_msg_max = ns->mq_msg_default = 10;
	ns->mq_msgsize_max = ns->mq_msgsize_default = 8192;
}

void mq_ns_done(struct ipc_ns *ns)
{
	if (!ns->mq_mnt)
		return;
	((struct mqfs *)ns->mq_mnt->sb->priv)->ns = NULL;
	ns->mq_mnt = mount_unref(ns->mq_mnt);
}

int mqueuefs_get(struct ipc_ns *ns, struct super **ret)
{
	struct mount *m = mq_mount(ns);

	if (!m)
		return -ENOMEM;
	*ret = super_ref(m->sb);
	return 0;
}

/* ---- by name ---- */

static int check_name(const char *text)
{
	if (!*text)
		return -ENOENT;
	if (!strcmp(text, ".") || !strcmp(text, "..") || strchr(text, '/'))
		return -EACCES;
	return strlen(text) > NAME_MAX ? -ENAMETOOLONG : 0;
}

static CO_FN int check_existing(struct inode *ino, const struct cred *cred, unsigned flags)
{
	static const int access[] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE };

	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	if ((flags & O_ACCMODE) == O_ACCMODE)
		return -EINVAL;
	return inode_permission(ino, cred, access[flags & O_ACCMODE]);
}

/* d is what the root has under that name; the root's inode is locked. */
static CO_FN int prepare(struct inode *dir, struct dentry *d, const struct walk *w, unsigned flags,
                         uint32_t mode, const struct mq_attr *attr)
{
	struct inode *ino;
	int err;

	if (d->inode)
		return check_existing(d->inode, w->cred, flags);
	if (!(flags & O_CREAT))
		return -ENOENT;
	err = may_create(dir, w->cred, d);
	if (!err)
		err = make_queue(dir, d->name, mode & 07777 & ~w->fs->umask, w->cred, attr, &ino);
	if (!err)
		dentry_instantiate(d, ino);
	return err;
}

CO_FN int mq_open_name(struct ipc_ns *ns, const struct walk *w, const char *name, unsigned flags,
                       uint32_t mode, const struct mq_attr *attr, struct file **ret)
{
	struct mount *m = mq_mount(ns);
	struct dentry *d = NULL;
	struct path p;
	int err = check_name(name);

	if (err || !m)
		return err ? err : -ENOMEM;
	m = mount_ref(m);
	struct inode *dir = m->root->inode;
	comutex_lock(&dir->lock);
	err = dentry_lookup(m->root, name, strlen(name), true, false, &d);
	if (!err)
		err = prepare(dir, d, w, flags, mode, attr);
	comutex_unlock(&dir->lock);
	if (err) {
		if (d)
			dentry_unref(d);
		mount_unref(m);
		return err;
	}
	p = (struct path){ m, d };
	if (flags & O_PATH) {
		err = vfs_open_path(&p, flags, (struct cred *)w->cred, ret);
		path_put(&p);
		return err;
	}
	*ret = file_new(&mqueue_fops, p, flags & ~(unsigned)(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC),
	                (struct cred *)w->cred);
	return *ret ? 0 : -ENOMEM;
}

CO_FN int mq_unlink_name(struct ipc_ns *ns, const struct walk *w, const char *name)
{
	struct mount *m = mq_mount(ns);
	struct walk at = *w;
	struct path root;
	int err = check_name(name);

	if (err || !m)
		return err ? err : -ENOMEM;
	root = (struct path){ mount_ref(m), dentry_ref(m->root) };
	at.base = &root;
	err = vfs_unlink(&at, name);
	path_put(&root);
	return err;
}
