/* SPDX-License-Identifier: Apache-2.0
 *
 * The sentry's life for `picket do`: files, platform, first process, loop, teardown. Layer: control.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/cli.h"
#include "control/console.h"
#include "control/do.h"
#include "core/clock.h"
#include "core/fs/filesystems.h"
#include "core/fs/mount.h"
#include "core/fs/stdio.h"
#include "core/host/disk.h"
#include "core/host/file.h"
#include "core/host/io.h"
#include "core/host/procinfo.h"
#include "core/host/trim.h"
#include "core/ipc/socket.h"
#include "core/log.h"
#include "core/mm/mm.h"
#include "core/loop.h"
#include "core/objcount.h"
#include "core/platform/platform.h"
#include "core/timer.h"
#include "core/vdso/vdso.h"
#include "syscalls/syscall.h"
#include "tasks/proc/proc.h"
#include "tasks/task.h"

/* One sandbox per process, set up by a coroutine since files may have to be waited for. */
static struct sandbox {
	const struct do_options *o;
	const struct caller *c;
	int root_fd;
	struct mount_ns *ns;
	struct boot_failure failure;
	int failed; /* exit code when the set-up failed */
	struct watch *signals;
	int signal_fd;
} sb;

static int gid_cmp(const void *a, const void *b)
{
	gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

	return x < y ? -1 : x > y;
}

static struct cred *make_cred(const struct do_options *o, const struct caller *c)
{
	struct cred *cred = cred_new();

	if (!cred)
		return NULL;
	cred->no_new_privs = c->no_new_privs;
	cred->cap_bounding = c->cap_bounding;
	if (o->set_user) {
		cred->ruid = cred->euid = cred->suid = cred->fsuid = o->uid;
		cred->rgid = cred->egid = cred->sgid = cred->fsgid = o->gid;
		if (o->uid == 0)
			cred->cap_permitted = cred->cap_effective = c->cap_permitted;
		return cred;
	}
	cred->ruid = c->ruid;
	cred->euid = cred->fsuid = c->euid;
	cred->suid = c->suid;
	cred->rgid = c->rgid;
	cred->egid = cred->fsgid = c->egid;
	cred->sgid = c->sgid;
	cred->cap_inheritable = c->cap_inheritable;
	cred->cap_permitted = c->cap_permitted;
	cred->cap_effective = c->cap_effective;
	cred->cap_ambient = c->cap_ambient;
	cred->groups = malloc((c->ngroups + 1) * sizeof(*cred->groups));
	if (!cred->groups)
		return cred_unref(cred);
	memcpy(cred->groups, c->groups, c->ngroups * sizeof(*cred->groups));
	qsort(cred->groups, c->ngroups, sizeof(*cred->groups), gid_cmp);
	cred->ngroups = c->ngroups;
	return cred;
}

/* ---- files ---- */

static CO_FN int make_root(struct super **ret)
{
	struct super *lower, *upper;
	int err = hostfs_new(sb.root_fd, !sb.o->rw, !sb.o->rw, &lower);

	if (err || sb.o->rw) {
		*ret = lower;
		return err;
	}
	err = tmpfs_new(0, 0, 0755, &upper);
	return err ? err : overlay_new(lower, upper, ret);
}

/* Paths as the sentry's own set-up sees them: from the root, with every capability. */
static int walk_init(struct walk *w)
{
	struct path root = { .mnt = sb.ns->root, .dentry = sb.ns->root->root };
	struct cred *cred = cred_new();

	*w = (struct walk){ .fs = fs_info_new(&root, &root, 0), .cred = cred };
	if (!w->fs || !cred)
		return -ENOMEM;
	cred->cap_effective = ~(uint64_t)0;
	return 0;
}

static void walk_done(struct walk *w)
{
	if (w->fs)
		fs_info_unref((struct fs_info *)w->fs);
	if (w->cred)
		cred_unref((struct cred *)w->cred);
}

/* Takes the super block's reference over. */
static CO_FN int mount_at(const char *where, struct super *super, unsigned flags, const char *source)
{
	struct mount *m;
	struct walk w;
	struct path p;
	int err = walk_init(&w);

	if (!err)
		err = vfs_lookup(&w, where, 0, &p);
	if (!err) {
		err = mount_attach(sb.ns, &p, super, super->root, flags, source, &m);
		path_put(&p);
	}
	walk_done(&w);
	super_unref(super);
	return err;
}

static CO_FN int mount_new(const char *where, int err, struct super *super, const char *source)
{
	if (!err)
		err = mount_at(where, super, MS_NOSUID | MS_NODEV, source);
	/* A root without the directory simply goes without the filesystem. */
	if (err == -ENOENT || err == -ENOTDIR)
		return 0;
	if (err)
		log_error("mounting %s failed: %s", where, strerror(-err));
	return err;
}

static CO_FN int mount_kernel_filesystems(void)
{
	struct super *s = NULL;
	int err = procfs_new(&s);

	err = mount_new("/proc", err, s, "proc");
	if (!err) {
		err = devfs_new(&s);
		if (!err)
			err = mount_at("/dev", s, MS_NOSUID, "dev");
		if (err == -ENOENT)
			err = 0;
	}
	if (!err) {
		err = tmpfs_new(0, 0, 01777, &s);
		err = mount_new("/dev/shm", err, s, "shm");
	}
	return err;
}

static CO_FN int mount_volumes(void)
{
	for (unsigned i = 0; i < sb.o->nr_mounts; i++) {
		const struct do_mount *m = &sb.o->mounts[i];
		struct super *s;
		int err = hostfs_new(host_dup(m->fd), m->read_only, false, &s);
		if (!err)
			err = mount_at(m->dst, s, m->read_only ? MS_RDONLY : 0, m->src);
		if (err) {
			log_error("volume '%s' can't be mounted on '%s': %s", m->src, m->dst, strerror(-err));
			return err;
		}
	}
	return 0;
}

static CO_FN int make_files(void)
{
	struct super *root;
	int err = make_root(&root);

	if (err) {
		log_error("root '%s' can't be used: %s", sb.o->rootfs, strerror(-err));
		return err;
	}
	sb.ns = mount_ns_new(root, 0, "picket");
	super_unref(root);
	if (!sb.ns)
		return -ENOMEM;
	err = mount_kernel_filesystems();
	return err ? err : mount_volumes();
}

/* ---- signals from outside ---- */

static void signal_came(void *arg UNUSED, int events UNUSED)
{
	uint8_t b[2];

	while (recv(sb.signal_fd, b, sizeof(b), MSG_DONTWAIT) == sizeof(b))
		console_signal(b[0], b[1]);
}

/* The caller's process stops as well, so that the caller's shell gets its terminal back. */
static void command_stopped(int sig)
{
	uint8_t b = (uint8_t)sig;

	if (send(sb.signal_fd, &b, 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		log_debug("the caller can't be told of a stop: %s", strerror(errno));
}

/* ---- start and end ---- */

/* Much of the sentry's code and memory is for the start alone. The one time that an idle sandbox wakes. */
#define TRIM_AFTER (200 * NSEC_PER_MSEC)

static void trim(struct timer *t UNUSED)
{
	host_trim();
}

static struct timer trim_timer = { .fn = trim };

static CO_FN int open_console(struct init_spec *spec)
{
	struct walk w;
	int err = walk_init(&w);

	if (!err)
		err = console_open(&w, spec->cred, spec->stdio, &spec->tty);
	walk_done(&w);
	return err;
}

static CO_FN int boot_guest(void)
{
	struct init_spec spec = {
		.argv = (const char *const *)sb.o->argv,
		.envp = (const char *const *)sb.o->env,
		.cwd = sb.o->cwd ? sb.o->cwd : sb.c->cwd ? sb.c->cwd : "/",
		.ns = sb.ns,
		.cred = make_cred(sb.o, sb.c),
		.rlim = sb.c->rlim,
		.umask = sb.c->umask,
		.hostname = sb.o->hostname ? sb.o->hostname : sb.c->hostname,
		.aslr = !sb.o->no_aslr,
		.stopped = command_stopped,
	};

	if (!spec.cred)
		return -ENOMEM;
	int err = open_console(&spec);
	if (!err)
		err = tasks_boot(&spec, &sb.failure);
	for (int i = 0; i < 3; i++)
		if (spec.stdio[i])
			file_unref(spec.stdio[i]);
	cred_unref(spec.cred);
	return err;
}

static CO_FN void setup(void *arg UNUSED)
{
	int err = make_files();

	if (!err)
		err = platform->ready();
	if (!err)
		err = boot_guest();
	if (err) {
		log_error("the sandbox can't be set up: %s", strerror(-err));
		sb.failed = EXIT_PICKET;
		loop_stop(0);
	}
}

static int open_log(const struct do_options *o)
{
	enum log_level level = o->strace || o->log ? LOG_INFO : LOG_WARN;
	int fd = o->log ? open(o->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)
	                : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);

	if (fd < 0 && o->log) {
		cli_error("log '%s' can't be opened: %s", o->log, strerror(errno));
		return EXIT_PICKET;
	}
	log_init(fd, level);
	return 0;
}

static int exit_code(int status)
{
	if (sb.failed)
		return sb.failed;
	int err = sb.failure.error;
	if (err) {
		const char *why = strerror(-err);
		if (sb.failure.chdir)
			cli_error("the working directory can't be entered: %s", why);
		else if (err == -ENOENT && !strchr(sb.o->argv[0], '/'))
			cli_error("'%s' can't be run: executable file not found in $PATH", sb.o->argv[0]);
		else
			cli_error("'%s' can't be run: %s", sb.o->argv[0], why);
		return err == -ENOENT || err == -ENOTDIR ? EXIT_NOT_FOUND : EXIT_NOT_RUNNABLE;
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* What guests make the sentry hold ends in ENOMEM before it ends in the host's OOM killer. */
static void limit_memory(void)
{
#ifndef __SANITIZE_ADDRESS__ /* whose shadow is counted too */
	uint64_t max = (uint64_t)sysconf(_SC_PHYS_PAGES) * PAGE_SIZE / 4 * 3;
	struct rlimit r;

	if (getrlimit(RLIMIT_DATA, &r) || r.rlim_cur <= max)
		return;
	r.rlim_cur = max;
	if (setrlimit(RLIMIT_DATA, &r))
		log_debug("the sentry's memory can't be limited");
#endif
}

static int start(void)
{
	int err = loop_init();

	/* First of all: the first stub has much to do by itself. */
	if (!err)
		err = platform->init();
	if (!err)
		err = host_file_init();
	if (!err)
		err = host_procinfo_init();
	if (!err)
		err = vdso_init();
	if (!err)
		err = tasks_proc_init();
	if (!err)
		err = host_io_init();
	/* The stubs are forked; from here on nobody may look into the sentry. */
	if (!err && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		err = -errno;
	if (err)
		return err;
	limit_memory(); /* after the stubs, which have the guest's limits */
	sb.signals = watch_new(sb.signal_fd, signal_came, NULL);
	if (!sb.signals || !co_new("setup", setup, NULL))
		return -ENOMEM;
	watch_set(sb.signals, LOOP_READ);
	timer_arm(&trim_timer, ktime_add(clock_monotonic(), TRIM_AFTER));
	return 0;
}

static void print_stats(void)
{
	const struct platform_stats *s = &platform_stats;
	uint64_t all = s->by_signal + s->by_thunk + s->local;

	fprintf(stderr, "picket: %llu system calls and faults: %llu by signal, %llu by thunk, %llu local "
	        "(%.1f%% not by signal)\n"
	        "picket: %llu system call sites rewritten, %llu known from before, %llu unfit\n"
	        "picket: %llu copies through slots, %llu by the host\n",
	        (unsigned long long)all, (unsigned long long)s->by_signal,
	        (unsigned long long)s->by_thunk, (unsigned long long)s->local,
	        all ? 100.0 * (double)(all - s->by_signal) / (double)all : 0.0,
	        (unsigned long long)s->rewritten, (unsigned long long)s->known,
	        (unsigned long long)s->unfit,
	        (unsigned long long)s->copied_slot, (unsigned long long)s->copied_host);
}

int sandbox_run(const struct do_options *o, const struct caller *c, int root_fd, int signal_fd)
{
	int err;

	sb = (struct sandbox){ .o = o, .c = c, .root_fd = root_fd, .signal_fd = signal_fd };
	if (open_log(o))
		return EXIT_PICKET;
	platform = platform_find(o->platform, &err);
	syscalls_init(o->strace);
	err = start();
	if (err) {
		cli_error("the sentry can't start: %s", strerror(-err));
		return EXIT_PICKET;
	}
	int code = exit_code(loop_run());
	if (o->stats)
		print_stats();
	watch_free(sb.signals);
	timer_cancel(&trim_timer);
	tasks_shutdown();
	sockets_collect();
	if (sb.ns)
		mount_ns_unref(sb.ns);
	console_close();
	vfs_shutdown();
	mm_rewrite_done();
	vdso_done();
	host_io_done();
	host_disks_done();
	platform->done();
	loop_done();
	host_procinfo_done();
	host_file_done();
	objcount_report();
	return code;
}
