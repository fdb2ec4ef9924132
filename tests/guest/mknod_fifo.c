/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <sys/sysmacros.h>

static void nop(int sig UNUSED)
{
}

int main(void)
{
	struct stat st;
	char buf[8];
	int r, wr, status;

	umask(022);
	check_is(mknod("f", S_IFREG | 0666, 0), 0, "mknod of a file");
	check(stat("f", &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0644, "its mode");
	check_errno(mknod("f", S_IFREG | 0666, 0), EEXIST, "again");
	check_is(mknod("f0", 0600, 0), 0, "type 0 is a file");
	check_errno(mknod("d", S_IFDIR | 0700, 0), EPERM, "directory");
	check_errno(mknod("l", S_IFLNK | 0700, 0), EINVAL, "link");
	check_errno(mknod(null_ptr, S_IFREG, 0), EFAULT, "NULL");
	check_is(mknod("s", S_IFSOCK | 0600, 0), 0, "socket");
	check_errno(open("s", O_RDWR), ENXIO, "open of a socket");
	check_is(mkfifo("p", 0600), 0, "mkfifo");
	check(stat("p", &st) == 0 && S_ISFIFO(st.st_mode), "is a FIFO");
	check_errno(open("p", O_WRONLY | O_NONBLOCK), ENXIO, "non-blocking write end without a reader");
	r = open("p", O_RDONLY | O_NONBLOCK);
	check(r >= 0, "non-blocking read end without a writer");
	check_is(read(r, buf, 1), 0, "reads the end of file");
	wr = open("p", O_WRONLY | O_NONBLOCK);
	check(wr >= 0, "write end with a reader");
	check_errno(read(r, buf, 1), EAGAIN, "now it would block");
	check_is(write(wr, "abc", 3), 3, "write");
	check_is(read(r, buf, 8), 3, "read");
	close(wr);
	check_is(read(r, buf, 8), 0, "end of file again");
	close(r);
	int rw = open("p", O_RDWR);
	check(rw >= 0 && write(rw, "x", 1) == 1 && read(rw, buf, 8) == 1, "O_RDWR does both");
	close(rw);

	/* A blocking open waits for the other side. */
	pid_t pid = fork();
	if (pid == 0) {
		wr = open("p", O_WRONLY);
		write(wr, "hi", 2);
		_exit(0);
	}
	r = open("p", O_RDONLY);
	check(r >= 0 && read(r, buf, 8) == 2 && !memcmp(buf, "hi", 2), "open waits for the writer");
	check_is(read(r, buf, 8), 0, "who then goes");
	need(waitpid(pid, &status, 0) == pid);
	close(r);
	on_signal(SIGALRM, nop, 0);
	ticks(20);
	check_errno(open("p", O_RDONLY), EINTR, "a signal ends a blocking open");
	check_errno(open("p", O_WRONLY), EINTR, "of either kind");
	ticks(0);
	signal(SIGPIPE, SIG_IGN);
	r = open("p", O_RDONLY | O_NONBLOCK);
	wr = open("p", O_WRONLY);
	close(r);
	check_errno(write(wr, "x", 1), EPIPE, "write after the reader went");
	r = open("p", O_RDONLY | O_NONBLOCK);
	check_is(write(wr, "x", 1), 1, "another reader revives it");
	check_is(unlink("p"), 0, "unlink");
	check_is(read(r, buf, 8), 1, "the ends stay connected");
	return done();
}
