/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <pthread.h>

/*
 * A signal to the process that one thread is woken for and another takes: the first goes on as if
 * nothing had been, and its next sleep ends when it should.
 */

#define ROUNDS 500

static volatile unsigned taken, sleeps, fails;
static volatile bool stop;

static void handler(int sig UNUSED)
{
	__atomic_add_fetch(&taken, 1, __ATOMIC_RELAXED);
}

/* Takes the group's signals too, whenever it has one of its own to take. */
static void *taker(void *arg UNUSED)
{
	sigset_t own;

	sigemptyset(&own);
	sigaddset(&own, SIGUSR2);
	for (int i = 0; i < ROUNDS; i++) {
		unsigned before = sleeps;

		pthread_sigmask(SIG_BLOCK, &own, NULL);
		pthread_kill(pthread_self(), SIGUSR2);
		kill(getpid(), SIGUSR1);
		pthread_sigmask(SIG_UNBLOCK, &own, NULL);
		fails += !wait_for(sleeps > before + 1);
	}
	stop = true;
	return NULL;
}

int main(void)
{
	struct timespec ts = { 0, 3000 };
	pthread_t t;

	on_signal(SIGUSR1, handler, SA_RESTART);
	on_signal(SIGUSR2, handler, SA_RESTART);
	need(pthread_create(&t, NULL, taker, NULL) == 0);
	while (!stop) {
		for (volatile int i = 0; i < 20000; i++)
			;
		nanosleep(&ts, NULL);
		sleeps++;
	}
	pthread_join(t, NULL);
	check_is(taken, 2 * ROUNDS, "each signal is taken once");
	check_is(fails, 0, "and the other thread's sleeps come to their end");
	return done();
}
