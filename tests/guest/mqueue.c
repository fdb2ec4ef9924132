/* SPDX-License-Identifier: Apache-2.0
 *
 * POSIX message queues by their system calls: names, attributes, limits, priorities, waiting,
 * notification, polling, and the mountable filesystem.
 *
 * time limit: 60 s
 */
#include "ipc.h"

#include <linux/capability.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/vfs.h>

static char base[32]; /* all names of this test begin so */
static char *mounted; /* shared: what is to be unmounted */

static long open_attr(const char *name, int flags, int mode, struct mq_attr *attr)
{
	char full[512];

	snprintf(full, sizeof(full), "%s%s", base, name);
	return syscall(SYS_mq_open, full, flags, mode, attr);
}

static int mq(const char *name, long max, long size)
{
	struct mq_attr a = { .mq_maxmsg = max, .mq_msgsize = size };
	int fd = open_attr(name, O_CREAT | O_EXCL | O_RDWR, 0600, &a);

	need(fd >= 0);
	return fd;
}

static long unlink_mq(const char *name)
{
	char full[512];

	snprintf(full, sizeof(full), "%s%s", base, name);
	return syscall(SYS_mq_unlink, full);
}

/* Names are fixed so that what one left can be removed: all that the test makes. */
static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h", "x", "limit", "file", "ro" };

static long put(int fd, const char *text, unsigned prio)
{
	return syscall(SYS_mq_timedsend, fd, text, strlen(text), prio, NULL);
}

static bool is(int fd, const char *text, unsigned prio)
{
	char buf[8192];
	unsigned p = 77;
	long n = syscall(SYS_mq_timedreceive, fd, buf, sizeof(buf), &p, NULL);

	return n == (long)strlen(text) && !memcmp(buf, text, n) && p == prio;
}

static struct mq_attr attr_of(int fd)
{
	struct mq_attr a = { 0 };

	need(syscall(SYS_mq_getsetattr, fd, NULL, &a) == 0);
	return a;
}

#define waiting(...)                                                                               \
	({                                                                                         \
		fflush(stdout);                                                                    \
		pid_t w_ = fork();                                                                 \
		if (!w_) {                                                                         \
			errno = 0;                                                                 \
			(void)!(__VA_ARGS__);                                                      \
			_exit(errno);                                                              \
		}                                                                                  \
		w_;                                                                                \
	})

static int result_of(pid_t p)
{
	int st;

	if (waitpid(p, &st, 0) != p)
		return -1;
	return WIFEXITED(st) ? WEXITSTATUS(st) : -WTERMSIG(st);
}

static bool asleep(pid_t p)
{
	char name[64], text[256] = "";
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/stat", p);
	fd = open(name, O_RDONLY);
	if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	return strstr(text, ") S ") != NULL;
}
#define sleeps(p) wait_for(asleep(p))

static void opening(void)
{
	char longname[300], path[64], link[128] = "";
	struct mq_attr a = { .mq_maxmsg = 3, .mq_msgsize = 100, .mq_flags = O_NONBLOCK, .mq_curmsgs = 9 };
	struct stat st;
	int fd, fd2;

	check_errno(open_attr("a", O_RDWR, 0, NULL), ENOENT, "a queue that isn't there");
	fd = open_attr("a", O_CREAT | O_RDWR, 0666, NULL);
	check(fd >= 0, "made");
	check(attr_of(fd).mq_maxmsg == 10 && attr_of(fd).mq_msgsize == 8192 && attr_of(fd).mq_curmsgs == 0, "with the defaults");
	check(fcntl(fd, F_GETFD) == FD_CLOEXEC, "closed on exec");
	check_is(fcntl(fd, F_GETFL), O_RDWR, "its flags");
	check(fstat(fd, &st) == 0 && st.st_mode == (S_IFREG | 0644) && st.st_size == 80 && st.st_nlink == 1, "a file of mode 0644");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check(readlink(path, link, sizeof(link) - 1) > 1 && link[0] == '/' && !strcmp(link + strlen(base) + 1, "a"), "its name");
	check_errno(open_attr("a", O_CREAT | O_EXCL | O_RDWR, 0600, NULL), EEXIST, "made twice");
	fd2 = open_attr("a", O_CREAT | O_RDONLY | O_NONBLOCK, 0, &a);
	check(fd2 >= 0 && attr_of(fd2).mq_maxmsg == 10 && attr_of(fd2).mq_flags == O_NONBLOCK && attr_of(fd).mq_flags == 0, "opened again, attributes are its own");
	close(fd2);
	check_errno(open_attr("a", O_ACCMODE, 0, NULL), EINVAL, "no access mode");
	fd2 = open_attr("b", O_CREAT | O_WRONLY, 0000, &a);
	check(fd2 >= 0 && attr_of(fd2).mq_maxmsg == 3 && attr_of(fd2).mq_msgsize == 100, "made with attributes");
	check(attr_of(fd2).mq_flags == 0 && attr_of(fd2).mq_curmsgs == 0, "of which two count");
	close(fd2);
	check_is(unlink_mq("b"), 0, "unlinked");
	check_errno(unlink_mq("b"), ENOENT, "unlinked twice");
	check_errno(syscall(SYS_mq_open, "", O_CREAT | O_RDWR, 0600, NULL), ENOENT, "no name");
	check_errno(syscall(SYS_mq_open, "/x", O_CREAT | O_RDWR, 0600, NULL), EACCES, "with a slash");
	check_errno(syscall(SYS_mq_open, "x/y", O_CREAT | O_RDWR, 0600, NULL), EACCES, "in a directory");
	check_errno(syscall(SYS_mq_open, "..", O_CREAT | O_RDWR, 0600, NULL), EACCES, "two dots");
	check_errno(syscall(SYS_mq_unlink, "."), EACCES, "one dot to unlink");
	check_errno(syscall(SYS_mq_unlink, "/x"), EACCES, "a slash to unlink");
	memset(longname, 'n', sizeof(longname));
	longname[256] = 0;
	check_errno(syscall(SYS_mq_open, longname, O_CREAT | O_RDWR, 0600, NULL), ENAMETOOLONG, "too long a name");
	check_errno(syscall(SYS_mq_unlink, longname), ENAMETOOLONG, "to unlink");
	check_is(unlink_mq("a"), 0, "unlinked while open");
	check(put(fd, "still", 1) == 0 && is(fd, "still", 1), "it works on");
	fd2 = mq("a", 1, 1);
	check(put(fd2, "x", 0) == 0 && attr_of(fd).mq_curmsgs == 0, "another of the name is another");
	close(fd2);
	close(fd);
	fd = open_attr("a", O_RDWR, 0, NULL);
	check(is(fd, "x", 0), "messages stay when nobody has it open");
	check_errno(write(fd, "x", 1), EINVAL, "write");
	check(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED && errno == ENODEV, "mmap");
	close(fd);
	fd = open_attr("a", O_PATH, 0, NULL);
	check(fd >= 0 && fails(syscall(SYS_mq_getsetattr, fd, NULL, &a), EBADF), "O_PATH is only a place");
	close(fd);
	unlink_mq("a");
}

static void attributes(void)
{
	struct mq_attr a = { 0 };
	struct rlimit lim = { 20000, 20000 }, files = { 3, 3 };
	int fd = mq("c", 2, 16);

	static const struct { long max, size; int err; } bad[] = {
		{ 0, 1, EINVAL }, { 1, 0, EINVAL }, { -1, 1, EINVAL }, { 1, -1, EINVAL }, { 11, 1, EINVAL },
		{ 1, 8193, EINVAL }, { 1l << 40, 1l << 40, EINVAL },
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		a.mq_maxmsg = bad[i].max;
		a.mq_msgsize = bad[i].size;
		check_errno(open_attr("x", O_CREAT | O_RDWR, 0600, &a), bad[i].err, "%ld messages of %ld bytes", bad[i].max, bad[i].size);
	}
	check_errno(open_attr("x", O_RDWR, 0, NULL), ENOENT, "none of them was made");
	a.mq_flags = O_NONBLOCK;
	check_is(syscall(SYS_mq_getsetattr, fd, &a, NULL), 0, "O_NONBLOCK set");
	check_is(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK, "shows in the file's flags");
	check(fcntl(fd, F_SETFL, 0) == 0 && attr_of(fd).mq_flags == 0, "and the other way round");
	a.mq_flags = O_NONBLOCK | O_APPEND;
	check_errno(syscall(SYS_mq_getsetattr, fd, &a, NULL), EINVAL, "another flag");
	a.mq_flags = O_NONBLOCK;
	struct mq_attr old = { .mq_flags = 99 };
	check(syscall(SYS_mq_getsetattr, fd, &a, &old) == 0 && old.mq_flags == 0 && old.mq_maxmsg == 2, "set and asked for: as it was");
	close(fd);
	unlink_mq("c");

	a = (struct mq_attr){ .mq_maxmsg = 10, .mq_msgsize = 1000 };
	check(as_nobody(want(setrlimit(RLIMIT_MSGQUEUE, &lim) == 0);
			int l = open_attr("limit", O_CREAT | O_EXCL | O_RDWR, 0600, &a);
			want(l >= 0);
			want(fails(open_attr("x", O_CREAT | O_RDWR, 0600, &a), EMFILE));
			want(unlink_mq("limit") == 0 && fails(open_attr("x", O_CREAT | O_RDWR, 0600, &a), EMFILE));
			want(close(l) == 0);
			/* 10 * 1000 + 10 * 96 each: no room for two, exactly room for these */
			a.mq_msgsize = 1904;
			want((l = open_attr("limit", O_CREAT | O_EXCL | O_RDWR, 0600, &a)) >= 0);
			want(close(l) == 0 && unlink_mq("limit") == 0);
			a.mq_msgsize = 1905;
			want(fails(open_attr("limit", O_CREAT | O_EXCL | O_RDWR, 0600, &a), EMFILE))), "RLIMIT_MSGQUEUE bounds a user's queues");
	check(exited(in_child(want(setrlimit(RLIMIT_NOFILE, &files) == 0);
			      want(fails(open_attr("x", O_CREAT | O_RDWR, 0600, NULL), EMFILE));
			      want(fails(open_attr("nowhere", O_RDWR, 0600, NULL), EMFILE));
			      want(fails(syscall(SYS_mq_open, "", O_RDWR, 0, NULL), ENOENT))), 0), "without a descriptor");
	check_errno(open_attr("x", O_RDWR, 0, NULL), ENOENT, "nothing is made");
}

static void messages(void)
{
	int fd = mq("d", 4, 16), ro = open_attr("d", O_RDONLY, 0, NULL), wo = open_attr("d", O_WRONLY | O_NONBLOCK, 0, NULL);
	char buf[64];
	unsigned p;

	check(put(fd, "low", 1) == 0 && put(fd, "high", 32767) == 0 && put(fd, "low two", 1) == 0 && put(fd, "middle", 5) == 0, "four messages");
	check_is(attr_of(fd).mq_curmsgs, 4, "are there");
	check_errno(put(wo, "x", 0), EAGAIN, "there is no room");
	check(is(ro, "high", 32767) && is(ro, "middle", 5) && is(ro, "low", 1) && is(ro, "low two", 1), "by priority, then in order");
	fcntl(ro, F_SETFL, O_NONBLOCK);
	check_errno(syscall(SYS_mq_timedreceive, ro, buf, 64, &p, NULL), EAGAIN, "empty");
	check_errno(put(fd, "x", 32768), EINVAL, "too high a priority");
	check_errno(put(fd, "seventeen letters", 0), EMSGSIZE, "too long a message");
	check(put(fd, "", 0) == 0 && is(fd, "", 0), "an empty one");
	check_errno(syscall(SYS_mq_timedreceive, fd, buf, 15, &p, NULL), EMSGSIZE, "too small a buffer");
	check_errno(put(ro, "x", 0), EBADF, "not open for writing");
	check_errno(syscall(SYS_mq_timedreceive, wo, buf, 64, &p, NULL), EBADF, "not open for reading");
	check(put(fd, "abc", 3) == 0 && syscall(SYS_mq_timedreceive, fd, buf, 64, NULL, NULL) == 3, "without asking for the priority");
	close(ro);
	close(wo);
	close(fd);
	check_errno(put(fd, "x", 0), EBADF, "closed");
	check_errno(put(0, "x", 0), EBADF, "no queue");
	check_errno(syscall(SYS_mq_timedreceive, 0, buf, 64, &p, NULL), EBADF, "to receive from");
	unlink_mq("d");
}

static void nothing(int sig UNUSED)
{
}

static void sleeping(void)
{
	int fd = mq("e", 2, 16);
	struct timespec past = { 0, 0 }, bad = { 0, -1 }, neg = { -1, 0 }, soon;
	char buf[64];
	pid_t a, b, c;

	a = waiting(is(fd, "one", 4) ? 0 : (errno = 99));
	check(sleeps(a) && put(fd, "one", 4) == 0 && result_of(a) == 0, "a receiver waits");
	check_is(attr_of(fd).mq_curmsgs, 0, "and takes it");
	a = waiting(is(fd, "one", 4) ? 0 : (errno = 99));
	check(sleeps(a), "a first receiver");
	b = waiting(is(fd, "two", 0) ? 0 : (errno = 99));
	check(sleeps(b), "and a second one");
	check(put(fd, "one", 4) == 0 && put(fd, "two", 0) == 0 && result_of(a) == 0 && result_of(b) == 0, "are served in order");
	need(put(fd, "a", 0) == 0 && put(fd, "b", 0) == 0);
	a = waiting(put(fd, "first", 1));
	check(sleeps(a), "a sender waits for room");
	b = waiting(put(fd, "second", 9));
	check(sleeps(b), "a second one");
	check(is(fd, "a", 0) && result_of(a) == 0 && asleep(b), "the first is served");
	check(is(fd, "first", 1) && result_of(b) == 0 && is(fd, "second", 9) && is(fd, "b", 0), "then the second");

	on_signal(SIGALRM, nothing, 0);
	a = waiting(ticks(20), is(fd, "", 0));
	check_is(result_of(a), EINTR, "a signal ends it");
	on_signal(SIGALRM, nothing, SA_RESTART);
	a = waiting(ticks(20), is(fd, "after", 1) ? 0 : (errno = 99));
	check(sleeps(a), "or not, with SA_RESTART");
	ms(50);
	check(put(fd, "after", 1) == 0 && result_of(a) == 0, "it goes on");
	a = waiting(is(fd, "", 0));
	check(sleeps(a) && kill(a, SIGKILL) == 0 && result_of(a) == -SIGKILL, "killed");
	check(put(fd, "left", 1) == 0 && attr_of(fd).mq_curmsgs == 1 && is(fd, "left", 1), "it takes nothing");

	check_errno(syscall(SYS_mq_timedreceive, fd, buf, 64, NULL, &past), ETIMEDOUT, "a time-out in the past");
	check_errno(syscall(SYS_mq_timedreceive, fd, buf, 64, NULL, &bad), EINVAL, "a bad one");
	check_errno(syscall(SYS_mq_timedreceive, -1, buf, 64, NULL, &neg), EINVAL, "before the descriptor");
	clock_gettime(CLOCK_REALTIME, &soon);
	soon.tv_nsec += 30000000;
	soon.tv_sec += soon.tv_nsec / 1000000000;
	soon.tv_nsec %= 1000000000;
	double start = now();
	check_errno(syscall(SYS_mq_timedreceive, fd, buf, 64, NULL, &soon), ETIMEDOUT, "one that is near");
	check(now() - start > 0.02 && now() - start < 20, "not too early");
	need(put(fd, "x", 0) == 0);
	check_is(syscall(SYS_mq_timedreceive, fd, buf, 64, NULL, &past), 1, "what is there comes in any case");
	need(put(fd, "x", 0) == 0 && put(fd, "x", 0) == 0);
	check_errno(syscall(SYS_mq_timedsend, fd, "x", 1, 0, &past), ETIMEDOUT, "a sender's time-out");
	check_errno(syscall(SYS_mq_timedsend, fd, "x", 1, 99999, &bad), EINVAL, "a bad one");
	c = waiting(put(fd, "x", 0));
	check(sleeps(c) && kill(c, SIGKILL) == 0 && result_of(c) == -SIGKILL, "a sender killed");
	check(is(fd, "x", 0) && attr_of(fd).mq_curmsgs == 1, "sends nothing");
	close(fd);
	unlink_mq("e");
}

static volatile int told, told_code, told_value;
static volatile pid_t told_pid;

static void on_told(int sig, siginfo_t *si, void *ctx UNUSED)
{
	told = sig;
	told_code = si->si_code;
	told_value = si->si_value.sival_int;
	told_pid = si->si_pid;
}

static bool status_is(int fd, unsigned long size, int how, int sig, int pid)
{
	char want_text[128], text[128] = "";

	snprintf(want_text, sizeof(want_text), "QSIZE:%-10lu NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n", size, how, sig, pid);
	lseek(fd, 0, SEEK_SET);
	return read(fd, text, sizeof(text) - 1) == (ssize_t)strlen(want_text) && !strcmp(text, want_text);
}

static void notification(void)
{
	struct sigaction sa = { .sa_sigaction = on_told, .sa_flags = SA_SIGINFO };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42 };
	int fd = mq("f", 4, 16), fd2 = open_attr("f", O_RDWR, 0, NULL), sv[2];
	char cookie[32] = "cookie", c;
	pid_t p;

	need(sigaction(SIGUSR1, &sa, NULL) == 0 && fd2 >= 0);
	check(status_is(fd, 0, 0, 0, 0), "QSIZE of an empty queue");
	check_is(syscall(SYS_mq_notify, fd, &ev), 0, "asked to be told");
	check(status_is(fd, 0, 0, SIGUSR1, getpid()), "as its status says");
	check_errno(syscall(SYS_mq_notify, fd2, &ev), EBUSY, "only once");
	check(exited(in_child(want(fails(syscall(SYS_mq_notify, fd, &ev), EBUSY) && syscall(SYS_mq_notify, fd, NULL) == 0)), 0), "nor by another");
	check(status_is(fd, 0, 0, SIGUSR1, getpid()), "who can't undo it, nor by its end");
	p = waiting(put(fd, "hello", 0));
	check(wait_for(told == SIGUSR1) && told_code == SI_MESGQ && told_value == 42 && told_pid == p, "told of a message, by whom");
	check(result_of(p) == 0 && status_is(fd, 5, 0, 0, 0), "once");
	told = 0;
	check(syscall(SYS_mq_notify, fd, &ev) == 0 && put(fd, "more", 0) == 0 && !told, "not of a second one");
	check(is(fd, "hello", 0) && is(fd, "more", 0) && put(fd, "new", 0) == 0 && told == SIGUSR1, "but of the next first one");
	check(told_pid == getpid() && is(fd, "new", 0), "one's own too");
	told = 0;
	need(syscall(SYS_mq_notify, fd, &ev) == 0);
	p = waiting(is(fd, "for you", 0) ? 0 : (errno = 99));
	check(sleeps(p) && put(fd, "for you", 0) == 0 && result_of(p) == 0 && !told, "not when somebody waits for it");
	check(status_is(fd, 0, 0, SIGUSR1, getpid()), "the wish stays");
	check(syscall(SYS_mq_notify, fd, NULL) == 0 && status_is(fd, 0, 0, 0, 0), "until it is taken back");
	check_is(syscall(SYS_mq_notify, fd, NULL), 0, "taken back twice");
	need(syscall(SYS_mq_notify, fd, &ev) == 0);
	check(close(fd2) == 0 && status_is(fd, 0, 0, 0, 0), "closing any descriptor of it takes it back");
	ev.sigev_notify = SIGEV_NONE;
	check(syscall(SYS_mq_notify, fd, &ev) == 0 && status_is(fd, 0, 1, 0, getpid()), "SIGEV_NONE");
	check(put(fd, "x", 0) == 0 && status_is(fd, 1, 0, 0, 0) && is(fd, "x", 0), "is used up in silence");
	int go[2];
	need(pipe(sv) == 0 && pipe(go) == 0);
	ev.sigev_notify = SIGEV_SIGNAL;
	p = fork();
	if (!p) {
		char text[32];

		want(syscall(SYS_mq_notify, fd, &ev) == 0 && fcntl(fd, F_SETFD, 0) == 0);
		snprintf(text, sizeof(text), "echo >&%d; read x <&%d", sv[1], go[0]);
		execl("/bin/sh", "sh", "-c", text, NULL);
		_exit(1);
	}
	need(read(sv[0], &c, 1) == 1);
	check(status_is(fd, 0, 0, SIGUSR1, p), "another program keeps the wish");
	check(put(fd, "x", 0) == 0 && status_is(fd, 1, 0, 0, 0), "which is used up");
	check(write(go[1], "\n", 1) == 1 && result_of(p) == 0 && is(fd, "x", 0), "but doesn't get the signal");
	check(exited(in_child(want(syscall(SYS_mq_notify, fd, &ev) == 0)), 0) && status_is(fd, 0, 0, 0, 0), "its owner's end takes it back");
	close(sv[0]);
	close(sv[1]);
	close(go[0]);
	close(go[1]);

	ev.sigev_signo = 65;
	check_errno(syscall(SYS_mq_notify, fd, &ev), EINVAL, "a signal that isn't there");
	ev.sigev_signo = -1;
	check_errno(syscall(SYS_mq_notify, fd, &ev), EINVAL, "a negative one");
	ev.sigev_signo = 0;
	check(syscall(SYS_mq_notify, fd, &ev) == 0 && put(fd, "x", 0) == 0 && is(fd, "x", 0), "signal 0");
	ev.sigev_signo = 64;
	check(syscall(SYS_mq_notify, fd, &ev) == 0 && syscall(SYS_mq_notify, fd, NULL) == 0, "the highest");
	ev.sigev_notify = 3;
	check_errno(syscall(SYS_mq_notify, fd, &ev), EINVAL, "an unknown way");
	ev.sigev_notify = SIGEV_THREAD;
	ev.sigev_value.sival_ptr = cookie;
	ev.sigev_signo = -1;
	check_errno(syscall(SYS_mq_notify, fd, &ev), EBADF, "SIGEV_THREAD without a descriptor");
	ev.sigev_signo = fd;
	check_errno(syscall(SYS_mq_notify, fd, &ev), ENOTSOCK, "with one of something else");
	need(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	ev.sigev_signo = sv[0];
	check_errno(syscall(SYS_mq_notify, fd, &ev), EINVAL, "with one of another family");
	ev.sigev_value.sival_ptr = odd_ptr;
	check_errno(syscall(SYS_mq_notify, fd, &ev), EFAULT, "without a cookie");
	check_errno(syscall(SYS_mq_notify, sv[0], NULL), EBADF, "no queue");
	close(sv[0]);
	close(sv[1]);
	close(fd);
	unlink_mq("f");
}

static void polling(void)
{
	int fd = mq("g", 1, 16), ep = epoll_create1(0);
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	struct timeval tv = { 0, 0 };
	fd_set r, w;
	pid_t a;

	check(poll(&p, 1, 0) == 1 && p.revents == POLLOUT, "room");
	check(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == 0 && epoll_wait(ep, &ev, 1, 0) == 0, "epoll: nothing to read");
	need(put(fd, "x", 0) == 0);
	check(poll(&p, 1, 0) == 1 && p.revents == POLLIN, "a message, no room");
	check(epoll_wait(ep, &ev, 1, 0) == 1 && ev.events == EPOLLIN, "epoll: a message");
	check_is(epoll_wait(ep, &ev, 1, 0), 0, "once, edge-triggered");
	FD_ZERO(&r);
	FD_SET(fd, &r);
	w = r;
	check(select(fd + 1, &r, &w, NULL, &tv) == 1 && FD_ISSET(fd, &r) && !FD_ISSET(fd, &w), "select");
	p.events = POLLOUT;
	a = waiting(poll(&p, 1, 20000) == 1 ? 0 : (errno = 99));
	check(sleeps(a) && is(fd, "x", 0) && result_of(a) == 0, "one waits for room");
	p.events = POLLIN;
	a = waiting(poll(&p, 1, 20000) == 1 ? 0 : (errno = 99));
	check(sleeps(a) && put(fd, "y", 0) == 0 && result_of(a) == 0, "one waits for a message");
	close(ep);
	close(fd);
	unlink_mq("g");
}

static void permissions(void)
{
	struct mq_attr a = { .mq_maxmsg = 1, .mq_msgsize = 8 };
	int fd = mq("h", 1, 8), ro = open_attr("ro", O_CREAT | O_RDWR, 0644, &a);

	need(fd >= 0 && ro >= 0);
	check(as_nobody(want(fails(open_attr("h", O_RDONLY, 0, NULL), EACCES) && fails(open_attr("h", O_CREAT | O_WRONLY, 0, NULL), EACCES))), "others can't");
	check(as_nobody(want(open_attr("ro", O_RDONLY, 0, NULL) >= 0 && fails(open_attr("ro", O_RDWR, 0, NULL), EACCES))), "or only read");
	check(as_nobody(want(fails(unlink_mq("h"), EPERM))), "not unlink");
	check(as_nobody(want(put(fd, "x", 0) == 0 && is(fd, "x", 0))), "an open one is open");
	check(fchmod(fd, 0666) == 0 && as_nobody(want(open_attr("h", O_RDWR, 0, NULL) >= 0)), "fchmod lets them in");
	check(as_nobody(int n = open_attr("x", O_CREAT | O_EXCL | O_RDWR, 0200, &a); struct stat st;
			want(n >= 0 && fstat(n, &st) == 0 && st.st_uid == 65534 && st.st_gid == 65534);
			want(fails(open_attr("x", O_RDONLY, 0, NULL), EACCES) && unlink_mq("x") == 0)), "they make their own");
	close(fd);
	close(ro);
	unlink_mq("h");
	unlink_mq("ro");
}

static void filesystem(void)
{
	char path[256], dir[64] = "mq", text[256] = "";
	struct statfs fs;
	struct stat st;
	int fd, fd2;

	need(mkdir(dir, 0755) == 0);
	check_is(mount("mqueue", dir, "mqueue", 0, NULL), 0, "mounted");
	need(realpath(dir, mounted));
	check(stat(dir, &st) == 0 && st.st_mode == (S_IFDIR | 01777), "its root");
	check(statfs(dir, &fs) == 0 && fs.f_type == 0x19800202 && fs.f_namelen == 255, "its type");
	snprintf(path, sizeof(path), "%s/%sfile", dir, base);
	check_errno(open(path, O_RDONLY), ENOENT, "nothing there");
	fd = mq("file", 3, 16);
	need(put(fd, "hello", 2) == 0);
	fd2 = open(path, O_RDWR);
	check(fd2 >= 0 && read(fd2, text, 255) > 0 && !strncmp(text, "QSIZE:5          NOTIFY:0 ", 26), "a queue shows");
	check(is(fd2, "hello", 2), "and is one, opened so");
	check(fcntl(fd2, F_GETFD) == 0, "not closed on exec then");
	close(fd2);
	check(stat(path, &st) == 0 && st.st_mode == (S_IFREG | 0600) && st.st_size == 80, "its attributes");
	snprintf(text, sizeof(text), "ls %s | sed -n s/^%s//p", dir, base);
	FILE *ls = popen(text, "r");
	check(ls && fgets(text, sizeof(text), ls) && !strcmp(text, "file\n") && !fgets(text, sizeof(text), ls), "a listing");
	pclose(ls);
	check_is(unlink(path), 0, "unlinked by its path");
	check_errno(open_attr("file", O_RDWR, 0, NULL), ENOENT, "it is gone");
	close(fd);
	fd = open(path, O_CREAT | O_EXCL | O_RDWR, 0640);
	check(fd >= 0 && attr_of(fd).mq_maxmsg == 10, "made by its path");
	fd2 = open_attr("file", O_RDWR, 0, NULL);
	check(fd2 >= 0 && put(fd2, "same", 0) == 0 && is(fd, "same", 0), "it has its name");
	close(fd);
	close(fd2);
	check_is(unlink_mq("file"), 0, "unlinked by its name");
	check_errno(stat(path, &st), ENOENT, "there is no path");
	check_errno(mkdir(path, 0700), EPERM, "no directories");
	check_errno(symlink("x", path), EPERM, "no links");
	check_errno(mknod(path, S_IFIFO | 0600, 0), EPERM, "no pipes");
	check_is(umount(dir), 0, "unmounted");
	mounted[0] = 0;
	need(rmdir(dir) == 0);
}

static void inheritance(void)
{
	int fd = mq("b", 2, 16);
	char text[128];

	check(exited(in_child(want(put(fd, "child", 3) == 0)), 0) && is(fd, "child", 3), "a child has the queue");
	snprintf(text, sizeof(text), "test ! -e /proc/self/fd/%d", fd);
	check(exited(in_child(execl("/bin/sh", "sh", "-c", text, NULL)), 0), "another program hasn't");
	need(fcntl(fd, F_SETFD, 0) == 0);
	snprintf(text, sizeof(text), "read a b <&%d; test \"${a%%%%:*}\" = QSIZE", fd);
	check(exited(in_child(execl("/bin/bash", "bash", "-c", text, NULL)), 0), "unless it is to");
	close(fd);
	unlink_mq("b");
}

static void wild(void)
{
	int fd = mq("a", 2, 8192);
	char *edge = page_edge();
	unsigned p;

	check_errno(syscall(SYS_mq_open, null_ptr, O_RDWR, 0, NULL), EFAULT, "a name from nowhere");
	check_errno(syscall(SYS_mq_open, odd_ptr, O_CREAT, 0, kernel_ptr), EFAULT, "attributes from the kernel");
	check_errno(syscall(SYS_mq_open, "", O_RDWR, 0, edge - 8), EFAULT, "attributes over an edge, before the name");
	check_errno(syscall(SYS_mq_unlink, kernel_ptr), EFAULT, "a name in the kernel");
	check_errno(syscall(SYS_mq_timedsend, fd, odd_ptr, 1, 0, NULL), EFAULT, "a message from nowhere");
	check_errno(syscall(SYS_mq_timedsend, fd, edge - 8, 9, 0, NULL), EFAULT, "over an edge");
	check_errno(syscall(SYS_mq_timedsend, fd, odd_ptr, SIZE_MAX, 0, NULL), EMSGSIZE, "too long a one from nowhere");
	check_errno(syscall(SYS_mq_timedsend, -1, odd_ptr, 1, 0, NULL), EBADF, "without a queue");
	check_errno(syscall(SYS_mq_timedsend, -1, odd_ptr, 1, 0, kernel_ptr), EFAULT, "a time-out from the kernel");
	check_is(attr_of(fd).mq_curmsgs, 0, "nothing was sent");
	check_is(syscall(SYS_mq_timedsend, fd, odd_ptr, 0, 0, NULL), 0, "no bytes from nowhere");
	check_is(syscall(SYS_mq_timedreceive, fd, odd_ptr, 8192, NULL, NULL), 0, "no bytes to nowhere");
	need(put(fd, "lost", 1) == 0 && put(fd, "lost too", 1) == 0);
	check_errno(syscall(SYS_mq_timedreceive, fd, kernel_ptr, 8192, &p, NULL), EFAULT, "a message for the kernel");
	check_errno(syscall(SYS_mq_timedreceive, fd, edge - 4, 8192, &p, NULL), EFAULT, "over an edge");
	check_is(attr_of(fd).mq_curmsgs, 0, "both are lost");
	need(put(fd, "x", 1) == 0);
	check_errno(syscall(SYS_mq_timedreceive, fd, edge - 1, 8192, low_ptr, NULL), EFAULT, "a priority for nowhere");
	check_is(attr_of(fd).mq_curmsgs, 0, "it is lost");
	need(put(fd, "x", 1) == 0);
	check_is(syscall(SYS_mq_timedreceive, fd, edge - 1, 8192, &p, NULL), 1, "only what is there is written");
	check_errno(syscall(SYS_mq_timedreceive, fd, odd_ptr, 8191, &p, NULL), EMSGSIZE, "too small a buffer nowhere");
	check_errno(syscall(SYS_mq_notify, fd, kernel_ptr), EFAULT, "an event from the kernel");
	check_errno(syscall(SYS_mq_notify, -1, edge - 8), EFAULT, "over an edge");
	check_errno(syscall(SYS_mq_notify, -1, NULL), EBADF, "without a queue");
	check_errno(syscall(SYS_mq_getsetattr, fd, kernel_ptr, NULL), EFAULT, "attributes from the kernel");
	check_errno(syscall(SYS_mq_getsetattr, fd, NULL, edge - 8), EFAULT, "to over an edge");
	check_errno(syscall(SYS_mq_getsetattr, -1, NULL, odd_ptr), EBADF, "of nothing");
	check_errno(syscall(SYS_mq_getsetattr, 0, NULL, NULL), EBADF, "of something else");
	check_is(syscall(SYS_mq_getsetattr, fd, NULL, NULL), 0, "none at all");
	close(fd);
	unlink_mq("a");
}

static void drop_resource(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	need(syscall(SYS_capget, &h, d) == 0);
	d[0].effective &= ~(1u << CAP_SYS_RESOURCE);
	need(syscall(SYS_capset, &h, d) == 0);
}

static int test(void)
{
	umask(022);
	drop_resource(); /* which lifts limits; the host's root may not have it */
	opening();
	attributes();
	messages();
	sleeping();
	notification();
	polling();
	permissions();
	filesystem();
	inheritance();
	wild();
	return done();
}

static void nothing_kept(int id UNUSED)
{
}

int main(void)
{
	int ret;

	need_root();
	snprintf(base, sizeof(base), "picket-%08x-", (unsigned)new_key());
	mounted = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	need(mounted != MAP_FAILED);
	ret = guarded(test, nothing_kept);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink_mq(names[i]);
	if (mounted[0])
		umount2(mounted, MNT_DETACH);
	return ret;
}
