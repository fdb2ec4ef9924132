/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	cpu_set_t set, old;
	unsigned char big[1024];
	unsigned int cpu = 99999, node = 99999;

	long n = syscall(SYS_sched_getaffinity, 0, sizeof(old), &old);
	check(n > 0 && n % 8 == 0 && CPU_COUNT(&old) >= 1, "sched_getaffinity");
	CPU_ZERO(&old);
	need(sched_getaffinity(0, sizeof(old), &old) == 0);
	check(CPU_COUNT(&old) == sysconf(_SC_NPROCESSORS_ONLN) || CPU_COUNT(&old) < sysconf(_SC_NPROCESSORS_ONLN), "not more than there are");
	check_errno(syscall(SYS_sched_getaffinity, 0, 7, &set), EINVAL, "size 7");
	check_errno(syscall(SYS_sched_getaffinity, 0, 0, &set), EINVAL, "size 0");
	check_errno(syscall(SYS_sched_getaffinity, 1 << 22, sizeof(set), &set), ESRCH, "nobody");
	check(syscall(SYS_sched_getaffinity, 0, sizeof(big), big) == n, "a larger buffer");
	int first = 0;
	while (!CPU_ISSET(first, &old))
		first++;
	CPU_ZERO(&set);
	CPU_SET(first, &set);
	check_is(sched_setaffinity(0, sizeof(set), &set), 0, "one CPU");
	CPU_ZERO(&set);
	check(sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) == 1 && CPU_ISSET(first, &set), "is set");
	check(syscall(SYS_getcpu, &cpu, &node, NULL) == 0 && (int)cpu == first, "getcpu is there");
	check(exited(in_child({
		      cpu_set_t c;
		      CPU_ZERO(&c);
		      _exit(sched_getaffinity(0, sizeof(c), &c) || CPU_COUNT(&c) != 1);
	      }), 0), "is inherited");
	CPU_ZERO(&set);
	check_errno(sched_setaffinity(0, sizeof(set), &set), EINVAL, "none");
	CPU_SET(1000, &set);
	check_errno(sched_setaffinity(0, sizeof(set), &set), EINVAL, "only ones that aren't there");
	check_errno(syscall(SYS_sched_setaffinity, 0, 128, odd_ptr), EFAULT, "wild");
	check_errno(sched_setaffinity(1 << 22, sizeof(old), &old), ESRCH, "nobody");
	check_is(sched_setaffinity(0, sizeof(old), &old), 0, "back");
	check_errno(syscall(SYS_getcpu, odd_ptr, NULL, NULL), EFAULT, "getcpu wild");
	check_is(syscall(SYS_getcpu, NULL, NULL, NULL), 0, "getcpu of nothing");
	return done();
}
