/* SPDX-License-Identifier: Apache-2.0
 *
 * A guest whose processes use a few IPC objects all at once, make and remove them, and are killed
 * meanwhile. Only for a sandbox: it removes any object whose id it guesses.
 *
 *	ipc [-s FIRST_SEED] [-n SEEDS] [-l MILLISECONDS] [-j WORKERS]
 *
 * What must hold: tokens that are taken with SEM_UNDO are all there when everybody was killed; the
 * parent comes through each round.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POOL 4
#define TOKENS 3
#define TOKEN_SEMS 5

static uint64_t rng;
static struct {
	volatile int sem[POOL], msg[POOL], shm[POOL];
} *pool;
static int tokens; /* an array that nobody removes */

static unsigned below(unsigned n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (unsigned)((rng * 0x2545f4914f6cdd1dull >> 33) % n);
}

static void nothing(int sig)
{
	(void)sig;
}

static void tick(unsigned us)
{
	struct itimerval it = { { 0, us }, { 0, us } };

	setitimer(ITIMER_REAL, &it, NULL);
}

static void use_sem(void)
{
	int at = (int)below(POOL), id = pool->sem[at];
	struct timespec ts = { 0, below(2000000) };
	unsigned short all[8] = { 0 };
	struct sembuf ops[6];
	unsigned n = below(6) + 1;

	for (unsigned i = 0; i < n; i++)
		ops[i] = (struct sembuf){ (unsigned short)below(8), (short)((int)below(5) - 2),
			                  (short)((below(2) ? SEM_UNDO : 0) | (below(4) ? 0 : IPC_NOWAIT)) };
	switch (below(12)) {
	case 0:
		semctl(id, 0, IPC_RMID);
		pool->sem[at] = semget(IPC_PRIVATE, 8, 0600);
		break;
	case 1: semctl(id, (int)below(8), SETVAL, below(4)); break;
	case 2: semctl(id, 0, SETALL, all); break;
	case 3: semctl(id, (int)below(8), below(2) ? GETNCNT : GETZCNT); break;
	case 4: unshare(CLONE_SYSVSEM); break;
	case 5: semop(id, ops, n); break;
	default: semtimedop(id, ops, n, &ts);
	}
}

static void use_msg(void)
{
	static struct { long type; char text[8192]; } b;
	int at = (int)below(POOL), id = pool->msg[at];
	struct msqid_ds d;

	b.type = below(5) + 1;
	switch (below(10)) {
	case 0:
		msgctl(id, IPC_RMID, NULL);
		pool->msg[at] = msgget(IPC_PRIVATE, 0600);
		break;
	case 1:
		if (!msgctl(id, IPC_STAT, &d)) {
			d.msg_qbytes = below(16384);
			msgctl(id, IPC_SET, &d);
		}
		break;
	case 2: msgrcv(id, &b, sizeof(b.text), below(3), IPC_NOWAIT | MSG_COPY); break;
	case 3: case 4: case 5:
		msgsnd(id, &b, below(below(2) ? 8192 : 10), below(2) ? IPC_NOWAIT : 0);
		break;
	default:
		msgrcv(id, &b, below(3) ? sizeof(b.text) : 3, (long)below(9) - 4,
		       (below(2) ? IPC_NOWAIT : 0) | (below(2) ? MSG_NOERROR : 0) | (below(3) ? 0 : MSG_EXCEPT));
	}
}

static void use_shm(void)
{
	static char *last;
	int at = (int)below(POOL), id = pool->shm[at];

	switch (below(8)) {
	case 0:
		shmctl(id, IPC_RMID, NULL);
		pool->shm[at] = shmget(IPC_PRIVATE, (below(8) + 1) * 4096, 0600);
		break;
	case 1: if (last) shmdt(last); break;
	case 2: if (last) munmap(last + below(4) * 4096, 4096); break;
	case 3: if (last) mprotect(last + below(4) * 4096, 4096, PROT_READ); break;
	case 4: shmctl(id, below(2) ? SHM_LOCK : SHM_UNLOCK, NULL); break;
	case 5: if (last) mremap(last, 4096, (below(3)) * 4096, MREMAP_MAYMOVE); break;
	default:
		last = shmat(id, NULL, below(3) ? 0 : SHM_RDONLY);
		if (last == (char *)-1)
			last = NULL;
	}
}

static void use_mq(void)
{
	char name[4] = { 'q', (char)('0' + below(POOL)), 0 }, buf[64];
	struct mq_attr a = { .mq_maxmsg = below(3) + 1, .mq_msgsize = 64 };
	int fd = (int)syscall(SYS_mq_open, name, O_CREAT | O_RDWR | (below(2) ? O_NONBLOCK : 0), 0600, &a);
	struct sigevent ev = { .sigev_notify = below(2) ? SIGEV_SIGNAL : SIGEV_NONE, .sigev_signo = SIGALRM };

	if (fd < 0)
		return;
	for (unsigned i = below(6); i; i--) {
		switch (below(5)) {
		case 0: syscall(SYS_mq_notify, fd, below(3) ? &ev : NULL); break;
		case 1: case 2: syscall(SYS_mq_timedsend, fd, buf, below(65), below(4), NULL); break;
		default: syscall(SYS_mq_timedreceive, fd, buf, 64, NULL, NULL);
		}
	}
	if (!below(4))
		syscall(SYS_mq_unlink, name);
	if (below(20))
		close(fd);
}

/* Takes a token and another, gives them back: killed at any time. */
static void use_tokens(void)
{
	unsigned short a = (unsigned short)below(TOKEN_SEMS), b = (unsigned short)below(TOKEN_SEMS);
	struct sembuf take[] = { { a, -1, SEM_UNDO }, { b, -1, SEM_UNDO } };
	struct sembuf give[] = { { a, 1, SEM_UNDO }, { b, 1, SEM_UNDO } };

	if (semop(tokens, take, 2) == 0)
		while (semop(tokens, give, 2) && errno == EINTR)
			;
}

static void worker(uint64_t seed)
{
	struct sigaction sa = { .sa_handler = nothing };

	rng = seed;
	sigaction(SIGALRM, &sa, NULL);
	tick(3000);
	for (;;) {
		switch (below(7)) {
		case 0: use_sem(); break;
		case 1: use_msg(); break;
		case 2: use_shm(); break;
		case 3: use_mq(); break;
		case 4:
			if (!below(20)) {
				pid_t p = fork();
				if (!p)
					_exit(0);
				waitpid(p, NULL, 0);
			}
			break;
		default: use_tokens();
		}
	}
}

static bool round_of(uint64_t seed, int workers, int length)
{
	unsigned short all[TOKEN_SEMS];
	pid_t p[64];
	bool good = true;

	for (int i = 0; i < TOKEN_SEMS; i++)
		all[i] = TOKENS;
	tokens = semget(IPC_PRIVATE, TOKEN_SEMS, 0600);
	semctl(tokens, 0, SETALL, all);
	for (int i = 0; i < POOL; i++) {
		pool->sem[i] = semget(IPC_PRIVATE, 8, 0600);
		pool->msg[i] = msgget(IPC_PRIVATE, 0600);
		pool->shm[i] = shmget(IPC_PRIVATE, 4 * 4096, 0600);
	}
	rng = seed;
	for (int i = 0; i < workers; i++)
		if (!(p[i] = fork()))
			worker(seed * 1000 + (uint64_t)i + 1);
	for (int t = 0; t < length; t += 10) {
		int i = (int)below((unsigned)workers);

		usleep(10000);
		kill(p[i], SIGKILL);
		waitpid(p[i], NULL, 0);
		if (!(p[i] = fork()))
			worker(seed * 1000 + 100 + (uint64_t)t);
	}
	for (int i = 0; i < workers; i++)
		kill(p[i], SIGKILL);
	for (int i = 0; i < workers; i++)
		waitpid(p[i], NULL, 0);
	semctl(tokens, 0, GETALL, all);
	for (int i = 0; i < TOKEN_SEMS; i++)
		good = good && all[i] == TOKENS;
	semctl(tokens, 0, IPC_RMID);
	/* The rest is left to the sandbox's end. */
	return good;
}

int main(int argc, char **argv)
{
	uint64_t seed = 1, n = 1;
	int length = 1000, workers = 8, bad = 0, opt;

	while ((opt = getopt(argc, argv, "s:n:l:j:")) != -1) {
		switch (opt) {
		case 's': seed = strtoull(optarg, NULL, 0); break;
		case 'n': n = strtoull(optarg, NULL, 0); break;
		case 'l': length = atoi(optarg); break;
		case 'j': workers = atoi(optarg); break;
		default: return 2;
		}
	}
	if (workers < 1 || workers > 64)
		return 2;
	pool = mmap(NULL, sizeof(*pool), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (; n; n--, seed++) {
		bool good = round_of(seed, workers, length);

		printf("%s - seed %lu\n", good ? "ok" : "not ok", (unsigned long)seed);
		bad += !good;
	}
	printf("# done\n");
	return bad != 0;
}
