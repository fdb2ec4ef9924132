/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	int prot = PROT_READ | PROT_WRITE, fd = file("f", "hello world");
	char *s = mmap(NULL, 4096, prot, MAP_SHARED, fd, 0), *p = mmap(NULL, 4096, prot, MAP_PRIVATE, fd, 0), buf[16];

	check(!memcmp(s, "hello", 5) && !memcmp(p, "hello", 5), "both see the file");
	check(s[11] == 0 && s[4095] == 0, "zeroes behind the end");
	s[0] = 'J';
	check(pread(fd, buf, 1, 0) == 1 && buf[0] == 'J', "a shared write is read");
	check_is(p[0], 'J', "and seen in an untouched private page");
	p[1] = 'P';
	check(pread(fd, buf, 2, 0) == 2 && buf[1] == 'e' && s[1] == 'e', "a private write is not");
	check(pwrite(fd, "W", 1, 6) == 1 && s[6] == 'W', "a write is seen in the shared page");
	check_is(p[6], 'w', "not in the copied one");
	s[20] = '!';
	struct stat st;
	check(fstat(fd, &st) == 0 && st.st_size == 11, "a write behind the end does not grow the file");
	check_is(pread(fd, buf, 16, 0), 11, "nor is it read");
	close(fd);
	s[2] = 'L';
	fd = open("f", O_RDWR);
	check(pread(fd, buf, 3, 0) == 3 && buf[2] == 'L', "a mapping outlives its descriptor");
	check(exited(in_child(s[3] = 'C'; p[3] = 'C'), 0), "a child writes to both");
	check(s[3] == 'C' && p[3] == 'l', "shared and private");
	char *t = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	s[4] = 'T';
	check_is(t[4], 'T', "two mappings of a file are one");
	need(ftruncate(fd, 3 * 4096) == 0);
	char *third = mmap(NULL, 4096, prot, MAP_SHARED, fd, 8192);
	third[0] = '3';
	check(pread(fd, buf, 1, 8192) == 1 && buf[0] == '3', "a page from the middle");
	char *all = mmap(NULL, 3 * 4096, PROT_READ, MAP_SHARED, fd, 0);
	check_is(all[8192], '3', "seen in a larger mapping");
	need(ftruncate(fd, 100) == 0 && ftruncate(fd, 3 * 4096) == 0);
	check(all[8192] == 0 && third[0] == 0 && all[4] == 'T', "truncation and growth leave zeroes");
	check_is(s[100], 0, "in the last page too");
	/* Read and write with the file's own mapping as buffer. */
	check_is(pwrite(fd, s, 5, 4096), 5, "write from a mapping of the same file");
	check(!memcmp(all + 4096, s, 5), "its bytes");
	check_is(pread(fd, third, 5, 0), 5, "read into a mapping of the same file");
	check(!memcmp(all + 8192, s, 5), "its bytes");
	/* Replaced by name: the mapping keeps the old file. */
	close(file("g", "other"));
	need(rename("g", "f") == 0);
	check(s[0] == 'J', "rename over it keeps the old contents");
	int fd2 = open("f", O_RDONLY);
	char *g = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd2, 0);
	check(!memcmp(g, "other", 6), "the name is the new one");
	return done();
}
