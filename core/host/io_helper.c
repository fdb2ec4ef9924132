/* SPDX-License-Identifier: Apache-2.0
 *
 * The I/O helper's side. Layer: core/host. Freestanding, as the stub is: no libc, no data, nothing
 * outside its section. It starts on a stack in the ring, gives all other memory back and serves
 * requests with a few threads, so that one that hangs doesn't hold up the others.
 */
#include "core/host/io_ring.h"

#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <time.h>

#include "core/arch/x86_64/raw.h"

#define HELPER __attribute__((section("io_helper_text"), used, noinline))
#define ADDRESS_END 0x7ffffffff000UL
#define NSEC 1000000000L

#define sys1(nr, a) raw_syscall(nr, (long)(a), 0, 0, 0, 0, 0)
#define sys2(nr, a, b) raw_syscall(nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define sys3(nr, a, b, c) raw_syscall(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)

HELPER static int64_t now(void)
{
	struct timespec ts;

	sys2(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

HELPER static void serve(const struct io_ring *r, struct io_request *q)
{
	const long *a = q->args;
	long first = a[0] == IO_RING_SELF ? r->self_fd : a[0];

	if (q->delay) { /* the filter knows it only where tests ask for it */
		struct timespec ts = { q->delay / 1000, q->delay % 1000 * 1000000L };
		sys2(SYS_nanosleep, &ts, 0);
	}
	int64_t start = now();
	q->result = raw_syscall(q->nr, first, a[1], a[2], a[3], a[4], a[5]);
	q->took = now() - start;
	__atomic_store_n(&q->state, IO_DONE, __ATOMIC_RELEASE);
}

/* Each thread takes the next number from the pipe. */
HELPER __attribute__((noreturn)) static void work(struct io_ring *r)
{
	struct sock_fprog prog;
	unsigned char i;
	uint64_t one = 1;

	prog.len = r->filter_len;
	prog.filter = r->filter;
	if (sys3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog))
		goto end;
	for (;;) {
		long n = sys3(SYS_read, r->requests_fd, &i, 1);
		if (n == -4 /* EINTR */)
			continue;
		if (n != 1)
			break;
		serve(r, &r->req[i % IO_REQUESTS]);
		if (sys3(SYS_write, r->done_fd, &one, sizeof(one)) < 0)
			break;
	}
end:
	for (;;)
		sys1(SYS_exit_group, 0);
}

HELPER static void drop(unsigned long from, unsigned long to)
{
	if (from < to)
		sys2(SYS_munmap, from, to - from);
}

HELPER static void drop_all_but(struct io_ring *r)
{
	unsigned long text = (unsigned long)__start_io_helper_text & ~(IO_PAGE - 1UL);
	unsigned long text_end = ((unsigned long)__stop_io_helper_text + IO_PAGE - 1) & ~(IO_PAGE - 1UL);
	unsigned long ring = (unsigned long)r, ring_end = ring + sizeof(*r);

	drop(0, text < ring ? text : ring);
	drop(text < ring ? text_end : ring_end, text < ring ? ring : text);
	drop(text < ring ? ring_end : text_end, ADDRESS_END);
}

HELPER void io_helper_main(struct io_ring *r)
{
	const long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;

	drop_all_but(r);
	/* One is enough, if there can't be more. */
	for (int i = 1; i < IO_WORKERS; i++)
		raw_clone_thread(SYS_clone, flags, r->stacks[i] + sizeof(r->stacks[i]), work, r, 0);
	work(r);
}
