/* SPDX-License-Identifier: Apache-2.0
 *
 * sendto(2), sendmsg(2), sendmmsg(2), recvfrom(2), recvmsg(2), recvmmsg(2), and the control
 * messages of SOL_SOCKET: cmsg(3), unix(7). Layer: syscalls.
 */
#include <limits.h>
#include <stdlib.h>

#include "core/clock.h"
#include "syscalls/sock_util.h"

#define IOV_FAST 8
#define CONTROL_MAX 131072u    /* net.core.optmem_max */
#define CONTROL_OUT_MAX 8192u  /* more than all that is ever said at once */
#define MSG_CMSG_COMPAT_BIT 0x80000000u

/* struct msghdr and struct mmsghdr as 64-bit programs lay them out. */
struct guest_msghdr {
	gaddr_t name;
	int32_t namelen, pad;
	gaddr_t iov;
	uint64_t iovlen;
	gaddr_t control;
	uint64_t controllen;
	uint32_t flags, pad2;
};
struct guest_mmsghdr {
	struct guest_msghdr hdr;
	uint32_t len, pad;
};

/* A message header read in, with what it points to. */
struct msg {
	struct guest_msghdr h;
	struct sock_msg m;
	struct uio_seg fast[IOV_FAST], *segs;
};

static void msg_done(struct msg *g)
{
	if (g->segs && g->segs != g->fast)
		free(g->segs);
	free(g->m.control);
	sock_files_free(g->m.files);
}

/* Leaves g fit for msg_done(), also on failure. */
static CO_FN int msg_in(struct task *t, gaddr_t addr, bool send, struct msg *g)
{
	g->segs = NULL;
	memset(&g->m, 0, sizeof(g->m));
	if (copyin_obj(&g->h, addr))
		return -EFAULT;
	if (!g->h.name)
		g->h.namelen = 0;
	if (g->h.namelen < 0)
		return -EINVAL;
	g->h.namelen = (int)MIN((size_t)g->h.namelen, sizeof(struct sockaddr_storage));
	if (send && g->h.namelen) {
		int err = sock_addr_in(g->h.name, g->h.namelen, &g->m.name);
		if (err)
			return err;
	}
	if (g->h.iovlen > UIO_MAXIOV)
		return -EMSGSIZE;
	ssize_t n = uio_import(t->mm, g->h.iov, g->h.iovlen, g->fast, IOV_FAST, &g->segs);
	if (n < 0) {
		g->segs = NULL;
		return (int)n;
	}
	uio_segs(&g->m.u, t->mm, g->segs, (unsigned)g->h.iovlen, (size_t)n);
	return 0;
}

/* ---- control messages of a send ---- */

static int add_rights(struct task *t, struct sock_msg *m, const char *data, size_t len)
{
	unsigned n = (unsigned)(len / sizeof(int));

	if (!n)
		return 0;
	/* Several in one call add up. */
	unsigned have = m->files ? m->files->n : 0;
	if (n > SCM_MAX_FD || have + n > SCM_MAX_FD)
		return -EINVAL;
	if (!m->files)
		m->files = sock_files_new(SCM_MAX_FD);
	if (!m->files)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		int fd;
		memcpy(&fd, data + i * sizeof(fd), sizeof(fd));
		struct file *f = fd_get_path(t->files, fd);
		if (!f)
			return -EBADF;
		m->files->file[m->files->n++] = f;
	}
	return 0;
}

static int add_cred(struct task *t, struct sock_msg *m, const char *data, size_t len)
{
	const struct cred *c = t->cred;
	struct sock_cred id;

	if (len != sizeof(id))
		return -EINVAL;
	memcpy(&id, data, sizeof(id));
	bool pid_ok = id.pid == t->tg->tgid || cred_capable(c, CAP_SYS_ADMIN);
	bool uid_ok = id.uid == c->ruid || id.uid == c->euid || id.uid == c->suid ||
	              cred_capable(c, CAP_SETUID);
	bool gid_ok = id.gid == c->rgid || id.gid == c->egid || id.gid == c->sgid ||
	              cred_capable(c, CAP_SETGID);
	if (!pid_ok || !uid_ok || !gid_ok)
		return -EPERM;
	if (id.pid != t->tg->tgid && !tg_find(id.pid))
		return -ESRCH;
	if (id.uid == (uid_t)-1 || id.gid == (gid_t)-1)
		return -EINVAL;
	m->has_cred = true;
	m->cred = id;
	return 0;
}

/* As __scm_send(). */
static int parse_control(struct task *t, struct sock_msg *m)
{
	size_t at = 0;

	while (m->control_len - at >= sizeof(struct cmsghdr)) {
		struct cmsghdr h;
		memcpy(&h, m->control + at, sizeof(h));
		if (h.cmsg_len < sizeof(h) || h.cmsg_len > m->control_len - at)
			return -EINVAL;
		const char *data = m->control + at + sizeof(h);
		size_t len = h.cmsg_len - sizeof(h);
		int err = 0;
		if (h.cmsg_level == SOL_SOCKET) {
			if (h.cmsg_type == SCM_RIGHTS)
				err = add_rights(t, m, data, len);
			else if (h.cmsg_type == SCM_CREDENTIALS)
				err = add_cred(t, m, data, len);
			else
				err = -EINVAL;
		}
		if (err)
			return err;
		size_t step = CMSG_ALIGN(h.cmsg_len);
		if (step >= m->control_len - at)
			break;
		at += step;
	}
	return 0;
}

static CO_FN int control_in(struct task *t, struct file *f, struct msg *g)
{
	struct sock_msg *m = &g->m;

	if (g->h.controllen > INT_MAX)
		return -ENOBUFS;
	if (!g->h.controllen)
		return 0;
	if (g->h.controllen > CONTROL_MAX)
		return -ENOBUFS;
	m->control = malloc(g->h.controllen);
	if (!m->control)
		return -ENOBUFS;
	if (copyin(m->control, g->h.control, g->h.controllen))
		return -EFAULT;
	m->control_len = m->control_cap = g->h.controllen;
	return socket_of(f)->scm ? parse_control(t, m) : 0;
}

/* ---- sending ---- */

static CO_FN ssize_t send_msg(struct task *t, struct file *f, struct sock_msg *m, unsigned flags)
{
	struct sock_caller who = sock_caller_of(t);

	m->flags = (int)flags;
	if (f->flags & O_NONBLOCK)
		m->flags |= MSG_DONTWAIT;
	if (!socket_of(f)->sendmsg)
		return -EOPNOTSUPP;
	return socket_of(f)->sendmsg(f, m, &who);
}

SYSCALL6(sendto, int, fd, gaddr_t, buf, size_t, len, unsigned, flags, gaddr_t, addr, int, addrlen)
{
	struct sock_msg m;
	int err;

	memset(&m, 0, sizeof(m));
	len = MIN(len, UIO_MAX_BYTES);
	if (buf > TASK_SIZE - len)
		return -EFAULT;
	struct file *f = sock_get(t, fd, &err);
	if (!f)
		return err;
	uio_guest(&m.u, t->mm, buf, len);
	err = addr ? sock_addr_in(addr, addrlen, &m.name) : 0;
	ssize_t n = err ? err : send_msg(t, f, &m, flags);
	file_unref(f);
	return n;
}

static CO_FN ssize_t send_one(struct task *t, struct file *f, gaddr_t addr, unsigned flags)
{
	struct msg g;
	ssize_t n;

	int err = msg_in(t, addr, true, &g);
	if (!err)
		err = control_in(t, f, &g);
	n = err ? err : send_msg(t, f, &g.m, flags);
	msg_done(&g);
	return n;
}

SYSCALL3(sendmsg, int, fd, gaddr_t, msg, unsigned, flags)
{
	int err;

	if (flags & MSG_CMSG_COMPAT_BIT)
		return -EINVAL;
	struct file *f = sock_get(t, fd, &err);
	if (!f)
		return err;
	ssize_t n = send_one(t, f, msg, flags);
	file_unref(f);
	return n;
}

SYSCALL4(sendmmsg, int, fd, gaddr_t, vec, unsigned, vlen, unsigned, flags)
{
	unsigned done = 0;
	int err;

	if (flags & MSG_CMSG_COMPAT_BIT)
		return -EINVAL;
	struct file *f = sock_get(t, fd, &err);
	if (!f)
		return err;
	vlen = MIN(vlen, (unsigned)UIO_MAXIOV);
	ssize_t n = 0;
	while (done < vlen) {
		gaddr_t at = vec + done * sizeof(struct guest_mmsghdr);
		n = send_one(t, f, at, flags);
		if (n < 0)
			break;
		unsigned len = (unsigned)n;
		if (copyout_obj(at + offsetof(struct guest_mmsghdr, len), &len)) {
			n = -EFAULT;
			break;
		}
		done++;
		co_did_entries(1);
	}
	file_unref(f);
	return done ? (int64_t)done : n;
}

/* ---- receiving ---- */

static CO_FN ssize_t recv_msg(struct file *f, struct sock_msg *m, unsigned flags)
{
	m->flags = (int)flags;
	if (f->flags & O_NONBLOCK)
		m->flags |= MSG_DONTWAIT;
	if (!socket_of(f)->recvmsg)
		return -EOPNOTSUPP;
	return socket_of(f)->recvmsg(f, m);
}

SYSCALL6(recvfrom, int, fd, gaddr_t, buf, size_t, len, unsigned, flags, gaddr_t, addr, gaddr_t,
         addrlen)
{
	struct sock_msg m;
	int err;

	memset(&m, 0, sizeof(m));
	len = MIN(len, UIO_MAX_BYTES);
	if (buf > TASK_SIZE - len)
		return -EFAULT;
	struct file *f = sock_get(t, fd, &err);
	if (!f)
		return err;
	uio_guest(&m.u, t->mm, buf, len);
	m.want_name = addr;
	ssize_t n = recv_msg(f, &m, flags);
	file_unref(f);
	sock_files_free(m.files);
	if (n >= 0 && addr && (err = sock_addr_out(&m.name, addr, addrlen)))
		return err;
	return n;
}

/* As scm_detach_fds(): descriptors for what fits; the rest is closed. */
static void give_rights(struct task *t, struct sock_msg *m)
{
	size_t room = m->control_cap - m->control_len;
	struct sock_files *s = m->files;
	unsigned n = 0, max = 0;
	int fds[SCM_MAX_FD];

	if (!s)
		return;
	if (m->control && room > sizeof(struct cmsghdr))
		max = (unsigned)MIN((room - sizeof(struct cmsghdr)) / sizeof(int), (size_t)s->n);
	for (; n < max; n++) {
		int fd = fd_install(t->files, file_ref(s->file[n]), 0, m->flags & MSG_CMSG_CLOEXEC,
		                    task_rlimit(t, RLIMIT_NOFILE));
		if (fd < 0)
			break;
		fds[n] = fd;
	}
	if (n < s->n)
		m->out_flags |= MSG_CTRUNC;
	if (n)
		sock_put_cmsg(m, SOL_SOCKET, SCM_RIGHTS, fds, n * sizeof(int));
	m->files = sock_files_free(s);
}

/* Writes what the header's owner is to know. */
static CO_FN int msg_out(struct task *t, struct msg *g, gaddr_t addr)
{
	struct sock_msg *m = &g->m;

	give_rights(t, m);
	if (g->h.name) {
		int err = sock_addr_out(&m->name, g->h.name,
		                        addr + offsetof(struct guest_msghdr, namelen));
		if (err)
			return err;
	}
	uint32_t flags = (uint32_t)(m->out_flags | (m->flags & MSG_CMSG_CLOEXEC));
	uint64_t used = m->control_len;
	if (used && copyout(g->h.control, m->control, used))
		return -EFAULT;
	if (copyout_obj(addr + offsetof(struct guest_msghdr, flags), &flags) ||
	    copyout_obj(addr + offsetof(struct guest_msghdr, controllen), &used))
		return -EFAULT;
	return 0;
}

static CO_FN ssize_t recv_one(struct task *t, struct file *f, gaddr_t addr, unsigned flags,
                              int *out_flags)
{
	struct msg g;
	ssize_t n;

	int err = msg_in(t, addr, false, &g);
	if (!err && g.h.control && g.h.controllen) {
		g.m.control_cap = MIN(g.h.controllen, (uint64_t)CONTROL_OUT_MAX);
		g.m.control = malloc(g.m.control_cap);
		if (!g.m.control)
			err = -ENOMEM;
	}
	g.m.want_name = !err && g.h.name;
	n = err ? err : recv_msg(f, &g.m, flags);
	if (n >= 0) {
		err = msg_out(t, &g, addr);
		if (err)
			n = err;
		*out_flags = g.m.out_flags;
	}
	msg_done(&g);
	return n;
}

SYSCALL3(recvmsg, int, fd, gaddr_t, msg, unsigned, flags)
{
	int err, out;

	if (flags & MSG_CMSG_COMPAT_BIT)
		return -EINVAL;
	struct file *f = sock_get(t, fd, &err);
	if (!f)
		return err;
	ssize_t n = recv_one(t, f, msg, flags, &out);
	file_unref(f);
	return n;
}

/* Bytes of each message go into its slot. Returns how many were received, or the first error. */
static CO_FN int64_t recv_many(struct task *t, struct file *f, gaddr_t vec, unsigned vlen,
                               unsigned flags, ktime_t deadline)
{
	unsigned done = 0;
	ssize_t n = 0;
	int out = 0;

	while (done < vlen) {
		gaddr_t at = vec + done * sizeof(struct guest_mmsghdr);
		n = recv_one(t, f, at, flags & ~(unsigned)MSG_WAITFORONE, &out);
		if (n < 0)
			break;
		unsigned len = (unsigned)n;
		if (copyout_obj(at + offsetof(struct guest_mmsghdr, len), &len)) {
			n = -EFAULT;
			break;
		}
		done++;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		/* The time-out is looked at between messages only: recvmmsg(2), BUGS. */
		if (deadline != KTIME_NEVER && clock_monotonic() >= deadline)
			break;
		if (out & MSG_OOB)
			break;
		co_did_entries(1);
	}
	/* What stopped it is told by the next call. */
	if (done && n < 0 && n != -EAGAIN && n > -ERESTARTSYS && socket_of(f)->set_error)
		socket_of(f)->set_error(f, (int)-n);
	return done ? (int64_t)done : n;
}

SYSCALL5(recvmmsg, int, fd, gaddr_t, vec, unsigned, vlen, unsigned, flags, gaddr_t, timeout)
{
	ktime_t deadline = KTIME_NEVER;
	struct timespec ts;
	int err;

	if (flags & MSG_CMSG_COMPAT_BIT)
		return -EINVAL;
	if (timeout) {
		err = timespec_arg(timeout, &ts);
		if (err)
			return err;
		deadline = ktime_add(clock_monotonic(), ktime_from_timespec(&ts));
	}
	struct file *f = sock_get(t, fd, &err);
	if (!f)
		return err;
	int64_t ret = recv_many(t, f, vec, MIN(vlen, (unsigned)UIO_MAXIOV), flags, deadline);
	file_unref(f);
	if (timeout && ret > 0) {
		ts = ktime_to_timespec(MAX(deadline - clock_monotonic(), 0));
		if (copyout_obj(timeout, &ts))
			return -EFAULT;
	}
	return ret;
}
