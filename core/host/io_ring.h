/* SPDX-License-Identifier: Apache-2.0
 *
 * What the sentry and its I/O helper share, at the same address in both. Private to io.c and
 * io_helper.c. Layer: core/host.
 */
#ifndef CORE_HOST_IO_RING_H
#define CORE_HOST_IO_RING_H

#include <linux/filter.h>
#include <stdint.h>

#define IO_REQUESTS 8
#define IO_WORKERS 4            /* requests that are worked on at the same time */
#define IO_DATA_MAX (64UL << 10) /* bytes that go with one, beside two paths */
#define IO_PAGE 4096
#define IO_RING_SELF (-1000) /* as a request's first argument: self_fd */

enum { IO_FREE, IO_POSTED, IO_DONE };

struct io_request {
	uint32_t state; /* IO_* */
	int nr;         /* of the system call */
	long args[6];
	long result;
	int64_t took;   /* nanoseconds */
	uint32_t delay; /* milliseconds to wait first; tests alone */
};

struct io_ring {
	/* set by the sentry before the helper starts */
	int requests_fd, done_fd; /* a pipe with numbers of requests; an eventfd */
	int self_fd;              /* the helper's own /proc/self/fd; set by it before it serves */
	unsigned short filter_len;
	struct sock_filter filter[254];
	struct io_request req[IO_REQUESTS];
	/* the helper's alone */
	char stacks[IO_WORKERS][IO_PAGE / IO_WORKERS] __attribute__((aligned(IO_PAGE)));
	char data[IO_REQUESTS][IO_DATA_MAX + 2 * IO_PAGE] __attribute__((aligned(IO_PAGE)));
};

/*
 * The helper, in a section of its own: all other memory than that section and the ring is given
 * back. Runs on a stack in the ring and doesn't return.
 */
void io_helper_main(struct io_ring *r);
/* Hidden, so that no address comes from a table that is gone by then. */
extern const char __start_io_helper_text[] __attribute__((visibility("hidden")));
extern const char __stop_io_helper_text[] __attribute__((visibility("hidden")));

#endif
