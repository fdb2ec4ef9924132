/* SPDX-License-Identifier: Apache-2.0
 *
 * POSIX timers. Each owns one queue entry, so a timer has at most one signal pending; expiries
 * meanwhile are overruns. A periodic timer is armed again when its signal is taken, so that a short
 * interval can't occupy the sentry. Layer: tasks.
 */
#include "tasks/posix_timer.h"

#include <bsd/sys/queue.h>
#include <limits.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/objcount.h"
#include "tasks/cputime.h"
#include "tasks/ktime.h"
#include "tasks/signal_impl.h"
#include "tasks/user.h"

OBJCOUNT(ptimer_count, "posix_timer");

#define IGNORED_MIN_INTERVAL (1 * NSEC_PER_MSEC)
#define CPU_RECHECK (10 * NSEC_PER_MSEC)
#define TIMERS_HARD_MAX 65536
#define TIMERS_ALL_MAX (1u << 20) /* of all users: see HEAP_MAX in core/timer.c */

static unsigned nr_timers;

struct ptimer {
	LIST_ENTRY(ptimer) entry; /* in descending order of id */
	struct timer timer;
	struct sigqueue_entry sq;
	bool queued;
	struct thread_group *tg; /* borrowed: the timer goes with the group */
	int id, clock, notify;
	int base;        /* the clock of `expires`: see guest_clock_base */
	pid_t tid;       /* SIGEV_THREAD_ID */
	ktime_t expires; /* of its base; 0: off */
	ktime_t interval;
	uint64_t overrun, overrun_last;
	uid_t uid;
};

struct posix_timers {
	LIST_HEAD(, ptimer) list;
	int next_id;
	unsigned count;
};

static bool is_cpu_clock(int clock)
{
	return clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

static ktime_t now_of(const struct ptimer *p)
{
	ktime_t now = 0;

	if (!is_cpu_clock(p->clock))
		return guest_clock_now(p->base);
	if (p->tg->leader)
		guest_clock_get(p->tg->leader, p->clock, &now);
	return now;
}

static void arm(struct ptimer *p)
{
	ktime_t left;

	if (!is_cpu_clock(p->clock)) {
		timer_arm(&p->timer, guest_clock_deadline(p->base, true, p->expires));
		return;
	}
	/* CPU time only passes as threads run: look again when it could be there. */
	left = p->expires - now_of(p);
	left = left > 0 ? MAX(left / MAX(p->tg->nr_live, 1u), NSEC_PER_MSEC) : 0;
	timer_arm(&p->timer, clock_monotonic() + MIN(left, (ktime_t)CPU_RECHECK * 10));
}

static void step(struct ptimer *p)
{
	uint64_t steps;

	p->expires = ktime_forward(p->expires, p->interval, now_of(p), &steps);
	p->overrun += steps ? steps - 1 : 0;
}

static void fired(struct timer *timer)
{
	struct ptimer *p = container_of(timer, struct ptimer, timer);
	struct task *to = NULL;

	if (!p->expires)
		return;
	if (p->expires > now_of(p)) {
		arm(p);
		return;
	}
	if (p->notify == SIGEV_NONE) {
		if (p->interval) {
			step(p);
			arm(p);
		} else {
			p->expires = 0;
		}
		return;
	}
	if (p->notify == SIGEV_THREAD_ID) {
		to = task_find(p->tid);
		if (!to || to->tg != p->tg)
			return;
	}
	if (!p->queued) {
		p->queued = true;
		p->overrun = 0;
		if (send_signal_timer(to, p->tg, &p->sq)) {
			p->queued = false;
			if (p->interval) {
				/* Ignored: keep count, but not faster than is useful to anybody. */
				step(p);
				ktime_t next = clock_to_monotonic(guest_clock_deadline(p->base, true, p->expires));
				ktime_t soonest = clock_monotonic() + IGNORED_MIN_INTERVAL;
				timer_arm(&p->timer, MAX(next, soonest));
				return;
			}
		}
	}
	if (!p->interval)
		p->expires = 0;
}

void posix_timer_taken(void *timer, siginfo_t *info)
{
	struct ptimer *p = timer;

	p->queued = false;
	if (!info)
		return;
	if (p->interval && p->expires) {
		step(p);
		arm(p);
	}
	p->overrun_last = p->overrun;
	p->overrun = 0;
	info->si_overrun = (int)MIN(p->overrun_last, (uint64_t)INT_MAX);
}

static struct ptimer *find(struct thread_group *tg, int id)
{
	struct ptimer *p;

	if (!tg->timers)
		return NULL;
	LIST_FOREACH(p, &tg->timers->list, entry)
		if (p->id == id)
			return p;
	return NULL;
}

/* Takes p's entry out of q if it is there. */
static bool unqueue_from(struct ptimer *p, struct sigpending *q)
{
	struct sigqueue_entry *e;
	bool found = false, others = false;

	TAILQ_FOREACH(e, &q->queue, entry) {
		if (e == &p->sq)
			found = true;
		else if (e->info.si_signo == p->sq.info.si_signo)
			others = true;
	}
	if (!found)
		return false;
	TAILQ_REMOVE(&q->queue, &p->sq, entry);
	q->count--;
	if (!others)
		q->set &= ~sig_bit(p->sq.info.si_signo);
	p->queued = false;
	return true;
}

/* A signal of a timer that was deleted or set anew doesn't arrive any more. */
static void unqueue(struct ptimer *p)
{
	struct task *t;

	if (!p->queued || unqueue_from(p, &p->tg->sig.pending))
		return;
	LIST_FOREACH(t, &p->tg->tasks, tg_entry)
		if (unqueue_from(p, &t->sig.pending))
			return;
}

static void destroy(struct ptimer *p)
{
	timer_cancel(&p->timer);
	unqueue(p);
	LIST_REMOVE(p, entry);
	p->tg->timers->count--;
	user_add_signals(p->uid, -1);
	nr_timers--;
	free(p);
	obj_died(&ptimer_count);
}

static int check_event(struct task *t, const struct ktimer_event *ev)
{
	struct task *o;

	switch (ev->notify) {
	case SIGEV_NONE:
		return 0;
	case SIGEV_THREAD_ID:
		o = task_find(ev->tid);
		if (!o || o->tg != t->tg)
			return -EINVAL;
		/* fall through */
	case SIGEV_SIGNAL:
	case SIGEV_THREAD:
		return ev->signo >= 1 && ev->signo <= NSIG_KERNEL ? 0 : -EINVAL;
	}
	return -EINVAL;
}

static int pick_id(struct posix_timers *ts, struct thread_group *tg)
{
	/* As long as there are fewer timers than ids, this ends. */
	for (unsigned i = 0; i <= ts->count; i++) {
		int id = ts->next_id;

		ts->next_id = id == INT_MAX ? 0 : id + 1;
		if (!find(tg, id))
			return id;
	}
	return -EAGAIN;
}

int posix_timer_create(struct task *t, int clock, const struct ktimer_event *ev)
{
	struct ktimer_event def = { .signo = SIGALRM, .notify = SIGEV_SIGNAL };
	struct thread_group *tg = t->tg;
	struct ptimer *p;
	int err;

	err = is_cpu_clock(clock) ? guest_clock_check(t, clock) : guest_clock_sleepable(clock);
	if (!err && ev)
		err = check_event(t, ev);
	if (err)
		return err;
	if ((clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM) &&
	    !task_capable(t, CAP_WAKE_ALARM))
		return -EPERM;
	if (user_signals(t->cred->ruid) >= MIN(task_rlimit(t, RLIMIT_SIGPENDING), TIMERS_HARD_MAX) ||
	    nr_timers >= TIMERS_ALL_MAX)
		return -EAGAIN;
	if (!tg->timers) {
		tg->timers = calloc(1, sizeof(*tg->timers));
		if (!tg->timers)
			return -EAGAIN;
		LIST_INIT(&tg->timers->list);
	}
	p = calloc(1, sizeof(*p));
	if (!p || user_add_signals(t->cred->ruid, 1)) {
		free(p);
		return -EAGAIN;
	}
	nr_timers++;
	p->uid = t->cred->ruid;
	p->tg = tg;
	p->id = pick_id(tg->timers, tg);
	p->clock = clock == CLOCK_THREAD_CPUTIME_ID ? (int)(~(unsigned)t->tid << 3 | 6) : clock;
	p->base = p->clock;
	def.value = (uint64_t)p->id;
	if (!ev)
		ev = &def;
	p->notify = ev->notify;
	p->tid = ev->tid;
	p->timer.fn = fired;
	p->sq.timer = p;
	p->sq.info.si_signo = ev->signo;
	p->sq.info.si_code = SI_TIMER;
	p->sq.info.si_timerid = p->id;
	p->sq.info.si_value.sival_ptr = (void *)ev->value;
	LIST_INSERT_HEAD(&tg->timers->list, p, entry);
	tg->timers->count++;
	obj_born(&ptimer_count);
	return p->id;
}

int posix_timer_delete(struct thread_group *tg, int id)
{
	struct ptimer *p = find(tg, id);

	if (!p)
		return -EINVAL;
	destroy(p);
	return 0;
}

static void get(struct ptimer *p, ktime_t *value, ktime_t *interval)
{
	ktime_t now, left;
	uint64_t steps;

	*value = 0;
	*interval = p->interval;
	if (!p->expires)
		return;
	now = now_of(p);
	left = p->expires - now;
	if (left <= 0 && p->interval)
		left = ktime_forward(p->expires, p->interval, now, &steps) - now;
	*value = left > 0 ? left : p->notify == SIGEV_NONE ? 0 : 1;
}

int posix_timer_get(struct thread_group *tg, int id, ktime_t *value, ktime_t *interval)
{
	struct ptimer *p = find(tg, id);

	if (!p)
		return -EINVAL;
	get(p, value, interval);
	return 0;
}

int posix_timer_set(struct thread_group *tg, int id, bool absolute, ktime_t value, ktime_t interval,
                    ktime_t *old_value, ktime_t *old_interval)
{
	struct ptimer *p = find(tg, id);

	if (!p)
		return -EINVAL;
	get(p, old_value, old_interval);
	timer_cancel(&p->timer);
	unqueue(p);
	p->overrun = p->overrun_last = 0;
	p->interval = 0;
	p->expires = 0;
	if (!value)
		return 0;
	p->interval = interval;
	p->base = guest_clock_base(p->clock, absolute);
	p->expires = absolute ? value : ktime_add(now_of(p), value);
	arm(p);
	return 0;
}

int posix_timer_overrun(struct thread_group *tg, int id)
{
	struct ptimer *p = find(tg, id);

	return p ? (int)MIN(p->overrun_last, (uint64_t)INT_MAX) : -EINVAL;
}

void posix_timers_free(struct thread_group *tg)
{
	struct ptimer *p;

	if (!tg->timers)
		return;
	while ((p = LIST_FIRST(&tg->timers->list)) != NULL)
		destroy(p);
	free(tg->timers);
	tg->timers = NULL;
}
