# SPDX-License-Identifier: Apache-2.0
# System calls that were rewritten in one process are so in the next ones that map the file: short programs
# hardly ever make one by signal. And a file that was changed meanwhile is what it is now.
# time limit: 120 s
. "$(dirname "$0")/../lib/limits.sh"
# Two versions of a library that makes system calls itself, at other places.
lib() { # NAME PADDING NUMBER
	cat > "$1.c" <<C
#include <unistd.h>
#include <sys/syscall.h>
long asks(void)
{
	long ret;
	__asm__ volatile(".fill $2, 1, 0x90\n\tsyscall\n\tcmp \$-4095, %%rax\n\tnop" : "=a"(ret) : "a"($3) : "rcx", "r11", "memory");
	return ret;
}
C
	gcc -O1 -shared -fPIC -o "$1" "$1.c" || exit 1
}
lib one.so 3 39   # getpid
lib two.so 200 110 # getppid
cat > asker.c <<'C'
#include <stdio.h>
#include <unistd.h>
long asks(void);
int main(int argc, char **argv)
{
	long sum = 0;
	for (int i = 0; i < 4; i++)
		sum += asks();
	printf("%s\n", sum == 4L * getpid() ? "pid" : sum == 4L * getppid() ? "ppid" : "?");
	(void)argc, (void)argv;
	return 0;
}
C
cp one.so asks.so
gcc -O1 -o asker asker.c ./asks.so -Wl,-rpath,'$ORIGIN' || exit 1
cat > run.sh <<'S'
for i in $(seq 60); do ./asker; done | sort | uniq -c
cat two.so > asks.so # the same inode
for i in $(seq 60); do ./asker; done | sort | uniq -c
cp one.so new.so && mv new.so asks.so # another one
for i in $(seq 60); do ./asker; done | sort | uniq -c
S
natively=$(bash run.sh)
cp one.so asks.so
is "each process runs the code that the file has" "$(p do -- bash run.sh 2> err)" "$natively"
is "no complaints" "$(cat err)" ""

by_signal() { # N: calls and faults by signal of a shell that runs a program so often
	p do --stats -- bash -c "for i in \$(seq $1); do /bin/true; done" 2>&1 | sed -n 's/.* \([0-9]*\) by signal.*/\1/p'
}
few=$(by_signal 50) many=$(by_signal 250)
# Where the processor has no way for thunks, nothing is rewritten.
if grep -qw fsgsbase /proc/cpuinfo; then
	is "a program that was run often traps little ($few, $many)" $(((many - few) / 200 < 12)) 1
	off=$(p do --no-rewrite --stats -- bash -c 'for i in $(seq 50); do /bin/true; done' 2>&1 |
		sed -n 's/.*sites rewritten, \([0-9]*\) known.*/\1/p')
	is "not with --no-rewrite" "$off" 0
fi
# What one process makes of its own copy of a file's code is nothing to the others.
cat > trick.c <<'C'
long number(void);
__asm__(".text\n.globl number\n.type number, @function\nnumber:\n\tmov $39, %eax\n\tret\n\tnop\n\tnop\n");
C
cat > trickster.c <<'C'
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
long number(void);
int main(int argc, char **argv)
{
	char *code = (char *)number, *page = (char *)((uintptr_t)code & ~4095ul);
	if (argc > 1) {
		mprotect(page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC);
		memcpy(code + 5, "\x0f\x05\xc3", 3);
		mprotect(page, 8192, PROT_READ | PROT_EXEC);
	}
	for (int i = 0; i < 40; i++)
		if (number() != (argc > 1 ? getpid() : 39))
			return printf("%ld\n", number()), 1;
	(void)argv;
	return 0;
}
C
gcc -O1 -shared -fPIC -o trick.so trick.c && gcc -O1 -o trickster trickster.c ./trick.so -Wl,-rpath,'$ORIGIN' -Wl,-z,lazy || exit 1
cat > trick.sh <<'S'
for i in 1 2 3; do ./trickster x || exit; done
for i in 1 2 3; do ./trickster || exit; done
echo fine
S
is "others' code stays what it is" "$(p do -- bash trick.sh 2>&1)" fine

# Where threads make the children.
cat > threads.py <<'P'
import os, subprocess, threading
def work():
    for i in range(40):
        subprocess.run(["/bin/true"], check=True)
t = [threading.Thread(target=work) for i in range(3)]
[x.start() for x in t]
[x.join() for x in t]
print("done")
P
is "threads that start programs" "$(p do -- python3 threads.py 2>&1)" done
finish
