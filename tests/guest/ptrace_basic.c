/* SPDX-License-Identifier: Apache-2.0
 *
 * ptrace: being traced, memory of all kinds, errors of the simple requests.
 */
#include "trace.h"

static volatile long word = 0x1122334455667788;
static const volatile long constant = 0x0123456789abcdef;
static long *guarded, *shared_ro, *shared_rw, *private_file, *edge;

__attribute__((noinline)) static int answer(void)
{
	__asm__ volatile("");
	return 41;
}

static void idle(void)
{
	for (;;)
		pause();
}

static void answers(void)
{
	_exit(answer());
}

static void nothing(void)
{
}

static void memory(void)
{
	pid_t pid = tracee(idle);
	unsigned long v = 7;

	check(peek(pid, &word) == 0x1122334455667788, "PEEKDATA");
	check(pt(PTRACE_PEEKTEXT, pid, (unsigned long)&word + 1, (unsigned long)&v) == 0, "PEEKTEXT is the same, and unaligned");
	check_is(pt(PTRACE_POKEDATA, pid, (unsigned long)&word, 5), 0, "POKEDATA");
	check(peek(pid, &word) == 5 && word == 0x1122334455667788, "changes the tracee alone");
	check_is(pt(PTRACE_POKETEXT, pid, (unsigned long)&constant, 6), 0, "POKETEXT to read-only private memory");
	check(peek(pid, &constant) == 6 && constant == 0x0123456789abcdef, "copies the page");
	check(peek(pid, guarded) == 0x77, "PEEKDATA of PROT_NONE memory");
	check_is(pt(PTRACE_POKEDATA, pid, (unsigned long)guarded, 0x78), 0, "POKEDATA of PROT_NONE memory");
	check(peek(pid, guarded) == 0x78, "changes it");
	check(peek(pid, shared_ro) == 0, "shared read-only memory can be read");
	check_errno(pt(PTRACE_POKEDATA, pid, (unsigned long)shared_ro, 1), EIO, "but not written");
	check_is(pt(PTRACE_POKEDATA, pid, (unsigned long)shared_rw, 9), 0, "shared writable memory");
	check_is(*shared_rw, 9, "is written for all");
	check_is(pt(PTRACE_POKEDATA, pid, (unsigned long)private_file, 1), 0, "a file's private mapping");
	check(*private_file != 1, "stays the file's here");
	check_errno(pt(PTRACE_PEEKDATA, pid, 8, (unsigned long)&v), EIO, "PEEKDATA of nothing");
	check_errno(pt(PTRACE_POKEDATA, pid, 8, 1), EIO, "POKEDATA of nothing");
	check_errno(pt(PTRACE_PEEKDATA, pid, (unsigned long)kernel_ptr, (unsigned long)&v), EIO, "PEEKDATA of the kernel");
	check_errno(pt(PTRACE_POKEDATA, pid, (unsigned long)kernel_ptr, 1), EIO, "POKEDATA of the kernel");
	check_errno(pt(PTRACE_PEEKDATA, pid, -4ul, (unsigned long)&v), EIO, "PEEKDATA over the end of everything");
	check_errno(pt(PTRACE_PEEKDATA, pid, (unsigned long)edge - 4, (unsigned long)&v), EIO, "PEEKDATA over an edge");
	check_errno(pt(PTRACE_POKEDATA, pid, (unsigned long)edge - 4, 1), EIO, "POKEDATA over an edge");
	check_errno(pt(PTRACE_PEEKDATA, pid, (unsigned long)&word, 8), EFAULT, "PEEKDATA to nowhere");
	finish(pid);
}

/* A breakpoint in the text, hit, and taken away again. */
static void text(void)
{
	pid_t pid = tracee(answers);
	unsigned long at = (unsigned long)answer, old = peek(pid, (void *)at);
	struct user_regs_struct r;

	need(pt(PTRACE_POKETEXT, pid, at, (old & ~0xfful) | 0xcc) == 0);
	check(*(unsigned char *)at != 0xcc, "a breakpoint isn't seen by the tracer's own text");
	cont(pid, 0);
	check(stopped_by(stop_of(pid), SIGTRAP), "is hit");
	r = regs(pid);
	check(r.rip == at + 1, "with the pc behind it");
	check((long)r.orig_rax == -1, "in no system call");
	siginfo_t si;
	check(pt(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&si) == 0 && si.si_signo == SIGTRAP && si.si_code == SI_KERNEL,
	      "with SI_KERNEL");
	need(pt(PTRACE_POKETEXT, pid, at, old) == 0);
	r.rip = at;
	need(pt(PTRACE_SETREGS, pid, 0, (unsigned long)&r) == 0);
	cont(pid, 0);
	check(exited(stop_of(pid), 41), "and the program goes on without");
}

static void proc_files(void)
{
	pid_t pid = tracee(idle);
	char path[64];
	long v = 0x55;
	int fd;

	check(!strcmp(status_line(pid, "State"), "t (tracing stop)"), "State: t (tracing stop)");
	check_is(atoi(status_line(pid, "TracerPid")), getpid(), "TracerPid");
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR);
	need(fd >= 0);
	check_is(pwrite(fd, &v, sizeof(v), (off_t)&constant), sizeof(v), "a write of /proc/PID/mem goes through read-only pages");
	check(peek(pid, &constant) == 0x55 && constant != 0x55, "of the tracee alone");
	check_is(pread(fd, &v, sizeof(v), (off_t)guarded), sizeof(v), "a read through PROT_NONE");
	check_errno(pwrite(fd, &v, sizeof(v), (off_t)shared_ro), EIO, "not to shared read-only memory");
	close(fd);
	finish(pid);
	fd = open("/proc/self/mem", O_RDWR);
	v = constant;
	check_is(pwrite(fd, &v, sizeof(v), (off_t)&constant), sizeof(v), "one's own too");
	close(fd);
	pid = fork();
	if (pid == 0)
		idle();
	check_is(atoi(status_line(pid, "TracerPid")), 0, "TracerPid of one that isn't traced");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void errors(void)
{
	pid_t pid = tracee(idle), other;
	unsigned long v;

	check_errno(pt(PTRACE_CONT, pid, 0, 65), EIO, "CONT with no signal");
	check_errno(pt(PTRACE_CONT, pid, 0, -1ul), EIO, "CONT with a wild signal");
	check_errno(pt(PTRACE_DETACH, pid, 0, 65), EIO, "DETACH with no signal");
	check_errno(pt(12345, pid, 0, 0), EIO, "no such request");
	check_errno(pt(-1, pid, 0, 0), EIO, "a negative request");
	check_errno(pt(18, pid, 0, 0), EIO, "GETFPXREGS is for 32 bits");
	check_errno(pt(PTRACE_SETOPTIONS, pid, 0, 0x100), EINVAL, "unknown option");
	check_errno(pt(PTRACE_SETOPTIONS, pid, 0, -1ul), EINVAL, "wild options");
	check_is(pt(PTRACE_SETOPTIONS, pid, 0, 0xff | PTRACE_O_EXITKILL), 0, "all options");
	check_is(pt(21, pid, 0, 0), 0, "OLDSETOPTIONS");
	check_errno(pt(PTRACE_GETEVENTMSG, pid, 0, 8), EFAULT, "GETEVENTMSG to nowhere");
	check(pt(PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&v) == 0 && v == 0, "GETEVENTMSG of no event");
	check_errno(pt(PTRACE_INTERRUPT, pid, 0, 0), EIO, "INTERRUPT without SEIZE");
	check_errno(pt(PTRACE_LISTEN, pid, 0, 0), EIO, "LISTEN without SEIZE");
	check_errno(pt(PTRACE_SECCOMP_GET_FILTER, pid, 0, 0), geteuid() ? EACCES : EINVAL, "no filter");
	check_errno(pt(PTRACE_ATTACH, pid, 0, 0), EPERM, "ATTACH to one that is traced");
	check_errno(pt(PTRACE_SEIZE, pid, 0, 0), EPERM, "SEIZE of one that is traced");
	check_errno(pt(PTRACE_ATTACH, getpid(), 0, 0), EPERM, "ATTACH to oneself");
	check_errno(pt(PTRACE_ATTACH, 0, 0, 0), ESRCH, "ATTACH to 0");
	check_errno(pt(PTRACE_ATTACH, -1, 0, 0), ESRCH, "ATTACH to -1");
	check_errno(pt(PTRACE_CONT, 4194303, 0, 0), ESRCH, "CONT of nobody");
	check_errno(pt(PTRACE_SEIZE, pid, 1, 0), EIO, "SEIZE with an address");
	check_errno(pt(PTRACE_SEIZE, pid, 0, 1ul << 40), EIO, "SEIZE with unknown options");
	other = fork();
	if (other == 0)
		idle();
	check_errno(pt(PTRACE_CONT, other, 0, 0), ESRCH, "CONT of a child that isn't traced");
	check_errno(pt(PTRACE_PEEKDATA, other, (unsigned long)&word, (unsigned long)&v), ESRCH, "PEEKDATA of it");
	check_errno(pt(PTRACE_KILL, other, 0, 0), ESRCH, "KILL of it");
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	cont(pid, 0);
	check_errno(pt(PTRACE_PEEKDATA, pid, (unsigned long)&word, (unsigned long)&v), ESRCH, "PEEKDATA of a running tracee");
	check_errno(pt(PTRACE_DETACH, pid, 0, 0), ESRCH, "DETACH of a running tracee");
	check_is(pt(PTRACE_KILL, pid, 0, 0), 0, "KILL of a running tracee");
	check(killed(stop_of(pid), SIGKILL), "ends it");
	check_errno(pt(PTRACE_CONT, pid, 0, 0), ESRCH, "then it is gone");
	pid = tracee(nothing);
	check_is(pt(PTRACE_KILL, pid, 0, 0), 0, "KILL of a stopped tracee");
	check(killed(stop_of(pid), SIGKILL), "ends it too");
	check(exited(in_child({
		if (pt(PTRACE_TRACEME, 0, 0, 0) || pt(PTRACE_TRACEME, 0, 0, 0) != -1 || errno != EPERM)
			_exit(1);
	}), 0), "TRACEME once");
}

int main(void)
{
	int fd = file("f", "some text that is long enough");

	guarded = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*guarded = 0x77;
	need(mprotect(guarded, 4096, PROT_NONE) == 0);
	shared_ro = mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	shared_rw = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	private_file = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	edge = (long *)page_edge();
	need(munmap(edge, 4096) == 0);
	memory();
	text();
	proc_files();
	errors();
	return done();
}
