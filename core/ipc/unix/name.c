/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of AF_UNIX sockets: paths, abstract names, autobind. Layer: core. unix(7).
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/host/random.h"
#include "core/ipc/unix/unix.h"

RB_HEAD(name_tree, usock);

/* Abstract names are apart by type, as on Linux: two types can have the same one. */
static int name_cmp(const struct usock *a, const struct usock *b)
{
	if (a->opts.type != b->opts.type)
		return a->opts.type < b->opts.type ? -1 : 1;
	if (a->name_len != b->name_len)
		return a->name_len < b->name_len ? -1 : 1;
	return memcmp(a->name, b->name, a->name_len);
}
RB_GENERATE_INTERNAL(name_tree, usock, name_entry, name_cmp, static UNUSED)

static struct name_tree names = RB_INITIALIZER(&names);

int unix_check_addr(const struct sock_addr *a)
{
	if (a->len <= UNIX_NAME_OFF || a->len > sizeof(struct sockaddr_un) || a->family != AF_UNIX)
		return -EINVAL;
	return 0;
}

static struct usock *find_abstract(const char *name, unsigned len, int type)
{
	struct usock key;

	key.opts.type = type;
	key.name = (char *)(uintptr_t)name;
	key.name_len = len;
	return RB_FIND(name_tree, &names, &key);
}

/* ---- binding ---- */

static int set_name(struct usock *u, const char *name, unsigned len)
{
	char *copy = malloc(len);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, name, len);
	u->name = copy;
	u->name_len = len;
	return 0;
}

static int bind_abstract(struct usock *u, const char *name, unsigned len)
{
	if (find_abstract(name, len, u->opts.type))
		return -EADDRINUSE;
	int err = set_name(u, name, len);
	if (err)
		return err;
	u->named_abstract = true;
	RB_INSERT(name_tree, &names, u);
	return 0;
}

int unix_autobind(struct usock *u)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	uint32_t n;
	char digits[8];

	if (u->name)
		return 0;
	host_random(&n, sizeof(n));
	for (uint32_t tries = 0; tries <= 0xfffff; tries++, n++) {
		snprintf(digits, sizeof(digits), "%05x", n & 0xfffff);
		memcpy(sa.sun_path + 1, digits, 5);
		int err = bind_abstract(u, (char *)&sa, UNIX_NAME_OFF + 6);
		if (err != -EADDRINUSE)
			return err;
	}
	return -ENOSPC;
}

/* sun_path needs no NUL at its end: ours has one. The kernel's name for getsockname has it too. */
static unsigned path_of(const struct sock_addr *a, struct sock_addr *ret)
{
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->raw, a->raw, a->len);
	return (unsigned)(UNIX_NAME_OFF + strlen(ret->raw + UNIX_NAME_OFF) + 1);
}

static CO_FN int bind_path(struct usock *u, const struct sock_addr *a,
                           const struct sock_caller *who)
{
	struct walk w = { .fs = who->fs, .cred = who->cred };
	struct sock_addr name;
	struct path p;

	name.len = path_of(a, &name);
	const char *text = name.raw + UNIX_NAME_OFF;
	int err = vfs_mknod_path(&w, text, S_IFSOCK | 0777, &p);
	if (err)
		return err == -EEXIST ? -EADDRINUSE : err;
	/* Another thread may have bound it while the name was made. */
	err = u->name || u->dead ? -EINVAL : set_name(u, name.raw, name.len);
	if (err) {
		vfs_unlink(&w, text);
		path_put(&p);
		return err;
	}
	u->path = p;
	p.dentry->inode->bound = u;
	return 0;
}

CO_FN int unix_bind(struct file *f, const struct sock_addr *a, const struct sock_caller *who)
{
	struct usock *u = usock_of(f);

	if (a->len == UNIX_NAME_OFF && a->family == AF_UNIX)
		return unix_autobind(u);
	int err = unix_check_addr(a);
	if (err)
		return err;
	if (a->raw[UNIX_NAME_OFF])
		return bind_path(u, a, who);
	if (u->name)
		return -EINVAL;
	return bind_abstract(u, a->raw, a->len);
}

void unix_unbind(struct usock *u)
{
	if (u->named_abstract)
		RB_REMOVE(name_tree, &names, u);
	u->named_abstract = false;
	if (!u->path.dentry)
		return;
	if (u->path.dentry->inode->bound == u)
		u->path.dentry->inode->bound = NULL;
	path_put(&u->path);
}

void unix_name_free(struct usock *u)
{
	free(u->name);
	u->name = NULL;
}

/* ---- looking up ---- */

static CO_FN int find_path(const struct sock_addr *a, int type, const struct sock_caller *who,
                           struct usock **ret)
{
	struct walk w = { .fs = who->fs, .cred = who->cred };
	struct sock_addr name;
	struct path p;

	path_of(a, &name);
	int err = vfs_lookup(&w, name.raw + UNIX_NAME_OFF, 0, &p);
	if (err)
		return err;
	err = vfs_permission(&p, who->cred, MAY_WRITE);
	struct usock *u = NULL;
	if (!err && S_ISSOCK(p.dentry->inode->mode))
		u = p.dentry->inode->bound;
	if (!err && !u)
		err = -ECONNREFUSED;
	if (!err && u->opts.type != type)
		err = -EPROTOTYPE;
	if (!err)
		*ret = usock_ref(u);
	path_put(&p);
	return err;
}

CO_FN int unix_find(const struct sock_addr *a, int type, const struct sock_caller *who,
                    struct usock **ret)
{
	if (a->raw[UNIX_NAME_OFF])
		return find_path(a, type, who, ret);
	struct usock *u = find_abstract(a->raw, a->len, type);
	if (!u)
		return -ECONNREFUSED;
	*ret = usock_ref(u);
	return 0;
}

/* ---- telling ---- */

void unix_copy_name(const struct usock *u, struct sock_addr *ret)
{
	if (u->name) {
		ret->len = u->name_len;
		memcpy(ret->raw, u->name, u->name_len);
	}
}

int unix_inherit_name(struct usock *u, const struct usock *from)
{
	return from->name ? set_name(u, from->name, from->name_len) : 0;
}

int unix_getname(struct file *f, bool peer, struct sock_addr *ret)
{
	struct usock *u = usock_of(f);

	if (peer)
		u = u->peer;
	if (!u)
		return -ENOTCONN;
	ret->len = UNIX_NAME_OFF;
	ret->family = AF_UNIX;
	unix_copy_name(u, ret);
	return 0;
}
