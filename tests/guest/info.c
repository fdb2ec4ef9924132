/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

int main(void)
{
	struct utsname u;
	struct sysinfo si;
	unsigned char a[256], b[256];

	need_root();
	check_is(uname(&u), 0, "uname");
	check(!strcmp(u.sysname, "Linux") && !strcmp(u.machine, "x86_64"), "Linux on x86_64");
	int major = atoi(u.release);
	check(major >= 4 && strchr(u.release, '.'), "a sane release");
	check(strlen(u.nodename) > 0 && strlen(u.version) > 0, "name and version");
	check_is(sysinfo(&si), 0, "sysinfo");
	check(si.totalram > 0 && si.freeram <= si.totalram && si.mem_unit >= 1 && si.procs >= 1 && si.uptime >= 0, "sane");
	check(sysconf(_SC_PAGESIZE) == 4096 && getauxval(AT_PAGESZ) == 4096, "page size");
	check(getauxval(AT_ENTRY) && getauxval(AT_PHDR) && getauxval(AT_PHENT) == 56 && getauxval(AT_PHNUM) > 3, "program headers");
	check(getauxval(AT_UID) == 0 && getauxval(AT_EUID) == 0 && getauxval(AT_SECURE) == 0, "ids");
	check(getauxval(AT_RANDOM) != 0, "AT_RANDOM");
	check(getauxval(AT_EXECFN) && strstr((char *)getauxval(AT_EXECFN), "info"), "AT_EXECFN");
	check(getauxval(AT_CLKTCK) == 100 && getauxval(AT_HWCAP) != 0, "AT_CLKTCK and AT_HWCAP");
	check_is(personality(0xffffffff), 0, "personality");
	check_is(personality(ADDR_NO_RANDOMIZE), 0, "is set");
	check_is(personality(0xffffffff), ADDR_NO_RANDOMIZE, "and told");
	check(exited(in_child(_exit(personality(0xffffffff) == ADDR_NO_RANDOMIZE ? 0 : 1)), 0), "is inherited");
	check_is(personality(0), ADDR_NO_RANDOMIZE, "back");
	memset(a, 0, 256);
	memset(b, 0, 256);
	check_is(getrandom(a, 256, 0), 256, "getrandom");
	check_is(getrandom(b, 256, GRND_NONBLOCK), 256, "again");
	check(memcmp(a, b, 256), "differs");
	check_is(getrandom(a, 0, 0), 0, "of nothing");
	check_errno(getrandom(a, 1, 0x100), EINVAL, "unknown flag");
	check_errno(getrandom(a, 1, GRND_RANDOM | 4), EINVAL, "both sources");
	check_errno(getrandom(odd_ptr, 1, 0), EFAULT, "wild");
	char *edge = page_edge();
	check_is(getrandom(edge - 10, 20, 0), 10, "over the edge");
	char name[80];
	check_errno(syscall(SYS_sethostname, "x", 65), EINVAL, "host name of 65");
	check_errno(syscall(SYS_sethostname, "x", -1), EINVAL, "of -1");
	check_errno(syscall(SYS_sethostname, odd_ptr, 3), EFAULT, "wild");
	check(gethostname(name, sizeof(name)) == 0 && !strcmp(name, u.nodename), "gethostname");
	check_is(syscall(SYS_getpid), getpid(), "getpid");
	check_is(syscall(SYS_gettid), getpid(), "gettid of the leader");
	int word = 5;
	check_is(syscall(SYS_set_tid_address, &word), getpid(), "set_tid_address tells the tid");
	check_errno(syscall(9999), ENOSYS, "no such call");
	check_errno(syscall(-1), ENOSYS, "call -1");
	check_errno(syscall(0x40000000 + 39), ENOSYS, "an x32 call");
	check_errno(syscall(400), ENOSYS, "an unused number");
	unsigned int ax = 1, bx, cx, dx;
	__asm__ volatile("cpuid" : "+a"(ax), "=b"(bx), "=c"(cx), "=d"(dx));
	check((dx >> 25 & 3) == 3, "cpuid tells SSE and SSE2");
	unsigned long was;
	__asm__ volatile("rdtsc; shl $32, %%rdx; or %%rdx, %0" : "=a"(was) : : "rdx");
	unsigned long is;
	__asm__ volatile("rdtsc; shl $32, %%rdx; or %%rdx, %0" : "=a"(is) : : "rdx");
	check(is >= was, "rdtsc goes on");
	return done();
}
