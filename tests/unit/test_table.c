/* SPDX-License-Identifier: Apache-2.0
 *
 * The syscall table agrees with itself and with the host's numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/syscall.h>

#include "syscalls/strace.h"
#include "syscalls/syscall.h"

static void test_rows_are_whole(void **state UNUSED)
{
	for (unsigned nr = 0; nr < syscall_table_size; nr++) {
		const struct syscall_row *r = &syscall_table[nr];
		if (!r->name)
			continue;
		bool works = r->support == SUPPORT_FULL || r->support == SUPPORT_PARTIAL;
		assert_true(works == (r->fn != NULL));
		assert_true((r->support == SUPPORT_PARTIAL) <= (r->note != NULL));
		assert_true((r->support == SUPPORT_DENIED) == (r->error != 0));
		assert_true(r->nargs <= 6);
		for (unsigned i = 0; i < 6; i++)
			assert_true((i < r->nargs) == (r->arg[i].kind != ARG_NONE));
	}
}

static void test_references_lead_somewhere(void **state UNUSED)
{
	for (unsigned nr = 0; nr < syscall_table_size; nr++) {
		const struct syscall_row *r = &syscall_table[nr];
		for (unsigned i = 0; r->name && i < r->nargs; i++) {
			const struct syscall_arg *a = &r->arg[i];
			switch (a->kind) {
			case ARG_BUF_IN: case ARG_BUF_OUT: case ARG_IOV_IN: case ARG_IOV_OUT:
				assert_true(a->x < r->nargs);
				break;
			case ARG_STRUCT_IN: case ARG_STRUCT_OUT: case ARG_STRUCT_INOUT:
				assert_true(a->x > ST_NONE && a->x < ST_COUNT && struct_size(a->x) > 0);
				break;
			case ARG_FLAGS: case ARG_ENUM:
				assert_true(a->x > FL_NONE && a->x < FL_COUNT);
				break;
			}
		}
	}
}

/* Every number has its row up to the last of Linux 6.x; only 337..423 is a hole. */
static void test_every_number_has_a_row(void **state UNUSED)
{
	assert_true(syscall_table_size > 460);
	for (unsigned nr = 0; nr < syscall_table_size; nr++)
		assert_true((nr >= 337 && nr <= 423) == (syscall_table[nr].name == NULL));
}

#define SAME(n) assert_string_equal(syscall_table[SYS_##n].name, #n)
static void test_numbers_are_the_hosts(void **state UNUSED)
{
	SAME(read); SAME(mmap); SAME(rt_sigaction); SAME(pread64); SAME(nanosleep); SAME(getpid);
	SAME(sendfile); SAME(clone); SAME(execve); SAME(wait4); SAME(fcntl); SAME(getdents64);
	SAME(ptrace); SAME(prctl); SAME(gettid); SAME(futex); SAME(epoll_wait); SAME(waitid);
	SAME(openat); SAME(newfstatat); SAME(ppoll); SAME(splice); SAME(utimensat); SAME(eventfd2);
	SAME(pipe2); SAME(prlimit64); SAME(renameat2); SAME(getrandom); SAME(memfd_create);
	SAME(execveat); SAME(statx); SAME(rseq); SAME(pidfd_send_signal); SAME(clone3);
	SAME(close_range); SAME(openat2); SAME(faccessat2); SAME(epoll_pwait2); SAME(futex_waitv);
}

static void test_flags_print_as_strace_does(void **state UNUSED)
{
	char buf[256];

	strace_flags(buf, sizeof(buf), FL_OPEN, 0);
	assert_string_equal(buf, "O_RDONLY");
	strace_flags(buf, sizeof(buf), FL_OPEN, 02000000 | 0200000);
	assert_string_equal(buf, "O_RDONLY|O_CLOEXEC|O_DIRECTORY");
	strace_flags(buf, sizeof(buf), FL_PROT, 0);
	assert_string_equal(buf, "PROT_NONE");
	strace_flags(buf, sizeof(buf), FL_PROT, 0x40000003);
	assert_string_equal(buf, "PROT_READ|PROT_WRITE|0x40000000");
	strace_enum(buf, sizeof(buf), FL_FUTEX, 128);
	assert_string_equal(buf, "FUTEX_WAIT_PRIVATE");
	assert_string_equal(strace_errno(ENOENT), "ENOENT");
	assert_string_equal(strace_signal(15), "SIGTERM");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_whole),
		cmocka_unit_test(test_references_lead_somewhere),
		cmocka_unit_test(test_every_number_has_a_row),
		cmocka_unit_test(test_numbers_are_the_hosts),
		cmocka_unit_test(test_flags_print_as_strace_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
