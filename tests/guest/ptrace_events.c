/* SPDX-License-Identifier: Apache-2.0
 *
 * ptrace: fork, vfork, clone, exec and exit as events; the tracer's and the tracee's death; threads.
 * time limit: 60 s
 */
#include "trace.h"
#include <pthread.h>
#include <sys/prctl.h>

static volatile int *shared;
static const char *self;

static unsigned long message(pid_t pid)
{
	unsigned long v = -1ul;

	need(pt(PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&v) == 0);
	return v;
}

static void options(pid_t pid, unsigned long o)
{
	need(pt(PTRACE_SETOPTIONS, pid, 0, o) == 0);
}

static void forks(void)
{
	pid_t pid = fork();
	int st;

	if (pid == 0)
		_exit(5);
	_exit(waitpid(pid, &st, 0) == pid && exited(st, 5) ? 6 : 1);
}

static void fork_event(void)
{
	pid_t pid = tracee(forks), child;
	siginfo_t si;
	int st;

	options(pid, PTRACE_O_TRACEFORK);
	cont(pid, 0);
	st = stop_of(pid);
	check(event(st, PTRACE_EVENT_FORK), "fork");
	child = message(pid);
	check(pt(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&si) == 0 && si.si_signo == SIGTRAP &&
	      si.si_code == (SIGTRAP | PTRACE_EVENT_FORK << 8) && si.si_pid == pid, "its siginfo");
	check((long)regs(pid).rax == -ENOSYS, "the call has no result yet");
	st = stop_of(child);
	check(stopped_by(st, SIGSTOP), "the child is traced, and stops");
	check(regs(child).rax == 0, "with fork's 0");
	check(pt(PTRACE_GETSIGINFO, child, 0, (unsigned long)&si) == 0 && si.si_code == SI_USER && si.si_pid == 0, "for no sender");
	check_is(atoi(status_line(child, "PPid")), pid, "its parent is another");
	check_is(atoi(status_line(child, "TracerPid")), getpid(), "than its tracer");
	cont(child, 0);
	st = stop_of(child);
	check(exited(st, 5), "the tracer sees its end first");
	cont(pid, 0);
	st = stop_of(pid);
	check(stopped_by(st, SIGCHLD), "then the parent");
	cont(pid, 0);
	check(exited(stop_of(pid), 6), "which can wait for it");
	/* Without the option, and with it but untraced. */
	pid = tracee(forks);
	cont(pid, 0);
	check(stopped_by(stop_of(pid), SIGCHLD), "no option: no event");
	cont(pid, 0);
	check(exited(stop_of(pid), 6), "and an untraced child");
}

static void vforks(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(5);
	waitpid(pid, NULL, 0);
	_exit(6);
}

static void vfork_event(void)
{
	pid_t pid = tracee(vforks), child;

	options(pid, PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE);
	cont(pid, 0);
	check(event(stop_of(pid), PTRACE_EVENT_VFORK), "vfork");
	child = message(pid);
	cont(pid, 0);
	check(stopped_by(stop_of(child), SIGSTOP), "its child stops");
	check_is(waitpid(pid, &(int){ 0 }, WNOHANG | __WALL), 0, "the parent waits for the child");
	cont(child, 0);
	check(exited(stop_of(child), 5), "which ends");
	check(event(stop_of(pid), PTRACE_EVENT_VFORK_DONE) && (pid_t)message(pid) == child, "vfork-done");
	cont(pid, 0);
	check(stopped_by(stop_of(pid), SIGCHLD), "SIGCHLD");
	cont(pid, 0);
	check(exited(stop_of(pid), 6), "the end");
}

static void *thread(void *arg UNUSED)
{
	shared[0]++;
	return NULL;
}

static void threads(void)
{
	pthread_t t;

	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
	_exit(7);
}

static void clone_event(void)
{
	pid_t pid = tracee(threads), tid;
	int st;

	shared[0] = 0;
	options(pid, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT);
	cont(pid, 0);
	check(event(stop_of(pid), PTRACE_EVENT_CLONE), "clone of a thread");
	tid = message(pid);
	check(stopped_by(stop_of(tid), SIGSTOP), "it stops");
	check_is(waitpid(tid, &st, WNOHANG), 0, "and needs no __WALL to be waited for");
	cont(pid, 0);
	cont(tid, 0);
	st = stop_of(tid);
	check(event(st, PTRACE_EVENT_EXIT) && message(tid) == 0, "the thread's exit");
	check(shared[0] == 1, "after it ran");
	cont(tid, 0);
	check(WIFEXITED(stop_of(tid)), "its end");
	st = stop_of(pid);
	check(event(st, PTRACE_EVENT_EXIT) && message(pid) == 7 << 8, "the process's exit, with its status");
	struct user_regs_struct r = regs(pid);
	check(r.orig_rax == SYS_exit_group && (long)r.rax == -ENOSYS && r.rdi == 7, "its registers are still there");
	cont(pid, 0);
	check(exited(stop_of(pid), 7), "the end");
}

static void clone_flags(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD | 0x800000 /* CLONE_UNTRACED */, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	pid = (pid_t)syscall(SYS_clone, SIGCHLD | 0x2000 /* CLONE_PTRACE */, 0, 0, 0, 0);
	if (pid == 0)
		_exit(11);
	waitpid(pid, NULL, 0);
	pid = (pid_t)syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0);
	if (pid == 0)
		_exit(12);
	waitpid(pid, NULL, __WALL);
	_exit(8);
}

static void flags(void)
{
	pid_t pid = tracee(clone_flags), child;
	int st;

	options(pid, PTRACE_O_TRACEFORK);
	signal(SIGUSR1, SIG_IGN);
	cont(pid, 0);
	check(stopped_by(stop_of(pid), SIGCHLD), "CLONE_UNTRACED: no event");
	options(pid, 0);
	cont(pid, 0);
	child = stop_of(-1) == (SIGSTOP << 8 | 0x7f) ? 1 : 0;
	check(child == 1, "CLONE_PTRACE: traced without an event");
	siginfo_t si = { 0 };
	/* Which it is: the only tracee that is stopped. */
	for (child = pid + 1; pt(PTRACE_GETSIGINFO, child, 0, (unsigned long)&si) && child < pid + 10000; child++)
		;
	cont(child, 0);
	check(exited(stop_of(child), 11), "and its end is the tracer's");
	check(stopped_by(stop_of(pid), SIGCHLD), "then the parent's");
	options(pid, PTRACE_O_TRACECLONE);
	cont(pid, 0);
	check(event(stop_of(pid), PTRACE_EVENT_CLONE), "another exit signal: a clone event");
	child = message(pid);
	check(stopped_by(stop_of(child), SIGSTOP), "its child");
	cont(child, 0);
	check(exited(stop_of(child), 12), "ends");
	cont(pid, 0);
	st = stop_of(pid);
	check(stopped_by(st, SIGUSR1), "its parent gets the other signal");
	cont(pid, 0);
	check(exited(stop_of(pid), 8), "the end");
}

static void execs(void)
{
	execl(self, self, "exit", "9", NULL);
	_exit(1);
}

static void *execing_thread(void *arg UNUSED)
{
	execs();
	return NULL;
}

static void execs_in_thread(void)
{
	pthread_t t;

	pthread_create(&t, NULL, execing_thread, NULL);
	for (;;)
		pause();
}

static void exec_event(void)
{
	pid_t pid = tracee(execs), tid;
	struct user_regs_struct r;
	siginfo_t si;
	int st;

	cont(pid, 0);
	check(stopped_by(stop_of(pid), SIGTRAP), "exec: SIGTRAP, as ever");
	check(pt(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&si) == 0 && si.si_code == SI_USER && si.si_pid == pid, "sent by itself");
	r = regs(pid);
	check(r.orig_rax == SYS_execve && r.rax == 0 && r.rdi == 0 && r.rbx == 0, "the new program's registers");
	cont(pid, 0);
	check(exited(stop_of(pid), 9), "it runs");
	pid = tracee(execs);
	options(pid, PTRACE_O_TRACEEXEC);
	cont(pid, 0);
	check(event(stop_of(pid), PTRACE_EVENT_EXEC) && (pid_t)message(pid) == pid, "the exec event");
	check(regs(pid).orig_rax == SYS_execve && (long)regs(pid).rax == -ENOSYS, "inside the call");
	need(pt(PTRACE_SYSCALL, pid, 0, 0) == 0);
	check(stopped_by(stop_of(pid), SIGTRAP) && regs(pid).rax == 0, "then execve's exit");
	cont(pid, 0);
	check(exited(stop_of(pid), 9), "no SIGTRAP then");
	/* By a thread that doesn't lead: it takes the leader's place. */
	pid = tracee(execs_in_thread);
	options(pid, PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE);
	cont(pid, 0);
	need(event(stop_of(pid), PTRACE_EVENT_CLONE));
	tid = message(pid);
	need(stopped_by(stop_of(tid), SIGSTOP));
	cont(pid, 0);
	cont(tid, 0);
	need(wait_for(waitpid(pid, &st, WNOHANG | WNOWAIT | __WALL) != 0));
	check_errno(pt(PTRACE_CONT, pid, 0, 0), ESRCH, "who is called so now may be another");
	st = stop_of(pid);
	check(event(st, PTRACE_EVENT_EXEC) && (pid_t)message(pid) == tid, "exec by a thread: the leader's id, its own as the message");
	check_errno(pt(PTRACE_CONT, tid, 0, 0), ESRCH, "which is nobody's now");
	cont(pid, 0);
	check(exited(stop_of(pid), 9), "it runs");
}

static void idle(void)
{
	for (;;)
		pause();
}

static void exits(void)
{
	_exit(10);
}

static void exit_event(void)
{
	pid_t pid = tracee(exits);

	options(pid, PTRACE_O_TRACEEXIT);
	cont(pid, 0);
	check(event(stop_of(pid), PTRACE_EVENT_EXIT) && message(pid) == 10 << 8, "exit");
	check_is(pt(PTRACE_DETACH, pid, 0, 0), 0, "DETACH there");
	check(exited(stop_of(pid), 10), "the end");
	pid = tracee(idle);
	options(pid, PTRACE_O_TRACEEXIT);
	cont(pid, SIGTERM);
	check(event(stop_of(pid), PTRACE_EVENT_EXIT) && message(pid) == SIGTERM, "by a signal");
	cont(pid, 0);
	check(killed(stop_of(pid), SIGTERM), "the end");
	pid = tracee(idle);
	options(pid, PTRACE_O_TRACEEXIT);
	kill(pid, SIGKILL);
	check(event(stop_of(pid), PTRACE_EVENT_EXIT) && message(pid) == SIGKILL, "by SIGKILL in a stop: it stops once more");
	cont(pid, 0);
	check(killed(stop_of(pid), SIGKILL), "the end");
	pid = tracee(idle);
	options(pid, PTRACE_O_TRACEEXIT);
	cont(pid, 0);
	kill(pid, SIGKILL);
	check(event(stop_of(pid), PTRACE_EVENT_EXIT), "by SIGKILL while it runs");
	cont(pid, 0);
	check(killed(stop_of(pid), SIGKILL), "the end");
}

static void middleman(bool exitkill, int *grandchild)
{
	pid_t pid = fork();
	int st;

	if (pid == 0) {
		pid = fork();
		if (pid == 0) {
			if (pt(PTRACE_TRACEME, 0, 0, 0))
				_exit(1);
			raise(SIGSTOP);
			shared[3] = 1;
			idle();
		}
		*grandchild = pid;
		waitpid(pid, &st, 0);
		if (exitkill)
			options(pid, PTRACE_O_EXITKILL);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void tracer_death(void)
{
	int *grandchild = (int *)&shared[2];
	siginfo_t si;

	shared[3] = 0;
	middleman(false, grandchild);
	check(wait_for(shared[3] == 1), "a tracee goes on when its tracer dies");
	check_is(atoi(status_line(*grandchild, "TracerPid")), 0, "untraced");
	kill(*grandchild, SIGKILL);
	need(waitid(P_PID, *grandchild, &si, WEXITED) == 0);
	shared[3] = 0;
	middleman(true, grandchild);
	need(waitid(P_PID, *grandchild, &si, WEXITED) == 0);
	check(si.si_code == CLD_KILLED && si.si_status == SIGKILL && shared[3] == 0, "EXITKILL takes it along");
	/* A thread is a tracer by itself. */
	pid_t pid = fork();
	if (pid == 0)
		idle();
	shared[4] = pid;
	void *attach(void *arg);
	pthread_t t;
	pthread_create(&t, NULL, attach, NULL);
	pthread_join(t, NULL);
	check_is(shared[5], 0, "a thread attaches");
	check(wait_for(atoi(status_line(pid, "TracerPid")) == 0), "and lets go when it ends, though its process lives");
	kill(pid, SIGKILL);
	check(killed(stop_of(pid), SIGKILL), "the end");
}

void *attach(void *arg UNUSED);
void *attach(void *arg UNUSED)
{
	shared[5] = (int)pt(PTRACE_ATTACH, shared[4], 0, 0);
	if (!stopped_by(stop_of(shared[4]), SIGSTOP))
		shared[5] = 2;
	return NULL;
}

int main(int argc, char **argv)
{
	static char path[256];

	if (argc == 3 && !strcmp(argv[1], "exit"))
		_exit(atoi(argv[2]));
	need(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
	self = path;
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	need(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
	fork_event();
	vfork_event();
	clone_event();
	flags();
	exec_event();
	exit_event();
	tracer_death();
	return done();
}
