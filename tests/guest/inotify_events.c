/* SPDX-License-Identifier: Apache-2.0
 *
 * Which inotify events each file operation makes, for a watch on the file and one on its directory.
 */
#include "inotify.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <utime.h>

#define HEAD sizeof(struct inotify_event)

static int in; /* the instance most of it goes through */

static void reading_and_writing(void)
{
	struct iovec v = { "vector", 6 }, none = { "", 0 };
	char buf[64];
	loff_t off = 0;
	int fd = open("d/f", O_RDWR);

	events(in, "open");
	write(fd, "hello", 5);
	events(in, "write");
	write(fd, "hello", 5);
	write(fd, "hello", 5);
	events(in, "two writes");
	write(fd, "", 0);
	events(in, "write of nothing");
	pwrite(fd, "x", 1, 100);
	events(in, "pwrite");
	writev(fd, &v, 1);
	writev(fd, &none, 1);
	events(in, "writev");
	lseek(fd, 0, SEEK_SET);
	read(fd, buf, 5);
	events(in, "read");
	read(fd, buf, 0);
	events(in, "read of nothing");
	pread(fd, buf, 5, 4096);
	events(in, "read at the end");
	v.iov_base = buf;
	preadv(fd, &v, 1, 4096);
	events(in, "readv at the end");
	preadv(fd, &none, 1, 0);
	events(in, "readv of nothing");
	read(fd, odd_ptr, 5);
	write(fd, odd_ptr, 5);
	events(in, "wild pointers");
	ftruncate(fd, 10);
	events(in, "ftruncate");
	ftruncate(fd, 10);
	events(in, "ftruncate to the same size");
	truncate("d/f", 20);
	events(in, "truncate");
	fallocate(fd, 0, 0, 4096);
	events(in, "fallocate");
	fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096);
	events(in, "punch hole");
	fsync(fd);
	fdatasync(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED);
	events(in, "sync");
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	need(p != MAP_FAILED);
	*(char *)p = 'm';
	msync(p, 4096, MS_SYNC);
	events(in, "mmap");
	close(fd);
	events(in, "close while mapped");
	munmap(p, 4096);
	events(in, "munmap");
	fd = open("d/f", O_RDONLY);
	int fd2 = dup(fd);
	close(fd);
	events(in, "open, dup, close");
	close(fd2);
	events(in, "close of the last");
	fd = open("d/f", O_WRONLY | O_TRUNC);
	events(in, "open with O_TRUNC");
	copy_file_range(fd, &off, fd, NULL, 0, 0);
	close(fd);
	events(in, "close");
	fd = open("d/f", O_PATH);
	close(fd);
	events(in, "O_PATH");
	check_errno(open("d/f", O_RDWR | O_DIRECTORY), ENOTDIR, "an open that fails");
	check_errno(open("d/f", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST, "another");
	events(in, "failed opens");
	fd = open("d/f", O_RDONLY | O_CREAT, 0600);
	close(fd);
	events(in, "O_CREAT of what is there");
}

static void attributes(void)
{
	struct timespec ts[2] = { { 1, 0 }, { 2, 0 } };
	struct stat st;
	int fd;

	chmod("d/f", 0600);
	events(in, "chmod");
	chmod("d/f", 0600);
	events(in, "chmod to the same");
	fd = open("d/f", O_RDWR);
	fchmod(fd, 0644);
	fchown(fd, 0, 0);
	events(in, "fchmod, fchown");
	chown("d/f", -1, -1);
	events(in, "chown of nothing");
	utimensat(AT_FDCWD, "d/f", ts, 0);
	events(in, "utimensat");
	ts[0].tv_nsec = UTIME_OMIT;
	utimensat(AT_FDCWD, "d/f", ts, 0);
	events(in, "only mtime");
	ts[0].tv_nsec = 0;
	ts[1].tv_nsec = UTIME_OMIT;
	utimensat(AT_FDCWD, "d/f", ts, 0);
	events(in, "only atime");
	ts[0].tv_nsec = UTIME_OMIT;
	utimensat(AT_FDCWD, "d/f", ts, 0);
	events(in, "neither");
	futimens(fd, NULL);
	events(in, "both now");
	setxattr("d/f", "user.a", "1", 1, 0);
	events(in, "setxattr");
	getxattr("d/f", "user.a", NULL, 0);
	listxattr("d/f", NULL, 0);
	events(in, "getxattr");
	fremovexattr(fd, "user.a");
	events(in, "removexattr");
	check_errno(removexattr("d/f", "user.a"), ENODATA, "removexattr of nothing");
	events(in, "failed removexattr");
	stat("d/f", &st);
	access("d/f", R_OK);
	events(in, "stat");
	close(fd);
	events(in, "close");
}

/* Set-id bits go with a write by somebody without privilege: an event of its own. */
static void set_id_bits(void)
{
	int st;

	chmod("d/f", 06777);
	events(in, "set-id");
	pid_t pid = fork();
	if (pid == 0) {
		int fd = open("d/f", O_RDWR);
		if (setuid(12345) || fd < 0)
			_exit(1);
		_exit(write(fd, "x", 1) == 1 ? 0 : 2);
	}
	waitpid(pid, &st, 0);
	check(exited(st, 0), "the child wrote");
	events(in, "write takes set-id bits");
	chmod("d/f", 06777);
	chown("d/f", 0, 0);
	events(in, "chown takes them");
	chmod("d/f", 06777);
	chown("d/f", -1, -1);
	events(in, "so does a chown of nothing");
	chmod("d/f", 04777);
	pid = fork();
	if (pid == 0) {
		if (setuid(12345))
			_exit(1);
		_exit(truncate("d/f", 0) ? 2 : 0);
	}
	waitpid(pid, &st, 0);
	check(exited(st, 0), "the child truncated");
	events(in, "truncate takes them");
	chmod("d/f", 0644);
	events(in, "back");
}

static void between_files(void)
{
	int a = open("d/f", O_RDWR), b = open("d/g", O_RDWR | O_CREAT, 0644), p[2];
	loff_t off = 0;
	char buf[32];

	ftruncate(a, 0);
	write(a, "0123456789", 10);
	pipe(p);
	watch(in, "d/g", ALL, "g");
	events(in, "ready");
	off = 0;
	check_is(sendfile(b, a, &off, 5), 5, "sendfile");
	events(in, "sendfile");
	off = 0;
	check_is(splice(a, &off, p[1], NULL, 5, 0), 5, "splice into a pipe");
	events(in, "splice into a pipe");
	check_is(splice(p[0], NULL, b, NULL, 5, 0), 5, "splice out of a pipe");
	events(in, "splice out of a pipe");
	off = 0;
	check_is(copy_file_range(a, &off, b, NULL, 4, 0), 4, "copy_file_range");
	events(in, "copy_file_range");
	int two = inotify_init1(IN_NONBLOCK), q[2];
	snprintf(buf, sizeof(buf), "/proc/self/fd/%d", p[0]);
	watch(two, buf, ALL, "pipe");
	pipe(q);
	write(p[1], "abc", 3);
	read(p[0], buf, 1);
	events(two, "a pipe through /proc");
	tee(p[0], q[1], 1, 0);
	splice(p[0], NULL, q[1], NULL, 1, 0);
	vmsplice(p[1], &(struct iovec){ "abc", 3 }, 1, 0);
	events(two, "tee, splice, vmsplice");
	off = 0;
	sendfile(p[1], a, &off, 3);
	events(two, "sendfile into a pipe");
	close(q[0]);
	close(q[1]);
	close(two);
	close(a);
	close(b);
	close(p[0]);
	close(p[1]);
	events(in, "closed");
}

static void names(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX, .sun_path = "d/sock" };
	int fd, s;

	fd = open("d/new", O_CREAT | O_WRONLY, 0644);
	events(in, "creat");
	close(fd);
	events(in, "close");
	unlink("d/new");
	events(in, "unlink");
	mkdir("d/sub", 0755);
	events(in, "mkdir");
	check_errno(mkdir("d/sub", 0755), EEXIST, "again");
	events(in, "failed mkdir");
	close(open("d/sub", O_RDONLY | O_DIRECTORY));
	events(in, "open of a directory");
	close(open("d/sub/deep", O_CREAT | O_RDWR, 0644));
	unlink("d/sub/deep");
	events(in, "what is deeper");
	chmod("d/sub", 0700);
	events(in, "chmod of a directory");
	rmdir("d/sub");
	events(in, "rmdir");
	check_errno(rmdir("d/sub"), ENOENT, "again");
	symlink("f", "d/sym");
	events(in, "symlink");
	readlink("d/sym", (char[64]){ 0 }, 64);
	events(in, "readlink");
	lchown("d/sym", 0, 0);
	events(in, "lchown");
	unlink("d/sym");
	mkfifo("d/fifo", 0644);
	events(in, "mkfifo");
	fd = open("d/fifo", O_RDWR);
	write(fd, "x", 1);
	read(fd, (char[1]){ 0 }, 1);
	events(in, "a FIFO's use");
	watch(in, "d/fifo", ALL, "fifo");
	write(fd, "x", 1);
	read(fd, (char[1]){ 0 }, 1);
	futimens(fd, NULL);
	close(fd);
	events(in, "watched itself");
	unlink("d/fifo");
	mknod("d/reg", S_IFREG | 0600, 0);
	events(in, "mknod");
	unlink("d/reg");
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	check_is(bind(s, (struct sockaddr *)&sa, sizeof(sa)), 0, "bind");
	events(in, "bind");
	close(s);
	unlink("d/sock");
	events(in, "unlinks");
	link("d/f", "d/hard");
	events(in, "link");
	write(fd = open("d/hard", O_WRONLY), "y", 1);
	close(fd);
	events(in, "a write through the other name");
	unlink("d/hard");
	events(in, "unlink of one of two");
}

static void directories(void)
{
	char buf[4096];
	int dir = open("d", O_RDONLY | O_DIRECTORY);

	events(in, "open of the directory");
	while (syscall(SYS_getdents64, dir, buf, sizeof(buf)) > 0)
		;
	events(in, "getdents");
	close(dir);
	events(in, "close");
	chmod("d", 0750);
	events(in, "chmod");
	chdir("d");
	chdir("..");
	events(in, "chdir");
}

/* The last name, with the file open and not. */
static void ends(void)
{
	int fd = open("d/end", O_CREAT | O_RDWR, 0644);

	watch(in, "d/end", ALL, "end");
	events(in, "ready");
	unlink("d/end");
	events(in, "unlink while open");
	write(fd, "x", 1);
	fchmod(fd, 0600);
	events(in, "use without a name");
	close(fd);
	events(in, "close");
	close(open("d/end", O_CREAT | O_RDWR, 0644));
	watch(in, "d/end", ALL, "end");
	events(in, "ready");
	unlink("d/end");
	events(in, "unlink while closed");
	mkdir("d/dir", 0755);
	watch(in, "d/dir", ALL, "dir");
	events(in, "ready");
	rmdir("d/dir");
	events(in, "rmdir");
	mkdir("d/dir", 0755);
	watch(in, "d/dir", ALL, "dir");
	fd = open("d/dir", O_RDONLY);
	events(in, "ready");
	rmdir("d/dir");
	events(in, "rmdir while open");
	close(fd);
	events(in, "close");
	/* Two names: it goes with the second. */
	close(open("d/end", O_CREAT | O_RDWR, 0644));
	link("d/end", "d/end2");
	watch(in, "d/end2", ALL, "end");
	events(in, "ready");
	unlink("d/end");
	events(in, "one of two names");
	unlink("d/end2");
	events(in, "the other");
}

static void nameless(void)
{
	int fd = open("d", O_TMPFILE | O_RDWR, 0600);
	char path[64];

	/* Its name, a number, is left out. */
	int other = inotify_init1(IN_NONBLOCK);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	discard(in);
	watch(other, path, ALL & ~(IN_OPEN), "tmp");
	write(fd, "x", 1);
	events(other, "write to a nameless file");
	discard(in);
	check_is(linkat(AT_FDCWD, path, AT_FDCWD, "d/named", AT_SYMLINK_FOLLOW), 0, "linkat");
	events(other, "it gets a name");
	events(in, "the directory");
	close(fd);
	unlink("d/named");
	events(other, "and is gone");
	discard(in);
	close(other);
}

static void programs(void)
{
	int one = inotify_init1(IN_NONBLOCK), st;

	int from = open("/proc/self/exe", O_RDONLY), to = open("d/prog", O_CREAT | O_WRONLY, 0755);

	while (sendfile(to, from, NULL, 1 << 20) > 0)
		;
	close(from);
	close(to);
	discard(in);
	watch(one, "d/prog", ALL, "prog");
	pid_t pid = fork();
	if (pid == 0) {
		execl("d/prog", "prog", "nothing", NULL);
		_exit(1);
	}
	waitpid(pid, &st, 0);
	check(exited(st, 7), "the program ran");
	events(one, "a program");
	pid = fork();
	if (pid == 0) {
		open("d/prog", O_RDONLY);
		_exit(0);
	}
	waitpid(pid, &st, 0);
	events(one, "closed by exit");
	pid = fork();
	if (pid == 0) {
		open("d/prog", O_RDONLY);
		raise(SIGKILL);
	}
	waitpid(pid, &st, 0);
	events(one, "closed by a kill");
	chmod("d/prog", 0644);
	check_errno(execl("d/prog", "prog", NULL), EACCES, "no program");
	events(one, "an exec that fails");
	unlink("d/prog");
	close(one);
	discard(in);
}

static void flags(void)
{
	int one = inotify_init1(IN_NONBLOCK), fd, wd;
	char buf[256];

	check_is(fcntl(one, F_GETFD), 0, "no O_CLOEXEC");
	check(fcntl(one, F_GETFL) & O_NONBLOCK, "O_NONBLOCK");
	fd = inotify_init1(IN_CLOEXEC);
	check_is(fcntl(fd, F_GETFD), FD_CLOEXEC, "O_CLOEXEC");
	check_is(fcntl(fd, F_GETFL), O_RDONLY, "read only");
	close(fd);
	check_errno(inotify_add_watch(one, "d/f", ALL | IN_ONLYDIR), ENOTDIR, "ONLYDIR");
	check_errno(inotify_add_watch(one, "d/none", ALL), ENOENT, "nothing there");
	symlink("f", "d/sym");
	wd = watch(one, "d/sym", ALL | IN_DONT_FOLLOW, "sym");
	check(watch(one, "d/sym", ALL, "f") != wd, "the link is not what it points to");
	close(open("d/sym", O_RDONLY));
	unlink("d/sym");
	events(one, "link and target");
	check(watch(one, "d/f", IN_OPEN, "f") == watch(one, "d/f", IN_CLOSE, "f"), "one watch a file");
	close(open("d/f", O_RDONLY));
	events(one, "the later mask counts");
	watch(one, "d/f", IN_OPEN | IN_MASK_ADD, "f");
	close(open("d/f", O_RDONLY));
	events(one, "MASK_ADD");
	check_errno(inotify_add_watch(one, "d/f", IN_OPEN | IN_MASK_CREATE), EEXIST, "MASK_CREATE");
	check_errno(inotify_add_watch(one, "d/f", IN_OPEN | IN_MASK_CREATE | IN_MASK_ADD), EINVAL, "both");
	wd = watch(one, "d/g", IN_OPEN | IN_MASK_CREATE, "g");
	close(open("d/g", O_RDONLY));
	check_is(inotify_rm_watch(one, wd), 0, "rm_watch");
	events(one, "IGNORED");
	check_errno(inotify_rm_watch(one, wd), EINVAL, "again");
	close(open("d/g", O_RDONLY));
	events(one, "no more");
	check(watch(one, "d/g", IN_OPEN | IN_ONESHOT, "g") != wd, "numbers aren't used again");
	close(open("d/g", O_RDONLY));
	close(open("d/g", O_RDONLY));
	events(one, "ONESHOT");
	watch(one, "d/g", IN_OPEN | IN_ONESHOT, "g");
	watch(one, "d/g", IN_OPEN, "g");
	close(open("d/g", O_RDONLY));
	close(open("d/g", O_RDONLY));
	events(one, "ONESHOT taken back");
	watch(one, "d", ALL | IN_EXCL_UNLINK, "d");
	fd = open("d/x", O_CREAT | O_RDWR, 0644);
	unlink("d/x");
	write(fd, "x", 1);
	fchmod(fd, 0600);
	close(fd);
	events(one, "EXCL_UNLINK");
	watch(one, "d", ALL, "d");
	fd = open("d/x", O_CREAT | O_RDWR, 0644);
	unlink("d/x");
	write(fd, "x", 1);
	close(fd);
	events(one, "without it");
	watch(one, "d", IN_DELETE, "d");
	watch(one, "d/f", IN_IGNORED | IN_Q_OVERFLOW, "f");
	close(open("d/f", O_RDONLY));
	events(one, "a mask without events");
	check_errno(read(one, buf, sizeof(buf)), EAGAIN, "nothing left");
	close(one);
	discard(in);
}

/* The last queued event, the same once more, is one; names are padded; buffers may be small. */
static void queue(void)
{
	int one = inotify_init1(IN_NONBLOCK), n = 0;
	char buf[512] __attribute__((aligned(8)));
	char name[300];

	watch(one, "d", IN_CREATE | IN_DELETE, "d");
	for (int len = 1; len < 256; len += len < 40 ? 1 : 43) {
		memset(name, 'n', sizeof(name));
		memcpy(name, "d/", 2);
		name[2 + len] = '\0';
		close(open(name, O_CREAT | O_RDWR, 0644));
		need(ioctl(one, FIONREAD, &n) == 0);
		check_is(n, HEAD + (len / HEAD + 1) * HEAD, "FIONREAD with a name of %d bytes", len);
		check_errno(read(one, buf, n - 1), EINVAL, "too small a buffer");
		check_is(read(one, buf, n), n, "just enough");
		unlink(name);
		check(read(one, buf, sizeof(buf)) == n, "and the other");
	}
	close(open("d/a", O_CREAT | O_RDWR, 0644));
	close(open("d/b", O_CREAT | O_RDWR, 0644));
	check_is(read(one, buf, 2 * HEAD + 5), 2 * HEAD, "only whole events");
	check_is(read(one, buf, sizeof(buf)), 2 * HEAD, "the rest");
	unlink("d/a");
	check_errno(read(one, odd_ptr, 512), EFAULT, "no pointer at all");
	char *edge = page_edge();
	check_errno(read(one, edge, 512), EFAULT, "memory that isn't there");
	check_errno(read(one, buf, 512), EAGAIN, "loses the event");
	edge -= 2 * HEAD;
	unlink("d/b");
	close(open("d/a", O_CREAT | O_RDWR, 0644));
	check_errno(read(one, edge, 4 * HEAD), EFAULT, "a fault at the second event");
	unlink("d/a");
	events(one, "both were lost");
	watch(one, "d/f", IN_OPEN | IN_CLOSE, "f");
	for (int i = 0; i < 3; i++)
		close(open("d/f", O_RDONLY));
	events(one, "no merging but of neighbours");
	watch(one, "d/f", IN_OPEN, "f");
	for (int i = 0; i < 3; i++)
		close(open("d/f", O_RDONLY));
	events(one, "merged");
	check_errno(read(one, buf, 0), EAGAIN, "reading nothing from an empty queue");
	close(open("d/f", O_RDONLY));
	check_errno(read(one, buf, 0), EINVAL, "and from one that isn't");
	check_errno(write(one, buf, 1), EBADF, "write");
	check_is(lseek(one, 5, SEEK_SET), 0, "lseek means nothing");
	check_errno(pread(one, buf, sizeof(buf), 0), ESPIPE, "pread");
	check_errno(ioctl(one, FIONREAD, odd_ptr), EFAULT, "FIONREAD with a wild pointer");
	check_errno(ioctl(one, 0x1234, 0), ENOTTY, "an unknown ioctl");
	close(one);
	discard(in);
}

static void nop(int sig UNUSED)
{
}

static void *toucher(void *arg UNUSED)
{
	ms(30);
	close(open("d/f", O_RDONLY));
	return NULL;
}

static void waiting(void)
{
	int one = inotify_init(), ep = epoll_create1(0);
	char buf[512] __attribute__((aligned(8)));
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	struct pollfd pf = { one, POLLIN | POLLOUT | POLLRDNORM, 0 };
	struct timeval tv = { 0, 0 };
	fd_set set;
	pthread_t t;

	watch(one, "d/f", IN_OPEN, "f");
	check_is(poll(&pf, 1, 0), 0, "nothing to read");
	need(epoll_ctl(ep, EPOLL_CTL_ADD, one, &ev) == 0);
	check_is(epoll_wait(ep, &ev, 1, 0), 0, "epoll: nothing");
	close(open("d/f", O_RDONLY));
	check(poll(&pf, 1, 0) == 1 && pf.revents == (POLLIN | POLLRDNORM), "readable");
	check_is(epoll_wait(ep, &ev, 1, 0), 1, "epoll");
	check_is(epoll_wait(ep, &ev, 1, 0), 0, "once");
	FD_ZERO(&set);
	FD_SET(one, &set);
	check_is(select(one + 1, &set, NULL, NULL, &tv), 1, "select");
	check_is(read(one, buf, sizeof(buf)), HEAD, "read");
	check_is(poll(&pf, 1, 0), 0, "no more");
	pthread_create(&t, NULL, toucher, NULL);
	check_is(read(one, buf, sizeof(buf)), HEAD, "a blocked reader is woken");
	pthread_join(t, NULL);
	pthread_create(&t, NULL, toucher, NULL);
	check_is(poll(&pf, 1, -1), 1, "a blocked poll is woken");
	pthread_join(t, NULL);
	pthread_create(&t, NULL, toucher, NULL);
	check_is(epoll_wait(ep, &ev, 1, -1), 1, "a blocked epoll is woken");
	pthread_join(t, NULL);
	check_is(read(one, buf, sizeof(buf)), HEAD, "and merged");
	on_signal(SIGALRM, nop, 0);
	ticks(10);
	check_errno(read(one, buf, sizeof(buf)), EINTR, "interrupted");
	ticks(0);
	on_signal(SIGALRM, nop, SA_RESTART);
	ticks(5);
	pthread_create(&t, NULL, toucher, NULL);
	check_is(read(one, buf, sizeof(buf)), HEAD, "restarted");
	ticks(0);
	pthread_join(t, NULL);
	close(ep);
	close(one);
	discard(in);
}

static void unmounting(void)
{
	int one = inotify_init1(IN_NONBLOCK);

	mkdir("m", 0755);
	need(mount("none", "m", "tmpfs", 0, NULL) == 0);
	close(open("m/file", O_CREAT | O_RDWR, 0644));
	watch(one, "m/file", IN_OPEN, "file");
	need(umount("m") == 0);
	events(one, "umount of a file");
	need(mount("none", "m", "tmpfs", 0, NULL) == 0);
	watch(one, "m", IN_OPEN, "top");
	need(umount("m") == 0);
	events(one, "umount of a directory");
	watch(one, "m", ALL, "point");
	need(mount("d", "m", NULL, MS_BIND, NULL) == 0);
	watch(one, "m", ALL, "d");
	close(open("m/f", O_RDONLY));
	need(umount("m") == 0);
	events(one, "umount of a bind");
	close(open("d/f", O_RDONLY));
	events(one, "which is still there");
	close(one);
	rmdir("m");
	discard(in);
}

/* Several instances, inherited ones, and a copied descriptor. */
static void sharing(void)
{
	int a = inotify_init1(IN_NONBLOCK), b = inotify_init1(IN_NONBLOCK), st;

	watch(a, "d", ALL, "d");
	watch(a, "d/f", ALL, "f");
	watch(b, "d/f", IN_OPEN, "d"); /* number 1, as that of d in the other */
	close(open("d/f", O_RDONLY));
	events(a, "directory first, then file");
	events(b, "the other instance");
	pid_t pid = fork();
	if (pid == 0) {
		close(open("d/f", O_RDONLY));
		_exit(inotify_add_watch(a, "d/g", IN_OPEN) > 0 ? 0 : 1);
	}
	waitpid(pid, &st, 0);
	check(exited(st, 0), "the child added a watch");
	watch(a, "d/g", IN_OPEN | IN_MASK_ADD, "g");
	close(open("d/g", O_RDONLY));
	events(a, "one instance for both");
	close(a);
	close(b);
	discard(in);
}

static void fdinfo(void)
{
	int one = inotify_init1(IN_NONBLOCK);
	struct stat st;
	char path[64], line[512], want[128];
	unsigned long ino;
	unsigned wd, dev, mask, ignored;
	int n = 0;

	watch(one, "d", IN_OPEN | IN_EXCL_UNLINK, "d");
	watch(one, "d/f", IN_ALL_EVENTS, "f");
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", one);
	FILE *f = fopen(path, "r");
	need(f);
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, "inotify ", 8))
			continue;
		need(sscanf(line, "inotify wd:%x ino:%lx sdev:%x mask:%x ignored_mask:%x", &wd, &ino, &dev, &mask, &ignored) == 5);
		need(stat(wd == 1 ? "d" : "d/f", &st) == 0);
		check(ino == st.st_ino, "the inode's number");
		check_is(ignored, 0, "nothing ignored");
		printf("# wd %u mask %x\n", wd, mask);
		n++;
	}
	fclose(f);
	check_is(n, 2, "two lines");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", one);
	want[readlink(path, want, sizeof(want) - 1)] = '\0';
	printf("# %s\n", want);
	close(one);
	discard(in);
}

int main(int argc, char **argv UNUSED)
{
	need_root();
	if (argc > 1)
		return 7;
	mkdir("d", 0755);
	close(open("d/f", O_CREAT | O_RDWR, 0644));
	chmod(".", 0755);
	in = inotify_init1(IN_NONBLOCK);
	need(in >= 0);
	watch(in, "d", ALL, "d");
	watch(in, "d/f", ALL, "f");
	events(in, "nothing yet");
	reading_and_writing();
	attributes();
	set_id_bits();
	between_files();
	names();
	directories();
	ends();
	nameless();
	programs();
	flags();
	queue();
	waiting();
	unmounting();
	sharing();
	fdinfo();
	check_errno(inotify_init1(1), EINVAL, "unknown flag");
	check_errno(inotify_add_watch(in, "d", 0), EINVAL, "empty mask");
	check_errno(inotify_add_watch(in, "d", 0x1000), EINVAL, "unknown mask");
	check_errno(inotify_add_watch(-1, "d", 0x1000), EINVAL, "unknown mask before the descriptor");
	check_errno(inotify_add_watch(-1, "d", ALL), EBADF, "no descriptor");
	check_errno(inotify_add_watch(0, "d", ALL), EINVAL, "no instance");
	check_errno(inotify_add_watch(in, odd_ptr, ALL), EFAULT, "wild path");
	check_errno(inotify_add_watch(in, "", ALL), ENOENT, "empty path");
	check_errno(inotify_rm_watch(-1, 1), EBADF, "no descriptor");
	check_errno(inotify_rm_watch(0, 1), EINVAL, "no instance");
	check_errno(inotify_rm_watch(in, 0), EINVAL, "no such watch");
	check_errno(inotify_rm_watch(in, -1), EINVAL, "nor that");
	events(in, "nothing of all that");
	return done();
}
