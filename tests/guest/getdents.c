/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <dirent.h>

struct linux_dirent64 {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

static int cmp(const void *a, const void *b)
{
	return strcmp(*(char **)a, *(char **)b);
}

int main(void)
{
	char name[64], buf[32768], *names[300];
	int fd, n = 0, f = file("f", "x");
	struct dirent *e;
	long pos = 0;
	DIR *d;

	need(mkdir("d", 0755) == 0);
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "d/file%03d", i);
		close(file(name, ""));
	}
	need(mkdir("d/sub", 0755) == 0 && symlink("x", "d/sym") == 0 && mkfifo("d/fifo", 0600) == 0);
	fd = open("d", O_RDONLY | O_DIRECTORY);
	check_errno(syscall(SYS_getdents64, f, buf, sizeof(buf)), ENOTDIR, "of a file");
	check_errno(syscall(SYS_getdents64, 12345, buf, sizeof(buf)), EBADF, "closed descriptor");
	check_errno(syscall(SYS_getdents64, fd, buf, 1), EINVAL, "too small for one");
	check_errno(syscall(SYS_getdents64, fd, buf, 0), EINVAL, "size 0");
	check_errno(syscall(SYS_getdents64, fd, null_ptr, 4096), EFAULT, "buffer NULL");
	long got, seen = 0, dots = 0;
	bool sane = true;
	while ((got = syscall(SYS_getdents64, fd, buf, 100)) > 0)
		for (long o = 0; o < got;) {
			struct linux_dirent64 *l = (void *)(buf + o);

			sane = sane && l->reclen % 8 == 0 && l->reclen >= 24 && l->reclen <= got - o && l->ino;
			if (!sane)
				break;
			seen++;
			dots += l->name[0] == '.';
			o += l->reclen;
		}
	check_is(got, 0, "the end");
	check(sane, "all records are well formed");
	check_is(seen, 205, "every entry once, with a small buffer");
	check_is(dots, 2, ". and .. are among them");
	check_is(syscall(SYS_getdents64, fd, buf, sizeof(buf)), 0, "stays at the end");
	check_is(lseek(fd, 0, SEEK_SET), 0, "rewind");
	check(syscall(SYS_getdents64, fd, buf, sizeof(buf)) > 0, "again");
	check(syscall(SYS_getdents, fd, buf, sizeof(buf)) >= 0, "the old call");

	d = opendir("d");
	need(d);
	while ((e = readdir(d)) && n < 300) {
		if (!strcmp(e->d_name, "sub"))
			check(e->d_type == DT_DIR, "type of a directory");
		names[n++] = strdup(e->d_name);
		if (n == 50)
			pos = telldir(d);
	}
	int more = 0;
	seekdir(d, pos);
	while ((e = readdir(d))) {
		if (more == 0)
			check(!strcmp(e->d_name, names[50]), "seekdir goes back to the same entry");
		more++;
	}
	check_is(more, n - 50, "and the rest follows");
	qsort(names, n, sizeof(*names), cmp);
	check(!strcmp(names[0], ".") && !strcmp(names[1], "..") && !strcmp(names[2], "fifo") &&
	      !strcmp(names[203], "sub") && !strcmp(names[204], "sym"), "the names");

	/* Entries removed while the directory is being read: all of the others are seen once. */
	rewinddir(d);
	n = 0;
	while ((e = readdir(d)))
		if (!strncmp(e->d_name, "file", 4)) {
			snprintf(name, sizeof(name), "d/%.40s", e->d_name);
			n += unlink(name) == 0;
		}
	check_is(n, 200, "removing while reading");
	need(unlink("d/fifo") == 0 && unlink("d/sym") == 0 && rmdir("d/sub") == 0);
	rewinddir(d);
	for (n = 0; readdir(d); n++)
		;
	check_is(n, 2, "only . and .. are left");
	need(rmdir("d") == 0);
	check_errno(syscall(SYS_getdents64, fd, buf, sizeof(buf)), ENOENT, "of a removed directory");
	return done();
}
