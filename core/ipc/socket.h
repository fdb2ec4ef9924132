/* SPDX-License-Identifier: Apache-2.0
 *
 * What lies between the socket calls and the address families: socket(7). Layer: core.
 *
 * A family makes open files whose ops->socket is a struct socket_ops. The handlers decode and copy
 * in; families see kernel values and who calls. A family that isn't in the table is EAFNOSUPPORT.
 */
#ifndef CORE_IPC_SOCKET_H
#define CORE_IPC_SOCKET_H

#include <sys/socket.h>

#include "core/cred.h"
#include "core/fs/file.h"
#include "core/fs/namei.h"

#define SOCK_FAMILIES 46   /* AF_MAX of Linux */
#define SCM_MAX_FD 253
#define SOCK_OPT_MAX 4096u /* longest option value that is copied */
#define SOCK_BUF_DEFAULT 212992u

/* As SO_PEERCRED and SCM_CREDENTIALS show it: struct ucred. */
struct sock_cred {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

/* Who makes a call; all borrowed. */
struct sock_caller {
	pid_t pid; /* thread group */
	const struct cred *cred;
	const struct fs_info *fs;
	uint64_t nofile; /* RLIMIT_NOFILE: bound of descriptors in flight */
};

struct sock_addr {
	unsigned len; /* 0: none */
	union {
		sa_family_t family;
		char raw[sizeof(struct sockaddr_storage)];
	};
};

/* Open files on their way: each is a reference. */
struct sock_files {
	struct sock_files *next; /* socket.c's own */
	unsigned n;
	struct file *file[];
};

/* One message in flight through sendmsg or recvmsg. */
struct sock_msg {
	struct uio u;
	int flags; /* in: MSG_*, with MSG_DONTWAIT for O_NONBLOCK */
	struct sock_addr name; /* send: the destination; recv: out, only if want_name */
	bool want_name;
	/* Families with ->scm: what the control messages said, or are to say. A send takes `files`
	 * over when it succeeds and sets it to NULL; a receive hands references to the caller. */
	struct sock_files *files;
	bool has_cred;
	struct sock_cred cred;
	/* The raw control buffer in kernel memory: other families parse it on send; on recv all add
	 * to it with sock_put_cmsg. */
	char *control;
	size_t control_len, control_cap;
	int out_flags; /* recv: MSG_TRUNC, MSG_CTRUNC, MSG_EOR, MSG_OOB */
};

/* All take the open file of the socket. NULL: -EOPNOTSUPP. */
struct socket_ops {
	int family;
	bool scm; /* passes descriptors and credentials (AF_UNIX) */
	CO_FN int (*bind)(struct file *f, const struct sock_addr *a, const struct sock_caller *who);
	int (*listen)(struct file *f, int backlog, const struct sock_caller *who);
	CO_FN int (*connect)(struct file *f, const struct sock_addr *a, const struct sock_caller *who);
	/* A new file with a reference; flags: O_NONBLOCK for it. */
	CO_FN int (*accept)(struct file *f, unsigned flags, const struct sock_caller *who,
	                    struct file **ret);
	int (*getname)(struct file *f, bool peer, struct sock_addr *ret);
	/* Bytes sent or received, or negative errno. SIGPIPE is raised inside (ipc_sigpipe). */
	CO_FN ssize_t (*sendmsg)(struct file *f, struct sock_msg *m, const struct sock_caller *who);
	CO_FN ssize_t (*recvmsg)(struct file *f, struct sock_msg *m);
	int (*shutdown)(struct file *f, int how);
	CO_FN int (*setsockopt)(struct file *f, int level, int opt, const void *val, unsigned len,
	                        const struct sock_caller *who);
	/* *len: room at val, then what was written. */
	CO_FN int (*getsockopt)(struct file *f, int level, int opt, void *val, unsigned *len);
	/* The errors of recvmmsg after some messages are kept for the next call. */
	void (*set_error)(struct file *f, int err);
};

struct family {
	int number; /* AF_* */
	/* type without its flags; flags: O_NONBLOCK. -ESOCKTNOSUPPORT, -EPROTONOSUPPORT, -ENOMEM. */
	int (*create)(int type, int protocol, unsigned flags, const struct sock_caller *who,
	              struct file **ret);
	/* socketpair(2); NULL: -EOPNOTSUPP. */
	int (*pair)(int type, int protocol, unsigned flags, const struct sock_caller *who,
	            struct file *ret[2]);
};

extern const struct family unix_family;

/* Puts a family into the table (AF_UNIX is there from the start); `fam` lives for ever. */
void socket_register(const struct family *fam);
/* At teardown, when no task is left: frees sockets that only keep each other. */
void sockets_collect(void);
const struct family *socket_family(int number); /* NULL: -EAFNOSUPPORT */
static inline const struct socket_ops *socket_of(const struct file *f)
{
	return f->ops->socket;
}

/* Says who runs, for write(2) on a socket; set by the layer that knows tasks. */
extern void (*socket_caller)(struct sock_caller *ret);
/* ioctls about interfaces (SIOCGIFCONF ...), which every socket answers; set by the netstack. */
extern CO_FN int64_t (*socket_dev_ioctl)(struct file *f, unsigned cmd, uint64_t arg);
/* For a family's ->ioctl: what it doesn't know itself. */
CO_FN int64_t socket_ioctl(struct file *f, unsigned cmd, uint64_t arg);

/* As put_cmsg(): adds to m->control; sets MSG_CTRUNC when it doesn't fit. */
void sock_put_cmsg(struct sock_msg *m, int level, int type, const void *data, size_t n);

struct sock_files *sock_files_new(unsigned n); /* n 0 files, room for n; NULL: no memory */
struct sock_files *sock_files_dup(const struct sock_files *s);
/* Drops the references (one after the other, never nested) and frees; returns NULL. */
struct sock_files *sock_files_free(struct sock_files *s);

/* ---- what all families keep for SOL_SOCKET (core/ipc/sockopt.c) ---- */

struct sock_opts {
	int family, type, protocol;
	int err;               /* SO_ERROR, positive errno */
	bool listening;        /* SO_ACCEPTCONN */
	unsigned sndbuf, rcvbuf;
	ktime_t rcvtimeo, sndtimeo; /* relative; KTIME_NEVER: none */
	int rcvlowat, priority, peek_off;
	uint32_t mark;
	bool linger;
	int linger_sec;
	bool passcred;
	uint64_t flags;        /* the plain on/off options, bit by option number */
	struct sock_cred peer;
	struct cred *peer_cred; /* reference, or NULL: for SO_PEERGROUPS */
	uint64_t cookie;
};

void sock_opts_init(struct sock_opts *s, int family, int type, int protocol);
void sock_opts_done(struct sock_opts *s);
void sock_opts_set_peer(struct sock_opts *s, const struct sock_caller *who);
void sock_opts_copy_peer(struct sock_opts *s, const struct sock_opts *from);
/* Level SOL_SOCKET. -ENOPROTOOPT for what isn't known. */
int sock_opts_set(struct sock_opts *s, int opt, const void *val, unsigned len,
                  const struct sock_caller *who);
int sock_opts_get(struct sock_opts *s, int opt, void *val, unsigned *len);
static inline bool sock_opts_flag(const struct sock_opts *s, int opt)
{
	return s->flags >> opt & 1;
}
static inline int sock_opts_take_error(struct sock_opts *s) /* negative errno, or 0; clears it */
{
	int err = -s->err;

	s->err = 0;
	return err;
}

/* 0 for not waiting, else when to give up. */
ktime_t sock_deadline(ktime_t rel, bool nonblock);
/* Waits once: 0, -EAGAIN (not allowed to wait, or too late), -ERESTARTSYS or -EINTR. */
CO_FN int sock_wait(struct waitq *q, ktime_t deadline);

#endif
