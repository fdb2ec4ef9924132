/* SPDX-License-Identifier: Apache-2.0
 *
 * ptrace: SEIZE, INTERRUPT, LISTEN, and job control as a seizing tracer sees it.
 */
#include "trace.h"
#include <pthread.h>

static volatile int *shared;

static void handler(int sig)
{
	shared[1] = sig;
}

static void spins(void)
{
	for (;;)
		shared[0]++;
}

static void sleeps(void)
{
	shared[0] = 1;
	for (;;)
		pause();
}

static pid_t child(void (*fn)(void))
{
	pid_t pid;

	fflush(stdout);
	shared[0] = 0;
	pid = fork();
	if (pid == 0) {
		on_signal(SIGUSR1, handler, SA_RESTART);
		fn();
		_exit(0);
	}
	need(wait_for(shared[0]));
	if (fn == sleeps)
		need(wait_for(status_line(pid, "State")[0] == 'S'));
	return pid;
}

static siginfo_t info(pid_t pid)
{
	siginfo_t si = { 0 };

	need(pt(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&si) == 0);
	return si;
}

static bool stop_event(int st, int sig)
{
	return WIFSTOPPED(st) && st >> 8 == (sig | PTRACE_EVENT_STOP << 8);
}

static void seize(pid_t pid, unsigned long options)
{
	need(pt(PTRACE_SEIZE, pid, 0, options) == 0);
}

static void interrupt(void)
{
	pid_t pid = child(spins);
	int n;

	seize(pid, PTRACE_O_TRACESYSGOOD);
	n = shared[0];
	check(wait_for(shared[0] != n), "SEIZE stops nothing");
	check_is(waitpid(pid, &(int){ 0 }, WNOHANG | __WALL), 0, "and tells nothing");
	check_errno(pt(PTRACE_LISTEN, pid, 0, 0), ESRCH, "LISTEN needs a stop");
	check_is(pt(PTRACE_INTERRUPT, pid, 0, 0), 0, "INTERRUPT");
	check(stop_event(stop_of(pid), SIGTRAP), "stops it with an event");
	check(info(pid).si_signo == SIGTRAP && info(pid).si_code == (SIGTRAP | PTRACE_EVENT_STOP << 8), "its siginfo");
	n = shared[0];
	ms(5);
	check(n == shared[0], "it is stopped");
	check_is(pt(PTRACE_INTERRUPT, pid, 0, 0), 0, "INTERRUPT of one that is stopped");
	cont(pid, 0);
	check(stop_event(stop_of(pid), SIGTRAP), "stops it again");
	cont(pid, 0);
	n = shared[0];
	check(wait_for(shared[0] != n), "and it goes on");
	kill(pid, SIGUSR1);
	check(stopped_by(stop_of(pid), SIGUSR1), "signals stop it");
	check_errno(pt(PTRACE_LISTEN, pid, 0, 0), EIO, "LISTEN is for event stops");
	check_is(pt(PTRACE_INTERRUPT, pid, 0, 0), 0, "INTERRUPT in a signal's stop");
	shared[1] = 0;
	cont(pid, SIGUSR1);
	check(stop_event(stop_of(pid), SIGTRAP), "stops next");
	cont(pid, 0);
	check(wait_for(shared[1] == SIGUSR1), "the handler ran");
	check_is(pt(PTRACE_INTERRUPT, pid, 0, 0), 0, "INTERRUPT");
	need(stop_event(stop_of(pid), SIGTRAP));
	check_is(pt(PTRACE_DETACH, pid, 0, 0), 0, "DETACH");
	n = shared[0];
	check(wait_for(shared[0] != n), "it runs");
	kill(pid, SIGKILL);
	check(killed(stop_of(pid), SIGKILL), "the end");
	pid = child(sleeps);
	seize(pid, 0);
	check_is(pt(PTRACE_INTERRUPT, pid, 0, 0), 0, "INTERRUPT of a sleeping one");
	check(stop_event(stop_of(pid), SIGTRAP) && (long)regs(pid).rax == -514, "shows ERESTARTNOHAND");
	need(pt(PTRACE_SYSCALL, pid, 0, 0) == 0);
	check(stopped_by(stop_of(pid), SIGTRAP) && (long)regs(pid).orig_rax == SYS_pause, "and the call is made again");
	kill(pid, SIGKILL);
	check(killed(stop_of(pid), SIGKILL), "the end");
}

static void group(void)
{
	pid_t pid = child(sleeps);
	siginfo_t si;
	int st;

	seize(pid, 0);
	kill(pid, SIGSTOP);
	check(stopped_by(stop_of(pid), SIGSTOP), "SIGSTOP: the signal");
	cont(pid, SIGSTOP);
	check(stop_event(stop_of(pid), SIGSTOP), "then the group's stop, an event");
	check(info(pid).si_signo == SIGSTOP && info(pid).si_code == (SIGSTOP | PTRACE_EVENT_STOP << 8), "with siginfo");
	check_is(pt(PTRACE_LISTEN, pid, 0, 0), 0, "LISTEN");
	check_is(waitpid(pid, &st, WNOHANG | WUNTRACED), 0, "tells nothing");
	check_errno(pt(PTRACE_CONT, pid, 0, 0), ESRCH, "it isn't the tracer's any more");
	check_errno(pt(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&si), ESRCH, "not at all");
	check(status_line(pid, "State")[0] == 't', "but still stopped");
	kill(pid, SIGCONT);
	check(stop_event(stop_of(pid), SIGTRAP), "SIGCONT: an event");
	cont(pid, 0);
	check(stopped_by(stop_of(pid), SIGCONT), "and the signal");
	cont(pid, SIGCONT);
	kill(pid, SIGTSTP);
	need(stopped_by(stop_of(pid), SIGTSTP));
	cont(pid, SIGSTOP);
	need(stop_event(stop_of(pid), SIGSTOP));
	need(pt(PTRACE_LISTEN, pid, 0, 0) == 0);
	check_is(pt(PTRACE_INTERRUPT, pid, 0, 0), 0, "INTERRUPT of a listening one");
	check(stop_event(stop_of(pid), SIGSTOP), "tells of the group's stop again");
	need(pt(PTRACE_LISTEN, pid, 0, 0) == 0);
	kill(pid, SIGUSR1);
	check_is(waitpid(pid, &st, WNOHANG), 0, "other signals wait");
	need(pt(PTRACE_INTERRUPT, pid, 0, 0) == 0);
	need(stop_event(stop_of(pid), SIGSTOP));
	check_is(pt(PTRACE_DETACH, pid, 0, 0), 0, "DETACH there");
	check(waitid(P_PID, pid, &si, WSTOPPED | WNOHANG | WNOWAIT) == 0, "the parent may look");
	check(wait_for(status_line(pid, "State")[0] == 'T'), "it stays stopped");
	shared[1] = 0;
	kill(pid, SIGCONT);
	check(wait_for(shared[1] == SIGUSR1), "until SIGCONT");
	kill(pid, SIGKILL);
	check(killed(stop_of(pid), SIGKILL), "the end");
}

static void of_stopped(void)
{
	pid_t pid = child(sleeps);
	int st;

	kill(pid, SIGSTOP);
	need(waitpid(pid, &st, WUNTRACED) == pid && stopped_by(st, SIGSTOP));
	seize(pid, 0);
	check(stop_event(stop_of(pid), SIGSTOP), "SEIZE of a stopped one tells of the stop");
	need(pt(PTRACE_LISTEN, pid, 0, 0) == 0);
	kill(pid, SIGCONT);
	check(stop_event(stop_of(pid), SIGTRAP), "SIGCONT");
	kill(pid, SIGKILL);
	check(killed(stop_of(pid), SIGKILL), "the end");
}

static void *thread(void *arg UNUSED)
{
	return NULL;
}

static void makes(void)
{
	pthread_t t;
	pid_t pid;

	shared[0] = 1;
	while (!shared[2])
		usleep(100);
	pid = fork();
	if (pid == 0)
		_exit(4);
	waitpid(pid, NULL, 0);
	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
	_exit(5);
}

static void children(void)
{
	pid_t pid, kid;
	unsigned long v;
	int st;

	shared[2] = 0;
	pid = child(makes);
	seize(pid, PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC);
	shared[2] = 1;
	check(event(stop_of(pid), PTRACE_EVENT_FORK), "fork");
	need(pt(PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&v) == 0);
	kid = (pid_t)v;
	check(stop_event(stop_of(kid), SIGTRAP), "the child of a seized one stops with an event, not SIGSTOP");
	check_is(pt(PTRACE_INTERRUPT, kid, 0, 0), 0, "it is seized too");
	cont(kid, 0);
	st = stop_of(kid);
	check(stop_event(st, SIGTRAP), "interrupted");
	cont(kid, 0);
	check(exited(stop_of(kid), 4), "it ends");
	cont(pid, 0);
	need(stopped_by(stop_of(pid), SIGCHLD));
	cont(pid, 0);
	check(event(stop_of(pid), PTRACE_EVENT_CLONE), "a thread");
	need(pt(PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&v) == 0);
	kid = (pid_t)v;
	check(stop_event(stop_of(kid), SIGTRAP), "stops likewise");
	cont(kid, 0);
	check(exited(stop_of(kid), 0), "it ends");
	cont(pid, 0);
	check(exited(stop_of(pid), 5), "the end");
}

static void *counts(void *arg UNUSED)
{
	for (;;)
		shared[4]++;
	return NULL;
}

static void two(void)
{
	pthread_t t;

	pthread_create(&t, NULL, counts, NULL);
	shared[3] = (int)syscall(SYS_gettid);
	while (!shared[4])
		;
	shared[0] = 1;
	for (;;)
		pause();
}

/* One thread of two is traced: a group stop waits for both and is told to the parent and the tracer. */
static void one_of_two(void)
{
	pid_t pid = child(two);
	int st;

	seize(pid, 0);
	kill(pid, SIGSTOP);
	st = stop_of(pid);
	/* Whoever of the two takes it: the traced one stops for it, or only joins the other's stop. */
	if (stopped_by(st, SIGSTOP)) {
		cont(pid, SIGSTOP);
		st = stop_of(pid);
	}
	check(stop_event(st, SIGSTOP), "a group's stop with one thread traced");
	int n = shared[4];
	check(wait_for((n = shared[4], ms(2), n == shared[4])), "the other is stopped as well");
	need(pt(PTRACE_LISTEN, pid, 0, 0) == 0);
	kill(pid, SIGCONT);
	st = stop_of(pid);
	check(stop_event(st, SIGTRAP), "SIGCONT");
	n = shared[4];
	check(wait_for(n != shared[4]), "lets the other go on");
	kill(pid, SIGKILL);
	check(killed(stop_of(pid), SIGKILL), "the end");
}

int main(void)
{
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	interrupt();
	group();
	of_stopped();
	children();
	one_of_two();
	return done();
}
