/* SPDX-License-Identifier: Apache-2.0
 *
 * setsockopt(2), getsockopt(2). Layer: syscalls.
 */
#include <stdlib.h>

#include "syscalls/sock_util.h"

SYSCALL5(setsockopt, int, fd, int, level, int, opt, gaddr_t, val, int, len)
{
	struct sock_caller who = sock_caller_of(t);
	int err;

	struct file *f = sock_get(t, fd, &err);
	if (!f)
		return err;
	if (len < 0) {
		file_unref(f);
		return -EINVAL;
	}
	unsigned n = MIN((unsigned)len, SOCK_OPT_MAX);
	char *buf = malloc(n + 1);
	if (!buf)
		err = -ENOMEM;
	else if (!socket_of(f)->setsockopt)
		err = -EOPNOTSUPP;
	else if (n && copyin(buf, val, n))
		err = -EFAULT;
	else
		err = socket_of(f)->setsockopt(f, level, opt, buf, n, &who);
	free(buf);
	file_unref(f);
	return err;
}

/* SO_PEERNAME: getpeername(2) as an option; the address has to fit. */
static int get_peername(struct file *f, char *buf, unsigned *len)
{
	struct sock_addr a;

	memset(&a, 0, sizeof(a));
	if (socket_of(f)->getname(f, true, &a))
		return -ENOTCONN;
	if (a.len < *len)
		return -EINVAL;
	memcpy(buf, a.raw, *len);
	return 0;
}

static CO_FN int get_option(struct file *f, int level, int opt, char *buf, unsigned *len)
{
	if (level == SOL_SOCKET && opt == SO_PEERNAME)
		return get_peername(f, buf, len);
	if (!socket_of(f)->getsockopt)
		return -EOPNOTSUPP;
	return socket_of(f)->getsockopt(f, level, opt, buf, len);
}

/* Groups can be many: 65536 of 4 bytes. */
#define GET_MAX (CRED_MAX_GROUPS * (unsigned)sizeof(gid_t))

SYSCALL5(getsockopt, int, fd, int, level, int, opt, gaddr_t, val, gaddr_t, len_addr)
{
	int err, len;

	struct file *f = sock_get(t, fd, &err);
	if (!f)
		return err;
	if (copyin_obj(&len, len_addr))
		err = -EFAULT;
	else if (len < 0)
		err = -EINVAL;
	if (err) {
		file_unref(f);
		return err;
	}
	unsigned max = level == SOL_SOCKET && opt == SO_PEERGROUPS ? GET_MAX : SOCK_OPT_MAX;
	unsigned n = MIN((unsigned)len, max);
	char *buf = calloc(n + 1, 1);
	err = buf ? get_option(f, level, opt, buf, &n) : -ENOMEM;
	if (!err && n && copyout(val, buf, n))
		err = -EFAULT;
	/* With ERANGE the length says what it takes. */
	if ((!err || err == -ERANGE) && copyout_obj(len_addr, &n))
		err = -EFAULT;
	free(buf);
	file_unref(f);
	return err;
}
