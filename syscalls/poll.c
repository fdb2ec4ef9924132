/* SPDX-License-Identifier: Apache-2.0
 *
 * poll(2), select(2) and their forms with a signal mask. Layer: syscalls.
 */
#include <stdlib.h>
#include <sys/select.h>
#include <sys/time.h>

#include "core/clock.h"
#include "core/ipc/poll.h"
#include "syscalls/syscall.h"

/* ---- time-outs ---- */

/* Relative to now: 0 only looks, KTIME_NEVER waits without end. */
static ktime_t deadline_of(ktime_t rel)
{
	return rel == 0 || rel == KTIME_NEVER ? rel : ktime_add(clock_monotonic(), rel);
}

/* Writes what is left of the time back, as Linux does for select, pselect6 and ppoll. */
static CO_FN void put_timeleft(gaddr_t addr, ktime_t deadline, bool timeval)
{
	ktime_t left = deadline == 0 ? 0 : MAX(deadline - clock_monotonic(), 0);
	struct timespec ts = ktime_to_timespec(left);
	struct timeval tv = { ts.tv_sec, ts.tv_nsec / 1000 };

	/* A read-only time-out is no error. */
	if (timeval ? copyout_obj(addr, &tv) : copyout_obj(addr, &ts))
		return;
}

static CO_FN int timespec_deadline(gaddr_t addr, ktime_t *ret)
{
	struct timespec ts;

	*ret = KTIME_NEVER;
	if (!addr)
		return 0;
	int err = timespec_arg(addr, &ts);
	if (!err)
		*ret = deadline_of(ktime_from_timespec(&ts));
	return err;
}

/* ---- poll ---- */

static CO_FN int64_t poll_fds(struct task *t, gaddr_t ufds, unsigned n, ktime_t deadline)
{
	if (n > task_rlimit(t, RLIMIT_NOFILE))
		return -EINVAL;
	struct pollfd *fds = calloc(n + 1, sizeof(*fds));
	struct poll_item *items = calloc(n + 1, sizeof(*items));
	int64_t ret = fds && items ? 0 : -ENOMEM;
	int bad = 0;

	if (!ret && copyin(fds, ufds, n * sizeof(*fds)))
		ret = -EFAULT;
	if (ret) {
		free(fds);
		free(items);
		return ret;
	}
	for (unsigned i = 0; i < n; i++) {
		items[i].file = fds[i].fd < 0 ? NULL : fd_get(t->files, fds[i].fd);
		items[i].events = (uint16_t)fds[i].events | POLLERR | POLLHUP;
		if (fds[i].fd >= 0 && !items[i].file)
			bad++;
	}
	ret = poll_items(items, n, bad ? 0 : deadline);
	if (ret >= 0) {
		ret += bad;
		for (unsigned i = 0; i < n; i++)
			fds[i].revents = fds[i].fd >= 0 && !items[i].file ? POLLNVAL : (short)items[i].revents;
		/* Only revents may be written: the guest may change the rest meanwhile. */
		for (unsigned i = 0; i < n && ret >= 0; i++) {
			if (copyout(ufds + i * sizeof(*fds) + offsetof(struct pollfd, revents),
			            &fds[i].revents, sizeof(fds[i].revents)))
				ret = -EFAULT;
			co_did_entries(1);
		}
	}
	for (unsigned i = 0; i < n; i++)
		if (items[i].file)
			file_unref(items[i].file);
	free(fds);
	free(items);
	return ret;
}

static CO_FN int64_t poll_restart(struct task *t)
{
	int64_t ret = poll_fds(t, t->restart_args[0], (unsigned)t->restart_args[1],
	                      (ktime_t)t->restart_args[2]);

	return ret == -ERESTARTSYS ? -ERESTART_RESTARTBLOCK : ret;
}

SYSCALL3(poll, gaddr_t, fds, unsigned, n, int, timeout)
{
	ktime_t deadline = deadline_of(timeout < 0 ? KTIME_NEVER : timeout * NSEC_PER_MSEC);
	int64_t ret = poll_fds(t, fds, n, deadline);

	if (ret != -ERESTARTSYS)
		return ret;
	/* Goes on to the same deadline when no handler runs. */
	t->restart = poll_restart;
	t->restart_args[0] = fds;
	t->restart_args[1] = n;
	t->restart_args[2] = (uint64_t)deadline;
	return -ERESTART_RESTARTBLOCK;
}

static CO_FN int set_mask(struct task *t, gaddr_t mask, size_t size)
{
	sigmask_t set;

	if (!mask)
		return 0;
	if (size != sizeof(set))
		return -EINVAL;
	if (copyin_obj(&set, mask))
		return -EFAULT;
	signal_set_temp_mask(t, set);
	return 0;
}

SYSCALL5(ppoll, gaddr_t, fds, unsigned, n, gaddr_t, timeout, gaddr_t, mask, size_t, size)
{
	ktime_t deadline;
	int err = timespec_deadline(timeout, &deadline);

	if (!err)
		err = set_mask(t, mask, size);
	if (err)
		return err;
	int64_t ret = poll_fds(t, fds, n, deadline);
	if (timeout)
		put_timeleft(timeout, deadline, false);
	return ret == -ERESTARTSYS ? -ERESTARTNOHAND : ret;
}

/* ---- select ---- */

#define IN_EVENTS (POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR)
#define OUT_EVENTS (POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR)
#define EX_EVENTS (POLLPRI)

struct fd_bits {
	unsigned n;       /* descriptors */
	size_t bytes;     /* of one set */
	uint64_t *set[3]; /* in: read, write, except; each may be all zero */
};

static bool bit_test(const uint64_t *set, unsigned i)
{
	return set[i / 64] >> (i % 64) & 1;
}

static CO_FN int bits_in(struct fd_bits *b, const gaddr_t addr[3])
{
	for (int i = 0; i < 3; i++)
		if (addr[i] && copyin(b->set[i], addr[i], b->bytes))
			return -EFAULT;
	return 0;
}

static CO_FN int bits_out(const struct fd_bits *b, const gaddr_t addr[3])
{
	for (int i = 0; i < 3; i++)
		if (addr[i] && copyout(addr[i], b->set[i], b->bytes))
			return -EFAULT;
	return 0;
}

/* Turns the sets into items; -EBADF when a bit names no open file. */
static int collect(struct task *t, const struct fd_bits *b, struct poll_item *items, unsigned *fds,
                   unsigned *count)
{
	*count = 0;
	for (unsigned i = 0; i < b->n; i++) {
		uint32_t ev = (bit_test(b->set[0], i) ? IN_EVENTS : 0u) |
		              (bit_test(b->set[1], i) ? OUT_EVENTS : 0u) |
		              (bit_test(b->set[2], i) ? EX_EVENTS : 0u);
		if (!ev)
			continue;
		struct file *f = fd_get(t->files, (int)i);
		if (!f)
			return -EBADF;
		items[*count] = (struct poll_item){ .file = f, .events = ev };
		fds[(*count)++] = i;
	}
	return 0;
}

static int distribute(struct fd_bits *b, const struct poll_item *items, const unsigned *fds,
                      unsigned count)
{
	static const uint32_t kinds[3] = { IN_EVENTS, OUT_EVENTS, EX_EVENTS };
	int bits = 0;

	for (int s = 0; s < 3; s++) {
		uint64_t *set = b->set[s];
		for (unsigned i = 0; i < count; i++) {
			uint64_t bit = (uint64_t)1 << (fds[i] % 64);
			if (!(set[fds[i] / 64] & bit))
				continue;
			if (items[i].revents & kinds[s])
				bits++;
			else
				set[fds[i] / 64] &= ~bit;
		}
	}
	return bits;
}

static CO_FN int64_t select_fds(struct task *t, int n, const gaddr_t addr[3], ktime_t deadline)
{
	if (n < 0)
		return -EINVAL;
	n = MIN(n, FDTABLE_MAX);
	n = (int)MIN((uint64_t)n, MAX(task_rlimit(t, RLIMIT_NOFILE), 64));
	size_t words = ((size_t)n + 63) / 64;
	struct fd_bits b = { .n = (unsigned)n, .bytes = words * 8 };
	uint64_t *mem = calloc(3 * words + 1, 8);
	struct poll_item *items = calloc((size_t)n + 1, sizeof(*items));
	unsigned *fds = calloc((size_t)n + 1, sizeof(*fds)), count = 0;
	int64_t ret = mem && items && fds ? 0 : -ENOMEM;

	if (!ret) {
		for (int i = 0; i < 3; i++)
			b.set[i] = mem + (size_t)i * words;
		ret = bits_in(&b, addr);
	}
	if (!ret)
		ret = collect(t, &b, items, fds, &count);
	int bits = 0;
	if (!ret)
		ret = poll_items(items, count, deadline);
	if (ret >= 0) {
		bits = distribute(&b, items, fds, count);
		ret = bits_out(&b, addr);
	}
	for (unsigned i = 0; i < count; i++)
		file_unref(items[i].file);
	free(mem);
	free(items);
	free(fds);
	return ret ? ret : bits;
}

SYSCALL5(select, int, n, gaddr_t, rd, gaddr_t, wr, gaddr_t, ex, gaddr_t, timeout)
{
	gaddr_t addr[3] = { rd, wr, ex };
	ktime_t deadline = KTIME_NEVER;
	struct timeval tv;

	if (timeout) {
		if (copyin_obj(&tv, timeout))
			return -EFAULT;
		if (tv.tv_sec < 0 || tv.tv_usec < 0)
			return -EINVAL;
		/* Linux folds whole seconds out of tv_usec. */
		struct timespec ts = { .tv_nsec = tv.tv_usec % 1000000 * 1000 };
		if (__builtin_add_overflow(tv.tv_sec, tv.tv_usec / 1000000, &ts.tv_sec))
			return -EINVAL;
		deadline = deadline_of(ktime_from_timespec(&ts));
	}
	int64_t ret = select_fds(t, n, addr, deadline);
	if (timeout)
		put_timeleft(timeout, deadline, true);
	return ret == -ERESTARTSYS ? -ERESTARTNOHAND : ret;
}

SYSCALL6(pselect6, int, n, gaddr_t, rd, gaddr_t, wr, gaddr_t, ex, gaddr_t, timeout, gaddr_t, sig)
{
	gaddr_t addr[3] = { rd, wr, ex };
	struct { uint64_t mask, size; } m = { 0, 0 };
	ktime_t deadline;

	if (sig && copyin_obj(&m, sig))
		return -EFAULT;
	int err = timespec_deadline(timeout, &deadline);
	if (!err)
		err = set_mask(t, m.mask, m.size);
	if (err)
		return err;
	int64_t ret = select_fds(t, n, addr, deadline);
	if (timeout)
		put_timeleft(timeout, deadline, false);
	return ret == -ERESTARTSYS ? -ERESTARTNOHAND : ret;
}
