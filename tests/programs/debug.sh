# SPDX-License-Identifier: Apache-2.0
# strace and gdb: a small program of processes and threads, traced, stepped through and looked at.
# time limit: 120 s
set -u
command -v strace > /dev/null && command -v gdb > /dev/null || exit 77
cat > small.c <<'C'
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct pair { int a, b; const char *name; };
static int counter;
static volatile double half = 0.5;

static int add(int a, int b)
{
	int sum = a + b;

	counter += sum;
	return sum;
}

static int depth(int n)
{
	return n ? depth(n - 1) + 1 : add(n, 1);
}

static void on_usr1(int sig)
{
	counter += sig;
}

static void *thread(void *arg)
{
	return (void *)(long)add((int)(long)arg, 1);
}

int main(int argc, char **argv)
{
	struct pair p = { 1, 2, "pair" };
	pthread_t t;
	int st;

	if (argc > 1 && !strcmp(argv[1], "crash"))
		*(volatile int *)8 = 1;
	for (int i = 0; i < 3; i++)
		p.a = add(p.a, i);
	depth(3);
	signal(SIGUSR1, on_usr1);
	raise(SIGUSR1);
	fflush(stdout);
	if (fork() == 0)
		_exit(3);
	wait(&st);
	pthread_create(&t, NULL, thread, (void *)4L);
	pthread_join(t, NULL);
	printf("%d %d %s %.1f\n", p.a, counter, p.name, half);
	fflush(stdout);
	if (argc > 1 && !strcmp(argv[1], "exec"))
		execl("/bin/echo", "echo", "done", NULL);
	return 0;
}
C
gcc -g -O0 -o small small.c -lpthread || exit 1

# Pids, addresses and padding differ, and so does the order of processes that run at once.
clean() { sed -E 's/0x[0-9a-f]+/ADDR/g; s/\[pid +[0-9]+\] //; s/(Process|process|LWP|Thread) [0-9]+/\1 N/g; s/pid=[0-9]+/pid=N/g; s/\(LWP N\)//; s/ += /=/; s/=[0-9]{2,}$/=N/; s/tid=\[[0-9]+\]/tid=[N]/; s/(kill|tgkill)\([0-9, ]+/\1(/'; }
strace -f -q -o log -e trace=write,exit_group,execve ./small exec; echo "$?"
sed -E 's/^[0-9]+ +//; s/, 0x.*\]\)/)/; s/, ADDR.*//' log | clean | sed -E 's/ \/\* [0-9]+ vars \*\///' | sort
strace -f -q -o log -e trace=none -e signal=all ./small; sed -E 's/^[0-9]+ +//' log | clean | grep -v utime | sort
{ strace -f -q -o log -e trace=none -e signal=SIGUSR1,SIGSEGV ./small crash; } 2> /dev/null; echo "$?"; sed -E 's/^[0-9]+ +//' log | clean | sort
strace -q -e trace=getppid -e inject=getppid:retval=42 sh -c 'echo $PPID' 2> /dev/null | grep -c .
strace -q -e trace=write -e inject=write:error=ENOSPC -o log /bin/echo hello 2> /dev/null; echo "$?"; grep -c INJECTED log
strace -f -c -o log ./small > /dev/null; grep -cE '(clone|clone3|fork)$' log
sleep 100 & pid=$!
( strace -q -p $pid -e trace=none -o log & tracer=$!; for i in $(seq 500); do grep -q "^TracerPid:.[1-9]" /proc/$pid/status && break; sleep 0.01; done; grep -c '^TracerPid:.[1-9]' /proc/$pid/status; kill -INT $tracer; wait $tracer )
grep '^TracerPid' /proc/$pid/status; kill -TERM $pid; wait $pid; echo "$?"

debug() { # PROGRAM-ARGS COMMAND...
	local args=$1 c cmds=()
	shift
	for c; do cmds+=(-ex "$c"); done
	DEBUGINFOD_URLS='' HOME=$PWD gdb -nx -batch -iex 'set auto-load safe-path /' -iex 'set style enabled off' -ex 'set confirm off' \
		-ex 'set print thread-events off' -ex 'set print inferior-events off' -ex 'set can-use-hw-watchpoints 0' \
		-ex 'handle SIGUSR1 nostop noprint pass' "${cmds[@]}" --args ./small $args 2> err | grep -vE 'Using host|host libthread' | clean
	echo "status ${PIPESTATUS[0]}"
}
echo '== breakpoints'
debug '' 'break add if b == 2' run bt 'print a' 'print b' 'print counter' 'info locals' finish up 'print p' 'print p.name'
echo '== steps'
debug '' 'break main' run next next next next step next next 'print sum' stepi nexti 'x/2i $pc'
echo '== recursion'
debug '' 'break add if a == 0 && b == 1' run 'bt 3' 'frame 2' 'info locals' 'print n' 'print $_siginfo.si_signo'
echo '== watch'
debug '' 'break main' run 'watch counter' continue continue 'info watchpoints' 'delete' continue | grep -v 'hit.*time'
echo '== change'
debug '' 'break add' run 'set var a = 100' 'print half' 'set var half = 2.5' 'delete' 'print add(3, 4)' 'print depth(5)' 'print $xmm0.v4_int32[0] == $xmm0.v4_int32[0]' 'print $eflags & 0' continue
echo '== signals'
debug '' 'handle SIGUSR1 stop print pass' run bt 'print $_siginfo.si_signo' 'break on_usr1' continue 'print sig' 'bt 1' continue
debug crash run bt 'print $_siginfo._sifields._sigfault.si_addr' continue
echo '== children'
debug '' 'set follow-fork-mode child' 'set detach-on-fork on' 'break _exit' run 'info inferiors' 2>&1 | grep -cE 'small|_exit'
debug '' 'set detach-on-fork off' 'set schedule-multiple on' 'catch fork' run 'info breakpoints' continue 2>&1 | grep -c 'Catchpoint 1'
echo '== threads'
debug '' 'break thread' run 'info threads' 'bt 1' 'thread apply all print counter' continue | sed -E 's/ +/ /g' | grep -vE '^ 1 |clone|futex|__'
echo '== exec'
debug exec 'catch exec' run 'info program' continue | grep -E 'Catchpoint 1|done|exited'
echo '== attach'
./small > /dev/null; sleep 100 & pid=$!
for i in $(seq 500); do grep -q '^State:.S' /proc/$pid/status && [ "$(cat /proc/$pid/comm)" = sleep ] && break; sleep 0.01; done
gdb -nx -batch -p $pid -ex 'print $rax < 0' -ex 'detach' 2> /dev/null | grep -c '^\$1 = 1'
kill -TERM $pid; wait $pid; echo "$?"
