/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <grp.h>

int main(void)
{
	int prot = PROT_READ | PROT_WRITE, st;
	char *m = mmap(NULL, 64 * 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	need_root();
	check_is(mlock(m, 4096), 0, "mlock");
	check_is(mlock(m + 10, 1), 0, "not aligned");
	check_is(munlock(m, 4096), 0, "munlock");
	check_is(mlock(m, 0), 0, "length 0");
	check_errno(mlock(m, -4096ul), EINVAL, "length that wraps");
	check_is(mlock2(m, 4096, MLOCK_ONFAULT), 0, "mlock2");
	check_errno(mlock2(m, 4096, 2), EINVAL, "mlock2 with an unknown flag");
	check_errno(mlockall(0), EINVAL, "mlockall 0");
	check_errno(mlockall(8), EINVAL, "mlockall with an unknown flag");
	check_errno(mlockall(MCL_ONFAULT), EINVAL, "ONFAULT alone");
	check_is(munlockall(), 0, "munlockall");
	need(munmap(m + 4096, 4096) == 0);
	check_errno(mlock(m, 3 * 4096), ENOMEM, "over a hole");
	check_is(munlockall(), 0, "munlockall");
	m += 2 * 4096;
	st = in_child({
		struct rlimit r = { 8 * 4096, 8 * 4096 };

		setrlimit(RLIMIT_MEMLOCK, &r);
		check_is(mlock(m, 16 * 4096), 0, "root is not limited");
		check_is(munlock(m, 16 * 4096), 0, "munlock");
		setgroups(0, NULL);
		need(setresuid(1000, 1000, 1000) == 0);
		check_is(mlock(m, 8 * 4096), 0, "as much as the limit");
		check_is(mlock(m, 8 * 4096), 0, "again is not more");
		check_errno(mlock(m + 8 * 4096, 4096), ENOMEM, "one page more");
		check(mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0) == MAP_FAILED && errno == EAGAIN,
		      "MAP_LOCKED above it");
		check_is(munlock(m, 4096), 0, "munlock");
		check_is(mlock(m + 8 * 4096, 4096), 0, "makes room");
		check_is(munmap(m, 4 * 4096), 0, "munmap");
		check_is(mlock(m + 20 * 4096, 3 * 4096), 0, "makes room too");
		check_errno(mlockall(MCL_CURRENT), ENOMEM, "mlockall above it");
		r = (struct rlimit){ 0, 0 };
		setrlimit(RLIMIT_MEMLOCK, &r);
		check_errno(mlock(m + 30 * 4096, 4096), EPERM, "with a limit of 0");
		_exit(tap_failed);
	});
	check(exited(st, 0), "the child agrees");
	return done();
}
