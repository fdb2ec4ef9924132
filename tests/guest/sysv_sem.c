/* SPDX-License-Identifier: Apache-2.0
 *
 * System V semaphores: semget, semop, semtimedop, semctl; arrays of operations, waiting, SEM_UNDO.
 *
 * time limit: 60 s
 */
#include "ipc.h"

#include <pthread.h>
#include <sys/sem.h>

#ifndef SEM_STAT_ANY
#define SEM_STAT_ANY 20
#endif

union arg {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
	struct seminfo *info;
};
#define VAL(v) ((union arg){ .val = (v) })
#define OP(n, op, flg) ((struct sembuf){ (n), (op), (flg) })
#define semops(id, ...)                                                                            \
	semop(id, ((struct sembuf[]){ __VA_ARGS__ }), sizeof((struct sembuf[]){ __VA_ARGS__ }) / sizeof(struct sembuf))

static void remove_sem(int id)
{
	semctl(id, 0, IPC_RMID);
}

static int array(int n, int mode)
{
	int id = keep(semget(IPC_PRIVATE, n, IPC_CREAT | mode));

	need(id >= 0);
	return id;
}

static int val(int id, int n)
{
	return semctl(id, n, GETVAL);
}

static bool set(int id, int n, int v)
{
	return semctl(id, n, SETVAL, VAL(v)) == 0;
}

/* A child that does one operation list and exits with its errno. */
#define waiting(...)                                                                               \
	({                                                                                         \
		fflush(stdout);                                                                    \
		pid_t w_ = fork();                                                                 \
		if (!w_) {                                                                         \
			errno = 0;                                                                 \
			(void)!(__VA_ARGS__);                                                      \
			_exit(errno);                                                              \
		}                                                                                  \
		w_;                                                                                \
	})

static int result_of(pid_t p)
{
	int st;

	if (waitpid(p, &st, 0) != p)
		return -1;
	return WIFEXITED(st) ? WEXITSTATUS(st) : -WTERMSIG(st);
}

static bool still(pid_t p)
{
	return waitpid(p, NULL, WNOHANG) == 0;
}

static void get(void)
{
	key_t key = new_key();
	struct semid_ds d;
	int id, id2;

	check_errno(semget(IPC_PRIVATE, 0, IPC_CREAT | 0600), EINVAL, "an array of none");
	check_errno(semget(IPC_PRIVATE, -1, IPC_CREAT | 0600), EINVAL, "of less than none");
	check_errno(semget(IPC_PRIVATE, 32001, IPC_CREAT | 0600), EINVAL, "of too many");
	check_errno(semget(key, 1, 0), ENOENT, "a key that nobody has");
	id = keep(semget(key, 3, IPC_CREAT | IPC_EXCL | 0640));
	need(id >= 0);
	check_is(semget(key, 0, 0), id, "the key leads to it");
	check_is(semget(key, 3, IPC_CREAT), id, "and with IPC_CREAT");
	check_errno(semget(key, 3, IPC_CREAT | IPC_EXCL), EEXIST, "but not with IPC_EXCL");
	check_errno(semget(key, 4, 0), EINVAL, "it has fewer");
	check_is(semctl(id, 0, IPC_STAT, (union arg){ .buf = &d }), 0, "IPC_STAT");
	check(d.sem_nsems == 3 && d.sem_perm.mode == 0640 && d.sem_perm.__key == key, "size, mode and key");
	check(d.sem_otime == 0 && d.sem_ctime > 0, "times");
	check(val(id, 0) == 0 && val(id, 2) == 0 && semctl(id, 0, GETPID) == 0, "starts with zeros");
	check_is(semctl(id, 99, IPC_RMID), 0, "removed");
	check_errno(val(id, 0), EINVAL, "and gone");
	id2 = keep(semget(key, 1, IPC_CREAT | 0600));
	check(id2 >= 0 && id2 != id, "the same key, another id");
	id = array(32000, 0600);
	check(set(id, 31999, 7) && val(id, 31999) == 7, "the last of many");
	semctl(id, 0, IPC_RMID);
}

static void values(void)
{
	int id = array(4, 0600);
	unsigned short all[4] = { 1, 2, 3, 32767 }, got[4] = { 0 };
	struct semid_ds d;

	check(set(id, 1, 32767) && val(id, 1) == 32767, "the highest value");
	check_errno(semctl(id, 1, SETVAL, VAL(32768)), ERANGE, "a higher one");
	check_errno(semctl(id, 1, SETVAL, VAL(-1)), ERANGE, "a negative one");
	check_errno(semctl(id, 4, SETVAL, VAL(1)), EINVAL, "a semaphore that isn't there");
	check_errno(semctl(id, -1, SETVAL, VAL(1)), EINVAL, "a negative one");
	check_errno(semctl(id, 4, GETVAL), EINVAL, "to read");
	check_is(semctl(id, 1, GETPID), getpid(), "who set it");
	check_is(semctl(id, 0, SETALL, (union arg){ .array = all }), 0, "SETALL");
	check(semctl(id, 0, GETALL, (union arg){ .array = got }) == 0 && !memcmp(all, got, sizeof(all)), "GETALL");
	all[2] = 32768;
	check_errno(semctl(id, 0, SETALL, (union arg){ .array = all }), ERANGE, "SETALL out of range");
	check(val(id, 0) == 1 && val(id, 2) == 3, "changes nothing");
	check(semctl(id, 99, GETALL, (union arg){ .array = got }) == 0, "GETALL doesn't look at the number");
	check(semctl(id, 0, IPC_STAT, (union arg){ .buf = &d }) == 0 && d.sem_otime == 0, "no operation yet");
	check_is(semctl(id, 0, GETNCNT), 0, "nobody waits for more");
	check_is(semctl(id, 0, GETZCNT), 0, "nobody waits for zero");
}

static void operations(void)
{
	int id = array(3, 0600);
	struct sembuf many[501] = { 0 };
	struct semid_ds d;

	check(semops(id, OP(0, 5, 0), OP(1, 2, 0)) == 0 && val(id, 0) == 5 && val(id, 1) == 2, "two at once");
	check(semctl(id, 0, IPC_STAT, (union arg){ .buf = &d }) == 0 && d.sem_otime > 0, "are noted");
	check(semctl(id, 0, GETPID) == getpid() && semctl(id, 2, GETPID) == 0, "with their process");
	check_errno(semops(id, OP(0, -5, 0), OP(1, -3, IPC_NOWAIT)), EAGAIN, "one of which can't");
	check(val(id, 0) == 5 && val(id, 1) == 2, "so none was done");
	check_errno(semops(id, OP(0, 0, IPC_NOWAIT)), EAGAIN, "isn't zero");
	check(semops(id, OP(2, 0, IPC_NOWAIT)) == 0 && semctl(id, 2, GETPID) == getpid(), "is zero");
	check_errno(semops(id, OP(0, 32767, 0)), ERANGE, "beyond the highest value");
	check_errno(semops(id, OP(2, 32767, 0), OP(2, 1, 0)), ERANGE, "in two steps");
	check_is(val(id, 2), 0, "nothing was done");
	check(semops(id, OP(2, 1, 0), OP(2, -1, 0), OP(2, 0, 0)) == 0 && val(id, 2) == 0, "one semaphore several times");
	check_errno(semops(id, OP(2, -1, IPC_NOWAIT), OP(2, 1, 0)), EAGAIN, "in order");
	check(semops(id, OP(1, -2, 0), OP(1, 0, 0), OP(1, 7, 0)) == 0 && val(id, 1) == 7, "down, zero and up");
	check_errno(semops(id, OP(3, 1, 0)), EFBIG, "a semaphore that isn't there");
	check_errno(semops(id, OP(65535, 0, 0)), EFBIG, "far away");
	check_errno(semop(id, many, 0), EINVAL, "no operation");
	check_errno(semop(id, many, 501), E2BIG, "too many");
	check_is(semctl(id, 0, SETVAL, VAL(0)), 0, "zero");
	check_is(semop(id, many, 500), 0, "as many as there can be");
	for (int i = 0; i < 500; i++)
		many[i] = OP(i % 3, 1, 0);
	check(semop(id, many, 500) == 0 && val(id, 0) == 167 && val(id, 1) == 174, "that count");
	check_errno(semop(-1, many, 1), EINVAL, "a negative id");
	check_errno(semop(0x7fffffff, many, 1), EINVAL, "a wrong id");
}

static void sleeping(void)
{
	int id = array(4, 0600);
	pid_t a, b, c;

	a = waiting(semops(id, OP(0, -2, 0)));
	check(wait_for(semctl(id, 0, GETNCNT) == 1), "one waits for more");
	check(semops(id, OP(0, 1, 0)) == 0 && still(a) && val(id, 0) == 1, "that isn't enough");
	check(semops(id, OP(0, 2, 0)) == 0 && result_of(a) == 0, "that is");
	check(val(id, 0) == 1 && semctl(id, 0, GETNCNT) == 0 && semctl(id, 0, GETPID) == a, "it took two");

	a = waiting(semops(id, OP(0, 0, 0)));
	check(wait_for(semctl(id, 0, GETZCNT) == 1) && semctl(id, 0, GETNCNT) == 0, "one waits for zero");
	check(semops(id, OP(0, -1, 0)) == 0 && result_of(a) == 0, "and sees it");
	check_is(semctl(id, 0, GETPID), a, "who was there last");

	a = waiting(semops(id, OP(1, 0, 0), OP(0, -1, 0), OP(2, -1, 0)));
	check(wait_for(semctl(id, 0, GETNCNT) == 1) && semctl(id, 2, GETNCNT) == 0, "waits at the first that blocks");
	need(semops(id, OP(0, 1, 0)) == 0);
	check(wait_for(semctl(id, 2, GETNCNT) == 1) && semctl(id, 0, GETNCNT) == 0, "then at the next");
	need(semops(id, OP(1, 1, 0)) == 0 && semops(id, OP(2, 1, 0)) == 0);
	check(wait_for(semctl(id, 1, GETZCNT) == 1) && val(id, 0) == 1 && val(id, 2) == 1, "then again at another");
	check(semops(id, OP(1, -1, 0)) == 0 && result_of(a) == 0 && val(id, 0) == 0 && val(id, 2) == 0, "until all can be done");

	/* Who came first goes first, but only if it can. */
	a = waiting(semops(id, OP(0, -3, 0)));
	check(wait_for(semctl(id, 0, GETNCNT) == 1), "the first wants three");
	b = waiting(semops(id, OP(0, -1, 0)));
	check(wait_for(semctl(id, 0, GETNCNT) == 2), "the second one");
	check(semops(id, OP(0, 1, 0)) == 0 && result_of(b) == 0 && still(a), "the second can");
	check(set(id, 0, 3) && result_of(a) == 0 && val(id, 0) == 0, "SETVAL wakes the first");
	a = waiting(semops(id, OP(0, -1, 0)));
	check(wait_for(semctl(id, 0, GETNCNT) == 1), "a first one");
	b = waiting(semops(id, OP(0, -1, 0)));
	check(wait_for(semctl(id, 0, GETNCNT) == 2), "and a second one");
	check(semops(id, OP(0, 1, 0)) == 0 && result_of(a) == 0 && still(b), "are served in order");
	check(semops(id, OP(0, 1, 0)) == 0 && result_of(b) == 0, "both");

	/* One operation makes another's possible. */
	a = waiting(semops(id, OP(0, -1, 0), OP(1, 1, 0)));
	b = waiting(semops(id, OP(1, -1, 0), OP(2, 1, 0)));
	c = waiting(semops(id, OP(2, -1, 0)));
	check(wait_for(semctl(id, 0, GETNCNT) == 1 && semctl(id, 1, GETNCNT) == 1 && semctl(id, 2, GETNCNT) == 1), "a chain");
	check(semops(id, OP(0, 1, 0)) == 0 && result_of(a) == 0 && result_of(b) == 0 && result_of(c) == 0, "goes through");
	check(val(id, 0) == 0 && val(id, 1) == 0 && val(id, 2) == 0, "to its end");

	/* What can't be done later fails then. */
	a = waiting(semops(id, OP(0, -1, 0), OP(3, -1, IPC_NOWAIT)));
	b = waiting(semops(id, OP(1, -1, 0), OP(2, 32767, 0)));
	check(wait_for(semctl(id, 0, GETNCNT) == 1 && semctl(id, 1, GETNCNT) == 1), "two that will fail");
	check(set(id, 2, 1) && semops(id, OP(0, 1, 0), OP(1, 1, 0)) == 0, "once they can go on");
	check(result_of(a) == EAGAIN && result_of(b) == ERANGE && val(id, 0) == 1 && val(id, 1) == 1, "with their errors");
	unsigned short zeros[4] = { 0 }, ones[4] = { 1, 1, 1, 1 };
	need(semctl(id, 0, SETALL, (union arg){ .array = zeros }) == 0);
	a = waiting(semops(id, OP(0, -1, 0), OP(1, -1, 0), OP(2, -1, 0), OP(3, -1, 0)));
	check(wait_for(semctl(id, 0, GETNCNT) == 1), "one waits for all");
	check(semctl(id, 0, SETALL, (union arg){ .array = ones }) == 0 && result_of(a) == 0 && val(id, 3) == 0, "SETALL wakes it");

	a = waiting(semops(id, OP(0, -1, 0)));
	b = waiting(semops(id, OP(1, -1, 0), OP(2, 0, 0)));
	check(wait_for(semctl(id, 0, GETNCNT) == 1 && semctl(id, 1, GETNCNT) == 1), "two wait");
	check(semctl(id, 0, IPC_RMID) == 0 && result_of(a) == EIDRM && result_of(b) == EIDRM, "for what is removed");
}

static void nothing(int sig UNUSED)
{
}

static void interrupted(void)
{
	int id = array(1, 0600);
	struct timespec ts = { 0, 30000000 }, neg = { -1, 0 }, bad = { 0, 1000000000 }, zero = { 0, 0 };
	struct sembuf down = OP(0, -1, 0);
	double start;
	pid_t a;

	on_signal(SIGALRM, nothing, SA_RESTART);
	a = waiting(ticks(20), semops(id, OP(0, -1, 0)));
	check_is(result_of(a), EINTR, "a signal ends it, SA_RESTART or not");
	check_is(semctl(id, 0, GETNCNT), 0, "nobody waits any more");
	a = waiting(ticks(20), semtimedop(id, &down, 1, &(struct timespec){ 20, 0 }));
	check_is(result_of(a), EINTR, "with a time-out too");
	a = waiting(semops(id, OP(0, -1, 0)));
	check(wait_for(semctl(id, 0, GETNCNT) == 1) && kill(a, SIGKILL) == 0 && result_of(a) == -SIGKILL, "killed");
	check(wait_for(semctl(id, 0, GETNCNT) == 0), "it doesn't wait any more");
	start = now();
	check_errno(semtimedop(id, &down, 1, &ts), EAGAIN, "a time-out");
	check(now() - start >= 0.03, "not too early");
	check_errno(semtimedop(id, &down, 1, &zero), EAGAIN, "at once");
	check_errno(semtimedop(id, &down, 1, &neg), EINVAL, "a negative one");
	check_errno(semtimedop(id, &down, 1, &bad), EINVAL, "too many nanoseconds");
	check_errno(semtimedop(0x7fffffff, &down, 1, &bad), EINVAL, "a wrong id");
	need(set(id, 0, 1));
	check_errno(semtimedop(id, &down, 1, &neg), EINVAL, "is looked at first");
	check(semtimedop(id, &down, 1, &zero) == 0 && val(id, 0) == 0, "what can be done is done");
	need(set(id, 0, 1));
	check_is(syscall(SYS_semtimedop, id, &down, 1, NULL), 0, "without a time-out");
}

/* ---- SEM_UNDO ---- */

static int shared_id;

static void *thread_down(void *arg UNUSED)
{
	semops(shared_id, OP(0, -2, SEM_UNDO));
	return NULL;
}

static int clone_up(void *arg UNUSED)
{
	_exit(semops(shared_id, OP(0, 3, SEM_UNDO)) ? 1 : 0);
}

static void undo(void)
{
	int id = shared_id = array(3, 0600);
	pthread_t t;
	pid_t a, b;

	need(set(id, 0, 10));
	check(exited(in_child(want(semops(id, OP(0, -4, SEM_UNDO), OP(1, 3, SEM_UNDO)) == 0 && val(id, 0) == 6)), 0), "a child takes and gives");
	check(val(id, 0) == 10 && val(id, 1) == 0, "its end takes that back");
	check(exited(in_child(want(semops(id, OP(0, -4, SEM_UNDO)) == 0 && semops(id, OP(0, 4, 0)) == 0)), 0), "what it gave back without SEM_UNDO");
	check_is(val(id, 0), 14, "stays");
	check(exited(in_child(want(semops(id, OP(0, 5, SEM_UNDO)) == 0 && set(id, 1, 0) && semops(id, OP(0, -19, 0)) == 0)), 0), "undone below zero");
	check_is(val(id, 0), 0, "stops at zero");
	check(exited(in_child(want(set(id, 0, 32767) && semops(id, OP(0, -7, SEM_UNDO)) == 0 && semops(id, OP(0, 7, 0)) == 0)), 0), "undone above the highest");
	check_is(val(id, 0), 32767, "stops there");
	check(exited(in_child(want(set(id, 0, 9) && semops(id, OP(0, -3, SEM_UNDO)) == 0 && set(id, 0, 5))), 0), "SETVAL in between");
	check_is(val(id, 0), 5, "forgets what was to be undone");
	check(exited(in_child(want(semops(id, OP(0, -3, SEM_UNDO)) == 0 &&
				   semctl(id, 0, SETALL, (union arg){ .array = (unsigned short[]){ 8, 0, 0 } }) == 0)), 0), "SETALL in between");
	check_is(val(id, 0), 8, "too");
	check(exited(in_child(want(set(id, 1, 0));
			      want(semops(id, OP(1, 32767, SEM_UNDO)) == 0 && semops(id, OP(1, -32767, 0)) == 0);
			      want(semops(id, OP(1, 1, SEM_UNDO)) == 0);
			      want(fails(semops(id, OP(1, 1, SEM_UNDO)), ERANGE) && val(id, 1) == 1)), 0), "more than can be undone");
	check_is(val(id, 1), 0, "isn't done");
	check(exited(in_child(want(semops(id, OP(0, -1, SEM_UNDO)) == 0); want(exited(in_child((void)0), 0)); want(val(id, 0) == 7)), 0), "a child doesn't inherit it");
	check_is(val(id, 0), 8, "but the parent has it");
	check(exited(in_child(want(semops(id, OP(0, -1, SEM_UNDO)) == 0); execl("/bin/true", "true", NULL); _exit(1)), 0), "an exec");
	check_is(val(id, 0), 8, "keeps it");
	check(exited(in_child(want(!pthread_create(&t, NULL, thread_down, NULL) && !pthread_join(t, NULL)); want(val(id, 0) == 6)), 0), "a thread's end");
	check_is(val(id, 0), 8, "isn't the process's");
	check(exited(in_child(static char stack[65536]; int st;
			      want(semops(id, OP(0, -1, SEM_UNDO)) == 0);
			      pid_t p = clone(clone_up, stack + sizeof(stack), CLONE_SYSVSEM | SIGCHLD, NULL);
			      want(p > 0 && waitpid(p, &st, 0) == p && st == 0);
			      want(val(id, 0) == 10)), 0), "CLONE_SYSVSEM shares it");
	check_is(val(id, 0), 8, "until the last one ends");
	check(exited(in_child(want(semops(id, OP(0, -5, SEM_UNDO)) == 0 && unshare(CLONE_SYSVSEM) == 0 && val(id, 0) == 8);
			      want(semops(id, OP(0, -2, SEM_UNDO)) == 0)), 0), "unshare(CLONE_SYSVSEM) undoes at once");
	check_is(val(id, 0), 8, "and starts anew");

	need(set(id, 0, 1));
	a = waiting(semops(id, OP(0, -1, SEM_UNDO)) || pause());
	check(wait_for(val(id, 0) == 0), "one holds it");
	b = waiting(semops(id, OP(0, -1, 0)));
	check(wait_for(semctl(id, 0, GETNCNT) == 1), "one waits for it");
	check(kill(a, SIGKILL) == 0 && result_of(a) == -SIGKILL && result_of(b) == 0, "killed, it gives it back");
	check(semctl(id, 0, GETPID) == b && val(id, 0) == 0, "to who waits");
	a = waiting(semops(id, OP(0, 2, SEM_UNDO)) || pause());
	check(wait_for(val(id, 0) == 2) && semctl(id, 0, IPC_RMID) == 0, "removed before");
	check(kill(a, SIGKILL) == 0 && result_of(a) == -SIGKILL, "there is nothing to undo");
}

static void permissions(void)
{
	int id = array(2, 0600), ro = array(2, 0644), wo = array(2, 0622);
	struct semid_ds d;
	unsigned short v[2];

	check(as_nobody(want(fails(val(id, 0), EACCES) && fails(semctl(id, 0, IPC_STAT, (union arg){ .buf = &d }), EACCES))), "others can't read");
	check(as_nobody(want(val(ro, 0) == 0 && fails(semctl(ro, 0, SETVAL, VAL(1)), EACCES) && semops(ro, OP(0, 0, 0)) == 0)), "or only read");
	check(as_nobody(want(fails(semops(ro, OP(0, 0, 0), OP(1, 1, 0)), EACCES) && fails(semctl(ro, 0, SETALL, (union arg){ .array = v }), EACCES))), "not change");
	check(as_nobody(want(semops(wo, OP(0, 1, 0)) == 0 && semctl(wo, 0, SETVAL, VAL(3)) == 0 && fails(val(wo, 0), EACCES) && fails(semops(wo, OP(1, 0, 0)), EACCES))), "or only change");
	check(as_nobody(want(fails(semctl(ro, 0, IPC_RMID), EPERM))), "not remove");
	need(semctl(ro, 0, IPC_STAT, (union arg){ .buf = &d }) == 0);
	d.sem_perm.uid = 65534;
	d.sem_perm.mode = 0600;
	check(as_nobody(want(fails(semctl(ro, 0, IPC_SET, (union arg){ .buf = &d }), EPERM))), "not take over");
	check_is(semctl(ro, 0, IPC_SET, (union arg){ .buf = &d }), 0, "given away");
	check(as_nobody(want(semctl(ro, 0, IPC_STAT, (union arg){ .buf = &d }) == 0 && d.sem_perm.uid == 65534 && d.sem_perm.cuid == 0 && d.sem_perm.mode == 0600);
			want(semctl(ro, 0, SETVAL, VAL(1)) == 0 && semctl(ro, 0, IPC_RMID) == 0)), "to a new owner");
	d.sem_perm.uid = -1;
	check_errno(semctl(id, 0, IPC_SET, (union arg){ .buf = &d }), EINVAL, "not to nobody at all");
}

static void listings(void)
{
	int id = array(5, 0604), max, found = -1;
	struct seminfo i, u;
	struct semid_ds d;
	char line[512];

	max = semctl(0, 0, IPC_INFO, (union arg){ .info = &i });
	check(max >= 0 && i.semvmx == 32767 && i.semaem == 32767 && i.semusz == 20 && i.semume == 500, "IPC_INFO");
	check(i.semmnu == 1024000000 && i.semmap == 1024000000 && i.semopm > 0 && i.semmsl > 0, "with its constants");
	check(semctl(0, 0, SEM_INFO, (union arg){ .info = &u }) == max && u.semusz >= 1 && u.semaem >= 5 && u.semmni == i.semmni, "SEM_INFO");
	for (int n = 0; n <= max; n++)
		if (semctl(n, 0, SEM_STAT, (union arg){ .buf = &d }) == id)
			found = n;
	check(found >= 0 && semctl(found, 0, SEM_STAT_ANY, (union arg){ .buf = &d }) == id && d.sem_nsems == 5, "SEM_STAT finds it by index");
	d.sem_perm.mode = 0600;
	need(semctl(id, 0, IPC_SET, (union arg){ .buf = &d }) == 0);
	check(as_nobody(want(fails(semctl(found, 0, SEM_STAT, (union arg){ .buf = &d }), EACCES) && semctl(found, 0, SEM_STAT_ANY, (union arg){ .buf = &d }) == id)), "SEM_STAT_ANY for all");
	check(sysvipc_line("/proc/sysvipc/sem", id, line, sizeof(line)), "is in /proc/sysvipc/sem");
	line[42] = 0;
	check(true, "as:%s", line);
}

static void wild(void)
{
	int id = array(3, 0600);
	unsigned short *edge = (unsigned short *)page_edge() - 2;
	struct sembuf *ops = (struct sembuf *)(page_edge() - 6);

	check_errno(semop(id, null_ptr, 1), EFAULT, "operations from nowhere");
	check_errno(semop(id, kernel_ptr, 500), EFAULT, "from the kernel");
	check_errno(semop(id, kernel_ptr, 501), E2BIG, "too many of them");
	check_errno(semop(-1, odd_ptr, 1), EFAULT, "before the id");
	check_errno(semop(id, ops, 2), EFAULT, "over an edge");
	check_errno(semop(id, ops, -1), E2BIG, "as many as can be");
	check_errno(syscall(SYS_semtimedop, id, ops, 1, kernel_ptr), EFAULT, "a time-out from the kernel");
	check_errno(syscall(SYS_semtimedop, id, ops, 0, low_ptr), EFAULT, "before all else");
	check_errno(semctl(id, 0, GETALL, (union arg){ .array = edge }), EFAULT, "GETALL over an edge");
	check_errno(semctl(id, 0, SETALL, (union arg){ .array = edge }), EFAULT, "SETALL over an edge");
	check_errno(semctl(id, 0, GETALL, (union arg){ .array = odd_ptr }), EFAULT, "GETALL to nowhere");
	check_errno(semctl(id, 0, IPC_STAT, (union arg){ .array = kernel_ptr }), EFAULT, "IPC_STAT to the kernel");
	check_errno(semctl(id, 0, IPC_SET, (union arg){ .array = low_ptr }), EFAULT, "IPC_SET from nowhere");
	check_errno(semctl(0, 0, IPC_INFO, (union arg){ .array = low_ptr }), EFAULT, "IPC_INFO to nowhere");
	check_errno(semctl(0, 0, SEM_INFO, (union arg){ .array = odd_ptr }), EFAULT, "SEM_INFO to nowhere");
	check_errno(semctl(id, 0, 77, (union arg){ .array = NULL }), EINVAL, "an unknown operation");
	check_errno(semctl(id, 0, -1, (union arg){ .array = NULL }), EINVAL, "a negative one");
	check_errno(semctl(-1, 0, IPC_INFO, (union arg){ .array = NULL }), EINVAL, "a negative id");
	check_errno(semctl(0x7fffffff, 0, GETVAL), EINVAL, "a wrong id");
	check_errno(semctl(0x7fff, 0, SEM_STAT, (union arg){ .array = odd_ptr }), EINVAL, "an index that isn't used");
	check(val(id, 0) == 0 && val(id, 1) == 0 && val(id, 2) == 0, "nothing was changed");
}

static int test(void)
{
	get();
	values();
	operations();
	sleeping();
	interrupted();
	undo();
	permissions();
	listings();
	wild();
	return done();
}

int main(void)
{
	need_root();
	return guarded(test, remove_sem);
}
