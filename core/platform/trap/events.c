/* SPDX-License-Identifier: Apache-2.0
 *
 * What stubs tell the sentry other than through slots: the doorbell, their death, and process clones
 * that wait for permission. Layer: core.
 */
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "core/loop.h"
#include "core/platform/trap/trap.h"

static struct watch *bell_watch, *child_watch, *notify_watch;
static int child_fd = -1;

static void bell_rung(void *arg UNUSED, int events UNUSED)
{
	uint64_t n;

	/* Only ends the sleep; the next turn looks at the slots. */
	if (read(trap_g.bell, &n, sizeof(n)) < 0)
		return;
}

static void child_died(void *arg UNUSED, int events UNUSED)
{
	struct signalfd_siginfo si;
	int status;
	pid_t pid;

	/* One is all that there can be: a signal like this isn't queued twice. */
	if (read(child_fd, &si, sizeof(si)) != sizeof(si))
		return;
	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
		struct as *as = trap_as_find(pid);
		if (!as)
			as = trap_as_find_unborn(pid);
		if (!as)
			continue; /* destroyed by us */
		log_info("stub %d ended by itself (status %#x)", (int)pid, (unsigned)status);
		trap_as_died(as);
	}
}

/* A stub wants to clone a process: once, and only when the sentry has just told it to. */
static void clone_asked(void *arg UNUSED, int events UNUSED)
{
	struct seccomp_notif req = { 0 };

	if (ioctl(trap_g.listener, SECCOMP_IOCTL_NOTIF_RECV, &req))
		return;
	struct as *as = trap_as_find_tid((pid_t)req.pid);
	struct seccomp_notif_resp resp = { .id = req.id };
	if (as && as->clone_expected) {
		as->clone_expected = false;
		resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	} else {
		log_once("stub-clone", "a guest tried to clone its stub");
		resp.error = -EPERM;
	}
	if (ioctl(trap_g.listener, SECCOMP_IOCTL_NOTIF_SEND, &resp) && errno != ENOENT)
		log_warn("answering a stub's clone failed: %s", strerror(errno));
}

static int watch_start(struct watch **w, int fd, void (*fn)(void *, int))
{
	*w = watch_new(fd, fn, NULL);
	if (!*w)
		return -ENOMEM;
	watch_set(*w, LOOP_READ);
	return 0;
}

int trap_events_init(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	child_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (child_fd < 0)
		return -errno;
	int err = watch_start(&bell_watch, trap_g.bell, bell_rung);
	if (!err)
		err = watch_start(&child_watch, child_fd, child_died);
	return err;
}

int trap_events_listen(void)
{
	return watch_start(&notify_watch, trap_g.listener, clone_asked);
}

void trap_events_done(void)
{
	watch_free(bell_watch);
	watch_free(child_watch);
	watch_free(notify_watch);
	notify_watch = NULL;
	if (child_fd >= 0)
		close(child_fd);
}
