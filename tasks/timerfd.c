/* SPDX-License-Identifier: Apache-2.0
 *
 * timerfd_create(2). A periodic timer is armed again when it is read: until then one expiry makes
 * the descriptor readable, and the count of the others follows from the clock. Layer: tasks.
 */
#include "tasks/timerfd.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>

#include "core/clock.h"
#include "core/objcount.h"
#include "tasks/ktime.h"

#ifndef TFD_TIMER_CANCEL_ON_SET
#define TFD_TIMER_CANCEL_ON_SET (1 << 1)
#endif

OBJCOUNT(timerfd_count, "timerfd");

#define TIMERFDS_MAX (1u << 20) /* in all: see HEAP_MAX in core/timer.c */
static unsigned nr_timerfds;

struct timerfd {
	struct timer timer;
	struct waitq q;
	struct clock_listener set; /* listens with TFD_TIMER_CANCEL_ON_SET */
	int clock;
	int base;        /* the clock of `expires`: see guest_clock_base */
	ktime_t expires; /* of `base`; 0: off */
	ktime_t interval;
	bool expired;   /* at `expires`, not read yet */
	bool cancelled; /* by its clock being set, not told yet */
};

static void fired(struct timer *timer)
{
	struct timerfd *tf = container_of(timer, struct timerfd, timer);

	if (tf->expires > guest_clock_now(tf->base)) {
		timer_arm(timer, guest_clock_deadline(tf->base, true, tf->expires));
		return;
	}
	tf->expired = true;
	wake_all(&tf->q);
}

static void clock_set(struct clock_listener *l)
{
	struct timerfd *tf = container_of(l, struct timerfd, set);

	tf->cancelled = true;
	wake_all(&tf->q);
}

/* Tells once that the clock was set. What it was set for stays as it is, but for what was not read. */
static bool take_cancelled(struct timerfd *tf)
{
	if (!tf->cancelled)
		return false;
	tf->cancelled = tf->expired = false;
	return true;
}

/* Takes the number of expiries so far and sets the timer going again. */
static uint64_t take(struct timerfd *tf)
{
	uint64_t steps = 1;

	if (!tf->expired)
		return 0;
	tf->expired = false;
	if (!tf->interval) {
		tf->expires = 0;
		return 1;
	}
	tf->expires =
	    ktime_forward(tf->expires, tf->interval, guest_clock_now(tf->base), &steps);
	timer_arm(&tf->timer, guest_clock_deadline(tf->base, true, tf->expires));
	return MAX(steps, 1u);
}

static CO_FN ssize_t timerfd_read(struct file *f, struct uio *u, int64_t *pos UNUSED)
{
	struct timerfd *tf = f->priv;
	uint64_t n;
	int err;

	if (u->resid < sizeof(n))
		return -EINVAL;
	while (!tf->expired && !tf->cancelled) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_on(&tf->q, KTIME_NEVER);
		if (err)
			return err;
	}
	if (take_cancelled(tf))
		return -ECANCELED;
	n = take(tf);
	return uio_put(u, &n, sizeof(n)) == sizeof(n) ? (ssize_t)sizeof(n) : -EFAULT;
}

static uint32_t timerfd_poll(struct file *f, struct poll_table *pt)
{
	struct timerfd *tf = f->priv;

	poll_wait(pt, &tf->q);
	return tf->expired || tf->cancelled ? POLLIN | POLLRDNORM : 0;
}

static void timerfd_release(struct file *f)
{
	struct timerfd *tf = f->priv;

	timer_cancel(&tf->timer);
	clock_unlisten(&tf->set);
	free(tf);
	nr_timerfds--;
	obj_died(&timerfd_count);
}

static int timerfd_show(struct file *f, char *buf, size_t size)
{
	struct timerfd *tf = f->priv;
	ktime_t value = 0, interval = 0;

	timerfd_get(f, &value, &interval);
	return snprintf(buf, size,
	                "clockid: %d\nticks: %d\nsettime flags: 00\nit_value: (%lld, %lld)\n"
	                "it_interval: (%lld, %lld)\n",
	                tf->clock, tf->expired, value / NSEC_PER_SEC, value % NSEC_PER_SEC,
	                interval / NSEC_PER_SEC, interval % NSEC_PER_SEC);
}

static const struct file_ops timerfd_ops = {
	.read = timerfd_read,
	.poll = timerfd_poll,
	.release = timerfd_release,
	.show_fdinfo = timerfd_show,
	.llseek = noop_llseek,
};

struct file *timerfd_new(int clock, unsigned flags)
{
	struct timerfd *tf = nr_timerfds < TIMERFDS_MAX ? calloc(1, sizeof(*tf)) : NULL;
	struct file *f;

	if (!tf)
		return NULL;
	tf->clock = tf->base = clock;
	tf->timer.fn = fired;
	tf->set.fn = clock_set;
	waitq_init(&tf->q);
	obj_born(&timerfd_count);
	nr_timerfds++;
	f = file_anon(&timerfd_ops, "anon_inode:[timerfd]", 0600, O_RDWR | flags, tf);
	if (!f) {
		free(tf);
		nr_timerfds--;
		obj_died(&timerfd_count);
	}
	return f;
}

int timerfd_get(struct file *f, ktime_t *value, ktime_t *interval)
{
	struct timerfd *tf = f->priv;
	ktime_t now, next;
	uint64_t steps;

	if (f->ops != &timerfd_ops)
		return -EINVAL;
	*interval = tf->interval;
	*value = 0;
	if (!tf->expires)
		return 0;
	now = guest_clock_now(tf->base);
	next = tf->interval ? ktime_forward(tf->expires, tf->interval, now, &steps) : tf->expires;
	*value = next > now ? next - now : tf->expired ? 0 : 1;
	return 0;
}

int timerfd_set(struct file *f, int flags, ktime_t value, ktime_t interval, ktime_t *old_value,
                ktime_t *old_interval)
{
	const int cancel_flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
	struct timerfd *tf = f->priv;
	bool absolute = flags & TFD_TIMER_ABSTIME;
	int err = timerfd_get(f, old_value, old_interval);

	if (err)
		return err;
	timer_cancel(&tf->timer);
	tf->expired = false;
	tf->expires = 0;
	tf->interval = interval;
	tf->base = guest_clock_base(tf->clock, absolute);
	if ((flags & cancel_flags) == cancel_flags &&
	    (tf->clock == CLOCK_REALTIME || tf->clock == CLOCK_REALTIME_ALARM)) {
		clock_listen(&tf->set);
	} else {
		clock_unlisten(&tf->set);
		tf->cancelled = false;
	}
	if (!value)
		return 0;
	tf->expires = absolute ? value : ktime_add(guest_clock_now(tf->base), value);
	timer_arm(&tf->timer, guest_clock_deadline(tf->base, true, tf->expires));
	/* It is set all the same: that the clock was set, too, must not be overlooked. */
	return take_cancelled(tf) ? -ECANCELED : 0;
}
