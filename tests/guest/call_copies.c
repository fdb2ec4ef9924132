/* SPDX-License-Identifier: Apache-2.0
 *
 * What calls read and write, when they are made so often that it may travel another way: strings and
 * structs at the end of what is mapped, buffers that overlap, that can't be written, that go away, and
 * that another call of the same thread or another thread looks at.
 */
#include "guest.h"

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define OFTEN 40 /* enough for a call site to be seen as busy */
#define PAGE 4096

#define often for (int i_ = 0; i_ < OFTEN; i_++)

static char *pages; /* two, of which the second isn't mapped */

static void test_strings(void)
{
	char *end = pages + PAGE, long_name[600];
	bool good = true, fault = true, absent = true, too_long = true;
	struct stat st;

	memcpy(end - 2, "/", 2);
	often good &= syscall(SYS_stat, end - 2, &st) == 0 && S_ISDIR(st.st_mode);
	check(good, "a string that ends with the page");
	end[-1] = 'x';
	often fault &= syscall(SYS_stat, end - 1, &st) == -1 && errno == EFAULT;
	check(fault, "one that doesn't");
	memset(long_name, '/', sizeof(long_name));
	long_name[599] = 0;
	good = true;
	often good &= syscall(SYS_stat, long_name, &st) == 0;
	check(good, "a long one");
	memset(pages, 'n', PAGE);
	end[-1] = 0;
	often too_long &= syscall(SYS_stat, pages, &st) == -1 && errno == ENAMETOOLONG;
	check(too_long, "one that is too long");
	often absent &= syscall(SYS_stat, "", &st) == -1 && errno == ENOENT;
	check(absent, "an empty one");
	fault = true;
	often fault &= syscall(SYS_stat, kernel_ptr, &st) == -1 && errno == EFAULT;
	often fault &= syscall(SYS_stat, null_ptr, &st) == -1 && errno == EFAULT;
	often fault &= syscall(SYS_stat, odd_ptr, &st) == -1 && errno == EFAULT;
	check(fault, "wild ones");
}

static void test_results(void)
{
	char *ro = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *end = pages + PAGE;
	struct stat st;
	bool good = true, fault = true;
	int p[2];

	need(ro != MAP_FAILED);
	often fault &= syscall(SYS_stat, "/", ro) == -1 && errno == EFAULT;
	check(fault, "a struct to where nothing can be written");
	fault = true;
	often fault &= syscall(SYS_stat, "/", end - sizeof(st) + 1) == -1 && errno == EFAULT;
	check(fault, "and to where only a part of it can");
	often good &= syscall(SYS_stat, "/", end - sizeof(st)) == 0;
	memcpy(&st, end - sizeof(st), sizeof(st));
	check(good && S_ISDIR(st.st_mode), "where all of it just can");
	/* The pages are file-backed, private, and not there before the call writes them. */
	good = true;
	need(pipe(p) == 0);
	often {
		char *m = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		good &= write(p[1], "hello", 5) == 5 && syscall(SYS_read, p[0], m + 7, 100) == 5;
		good &= !memcmp(m, "\0\0\0\0\0\0\0hello\0", 13);
		munmap(m, PAGE);
	}
	check(good, "into a page that isn't there yet");
	/* The path is where the result goes. */
	good = true;
	often {
		char both[256] = "/";
		good &= syscall(SYS_stat, both, both) == 0;
		memcpy(&st, both, sizeof(st));
		good &= S_ISDIR(st.st_mode);
	}
	check(good, "over the string that was read");
	close(p[0]);
	close(p[1]);
	munmap(ro, PAGE);
}

static void test_vectors(void)
{
	char a[64], b[64];
	struct iovec v[3];
	bool good = true, fault = true, part = true;
	int p[2];

	need(pipe(p) == 0);
	often {
		v[0] = (struct iovec){ "abc", 3 };
		v[1] = (struct iovec){ NULL, 0 };
		v[2] = (struct iovec){ "defg", 4 };
		good &= syscall(SYS_writev, p[1], v, 3) == 7;
		v[0] = (struct iovec){ a, 2 };
		v[1] = (struct iovec){ b, sizeof(b) };
		good &= syscall(SYS_readv, p[0], v, 2) == 7 && !memcmp(a, "ab", 2) && !memcmp(b, "cdefg", 5);
	}
	check(good, "pieces in and out");
	/* The result lands on the vector itself, which has been read by then. */
	good = true;
	often {
		v[0] = (struct iovec){ v, 16 };
		v[1] = (struct iovec){ a, 8 };
		good &= write(p[1], "0123456789abcdefXYZ", 19) == 19;
		good &= syscall(SYS_readv, p[0], v, 2) == 19 && !memcmp(v, "0123456789abcdef", 16) &&
			!memcmp(a, "XYZ", 3);
	}
	check(good, "into the vector itself");
	often {
		v[0] = (struct iovec){ "ok", 2 };
		v[1] = (struct iovec){ low_ptr, 8 };
		part &= syscall(SYS_writev, p[1], v, 2) == -1 && errno == EFAULT;
		v[0].iov_base = low_ptr;
		fault &= syscall(SYS_writev, p[1], v, 2) == -1 && errno == EFAULT;
	}
	check(fault, "a first piece that faults");
	check(part, "a second one");
	close(p[0]);
	close(p[1]);
}

static void test_messages(void)
{
	struct epoll_event ev, got[4];
	struct pollfd pf[2];
	char byte = 'm', room[8], control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	bool good = true, ready = true;
	int sv[2], ep = epoll_create1(0);

	need(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	often {
		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &ep, sizeof(int));
		iov = (struct iovec){ &byte, 1 };
		good &= sendmsg(sv[0], &m, 0) == 1;
		memset(control, 0, sizeof(control));
		iov = (struct iovec){ room, sizeof(room) };
		m.msg_controllen = sizeof(control);
		good &= recvmsg(sv[1], &m, 0) == 1 && room[0] == 'm' && m.msg_controllen > 0;
		int fd;
		memcpy(&fd, CMSG_DATA(c), sizeof(int));
		good &= close(fd) == 0;
	}
	check(good, "messages with descriptors");
	ev = (struct epoll_event){ EPOLLIN, { .u64 = 0x1122334455667788 } };
	need(epoll_ctl(ep, EPOLL_CTL_ADD, sv[1], &ev) == 0 && write(sv[0], "x", 1) == 1);
	often {
		ready &= epoll_wait(ep, got, 4, -1) == 1 && got[0].data.u64 == 0x1122334455667788;
		pf[0] = (struct pollfd){ sv[1], POLLIN, 0 };
		pf[1] = (struct pollfd){ -1, POLLIN, 77 };
		ready &= poll(pf, 2, -1) == 1 && pf[0].revents == POLLIN && pf[1].revents == 0;
	}
	check(ready, "what is ready");
	close(sv[0]);
	close(sv[1]);
	close(ep);
}

/* ---- others look ---- */

static int ping[2], pong[2];
static char seen[16];

static void *answers(void *arg UNUSED)
{
	char c;

	while (read(ping[0], &c, 1) == 1)
		if (write(pong[1], seen, 1) != 1)
			break;
	return NULL;
}

static void test_threads(void)
{
	pthread_t t;
	bool good = true;
	char c;

	need(pipe(ping) == 0 && pipe(pong) == 0 && pthread_create(&t, NULL, answers, NULL) == 0);
	for (int i = 0; i < 500; i++) {
		seen[0] = (char)i;
		good &= write(ping[1], "p", 1) == 1 && read(pong[0], &c, 1) == 1 && c == (char)i;
	}
	check(good, "what one thread wrote is what another one's call reads");
	close(ping[1]);
	pthread_join(t, NULL);
	close(ping[0]);
	close(pong[0]);
	close(pong[1]);
}

/* A buffer that goes away under calls: either the call or the mapping was first. */
static char *volatile gone;
static volatile bool stop;

static void *unmaps(void *arg UNUSED)
{
	while (!stop) {
		madvise(gone, PAGE, MADV_DONTNEED);
		mprotect(gone, PAGE, PROT_NONE);
		mprotect(gone, PAGE, PROT_READ | PROT_WRITE);
	}
	return NULL;
}

static void test_races(void)
{
	struct stat st;
	bool good = true;
	pthread_t t;

	gone = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	need(gone != MAP_FAILED && pthread_create(&t, NULL, unmaps, NULL) == 0);
	for (int i = 0; i < 3000; i++) {
		long r = syscall(SYS_stat, "/", gone);
		good &= r == 0 || (r == -1 && errno == EFAULT);
		r = syscall(SYS_stat, gone, &st);
		good &= r == -1 && (errno == EFAULT || errno == ENOENT);
	}
	stop = true;
	pthread_join(t, NULL);
	check(good, "buffers that come and go");
}

int main(void)
{
	pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	need(pages != MAP_FAILED && munmap(pages + PAGE, PAGE) == 0);
	test_strings();
	test_results();
	test_vectors();
	test_messages();
	test_threads();
	test_races();
	return done();
}
