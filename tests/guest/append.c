/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

/* Four processes append records; none is torn or lost. */
int main(void)
{
	enum { PROCS = 4, RECORDS = 200, LEN = 37 };
	char rec[LEN], buf[LEN];
	int fd = open("f", O_CREAT | O_RDWR | O_APPEND, 0644), st, n = 0, count[PROCS] = { 0 };
	bool whole = true;

	check_is(write(fd, "", 0), 0, "nothing");
	for (int i = 0; i < PROCS; i++)
		if (fork() == 0) {
			int own = i % 2 ? open("f", O_WRONLY | O_APPEND) : fd;

			memset(rec, 'a' + i, LEN);
			for (int j = 0; j < RECORDS; j++) {
				lseek(own, 0, SEEK_SET);
				if (write(own, rec, LEN) != LEN)
					_exit(1);
			}
			_exit(0);
		}
	bool ok = true;
	while (wait(&st) > 0)
		ok = ok && exited(st, 0);
	check(ok, "all writers succeed");
	check_is(lseek(fd, 0, SEEK_END), PROCS * RECORDS * LEN, "nothing is lost");
	lseek(fd, 0, SEEK_SET);
	while (read(fd, buf, LEN) == LEN) {
		for (int i = 1; i < LEN; i++)
			whole = whole && buf[i] == buf[0];
		if (buf[0] >= 'a' && buf[0] < 'a' + PROCS)
			count[buf[0] - 'a']++;
		n++;
	}
	check(whole, "no record is torn");
	check_is(n, PROCS * RECORDS, "their number");
	for (int i = 0; i < PROCS; i++)
		check_is(count[i], RECORDS, "of writer %d", i);
	/* The offset follows the write. */
	lseek(fd, 3, SEEK_SET);
	check_is(write(fd, "xy", 2), 2, "append");
	check_is(lseek(fd, 0, SEEK_CUR), PROCS * RECORDS * LEN + 2, "the offset is the new end");
	check_is(fcntl(fd, F_SETFL, 0), 0, "without O_APPEND");
	lseek(fd, 0, SEEK_SET);
	check(write(fd, "Q", 1) == 1 && lseek(fd, 0, SEEK_CUR) == 1, "it writes where it is");
	return done();
}
