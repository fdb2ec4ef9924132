/* SPDX-License-Identifier: Apache-2.0
 *
 * inotify: instances, watches and queued events have limits, for each user; who may watch what; and
 * what races with it.
 *
 * time limit: 60 s
 */
#include "inotify.h"
#include <poll.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/utsname.h>

static long number(const char *path)
{
	char buf[64] = "";
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	need(n > 0);
	close(fd);
	return atol(buf);
}

static bool in_picket(void)
{
	struct utsname u;

	return !uname(&u) && strstr(u.release, "picket");
}

static bool set_number(const char *path, const char *val)
{
	int fd = open(path, O_WRONLY);
	bool ok = write(fd, val, strlen(val)) == (ssize_t)strlen(val);

	close(fd);
	return ok;
}

/* Users of their own, so that what others on the host have doesn't count. */
static void become(uid_t uid)
{
	need(setresgid(uid, uid, uid) == 0 && setresuid(uid, uid, uid) == 0);
}

static void instances(void)
{
	long max = number("/proc/sys/fs/inotify/max_user_instances");
	int fd = -1, n = 0, one;
	struct rlimit rl = { 65536, 65536 };

	need(max > 0 && max < 65000);
	setrlimit(RLIMIT_NOFILE, &rl);
	become(54321);
	one = inotify_init1(0);
	for (n = 1; n < max + 10; n++) {
		fd = inotify_init1(0);
		if (fd < 0)
			break;
	}
	check(fd == -1 && errno == EMFILE, "EMFILE");
	check_is(n, max, "at the limit");
	int st = in_child({
		if (inotify_init() != -1 || errno != EMFILE)
			_exit(1);
	});
	check(exited(st, 0), "a child counts for the same user");
	close(one);
	check((one = inotify_init()) >= 0, "one less, one more");
	check_errno(inotify_init(), EMFILE, "and no more");
	int copy = dup(one);
	close(one);
	check_errno(inotify_init(), EMFILE, "a copy keeps it");
	close(copy);
	check(inotify_init() >= 0, "until it is closed");
	fflush(stdout);
}

static void other_user(void)
{
	become(54322);
	check(inotify_init() >= 0, "another user has a count of his own");
	fflush(stdout);
}

/* The effective uid when it is made is the one that counts. */
static void who_counts(void)
{
	long max = number("/proc/sys/fs/inotify/max_user_instances");
	int fd = -1, n = 0;
	struct rlimit rl = { 65536, 65536 };

	setrlimit(RLIMIT_NOFILE, &rl);
	need(setresuid(0, 54323, 0) == 0);
	while ((fd = inotify_init()) >= 0 && n < max + 10)
		n++;
	check(fd == -1 && errno == EMFILE && n == max, "by effective uid");
	need(setresuid(0, 0, 0) == 0);
	check((fd = inotify_init()) >= 0, "back as root");
	fflush(stdout);
}

/* Natively the limit of a user namespace is lowered, or the host would notice. */
static void watch_limit(void)
{
	char name[32];
	int fd, n, wd = 0;

	mkdir("w", 0777);
	chmod("w", 0777);
	if (in_picket()) {
		need(set_number("/proc/sys/fs/inotify/max_user_watches", "10\n"));
		become(54324);
	} else {
		become(54324);
		prctl(PR_SET_DUMPABLE, 1);
		need(unshare(CLONE_NEWUSER) == 0);
		need(set_number("/proc/sys/user/max_inotify_watches", "10\n"));
	}
	fd = inotify_init1(IN_NONBLOCK);
	for (n = 0; n < 20; n++) {
		snprintf(name, sizeof(name), "w/%d", n);
		close(open(name, O_CREAT | O_RDWR, 0644));
		wd = inotify_add_watch(fd, name, ALL);
		if (wd < 0)
			break;
	}
	check(wd == -1 && errno == ENOSPC, "ENOSPC");
	check_is(n, 10, "at the limit");
	check_is(inotify_add_watch(fd, "w/3", IN_OPEN), 4, "what there is can be changed");
	int other = inotify_init();
	check_errno(inotify_add_watch(other, "w/1", ALL), ENOSPC, "for all instances of the user");
	check_is(inotify_rm_watch(fd, 1), 0, "one less");
	check_is(inotify_add_watch(other, "w/1", ALL), 2, "one more; the failed one took a number");
	check_errno(inotify_add_watch(other, "w/2", ALL), ENOSPC, "and no more");
	close(fd);
	check_is(inotify_add_watch(other, "w/2", ALL), 4, "closing gives them back");
	unlink("w/2");
	check_is(inotify_rm_watch(other, 2), 0, "one goes");
	check_errno(inotify_rm_watch(other, 4), EINVAL, "one went with its file");
	fflush(stdout);
}

static void restore_limits(void)
{
	if (in_picket())
		need(set_number("/proc/sys/fs/inotify/max_user_watches", "65536\n"));
}

static void sysctls(void)
{
	static const char *const names[] = {
		"/proc/sys/fs/inotify/max_user_watches", "/proc/sys/fs/inotify/max_user_instances",
		"/proc/sys/fs/inotify/max_queued_events",
	};
	struct stat st;

	for (int i = 0; i < 3; i++) {
		check(stat(names[i], &st) == 0 && (st.st_mode & 07777) == 0644, "%s", names[i]);
		check(!set_number(names[i], "-1\n"), "-1");
		check(!set_number(names[i], "x\n"), "no number");
		check(!set_number(names[i], "99999999999\n"), "too large");
	}
	int child = in_child({
		become(54325);
		if (open(names[0], O_WRONLY) != -1 || errno != EACCES)
			_exit(1);
	});
	check(exited(child, 0), "not everybody sets them");
}

static void overflow(void)
{
	static char buf[65536] __attribute__((aligned(8)));
	long max = number("/proc/sys/fs/inotify/max_queued_events"), n = 0;
	int fd = inotify_init1(IN_NONBLOCK), ready = 0, lost = 0, wd, last_wd = 0;
	ssize_t got;

	need(max > 0 && max < 200000);
	close(open("a", O_CREAT | O_RDWR, 0644));
	wd = inotify_add_watch(fd, "a", IN_OPEN | IN_CLOSE);
	/* Pairs of different events, so that none is merged. */
	for (long i = 0; i < max / 2 + 100; i++)
		close(open("a", O_RDONLY));
	ioctl(fd, FIONREAD, &ready);
	check_is(ready, (max + 1) * sizeof(struct inotify_event), "as many as may be, and one that says so");
	check_is(inotify_rm_watch(fd, wd), 0, "rm_watch with a full queue");
	ioctl(fd, FIONREAD, &ready);
	check_is(ready, (max + 1) * sizeof(struct inotify_event), "its IGNORED is lost");
	while ((got = read(fd, buf, sizeof(buf))) > 0)
		for (char *p = buf; p < buf + got; p += sizeof(struct inotify_event)) {
			struct inotify_event *e = (struct inotify_event *)p;

			if (e->mask == IN_Q_OVERFLOW) {
				lost++;
				check(e->wd == -1 && !e->len && !e->cookie, "Q_OVERFLOW");
			} else {
				n++;
			}
			last_wd = e->wd;
		}
	check_is(n, max, "all the others");
	check(lost == 1 && last_wd == -1, "once, at the end");
	wd = inotify_add_watch(fd, "a", IN_OPEN);
	check_is(wd, 2, "the next watch");
	close(open("a", O_RDONLY));
	check_is(read(fd, buf, sizeof(buf)), sizeof(struct inotify_event), "and it goes on");
	/* The same event again is merged, or lost. */
	inotify_add_watch(fd, "a", IN_OPEN | IN_CLOSE | IN_MASK_ADD);
	for (long i = 0; i < max; i++)
		close(open("a", O_RDONLY));
	read(fd, buf, 16);
	close(open("a", O_RDONLY));
	ioctl(fd, FIONREAD, &ready);
	check_is(ready, max * sizeof(struct inotify_event), "what says so takes a place, too");
	read(fd, buf, 16);
	close(open("a", O_RDONLY));
	ioctl(fd, FIONREAD, &ready);
	check_is(ready, max * sizeof(struct inotify_event), "the place of one that was read");
	close(fd);
	unlink("a");
}

static void permissions(void)
{
	mkdir("p", 0755);
	mkdir("p/closed", 0700);
	close(open("p/secret", O_CREAT | O_RDWR, 0600));
	close(open("p/writable", O_CREAT | O_RDWR, 0600));
	chmod("p/writable", 0622);
	close(open("p/closed/f", O_CREAT | O_RDWR, 0644));
	mkdir("p/searchable", 0711);
	close(open("p/searchable/f", O_CREAT | O_RDWR, 0644));
	chmod(".", 0755);
	int root_fd = inotify_init1(IN_NONBLOCK);
	int child = in_child({
		become(54326);
		int fd = inotify_init1(IN_NONBLOCK);
		check_errno(inotify_add_watch(fd, "p/secret", ALL), EACCES, "no leave to read");
		check_errno(inotify_add_watch(fd, "p/writable", ALL), EACCES, "leave to write isn't enough");
		check_errno(inotify_add_watch(fd, "p/closed", ALL), EACCES, "a closed directory");
		check_errno(inotify_add_watch(fd, "p/closed/f", ALL), EACCES, "nor what is in it");
		check_errno(inotify_add_watch(fd, "p/searchable", ALL), EACCES, "leave to search isn't enough");
		check(inotify_add_watch(fd, "p/searchable/f", ALL) > 0, "but what is in it may be read");
		check(inotify_add_watch(fd, "p", ALL) > 0, "an open directory");
		check_errno(inotify_add_watch(root_fd, "p/secret", ALL), EACCES, "with root's instance");
		check_is(inotify_add_watch(root_fd, "p", ALL), 1, "which is shared");
		/* Only names are told, and what happens to files that can be seen. */
		close(open("p/writable", O_WRONLY));
		fflush(stdout);
	});
	tap_count += 9;
	check(exited(child, 0), "the child");
	watch(root_fd, "p", ALL, "p");
	events(root_fd, "the child's doing");
	close(root_fd);
}

/* ---- races ---- */

static volatile bool stop;
static int race_fd;

static void *opens(void *arg)
{
	while (!stop) {
		int fd = open(arg, O_RDWR | O_CREAT, 0644);
		write(fd, "x", 1);
		close(fd);
	}
	return NULL;
}

static void *unlinks(void *arg)
{
	while (!stop) {
		unlink(arg);
		rename("r/b", arg);
	}
	return NULL;
}

static void *rewatches(void *arg)
{
	while (!stop) {
		int wd = inotify_add_watch(race_fd, arg, ALL);
		if (wd > 0)
			inotify_rm_watch(race_fd, wd);
		inotify_add_watch(race_fd, arg, ALL | IN_ONESHOT);
	}
	return NULL;
}

static void *reads(void *arg UNUSED)
{
	static __thread char buf[4096];

	while (!stop) {
		struct pollfd pf = { race_fd, POLLIN, 0 };

		poll(&pf, 1, 1);
		read(race_fd, buf, sizeof(buf));
	}
	return NULL;
}

static void *reopens(void *arg)
{
	while (!stop) {
		int fd = inotify_init1(IN_NONBLOCK);
		inotify_add_watch(fd, arg, ALL);
		inotify_add_watch(fd, "r", ALL);
		close(fd);
	}
	return NULL;
}

static void races(void)
{
	static void *(*const fn[])(void *) = { opens, unlinks, rewatches, reads, reads, reopens, opens };
	pthread_t t[sizeof(fn) / sizeof(*fn)];

	mkdir("r", 0755);
	race_fd = inotify_init1(IN_NONBLOCK);
	need(inotify_add_watch(race_fd, "r", ALL) == 1);
	for (size_t i = 0; i < sizeof(fn) / sizeof(*fn); i++)
		need(pthread_create(&t[i], NULL, fn[i], i == 6 ? "r/b" : "r/a") == 0);
	ms(500);
	stop = true;
	for (size_t i = 0; i < sizeof(fn) / sizeof(*fn); i++)
		pthread_join(t[i], NULL);
	discard(race_fd);
	mkdir("r/last", 0755);
	nr_watches = 0;
	watch(race_fd, "r", IN_CREATE, "r");
	discard(race_fd);
	mkdir("r/more", 0755);
	events(race_fd, "still well after races");
	close(race_fd);
}

/* A reader is killed while it waits; an instance is closed while somebody reads from it. */
static void *blocked(void *arg)
{
	struct inotify_event e;

	return (void *)(long)read(*(int *)arg, &e, sizeof(e));
}

static void ends(void)
{
	int fd = inotify_init(), copy;
	void *got;
	pthread_t t;

	close(open("e", O_CREAT | O_RDWR, 0644));
	inotify_add_watch(fd, "e", IN_OPEN);
	pid_t pid = fork();
	if (pid == 0) {
		blocked(&fd);
		_exit(1);
	}
	ms(10);
	kill(pid, SIGKILL);
	int st;
	waitpid(pid, &st, 0);
	check(killed(st, SIGKILL), "a blocked reader is killed");
	copy = dup(fd);
	pthread_create(&t, NULL, blocked, &copy);
	ms(10);
	close(copy);
	close(fd);
	/* The read holds the instance, which goes on. */
	close(open("e", O_RDONLY));
	pthread_join(t, &got);
	check_is((long)got, sizeof(struct inotify_event), "closed while it is read");
	unlink("e");
}

int main(void)
{
	need_root();
	chmod(".", 0755);
	int st = in_child(instances());
	check(exited(st, 0), "instances");
	st = in_child(other_user());
	check(exited(st, 0), "another user");
	st = in_child(who_counts());
	check(exited(st, 0), "who counts");
	st = in_child(watch_limit());
	check(exited(st, 0), "watches");
	restore_limits();
	sysctls();
	overflow();
	permissions();
	ends();
	races();
	return done();
}
