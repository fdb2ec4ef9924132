/* SPDX-License-Identifier: Apache-2.0
 *
 * System V semaphores: see sem.h. Layer: core. Modelled on ipc/sem.c.
 *
 * An array changes under its lock. Operations that can't be carried out wait on one of two lists,
 * in order of arrival; whoever changes a value carries out those that have become possible, on
 * behalf of the sleepers. Trying them all takes time that a guest chooses, so it gives way.
 */
#include "core/ipc/sysv/sem.h"

#include <bsd/sys/queue.h>
#include <stdlib.h>

#include "core/objcount.h"

OBJCOUNT(array_count, "sem_array");
OBJCOUNT(undo_count, "sem_undo");
OBJCOUNT(undo_list_count, "sem_undo_list");

#define PENDING 1 /* not an errno: the operations wait */

struct semaphore {
	int val;
	pid_t pid; /* last operated on it */
};

struct sem_array;

struct sem_undo {
	LIST_ENTRY(sem_undo) by_array, by_list;
	struct sem_array *array; /* borrowed: the array frees its undos when it goes */
	short adj[];
};
LIST_HEAD(undos, sem_undo);

struct sem_undo_list {
	int refs;
	struct undos undos;
};

/* Operations that wait: lives with the sleeper. */
struct sem_wait {
	TAILQ_ENTRY(sem_wait) entry;
	struct waitq q;
	const struct sembuf *ops, *blocking;
	unsigned nops;
	struct sem_undo *undo;
	pid_t pid;
	bool alter;
	int status; /* PENDING, 0 or negative errno */
};
TAILQ_HEAD(sem_waits, sem_wait);

struct sem_array {
	struct ipc_obj obj;
	struct ipc_ns *ns; /* borrowed; NULL once removed */
	struct comutex lock;
	int64_t otime, ctime;
	int nsems;
	struct semaphore *sems;
	struct sem_waits alter, zero; /* of those that change something, and that only look */
	unsigned complex;             /* in `alter`: of several operations */
	struct undos undos;
};

static struct sem_array *array_of(struct ipc_obj *o)
{
	return o ? container_of(o, struct sem_array, obj) : NULL;
}

void sem_ns_init(struct ipc_ns *ns)
{
	ipc_ids_init(&ns->sem_ids);
	ns->sem_ctls[SC_SEMMSL] = SEMMSL;
	ns->sem_ctls[SC_SEMMNS] = SEMMNS;
	ns->sem_ctls[SC_SEMOPM] = SEMOPM;
	ns->sem_ctls[SC_SEMMNI] = SEMMNI;
}

/* ---- arrays ---- */

static void array_free(struct ipc_obj *o)
{
	struct sem_array *a = array_of(o);

	comutex_done(&a->lock);
	free(a->sems);
	free(a);
	obj_died(&array_count);
}

static void undo_free(struct sem_undo *u)
{
	LIST_REMOVE(u, by_array);
	LIST_REMOVE(u, by_list);
	free(u);
	obj_died(&undo_count);
}

/* Takes w off its list and lets its sleeper return status. */
static void finish(struct sem_array *a, struct sem_wait *w, int status)
{
	if (w->alter) {
		TAILQ_REMOVE(&a->alter, w, entry);
		a->complex -= w->nops > 1;
	} else {
		TAILQ_REMOVE(&a->zero, w, entry);
	}
	w->status = status;
	wake_all(&w->q);
}

/* Drops the table's reference; the lock is held, or nobody else knows the array. */
static void array_remove(struct sem_array *a)
{
	struct sem_wait *w;
	struct sem_undo *u;

	while ((u = LIST_FIRST(&a->undos)))
		undo_free(u);
	ipc_remove(&a->obj);
	a->ns->used_sems -= a->nsems;
	a->ns = NULL;
	while ((w = TAILQ_FIRST(&a->zero)))
		finish(a, w, -EIDRM);
	while ((w = TAILQ_FIRST(&a->alter)))
		finish(a, w, -EIDRM);
	ipc_unref(&a->obj);
}

void sem_ns_done(struct ipc_ns *ns)
{
	struct ipc_obj *o;

	while ((o = ipc_next(&ns->sem_ids, 0)))
		array_remove(array_of(o));
	ipc_ids_done(&ns->sem_ids);
}

/* The array's lock, with a reference: -EIDRM when it was removed meanwhile. */
static CO_FN int array_lock(struct sem_array *a)
{
	ipc_ref(&a->obj);
	comutex_lock(&a->lock);
	if (!ipc_removed(&a->obj))
		return 0;
	comutex_unlock(&a->lock);
	ipc_unref(&a->obj);
	return -EIDRM;
}

static void array_unlock(struct sem_array *a)
{
	comutex_unlock(&a->lock);
	ipc_unref(&a->obj);
}

struct get_arg {
	struct ipc_ns *ns;
	const struct ipc_who *who;
	int32_t key;
	int nsems, flags;
};

static int create(void *arg)
{
	const struct get_arg *g = arg;
	struct ipc_ns *ns = g->ns;
	struct sem_array *a;
	int err;

	if (!g->nsems)
		return -EINVAL;
	if (ns->used_sems > ns->sem_ctls[SC_SEMMNS] - g->nsems)
		return -ENOSPC;
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->sems = calloc((size_t)g->nsems, sizeof(*a->sems));
	a->nsems = g->nsems;
	a->ctime = ipc_now();
	a->obj.key = g->key;
	a->obj.mode = (unsigned)g->flags & 0777u;
	a->obj.free = array_free;
	err = a->sems ? ipc_add(&ns->sem_ids, &a->obj, g->who, ns->sem_ctls[SC_SEMMNI]) : -ENOMEM;
	if (err < 0) {
		free(a->sems);
		free(a);
		return err;
	}
	comutex_init(&a->lock);
	TAILQ_INIT(&a->alter);
	TAILQ_INIT(&a->zero);
	LIST_INIT(&a->undos);
	a->ns = ns;
	ns->used_sems += a->nsems;
	obj_born(&array_count);
	return a->obj.id;
}

static int is_large_enough(const struct ipc_obj *o, void *arg)
{
	const struct get_arg *g = arg;

	return g->nsems > container_of(o, const struct sem_array, obj)->nsems ? -EINVAL : 0;
}

int sem_get(struct ipc_ns *ns, const struct ipc_who *who, int32_t key, int nsems, int flags)
{
	static const struct ipc_get_ops ops = { .create = create, .check = is_large_enough };
	struct get_arg g = { ns, who, key, nsems, flags };

	if (nsems < 0 || nsems > ns->sem_ctls[SC_SEMMSL])
		return -EINVAL;
	return ipc_get(&ns->sem_ids, who, key, flags, &ops, &g);
}

/* ---- carrying operations out ---- */

static void take_back(struct sem_array *a, struct sem_wait *w, const struct sembuf *op)
{
	while (op-- > w->ops) {
		a->sems[op->sem_num].val -= op->sem_op;
		if (op->sem_flg & SEM_UNDO)
			w->undo->adj[op->sem_num] = (short)(w->undo->adj[op->sem_num] + op->sem_op);
	}
}

/* All of w's operations or none: 0, PENDING, -EAGAIN, -ERANGE. */
static int perform(struct sem_array *a, struct sem_wait *w)
{
	const struct sembuf *op, *end = w->ops + w->nops;
	int err = 0;

	for (op = w->ops; op < end; op++) {
		struct semaphore *s = &a->sems[op->sem_num];
		int val = s->val + op->sem_op;

		if ((!op->sem_op && s->val) || val < 0) {
			w->blocking = op;
			err = op->sem_flg & IPC_NOWAIT ? -EAGAIN : PENDING;
			break;
		}
		if (val > SEMVMX)
			err = -ERANGE;
		if (!err && op->sem_flg & SEM_UNDO) {
			int adj = w->undo->adj[op->sem_num] - op->sem_op;

			if (adj < -SEMAEM - 1 || adj > SEMAEM)
				err = -ERANGE;
			else
				w->undo->adj[op->sem_num] = (short)adj;
		}
		if (err)
			break;
		s->val = val;
	}
	if (err) {
		take_back(a, w, op);
		return err;
	}
	for (op = w->ops; op < end; op++)
		a->sems[op->sem_num].pid = w->pid;
	return 0;
}

/* Those that wait for zeros change nothing, so once over the list is enough. */
static CO_FN bool wake_zero(struct sem_array *a)
{
	struct sem_wait *w, *next;
	bool done = false;

	TAILQ_FOREACH_SAFE(w, &a->zero, entry, next) {
		int err = perform(a, w);

		if (err != PENDING) {
			done |= !err;
			finish(a, w, err);
		}
		co_did_entries(1);
	}
	return done;
}

/*
 * Values were changed: carries out what has become possible, and what that makes possible. The lock
 * is held, so the lists stay as they are while this gives way. Sleepers take it before they leave.
 */
static CO_FN void update(struct sem_array *a, bool otime)
{
	struct sem_wait *w, *next;
	bool again;

	otime |= wake_zero(a);
	do {
		again = false;
		TAILQ_FOREACH_SAFE(w, &a->alter, entry, next) {
			int err = perform(a, w);

			co_did_entries(1 + w->nops / 64);
			if (err == PENDING)
				continue;
			/* After a lone decrement, those before it can't go on any better than before. */
			again = !err && (w->nops > 1 || a->complex);
			finish(a, w, err);
			if (!err) {
				otime = true;
				wake_zero(a);
			}
			if (again)
				break;
		}
	} while (again);
	if (otime)
		a->otime = ipc_now();
}

/* ---- undo ---- */

struct sem_undo_list *sem_undo_share(struct sem_undo_list **undo)
{
	if (!*undo) {
		*undo = calloc(1, sizeof(**undo));
		if (!*undo)
			return NULL;
		(*undo)->refs = 1;
		LIST_INIT(&(*undo)->undos);
		obj_born(&undo_list_count);
	}
	(*undo)->refs++;
	return *undo;
}

/* What *list takes back in a; made if there is nothing yet. NULL: no memory. */
static struct sem_undo *undo_for(struct sem_undo_list **list, struct sem_array *a)
{
	struct sem_undo *u;

	if (!sem_undo_share(list))
		return NULL;
	(*list)->refs--;
	LIST_FOREACH(u, &(*list)->undos, by_list)
		if (u->array == a)
			return u;
	u = calloc(1, sizeof(*u) + (size_t)a->nsems * sizeof(u->adj[0]));
	if (!u)
		return NULL;
	u->array = a;
	LIST_INSERT_HEAD(&a->undos, u, by_array);
	LIST_INSERT_HEAD(&(*list)->undos, u, by_list);
	obj_born(&undo_count);
	return u;
}

static CO_FN void undo_all(struct sem_array *a, const struct sem_undo *u)
{
	pid_t self = ipc_self ? ipc_self() : 0;

	for (int i = 0; i < a->nsems; i++) {
		if (!u->adj[i])
			continue;
		a->sems[i].val = CLAMP(a->sems[i].val + u->adj[i], 0, SEMVMX);
		a->sems[i].pid = self;
	}
	update(a, true);
}

CO_FN void sem_exit(struct sem_undo_list **undo)
{
	struct sem_undo_list *l = *undo;
	struct sem_undo *u;

	*undo = NULL;
	if (!l || --l->refs)
		return;
	/* Nobody adds to the list any more, but arrays that are removed take theirs away. */
	while ((u = LIST_FIRST(&l->undos))) {
		struct sem_array *a = u->array;

		if (array_lock(a))
			continue;
		undo_all(a, u);
		undo_free(u);
		array_unlock(a);
	}
	free(l);
	obj_died(&undo_list_count);
}

/* ---- semop ---- */

static CO_FN int wait_for(struct sem_array *a, struct sem_wait *w, ktime_t deadline)
{
	int err = 0;

	waitq_init(&w->q);
	w->status = PENDING;
	if (w->alter) {
		TAILQ_INSERT_TAIL(&a->alter, w, entry);
		a->complex += w->nops > 1;
	} else {
		TAILQ_INSERT_TAIL(&a->zero, w, entry);
	}
	comutex_unlock(&a->lock);
	while (w->status == PENDING && !err)
		err = wait_on(&w->q, deadline);
	comutex_lock(&a->lock);
	if (w->status == PENDING)
		finish(a, w, err == -ETIMEDOUT ? -EAGAIN : -EINTR);
	waitq_done(&w->q);
	return w->status;
}

static CO_FN int op_locked(struct sem_array *a, struct sem_wait *w, ktime_t deadline)
{
	int err = perform(a, w);

	if (err == PENDING)
		return wait_for(a, w, deadline);
	if (err)
		return err;
	if (w->alter)
		update(a, true);
	else
		a->otime = ipc_now();
	return 0;
}

CO_FN int sem_op(struct ipc_ns *ns, const struct ipc_who *who, int id, const struct sembuf *ops,
                 unsigned nops, ktime_t deadline, struct sem_undo_list **undo)
{
	struct sem_wait w = { .ops = ops, .nops = nops, .pid = who->tgid };
	bool undos = false;
	unsigned max = 0;
	struct sem_array *a;
	int err;

	if (id < 0)
		return -EINVAL;
	for (unsigned i = 0; i < nops; i++) {
		max = MAX(max, ops[i].sem_num);
		undos |= ops[i].sem_flg & SEM_UNDO;
		w.alter |= ops[i].sem_op != 0;
	}
	a = array_of(ipc_find(&ns->sem_ids, id));
	if (!a)
		return -EINVAL;
	if (max >= (unsigned)a->nsems)
		return -EFBIG;
	err = ipc_access(&a->obj, who, w.alter ? 0222 : 0444);
	if (!err)
		err = array_lock(a);
	if (err)
		return err;
	if (undos)
		w.undo = undo_for(undo, a);
	err = undos && !w.undo ? -ENOMEM : op_locked(a, &w, deadline);
	array_unlock(a);
	return err;
}

/* ---- semctl ---- */

static void fill(const struct sem_array *a, struct semid64_ds *ret)
{
	memset(ret, 0, sizeof(*ret));
	ipc_get_perm(&a->obj, &ret->sem_perm);
	ret->sem_otime = a->otime;
	ret->sem_ctime = a->ctime;
	ret->sem_nsems = (unsigned long)a->nsems;
}

int sem_stat(struct ipc_ns *ns, const struct ipc_who *who, int id, int cmd,
             struct semid64_ds *ret)
{
	struct ipc_obj *o = cmd == IPC_STAT ? ipc_find(&ns->sem_ids, id)
	                                    : ipc_find_index(&ns->sem_ids, id);
	int err;

	if (!o)
		return -EINVAL;
	err = cmd == SEM_STAT_ANY ? 0 : ipc_access(o, who, 0444);
	if (err)
		return err;
	fill(array_of(o), ret);
	return cmd == IPC_STAT ? 0 : o->id;
}

/* By id, owned by the caller, locked. */
static CO_FN int lock_owned(struct ipc_ns *ns, const struct ipc_who *who, int id,
                            struct sem_array **ret)
{
	struct ipc_obj *o = ipc_find(&ns->sem_ids, id);
	int err = o ? ipc_owner(o, who) : -EINVAL;

	*ret = array_of(o);
	return err ? err : array_lock(*ret);
}

CO_FN int sem_set(struct ipc_ns *ns, const struct ipc_who *who, int id,
                  const struct ipc64_perm *perm)
{
	struct sem_array *a;
	int err = lock_owned(ns, who, id, &a);

	if (err)
		return err;
	err = ipc_set_perm(&a->obj, perm);
	if (!err)
		a->ctime = ipc_now();
	array_unlock(a);
	return err;
}

CO_FN int sem_rmid(struct ipc_ns *ns, const struct ipc_who *who, int id)
{
	struct sem_array *a;
	int err = lock_owned(ns, who, id, &a);

	if (err)
		return err;
	array_remove(a);
	array_unlock(a);
	return 0;
}

/* How many wait at that semaphore, for zero or for more. */
static int count_waiting(const struct sem_waits *list, int num, bool zero)
{
	const struct sem_wait *w;
	int n = 0;

	TAILQ_FOREACH(w, list, entry)
		if (w->blocking->sem_num == num && (zero ? !w->blocking->sem_op : w->blocking->sem_op < 0))
			n++;
	return n;
}

static int query(const struct sem_array *a, int num, int cmd)
{
	switch (cmd) {
	case GETVAL:
		return a->sems[num].val;
	case GETPID:
		return a->sems[num].pid;
	default:
		return count_waiting(&a->alter, num, cmd == GETZCNT) +
		       count_waiting(&a->zero, num, cmd == GETZCNT);
	}
}

CO_FN int sem_query(struct ipc_ns *ns, const struct ipc_who *who, int id, int num, int cmd)
{
	struct sem_array *a = array_of(ipc_find(&ns->sem_ids, id));
	int err = a ? ipc_access(&a->obj, who, 0444) : -EINVAL;

	if (err)
		return err;
	if (num < 0 || num >= a->nsems)
		return -EINVAL;
	err = array_lock(a);
	if (err)
		return err;
	err = query(a, num, cmd);
	array_unlock(a);
	return err;
}

static void clear_undos(struct sem_array *a, int num, int n)
{
	struct sem_undo *u;

	LIST_FOREACH(u, &a->undos, by_array)
		memset(u->adj + num, 0, (size_t)n * sizeof(u->adj[0]));
}

CO_FN int sem_setval(struct ipc_ns *ns, const struct ipc_who *who, int id, int num, int val)
{
	struct sem_array *a;
	int err;

	if (val < 0 || val > SEMVMX)
		return -ERANGE;
	a = array_of(ipc_find(&ns->sem_ids, id));
	if (!a || num < 0 || num >= a->nsems)
		return -EINVAL;
	err = ipc_access(&a->obj, who, 0222);
	if (!err)
		err = array_lock(a);
	if (err)
		return err;
	clear_undos(a, num, 1);
	a->sems[num] = (struct semaphore){ .val = val, .pid = who->tgid };
	a->ctime = ipc_now();
	update(a, false);
	array_unlock(a);
	return 0;
}

int sem_all_size(struct ipc_ns *ns, const struct ipc_who *who, int id, bool set)
{
	struct sem_array *a = array_of(ipc_find(&ns->sem_ids, id));
	int err = a ? ipc_access(&a->obj, who, set ? 0222 : 0444) : -EINVAL;

	return err ? err : a->nsems;
}

static CO_FN int lock_all(struct ipc_ns *ns, int id, int n, struct sem_array **ret)
{
	struct sem_array *a = array_of(ipc_find(&ns->sem_ids, id));

	*ret = a;
	return a && a->nsems == n ? array_lock(a) : -EIDRM;
}

CO_FN int sem_getall(struct ipc_ns *ns, int id, unsigned short *vals, int n)
{
	struct sem_array *a;
	int err = lock_all(ns, id, n, &a);

	if (err)
		return err;
	for (int i = 0; i < n; i++)
		vals[i] = (unsigned short)a->sems[i].val;
	array_unlock(a);
	return 0;
}

CO_FN int sem_setall(struct ipc_ns *ns, const struct ipc_who *who, int id,
                     const unsigned short *vals, int n)
{
	struct sem_array *a;
	int err;

	for (int i = 0; i < n; i++)
		if (vals[i] > SEMVMX)
			return -ERANGE;
	err = lock_all(ns, id, n, &a);
	if (err)
		return err;
	for (int i = 0; i < n; i++)
		a->sems[i] = (struct semaphore){ .val = vals[i], .pid = who->tgid };
	clear_undos(a, 0, n);
	a->ctime = ipc_now();
	update(a, false);
	array_unlock(a);
	return 0;
}

void sem_info(const struct ipc_ns *ns, bool use, struct seminfo *ret)
{
	*ret = (struct seminfo){
		.semmap = SEMMAP,
		.semmni = ns->sem_ctls[SC_SEMMNI],
		.semmns = ns->sem_ctls[SC_SEMMNS],
		.semmnu = SEMMNU,
		.semmsl = ns->sem_ctls[SC_SEMMSL],
		.semopm = ns->sem_ctls[SC_SEMOPM],
		.semume = SEMUME,
		.semusz = use ? (int)ns->sem_ids.in_use : SEMUSZ,
		.semvmx = SEMVMX,
		.semaem = use ? ns->used_sems : SEMAEM,
	};
}

bool sem_show(struct ipc_ns *ns, int *at, struct semid64_ds *ret, int *id)
{
	struct ipc_obj *o = ipc_next(&ns->sem_ids, *at);

	if (!o)
		return false;
	fill(array_of(o), ret);
	*id = o->id;
	*at = ipc_index(o) + 1;
	return true;
}
