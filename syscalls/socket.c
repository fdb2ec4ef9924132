/* SPDX-License-Identifier: Apache-2.0
 *
 * socket(2), socketpair(2), bind, listen, connect, accept, shutdown, getsockname, getpeername.
 * Layer: syscalls.
 */
#include <limits.h>

#include "core/ipc/pipe.h"
#include "syscalls/sock_util.h"

#define TYPE_MASK 0xf
#define TYPE_MAX 11 /* SOCK_MAX of Linux */

struct file *sock_get(struct task *t, int fd, int *err)
{
	struct file *f = fd_get(t->files, fd);

	*err = f ? 0 : -EBADF;
	if (f && !socket_of(f)) {
		*err = -ENOTSOCK;
		f = file_unref(f);
	}
	return f;
}

struct sock_caller sock_caller_of(struct task *t)
{
	return (struct sock_caller){
		.pid = t->tg->tgid, .cred = t->cred, .fs = t->fs,
		.nofile = task_rlimit(t, RLIMIT_NOFILE),
	};
}

static void current_caller(struct sock_caller *ret)
{
	struct task *t = current_task();

	if (t)
		*ret = sock_caller_of(t);
}

static void raise_sigpipe(void)
{
	struct task *t = current_task();

	if (t)
		send_signal_task(t, SIGPIPE, NULL);
}

void sockets_init(void)
{
	socket_caller = current_caller;
	ipc_sigpipe = raise_sigpipe;
}

/* ---- addresses ---- */

CO_FN int sock_addr_in(gaddr_t addr, int len, struct sock_addr *ret)
{
	if (len < 0 || (size_t)len > sizeof(ret->raw))
		return -EINVAL;
	memset(ret, 0, sizeof(*ret));
	ret->len = (unsigned)len;
	return len && copyin(ret->raw, addr, (size_t)len) ? -EFAULT : 0;
}

CO_FN int sock_addr_out(const struct sock_addr *a, gaddr_t addr, gaddr_t len_addr)
{
	int room;

	if (copyin_obj(&room, len_addr))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	size_t n = MIN((size_t)room, (size_t)a->len);
	if (n && copyout(addr, a->raw, n))
		return -EFAULT;
	int len = (int)a->len;
	return copyout_obj(len_addr, &len);
}

/* ---- making sockets ---- */

static int check_type(int type)
{
	return type & ~TYPE_MASK & ~(SOCK_CLOEXEC | SOCK_NONBLOCK) ? -EINVAL : 0;
}

static int find_family(int domain, int type, const struct family **ret)
{
	if (domain < 0 || domain >= SOCK_FAMILIES)
		return -EAFNOSUPPORT;
	if ((type & TYPE_MASK) >= TYPE_MAX)
		return -EINVAL;
	*ret = socket_family(domain);
	if (*ret)
		return 0;
	char key[32] = "socket family ";
	key[14] = (char)('0' + domain / 10);
	key[15] = (char)('0' + domain % 10);
	log_once(key, "address family %d is not supported", domain);
	return -EAFNOSUPPORT;
}

static int install(struct task *t, struct file *f, int flags)
{
	return fd_install(t->files, f, 0, flags & SOCK_CLOEXEC, task_rlimit(t, RLIMIT_NOFILE));
}

SYSCALL3(socket, int, domain, int, type, int, protocol)
{
	struct sock_caller who = sock_caller_of(t);
	const struct family *fam;
	struct file *f;

	int err = check_type(type);
	if (!err)
		err = find_family(domain, type, &fam);
	if (!err)
		err = fam->create(type & TYPE_MASK, protocol, type & SOCK_NONBLOCK, &who, &f);
	return err ? err : install(t, f, type);
}

SYSCALL4(socketpair, int, domain, int, type, int, protocol, gaddr_t, sv)
{
	struct sock_caller who = sock_caller_of(t);
	const struct family *fam;
	struct file *f[2];
	int fd[2];

	int err = check_type(type);
	if (!err && copyout(sv, &(int[2]){ 0, 0 }, sizeof(fd)))
		err = -EFAULT; /* before the family is looked at */
	if (!err)
		err = find_family(domain, type, &fam);
	if (!err && !fam->pair)
		err = -EOPNOTSUPP;
	if (!err)
		err = fam->pair(type & TYPE_MASK, protocol, type & SOCK_NONBLOCK, &who, f);
	if (err)
		return err;
	fd[0] = install(t, f[0], type);
	if (fd[0] < 0) {
		file_unref(f[1]);
		return fd[0];
	}
	fd[1] = install(t, f[1], type);
	err = fd[1] < 0 ? fd[1] : copyout(sv, fd, sizeof(fd));
	if (err) {
		fd_close(t->files, fd[0]);
		if (fd[1] >= 0)
			fd_close(t->files, fd[1]);
	}
	return err;
}

/* ---- names and connections ---- */

SYSCALL3(bind, int, fd, gaddr_t, addr, int, len)
{
	struct sock_caller who = sock_caller_of(t);
	struct sock_addr a;
	int err;

	struct file *f = sock_get(t, fd, &err);
	if (!f)
		return err;
	err = sock_addr_in(addr, len, &a);
	if (!err)
		err = socket_of(f)->bind ? socket_of(f)->bind(f, &a, &who) : -EOPNOTSUPP;
	file_unref(f);
	return err;
}

SYSCALL2(listen, int, fd, int, backlog)
{
	struct sock_caller who = sock_caller_of(t);
	int err;

	struct file *f = sock_get(t, fd, &err);
	if (!f)
		return err;
	err = socket_of(f)->listen ? socket_of(f)->listen(f, backlog, &who) : -EOPNOTSUPP;
	file_unref(f);
	return err;
}

SYSCALL3(connect, int, fd, gaddr_t, addr, int, len)
{
	struct sock_caller who = sock_caller_of(t);
	struct sock_addr a;
	int err;

	struct file *f = fd_get(t->files, fd);
	if (!f)
		return -EBADF;
	file_unref(f);
	err = sock_addr_in(addr, len, &a);
	f = err ? NULL : sock_get(t, fd, &err);
	if (!f)
		return err;
	if (!err)
		err = socket_of(f)->connect ? socket_of(f)->connect(f, &a, &who) : -EOPNOTSUPP;
	file_unref(f);
	return err;
}

static CO_FN int accept_one(struct file *f, struct task *t, gaddr_t addr, gaddr_t len, int flags,
                            struct file **ret)
{
	struct sock_caller who = sock_caller_of(t);
	struct sock_addr a;

	if (!socket_of(f)->accept)
		return -EOPNOTSUPP;
	int err = socket_of(f)->accept(f, flags & SOCK_NONBLOCK, &who, ret);
	if (err || !addr)
		return err;
	memset(&a, 0, sizeof(a));
	err = socket_of(*ret)->getname(*ret, true, &a) ? -ECONNABORTED : 0;
	if (!err)
		err = sock_addr_out(&a, addr, len);
	if (err)
		file_unref(*ret);
	return err;
}

SYSCALL4(accept4, int, fd, gaddr_t, addr, gaddr_t, len, int, flags)
{
	struct file *new;
	int err;

	struct file *f = fd_get(t->files, fd);
	if (!f)
		return -EBADF;
	file_unref(f);
	if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	f = sock_get(t, fd, &err);
	if (!f)
		return err;
	err = accept_one(f, t, addr, len, flags, &new);
	file_unref(f);
	return err ? err : install(t, new, flags);
}

SYSCALL3(accept, int, fd, gaddr_t, addr, gaddr_t, len)
{
	return do_accept4(t, fd, addr, len, 0);
}

SYSCALL2(shutdown, int, fd, int, how)
{
	int err;

	struct file *f = sock_get(t, fd, &err);
	if (!f)
		return err;
	err = socket_of(f)->shutdown ? socket_of(f)->shutdown(f, how) : -EOPNOTSUPP;
	file_unref(f);
	return err;
}

static CO_FN int64_t get_name(struct task *t, int fd, gaddr_t addr, gaddr_t len, bool peer)
{
	struct sock_addr a;
	int err;

	struct file *f = sock_get(t, fd, &err);
	if (!f)
		return err;
	memset(&a, 0, sizeof(a));
	err = socket_of(f)->getname(f, peer, &a);
	file_unref(f);
	return err ? err : sock_addr_out(&a, addr, len);
}

SYSCALL3(getsockname, int, fd, gaddr_t, addr, gaddr_t, len)
{
	return get_name(t, fd, addr, len, false);
}

SYSCALL3(getpeername, int, fd, gaddr_t, addr, gaddr_t, len)
{
	return get_name(t, fd, addr, len, true);
}
