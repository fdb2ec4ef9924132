/* SPDX-License-Identifier: Apache-2.0
 *
 * Advisory locks: see locks.h. Layer: core.
 *
 * A file's record locks are one list in order of start; locks of one owner never overlap, and
 * neighbours of one type are merged. Waiters sleep on the file's queue and try again. Waiting
 * POSIX requests stand in one global list, by which a circle of waiting owners is found (EDEADLK),
 * as fs/locks.c does; OFD locks and flock aren't checked, as in Linux.
 */
#include <stdlib.h>
#include <sys/file.h>

#include "core/fs/locks.h"
#include "core/objcount.h"

OBJCOUNT(lock_count, "file_lock");

#define DEADLOCK_STEPS 10 /* as MAX_DEADLK_ITERATIONS */

struct lock {
	TAILQ_ENTRY(lock) entry;
	struct record_lock l;
};

TAILQ_HEAD(lock_list, lock);

struct flock_list {
	struct lock_list records; /* by start, then age */
	struct lock_list flocks;  /* owner is file->gen */
	unsigned count;
	struct waitq q;
};

/* A POSIX request that waits, and whom for. */
struct blocked {
	TAILQ_ENTRY(blocked) entry;
	uint64_t owner, by;
};
static TAILQ_HEAD(, blocked) blocked_list = TAILQ_HEAD_INITIALIZER(blocked_list);

static struct flock_list *lists_of(struct inode *ino)
{
	struct flock_list *fl = ino->locks;

	if (!fl && (fl = calloc(1, sizeof(*fl)))) {
		TAILQ_INIT(&fl->records);
		TAILQ_INIT(&fl->flocks);
		waitq_init(&fl->q);
		ino->locks = fl;
	}
	return fl;
}

static struct lock *lock_new(const struct record_lock *l)
{
	struct lock *n = calloc(1, sizeof(*n));

	if (n) {
		n->l = *l;
		obj_born(&lock_count);
	}
	return n;
}

static void lock_free(struct lock *l)
{
	if (l) {
		free(l);
		obj_died(&lock_count);
	}
}

static void lock_remove(struct flock_list *fl, struct lock_list *list, struct lock *l)
{
	TAILQ_REMOVE(list, l, entry);
	fl->count--;
	lock_free(l);
}

static bool same_owner(const struct record_lock *a, const struct record_lock *b)
{
	return a->owner == b->owner && a->ofd == b->ofd;
}

static bool conflict(const struct record_lock *held, const struct record_lock *req)
{
	return !same_owner(held, req) && held->start <= req->end && req->start <= held->end &&
	       (held->type == F_WRLCK || req->type == F_WRLCK);
}

static struct lock *first_conflict(struct flock_list *fl, const struct record_lock *req)
{
	struct lock *l;

	TAILQ_FOREACH(l, &fl->records, entry)
		if (conflict(&l->l, req))
			return l;
	return NULL;
}

static void insert_sorted(struct flock_list *fl, struct lock *n)
{
	struct lock *l;

	fl->count++;
	TAILQ_FOREACH(l, &fl->records, entry) {
		if (l->l.start > n->l.start) {
			TAILQ_INSERT_BEFORE(l, n, entry);
			return;
		}
	}
	TAILQ_INSERT_TAIL(&fl->records, n, entry);
}

/*
 * Puts req in place of what its owner holds in that range. `spare` are two locks made before, so
 * that this can't fail half-way: one for the new lock, one for a hole cut out of an old one.
 */
static void apply(struct flock_list *fl, const struct record_lock *req, struct lock **spare)
{
	struct record_lock n = *req;
	struct lock *l, *next;

	for (l = TAILQ_FIRST(&fl->records); l; l = next) {
		next = TAILQ_NEXT(l, entry);
		if (!same_owner(&l->l, req))
			continue;
		if (n.type != F_UNLCK && l->l.type == n.type) {
			/* Swallow overlapping and touching ones. */
			if ((n.end == INT64_MAX || l->l.start <= n.end + 1) &&
			    (l->l.end == INT64_MAX || n.start <= l->l.end + 1)) {
				n.start = MIN(n.start, l->l.start);
				n.end = MAX(n.end, l->l.end);
				lock_remove(fl, &fl->records, l);
			}
			continue;
		}
		if (l->l.start > n.end || l->l.end < n.start)
			continue;
		if (l->l.start >= n.start && l->l.end <= n.end) {
			lock_remove(fl, &fl->records, l);
		} else if (l->l.start < n.start && l->l.end > n.end) {
			struct lock *tail = spare[1];

			spare[1] = NULL;
			tail->l = l->l;
			tail->l.start = n.end + 1;
			l->l.end = n.start - 1;
			insert_sorted(fl, tail);
		} else if (l->l.start < n.start) {
			l->l.end = n.start - 1;
		} else {
			l->l.start = n.end + 1;
			TAILQ_REMOVE(&fl->records, l, entry);
			fl->count--;
			insert_sorted(fl, l);
		}
	}
	if (n.type != F_UNLCK) {
		spare[0]->l = n;
		insert_sorted(fl, spare[0]);
		spare[0] = NULL;
	}
}

static bool would_deadlock(uint64_t owner, uint64_t by)
{
	for (int i = 0; i < DEADLOCK_STEPS; i++) {
		struct blocked *b;

		if (by == owner)
			return true;
		TAILQ_FOREACH(b, &blocked_list, entry)
			if (b->owner == by)
				break;
		if (!b)
			return false;
		by = b->by;
	}
	return false;
}

static CO_FN int wait_for_record(struct flock_list *fl, const struct record_lock *req)
{
	struct lock *c;

	while ((c = first_conflict(fl, req))) {
		struct blocked b = { .owner = req->owner, .by = c->l.owner };
		bool posix = !req->ofd && !c->l.ofd;
		int err;

		if (posix && would_deadlock(req->owner, c->l.owner))
			return -EDEADLK;
		if (posix)
			TAILQ_INSERT_TAIL(&blocked_list, &b, entry);
		err = wait_on(&fl->q, KTIME_NEVER);
		if (posix)
			TAILQ_REMOVE(&blocked_list, &b, entry);
		if (err)
			return err;
	}
	return 0;
}

CO_FN int locks_set(struct inode *ino, const struct record_lock *req, bool wait)
{
	struct flock_list *fl;
	struct lock *spare[2];
	int err = 0;

	if (req->type == F_UNLCK && !ino->locks)
		return 0;
	fl = lists_of(ino);
	if (!fl)
		return -ENOLCK;
	if (req->type != F_UNLCK) {
		if (wait)
			err = wait_for_record(fl, req);
		else if (first_conflict(fl, req))
			err = -EAGAIN;
		if (err)
			return err;
		if (fl->count >= LOCKS_MAX)
			return -ENOLCK;
	}
	spare[0] = lock_new(req);
	spare[1] = lock_new(req);
	if (spare[0] && spare[1]) {
		apply(fl, req, spare);
		wake_all(&fl->q);
	} else {
		err = -ENOLCK;
	}
	lock_free(spare[0]);
	lock_free(spare[1]);
	return err;
}

void locks_test(struct inode *ino, struct record_lock *l)
{
	struct lock *c = ino->locks ? first_conflict(ino->locks, l) : NULL;

	if (c)
		*l = c->l;
	else
		l->type = F_UNLCK;
}

static void drop_owner(struct inode *ino, uint64_t owner, bool ofd)
{
	struct flock_list *fl = ino->locks;
	struct lock *l, *next;
	bool any = false;

	for (l = TAILQ_FIRST(&fl->records); l; l = next) {
		next = TAILQ_NEXT(l, entry);
		if (l->l.owner == owner && l->l.ofd == ofd) {
			lock_remove(fl, &fl->records, l);
			any = true;
		}
	}
	if (any)
		wake_all(&fl->q);
}

void locks_drop_posix(struct inode *ino, uint64_t owner)
{
	if (ino && ino->locks)
		drop_owner(ino, owner, false);
}

/* ---- flock ---- */

static struct lock *flock_of(struct flock_list *fl, const struct file *f)
{
	struct lock *l;

	TAILQ_FOREACH(l, &fl->flocks, entry)
		if (l->l.owner == f->gen)
			return l;
	return NULL;
}

static bool flock_conflict(struct flock_list *fl, const struct file *f, int type)
{
	struct lock *l;

	TAILQ_FOREACH(l, &fl->flocks, entry)
		if (l->l.owner != f->gen && (type == F_WRLCK || l->l.type == F_WRLCK))
			return true;
	return false;
}

static void flock_drop(struct flock_list *fl, struct file *f)
{
	struct lock *mine = flock_of(fl, f);

	if (mine) {
		lock_remove(fl, &fl->flocks, mine);
		wake_all(&fl->q);
	}
}

CO_FN int locks_flock(struct file *f, int op)
{
	int type = (op & ~LOCK_NB) == LOCK_EX ? F_WRLCK : F_RDLCK;
	struct record_lock rl = { .type = type, .end = INT64_MAX, .owner = f->gen };
	struct flock_list *fl;
	struct lock *mine;
	int err;

	if (op & LOCK_UN) {
		if (f->inode->locks)
			flock_drop(f->inode->locks, f);
		return 0;
	}
	fl = lists_of(f->inode);
	if (!fl)
		return -ENOLCK;
	mine = flock_of(fl, f);
	if (mine && mine->l.type == type)
		return 0;
	/* A conversion isn't atomic (flock(2)): the old lock goes first. */
	flock_drop(fl, f);
	while (flock_conflict(fl, f, type)) {
		if (op & LOCK_NB)
			return -EWOULDBLOCK;
		err = wait_on(&fl->q, KTIME_NEVER);
		if (err)
			return err;
	}
	if (flock_of(fl, f)) /* another thread, by the same open file, was faster */
		flock_drop(fl, f);
	if (fl->count >= LOCKS_MAX || !(mine = lock_new(&rl)))
		return -ENOLCK;
	TAILQ_INSERT_TAIL(&fl->flocks, mine, entry);
	fl->count++;
	return 0;
}

void locks_drop_file(struct file *f)
{
	if (!f->inode || !f->inode->locks)
		return;
	flock_drop(f->inode->locks, f);
	drop_owner(f->inode, f->gen, true);
}

void locks_free(struct inode *ino)
{
	struct flock_list *fl = ino->locks;

	if (!fl)
		return;
	while (!TAILQ_EMPTY(&fl->records))
		lock_remove(fl, &fl->records, TAILQ_FIRST(&fl->records));
	while (!TAILQ_EMPTY(&fl->flocks))
		lock_remove(fl, &fl->flocks, TAILQ_FIRST(&fl->flocks));
	waitq_done(&fl->q);
	free(fl);
	ino->locks = NULL;
}

void locks_each(struct inode *ino,
                void (*fn)(const char *kind, const struct record_lock *l, void *arg), void *arg)
{
	struct lock *l;

	if (!ino->locks)
		return;
	TAILQ_FOREACH(l, &ino->locks->records, entry)
		fn(l->l.ofd ? "OFDLCK" : "POSIX", &l->l, arg);
	TAILQ_FOREACH(l, &ino->locks->flocks, entry)
		fn("FLOCK", &l->l, arg);
}
