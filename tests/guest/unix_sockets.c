/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

static int send_fd(int s, int fd)
{
	char c = 'f', ctl[CMSG_SPACE(sizeof(int))] = "";
	struct iovec v = { &c, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = ctl, .msg_controllen = sizeof(ctl) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(int));
	return sendmsg(s, &m, 0);
}

static int recv_fd(int s)
{
	char c, ctl[CMSG_SPACE(sizeof(int))] = "";
	struct iovec v = { &c, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = ctl, .msg_controllen = sizeof(ctl) };
	struct cmsghdr *h;
	int fd = -1;

	if (recvmsg(s, &m, MSG_CMSG_CLOEXEC) != 1 || !(h = CMSG_FIRSTHDR(&m)))
		return -1;
	memcpy(&fd, CMSG_DATA(h), sizeof(int));
	return fd;
}

int main(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "sock" }, b;
	socklen_t len = sizeof(b);
	char buf[64] = "";
	int s[2], l, c, x, st;
	struct pollfd pf;

	need_root();
	signal(SIGPIPE, SIG_IGN);
	check_errno(socketpair(AF_UNIX, 99, 0, s), EINVAL, "unknown type");
	check_errno(socketpair(AF_UNIX, SOCK_STREAM, 77, s), EPROTONOSUPPORT, "unknown protocol");
	check_errno(socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)odd_ptr), EFAULT, "wild");
	check_is(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s), 0, "socketpair");
	check(write(s[0], "hello", 5) == 5 && read(s[1], buf, 3) == 3 && read(s[1], buf + 3, 9) == 2 && !memcmp(buf, "hello", 5),
	      "a stream of bytes");
	check_errno(recv(s[1], buf, 1, MSG_DONTWAIT), EAGAIN, "nothing there");
	check(send(s[0], "peek", 4, 0) == 4 && recv(s[1], buf, 4, MSG_PEEK) == 4 && recv(s[1], buf, 64, 0) == 4, "MSG_PEEK");
	check_errno(send(s[0], odd_ptr, 5, 0), EFAULT, "send of a wild pointer");
	check_is(send_fd(s[0], l = file("f", "passed")), 1, "send a descriptor");
	close(l);
	x = recv_fd(s[1]);
	check(x >= 0 && fcntl(x, F_GETFD) == FD_CLOEXEC && pread(x, buf, 64, 0) == 6 && !memcmp(buf, "passed", 6), "receive it");
	check_errno(send_fd(s[0], 12345), EBADF, "send a closed one");
	check_is(shutdown(s[0], SHUT_WR), 0, "shutdown");
	check_is(read(s[1], buf, 1), 0, "the other reads the end");
	check_errno(write(s[0], "x", 1), EPIPE, "no more writing");
	check_is(write(s[1], "y", 1), 1, "the other way is open");
	close(s[1]);
	pf = (struct pollfd){ s[0], POLLIN, 0 };
	check(poll(&pf, 1, 0) == 1 && (pf.revents & POLLIN) && (pf.revents & POLLHUP), "closed: POLLIN and POLLHUP");
	check_is(read(s[0], buf, 64), 1, "what was sent before can be read");
	close(s[0]);

	l = socket(AF_UNIX, SOCK_STREAM, 0);
	check_errno(connect(l, (void *)&a, sizeof(a)), ENOENT, "connect to nothing");
	check_errno(listen(l, 5), EINVAL, "listen without a name");
	check_errno(bind(l, odd_ptr, sizeof(a)), EFAULT, "bind wild");
	check_errno(bind(l, (void *)&a, 200), EINVAL, "bind, too long");
	check_is(bind(l, (void *)&a, sizeof(a)), 0, "bind");
	struct stat sb;
	check(stat("sock", &sb) == 0 && S_ISSOCK(sb.st_mode), "there is a socket");
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	check_errno(bind(c, (void *)&a, sizeof(a)), EADDRINUSE, "the name is taken");
	check_errno(connect(c, (void *)&a, sizeof(a)), ECONNREFUSED, "nobody listens");
	check_errno(accept(l, NULL, NULL), EINVAL, "accept before listen");
	check_is(listen(l, 5), 0, "listen");
	check_is(connect(c, (void *)&a, sizeof(a)), 0, "connect before accept");
	check_is(write(c, "early", 5), 5, "and write");
	x = accept4(l, (void *)&b, &len, SOCK_NONBLOCK);
	check(x >= 0 && len == sizeof(sa_family_t) && b.sun_family == AF_UNIX, "accept: an unnamed peer");
	check_is(read(x, buf, 64), 5, "the early bytes");
	check_errno(read(x, buf, 64), EAGAIN, "non-blocking as asked");
	len = sizeof(b);
	check(getpeername(c, (void *)&b, &len) == 0 && !strcmp(b.sun_path, "sock"), "getpeername");
	struct ucred uc;
	len = sizeof(uc);
	check(getsockopt(x, SOL_SOCKET, SO_PEERCRED, &uc, &len) == 0 && uc.pid == getpid() && uc.uid == 0, "SO_PEERCRED");
	close(c);
	check_is(read(x, buf, 64), 0, "end of file");
	check_errno(write(x, "x", 1), EPIPE, "EPIPE");
	close(l);
	unlink("sock");
	/* Datagrams and packets keep their bounds. */
	for (int k = 0; k < 2; k++) {
		need(socketpair(AF_UNIX, k ? SOCK_SEQPACKET : SOCK_DGRAM, 0, s) == 0);
		check(write(s[0], "one", 3) == 3 && write(s[0], "three", 5) == 5, "two messages");
		check(read(s[1], buf, 64) == 3 && read(s[1], buf, 2) == 2, "are read one by one and cut");
		check_errno(recv(s[1], buf, 64, MSG_DONTWAIT), EAGAIN, "the rest is lost");
		check(write(s[0], "longer", 6) == 6 && recv(s[1], buf, 2, MSG_TRUNC) == 6, "MSG_TRUNC tells the length");
		close(s[0]);
		close(s[1]);
	}
	/* Abstract names are nobody's file, and go with the socket. */
	a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(a.sun_path, "\0guest-test", 11);
	len = sizeof(sa_family_t) + 11;
	l = socket(AF_UNIX, SOCK_STREAM, 0);
	check(bind(l, (void *)&a, len) == 0 && listen(l, 1) == 0, "abstract name");
	pid_t pid = fork();
	if (pid == 0) {
		c = socket(AF_UNIX, SOCK_STREAM, 0);
		_exit(connect(c, (void *)&a, len) == 0 && write(c, "abs", 3) == 3 ? 0 : 1);
	}
	x = accept(l, NULL, NULL);
	check(read(x, buf, 64) == 3, "a child connects");
	waitpid(pid, &st, 0);
	check(exited(st, 0), "and succeeds");
	close(l);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	check_errno(connect(c, (void *)&a, len), ECONNREFUSED, "gone with its socket");
	return done();
}
