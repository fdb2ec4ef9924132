/* SPDX-License-Identifier: Apache-2.0
 *
 * Path walk: path_resolution(7), openat2(2). Layer: core.
 *
 * In two phases, as in Linux: nd_parent() walks to the directory of the last component, nd_last()
 * steps into that. A symlink in the middle pushes what is left of its string on a stack; a final
 * one replaces the string. The walk holds references to where it is, since every step may yield.
 */
#include <linux/openat2.h>
#include <stdlib.h>

#include "core/fs/internal.h"
#include "core/fs/mount.h"

/* ---- one name in one directory ---- */

static CO_FN int revalidate(struct dentry *d)
{
	struct inode *ino = d->inode ? d->inode : d->parent->inode;

	if (!ino->ops->revalidate)
		return 1;
	return ino->ops->revalidate(d);
}

/* A cached dentry that is still right, with a reference; 0 and NULL when there is none. */
static CO_FN int find_cached(struct dentry *dir, const char *name, size_t len, struct dentry **ret)
{
	struct dentry *d = dcache_find(dir, name, len);
	int ok;

	*ret = NULL;
	if (!d)
		return 0;
	ok = d->sb->exclusive ? 1 : revalidate(d);
	if (ok > 0) {
		*ret = d;
		return 0;
	}
	/* A mount point stays whatever became of the name below it. */
	if (!ok && d->mounted) {
		*ret = d;
		return 0;
	}
	if (!ok)
		dentry_drop(d);
	dentry_unref(d);
	return ok;
}

static CO_FN int lookup_slow(struct dentry *dir, const char *name, size_t len, struct dentry **ret)
{
	struct inode *ino = NULL;
	struct dentry *d;
	char buf[NAME_MAX + 1];
	int err = find_cached(dir, name, len, &d); /* somebody may have been faster */

	if (err || d) {
		*ret = d;
		return err;
	}
	if (!dir->inode->ops->lookup)
		return -ENOTDIR;
	memcpy(buf, name, len);
	buf[len] = '\0';
	err = dir->inode->dead_dir ? -ENOENT : dir->inode->ops->lookup(dir->inode, buf, &ino);
	if (err && err != -ENOENT)
		return err;
	d = dentry_new(dir, name, len, err ? NULL : ino);
	if (!d)
		return -ENOMEM;
	if ((d->inode || d->sb->exclusive) && !dir->inode->dead_dir)
		dentry_hash(d);
	*ret = d;
	return 0;
}

CO_FN int dentry_lookup(struct dentry *dir, const char *name, size_t len, bool locked,
                        bool cached_only, struct dentry **ret)
{
	int err;

	*ret = NULL;
	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	if (!locked) {
		err = find_cached(dir, name, len, ret);
		if (err || *ret)
			return err;
		if (cached_only)
			return -EAGAIN;
		comutex_lock(&dir->inode->lock);
	}
	err = lookup_slow(dir, name, len, ret);
	if (!locked)
		comutex_unlock(&dir->inode->lock);
	return err;
}

/* ---- beginning and end ---- */

static void set_cur(struct nd *nd, struct path p)
{
	struct path old = nd->cur;

	nd->cur = p;
	path_put(&old);
}

static const struct path *start_of(const struct walk *w)
{
	return w->base ? w->base : &w->fs->cwd;
}

/* To the root, at a leading slash; `jump`: in a symlink, where RESOLVE_NO_XDEV looks. */
static int to_root(struct nd *nd, bool jump)
{
	if (nd->w->resolve & RESOLVE_BENEATH)
		return -EXDEV;
	if (jump && nd->w->resolve & RESOLVE_NO_XDEV && nd->cur.mnt != nd->root.mnt)
		return -EXDEV;
	set_cur(nd, path_ref(&nd->root));
	return 0;
}

int nd_init(struct nd *nd, const struct walk *w, const char *name, unsigned flags)
{
	const struct path *base = start_of(w);
	int err = 0;

	memset(nd, 0, offsetof(struct nd, rest));
	nd->w = w;
	nd->name = name;
	if (!*name && !(flags & WALK_EMPTY))
		return -ENOENT;
	if (strnlen(name, PATH_MAX) >= PATH_MAX)
		return -ENAMETOOLONG;
	/* openat2: the base is the root for ".." and, with IN_ROOT, for "/" too. */
	nd->root = path_ref(w->resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT) ? base : &w->fs->root);
	if (*name == '/')
		err = to_root(nd, false);
	else
		nd->cur = path_ref(base);
	if (err)
		nd_done(nd);
	return err;
}

void nd_done(struct nd *nd)
{
	while (nd->nbody)
		free(nd->body[--nd->nbody]);
	path_put(&nd->cur);
	path_put(&nd->root);
}

/* ---- steps ---- */

static int step_dotdot(struct nd *nd)
{
	struct path p;

	if (path_equal(&nd->cur, &nd->root))
		return nd->w->resolve & RESOLVE_BENEATH ? -EXDEV : 0;
	p = path_ref(&nd->cur);
	while (p.dentry == p.mnt->root && !path_equal(&p, &nd->root)) {
		if (!mount_up(&p))
			break;
		if (nd->w->resolve & RESOLVE_NO_XDEV) {
			path_put(&p);
			return -EXDEV;
		}
	}
	if (!path_equal(&p, &nd->root) && p.dentry != p.mnt->root) {
		struct dentry *parent = dentry_ref(p.dentry->parent);

		dentry_unref(p.dentry);
		p.dentry = parent;
		mount_cross(&p);
	}
	/* Something above may have been moved out of the base while this walk slept. */
	if (nd->w->resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT) && !path_is_under(&p, &nd->root)) {
		path_put(&p);
		return -EAGAIN;
	}
	set_cur(nd, p);
	return 0;
}

/* fs.protected_symlinks: a final link in a sticky world-writable directory (proc(5)). */
static bool may_follow(struct nd *nd, const struct inode *link)
{
	const struct inode *dir = nd->cur.dentry->inode;

	if (nd->w->cred->fsuid == link->uid)
		return true;
	if ((dir->mode & (S_ISVTX | S_IWOTH)) != (S_ISVTX | S_IWOTH))
		return true;
	return dir->uid == link->uid;
}

static CO_FN int follow_magic(struct nd *nd, struct inode *link)
{
	struct path p = { NULL, NULL };
	int err;

	if (nd->w->resolve & RESOLVE_NO_MAGICLINKS)
		return -ELOOP;
	err = link->ops->follow(link, &p.mnt, &p.dentry);
	if (err)
		return err;
	if (nd->w->resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT) ||
	    (nd->w->resolve & RESOLVE_NO_XDEV && p.mnt != nd->cur.mnt)) {
		path_put(&p);
		return -EXDEV;
	}
	set_cur(nd, p);
	return 0;
}

/* d is a symlink below nd->cur. ND_LINK: its text is nd->body's newest; 0: jumped. */
static CO_FN int take_link(struct nd *nd, struct dentry *d, bool trailing)
{
	struct inode *link = d->inode;
	struct path p = { nd->cur.mnt, d };
	char small[256], *body = NULL;
	ssize_t n;

	if (nd->links++ >= SYMLINKS_MAX)
		return -ELOOP;
	if (trailing && !may_follow(nd, link))
		return -EACCES;
	if (nd->w->resolve & RESOLVE_NO_SYMLINKS)
		return -ELOOP;
	if (link->ops->follow) {
		nd->last_type = LAST_BIND;
		return follow_magic(nd, link);
	}
	if (!link->ops->readlink)
		return -EINVAL;
	if (nd->w->resolve & RESOLVE_CACHED && !d->sb->exclusive)
		return -EAGAIN;
	n = link->ops->readlink(link, small, sizeof(small));
	if (n == (ssize_t)sizeof(small)) { /* or longer */
		body = malloc(PATH_MAX);
		if (!body)
			return -ENOMEM;
		n = link->ops->readlink(link, body, PATH_MAX - 1);
	}
	if (n > 0 && !body) {
		body = malloc((size_t)n + 1);
		if (!body)
			return -ENOMEM;
		memcpy(body, small, (size_t)n);
	}
	if (n <= 0) {
		free(body);
		return n ? (int)n : -ENOENT;
	}
	path_accessed(&p);
	body[n] = '\0';
	nd->body[nd->nbody++] = body;
	return ND_LINK;
}

CO_FN int nd_step(struct nd *nd, struct dentry *d, bool follow, bool trailing)
{
	struct path p;
	int err;

	if (!d->inode) {
		dentry_unref(d);
		return -ENOENT;
	}
	if (S_ISLNK(d->inode->mode) && follow) {
		err = take_link(nd, d, trailing);
		dentry_unref(d);
		return err;
	}
	if (!d->mounted) {
		struct dentry *old = nd->cur.dentry;

		nd->cur.dentry = d;
		dentry_unref(old);
		return 0;
	}
	p.mnt = mount_ref(nd->cur.mnt);
	p.dentry = d;
	mount_cross(&p);
	if (p.mnt != nd->cur.mnt && nd->w->resolve & RESOLVE_NO_XDEV) {
		path_put(&p);
		return -EXDEV;
	}
	set_cur(nd, p);
	return 0;
}

static CO_FN int walk_component(struct nd *nd, enum last_type type, const char *name, size_t len,
                                bool follow, bool trailing)
{
	struct dentry *d;
	int err;

	if (type == LAST_DOT)
		return 0;
	if (type == LAST_DOTDOT)
		return step_dotdot(nd);
	err = dentry_lookup(nd->cur.dentry, name, len, false, nd->w->resolve & RESOLVE_CACHED, &d);
	return err ? err : nd_step(nd, d, follow, trailing);
}

static enum last_type type_of(const char *name, size_t len)
{
	if (name[0] == '.' && len == 1)
		return LAST_DOT;
	if (name[0] == '.' && name[1] == '.' && len == 2)
		return LAST_DOTDOT;
	return LAST_NORM;
}

CO_FN int nd_parent(struct nd *nd)
{
	const char *name = nd->name;

	nd->last_type = LAST_ROOT;
	nd->trailing = false;
	while (*name == '/')
		name++;
	if (!*name)
		return 0;
	for (;;) {
		struct inode *dir = nd->cur.dentry->inode;
		const char *end = name, *next;
		enum last_type type;
		int err;

		if (!S_ISDIR(dir->mode))
			return -ENOTDIR;
		err = inode_permission(dir, nd->w->cred, MAY_EXEC);
		if (err)
			return err;
		while (*end && *end != '/')
			end++;
		for (next = end; *next == '/'; next++)
			;
		type = type_of(name, (size_t)(end - name));
		if (!*next && !nd->depth) {
			nd->last = name;
			nd->last_len = (size_t)(end - name);
			nd->last_type = type;
			nd->trailing = *end == '/';
			return 0;
		}
		err = walk_component(nd, type, name, (size_t)(end - name), true, false);
		if (err < 0)
			return err;
		if (!*next) /* the end of a symlink's text: on with what came after the link */
			next = nd->rest[--nd->depth];
		if (err == ND_LINK) {
			nd->rest[nd->depth++] = next;
			name = nd->body[nd->nbody - 1];
			if (*name == '/') {
				err = to_root(nd, true);
				if (err)
					return err;
				while (*name == '/')
					name++;
			}
			if (!*name)
				name = nd->rest[--nd->depth];
		} else {
			name = next;
		}
		if (!S_ISDIR(nd->cur.dentry->inode->mode))
			return -ENOTDIR;
	}
}

int nd_link(struct nd *nd)
{
	int err;

	nd->name = nd->body[nd->nbody - 1];
	err = *nd->name == '/' ? to_root(nd, true) : 0;
	return err ? err : ND_LINK;
}

CO_FN int nd_last(struct nd *nd, bool follow)
{
	int err;

	if (nd->last_type == LAST_ROOT || nd->last_type == LAST_BIND)
		return 0;
	err = walk_component(nd, nd->last_type, nd->last, nd->last_len, follow, true);
	return err == ND_LINK ? nd_link(nd) : err;
}

CO_FN int walk_parent(struct nd *nd, const struct walk *w, const char *name)
{
	int err = nd_init(nd, w, name, 0);

	if (err)
		return err;
	err = nd_parent(nd);
	if (err)
		nd_done(nd);
	return err;
}

CO_FN int vfs_lookup(const struct walk *w, const char *name, unsigned flags, struct path *ret)
{
	struct nd nd;
	bool slash = false; /* once seen, every link after it is followed */
	int err = nd_init(&nd, w, name, flags);

	if (err)
		return err;
	do {
		err = nd_parent(&nd);
		if (err)
			break;
		slash = slash || nd.trailing;
		err = nd_last(&nd, slash || !(flags & WALK_NOFOLLOW));
	} while (err == ND_LINK);
	if (!err && (slash || flags & WALK_DIRECTORY) && !S_ISDIR(nd.cur.dentry->inode->mode))
		err = -ENOTDIR;
	if (!err)
		*ret = path_ref(&nd.cur);
	nd_done(&nd);
	return err;
}
