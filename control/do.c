/* SPDX-License-Identifier: Apache-2.0
 *
 * `picket do`, the caller's side: namespaces, the sentry process, signals, the exit status.
 * Layer: control.
 *
 * The sentry is the init of a pid namespace of its own, so that every stub dies with it, and it gets
 * SIGKILL when this process ends, however that happens: nothing is ever left over.
 */
#include "control/do.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "control/cli.h"
#include "control/supervise.h"

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	ssize_t n = write(fd, text, strlen(text));
	int err = n < 0 ? -errno : 0;
	close(fd);
	return err;
}

/* Without privilege: a user namespace in which only the caller exists. */
static int enter_user_ns(const struct caller *c)
{
	char map[64];

	if (unshare(CLONE_NEWUSER))
		return -errno;
	snprintf(map, sizeof(map), "%u %u 1", c->euid, c->euid);
	int err = write_file("/proc/self/uid_map", map);
	if (!err)
		err = write_file("/proc/self/setgroups", "deny");
	if (!err) {
		snprintf(map, sizeof(map), "%u %u 1", c->egid, c->egid);
		err = write_file("/proc/self/gid_map", map);
	}
	return err;
}

static int enter_namespaces(const struct caller *c)
{
	if (!(c->cap_effective >> CAP_SYS_ADMIN & 1)) {
		int err = enter_user_ns(c);
		if (err) {
			cli_error("no privileges: user namespaces are not available to this user (%s)",
			          strerror(-err));
			return err;
		}
	}
	if (unshare(CLONE_NEWNS | CLONE_NEWPID)) {
		int err = -errno;
		cli_error("no privileges: mount and pid namespaces can't be made (%s)", strerror(-err));
		return err;
	}
	return 0;
}

/*
 * A detached copy of the tree at `path`: `..` of its top leads nowhere, and its device nodes, set-id
 * bits and, unless asked for, its files can't be used to change anything. What is mounted later
 * outside doesn't come in. (Not a matter of "/": in a chroot that need not be a mount.)
 */
static int clone_tree(const char *path, bool writable)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID |
		                               (writable ? 0 : MOUNT_ATTR_RDONLY),
		                   .propagation = MS_PRIVATE };
	int fd = (int)syscall(SYS_open_tree, AT_FDCWD, path,
	                      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (fd < 0)
		return -errno;
	if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr))) {
		int err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static int open_root(const struct do_options *o)
{
	struct stat st;
	int fd = open(o->rootfs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* A directory that the caller may not read is refused here, by its own permissions. */
	if (fd >= 0) {
		close(fd);
		fd = clone_tree(o->rootfs, o->rw);
	} else {
		fd = -errno;
	}
	if (fd < 0)
		cli_error("root '%s' can't be opened: %s", o->rootfs, strerror(-fd));
	else if (fstat(fd, &st) || !S_ISDIR(st.st_mode))
		cli_error("root '%s' is not a directory", o->rootfs);
	return fd;
}

static int open_mounts(struct do_options *o)
{
	for (unsigned i = 0; i < o->nr_mounts; i++) {
		struct do_mount *m = &o->mounts[i];
		m->fd = clone_tree(m->src, !m->read_only);
		if (m->fd < 0) {
			cli_error("volume '%s' can't be opened: %s", m->src, strerror(-m->fd));
			return EXIT_PICKET;
		}
	}
	return 0;
}

/* ---- the two processes ---- */

static const int forwarded[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT, SIGTSTP, SIGALRM,
};

static void signal_set(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < ARRAY_LEN(forwarded); i++)
		sigaddset(set, forwarded[i]);
	sigaddset(set, SIGCHLD);
}

static void block_signals(void)
{
	sigset_t set;

	signal_set(&set);
	/* Background writes to the caller's terminal are the guest's business. */
	sigaddset(&set, SIGTTOU);
	sigaddset(&set, SIGTTIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

NORETURN static void sentry_process(const struct do_options *o, const struct caller *c, int root_fd,
                                    int signal_fd, int alive_fd)
{
	struct pollfd p = { .fd = alive_fd };

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* The parent may have died before that: then its end of the pipe is closed already. */
	if (poll(&p, 1, 0))
		_exit(EXIT_PICKET);
	close(alive_fd);
	_exit(sandbox_run(o, c, root_fd, signal_fd));
}

NORETURN static void stand_for(pid_t pid, int sentry)
{
	struct supervised s = { .pid = pid, .sentry = sentry };
	sigset_t set;

	signal_set(&set);
	s.signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	s.died_len = (unsigned)snprintf(s.died, sizeof(s.died), "picket: the sentry was ended by signal ");
	supervise(&s);
}

static int run(struct do_options *o, const struct caller *c)
{
	int sv[2], alive[2];

	if (enter_namespaces(c))
		return EXIT_PICKET;
	int root_fd = open_root(o);
	if (root_fd < 0 || open_mounts(o))
		return EXIT_PICKET;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) || pipe2(alive, O_CLOEXEC)) {
		cli_error("out of descriptors: %s", strerror(errno));
		return EXIT_PICKET;
	}
	block_signals();
	pid_t pid = fork();
	if (pid < 0) {
		cli_error("the sentry can't be started: %s", strerror(errno));
		return EXIT_PICKET;
	}
	if (pid == 0) {
		close(sv[0]);
		close(alive[1]);
		sentry_process(o, c, root_fd, sv[1], alive[0]);
	}
	close(sv[1]);
	close(alive[0]);
	close(root_fd);
	stand_for(pid, sv[0]);
}

int cmd_do(int argc, char **argv)
{
	struct do_options o;
	struct caller c;
	int code = do_options_parse(&o, argc, argv);

	if (!code) {
		int err = caller_capture(&c);
		if (err) {
			cli_error("the caller's identity can't be read: %s", strerror(-err));
			code = EXIT_PICKET;
		} else {
			code = run(&o, &c);
		}
		caller_free(&c);
	}
	do_options_free(&o);
	return code;
}
