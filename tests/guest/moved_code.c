/* SPDX-License-Identifier: Apache-2.0
 *
 * Code of a file that has made many system calls is moved over other mappings, and goes on making them.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"

#define PAGE 4096ul

/* long pid(void): mov $SYS_getppid, %eax; syscall; nop...; ret */
static const unsigned char code[] = {
	0xb8, SYS_getppid, 0, 0, 0, 0x0f, 0x05, 0x48, 0x89, 0xc2, 0x48, 0x89, 0xd0, 0x90, 0x90, 0x90, 0xc3
};

static int calls(const void *at, int n)
{
	long (*ask)(void) = (long (*)(void))(uintptr_t)at;
	int right = 0;

	while (n--)
		right += ask() == getppid();
	return right;
}

int main(void)
{
	char name[] = "moved_code.XXXXXX", page[2 * PAGE] = { 0 };
	int fd = mkstemp(name);

	need(fd >= 0);
	unlink(name);
	memcpy(page, code, sizeof(code));
	need(write(fd, page, sizeof(page)) == (ssize_t)sizeof(page));
	for (int round = 0; round < 3; round++) {
		char *a = mmap(NULL, 2 * PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
		char *b = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		check(a != MAP_FAILED && b != MAP_FAILED, "two mappings");
		memset(b, 'b', 4 * PAGE);
		check_is(calls(a, 100), 100, "where it was mapped");
		/* What is cut off goes first, and the rest moves. */
		char *to = mremap(a, 2 * PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, b + PAGE);
		check(to == b + PAGE, "moved");
		check_is(calls(to, 100), 100, "where it was moved to");
		check(b[PAGE - 1] == 'b' && b[2 * PAGE] == 'b' && !memcmp(to, code, 1), "nothing else has changed");
		unsigned char vec;
		check_errno(mincore(a, PAGE, &vec), ENOMEM, "where it was, there is nothing");
		check(killed(in_child(_exit(*(volatile char *)a)), SIGSEGV), "nor can it be read");
		check(killed(in_child(_exit(((volatile char *)a)[PAGE])), SIGSEGV), "nor what was cut off");
		check(killed(in_child(*(volatile char *)to = 0), SIGSEGV), "and code can't be written");
		check_is(munmap(b, 4 * PAGE), 0, "unmapped");
	}
	return done();
}
