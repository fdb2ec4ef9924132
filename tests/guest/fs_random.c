/* SPDX-License-Identifier: Apache-2.0
 *
 * Random file operations on a small tree, with fixed seeds: results and the tree that is left must
 * be the same natively and in picket. time limit: 20 s
 *
 *	fs_random             the test: three seeds, each in a directory of its own
 *	fs_random SEED OPS    on the tree that is in the working directory (tests/limits/overlay.sh)
 *	fs_random list        only lists that tree
 */
#include "guest.h"
#include <dirent.h>
#include <linux/fs.h>
#include <sys/xattr.h>

#define FDS 8
#define NAMES 5
#define LONG_AGO 2000000000 /* times that were set are before, those of changes after */

static uint64_t state;

static unsigned rnd(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % n;
}

static uint32_t hash(const void *p, size_t n, uint32_t h)
{
	for (const unsigned char *c = p; n--; c++)
		h = (h ^ *c) * 16777619;
	return h;
}

static char paths[4][64];

static char *path(int k)
{
	unsigned depth = rnd(3) + 1;
	char *p = paths[k];

	for (unsigned i = 0; i < depth; i++) {
		*p++ = (char)('a' + rnd(NAMES));
		*p++ = '/';
	}
	if (rnd(40)) /* a slash stays at the end now and then */
		p--;
	*p = '\0';
	return paths[k];
}

static void say(const char *what, long r)
{
	printf("%s = %ld", what, r);
	if (r < 0)
		printf(" %s", strerrorname_np(errno));
	printf("\n");
}

static void show_stat(const char *what, int r, const struct stat *st)
{
	say(what, r);
	if (r)
		return;
	printf("  %o uid %u gid %u", st->st_mode, st->st_uid, st->st_gid);
	if (!S_ISDIR(st->st_mode))
		printf(" links %lu size %ld", (long)st->st_nlink, (long)st->st_size);
	if (st->st_mtime < LONG_AGO / 2)
		printf(" mtime %ld", (long)st->st_mtime);
	printf("\n");
}

static uint32_t hash_fd(int fd)
{
	char buf[4096];
	uint32_t h = 2166136261u;
	ssize_t n;

	for (off_t at = 0; (n = pread(fd, buf, sizeof(buf), at)) > 0; at += n)
		h = hash(buf, (size_t)n, h);
	return n < 0 ? 0 : h;
}

/* ---- the tree as it is ---- */

struct seen { dev_t dev; ino_t ino; } seen[2048];
static int nr_seen;

static int number_of(const struct stat *st)
{
	for (int i = 0; i < nr_seen; i++)
		if (seen[i].dev == st->st_dev && seen[i].ino == st->st_ino)
			return i;
	if (nr_seen < 2048)
		seen[nr_seen++] = (struct seen){ st->st_dev, st->st_ino };
	return nr_seen - 1;
}

static void list_attributes(const char *name)
{
	char names[1024], value[256];
	const char *sorted[64];
	ssize_t n = llistxattr(name, names, sizeof(names));
	int k = 0;

	for (ssize_t at = 0; at < n && k < 64; at += (ssize_t)strlen(names + at) + 1)
		if (!strncmp(names + at, "user.", 5))
			sorted[k++] = names + at;
	for (int i = 0; i < k; i++)
		for (int j = i + 1; j < k; j++)
			if (strcmp(sorted[i], sorted[j]) > 0) {
				const char *t = sorted[i];
				sorted[i] = sorted[j];
				sorted[j] = t;
			}
	for (int i = 0; i < k; i++) {
		ssize_t len = lgetxattr(name, sorted[i], value, sizeof(value));
		printf(" %s:%zd:%x", sorted[i], len, hash(value, len < 0 ? 0 : (size_t)len, 1));
	}
}

static void list(const char *dir, int depth)
{
	struct dirent **names;
	struct stat st, top;
	char name[512], target[256];
	int n = scandir(dir, &names, NULL, alphasort), dirs = 0;

	if (!depth)
		nr_seen = 0; /* numbers are used again natively */
	if (n < 0 || stat(dir, &top)) {
		say(dir, -1);
		return;
	}
	for (int i = 0; i < n; i++) {
		const struct dirent *d = names[i];
		bool dots = !strcmp(d->d_name, ".") || !strcmp(d->d_name, "..");
		snprintf(name, sizeof(name), "%s/%s", dir, d->d_name);
		if (!strncmp(d->d_name, ".nfs", 4) || lstat(name, &st)) {
			say(name, -1);
			continue;
		}
		if (st.st_ino != d->d_ino && !(depth == 0 && dots))
			printf("%s: d_ino is not st_ino\n", name);
		if (d->d_type != DT_UNKNOWN && d->d_type != st.st_mode >> 12)
			printf("%s: d_type %u\n", name, d->d_type);
		if (dots)
			continue;
		dirs += S_ISDIR(st.st_mode);
		printf("%s #%d", name, number_of(&st));
		if (S_ISREG(st.st_mode)) {
			int fd = open(name, O_RDONLY);
			printf(" %08x", fd < 0 ? 0 : hash_fd(fd));
			close(fd);
		} else if (S_ISLNK(st.st_mode)) {
			ssize_t len = readlink(name, target, sizeof(target) - 1);
			target[len < 0 ? 0 : len] = '\0';
			printf(" -> %s", target);
		}
		list_attributes(name);
		show_stat("", 0, &st);
		if (S_ISDIR(st.st_mode))
			list(name, depth + 1);
	}
	/* Filesystems count subdirectories, or don't at all. */
	if (top.st_nlink != 1 && (int)top.st_nlink != 2 + dirs)
		printf("%s: %lu links with %d directories\n", dir, (long)top.st_nlink, dirs);
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

/* ---- operations ---- */

static struct held { int fd; bool dir; } held[FDS];

static void fill(char *buf, size_t n)
{
	unsigned c = rnd(250);

	for (size_t i = 0; i < n; i++)
		buf[i] = (char)(c + i % 7);
}

static void op_open(void)
{
	static const int acc[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR };
	int flags = acc[rnd(4)] | O_NONBLOCK | O_CLOEXEC, slot = (int)rnd(FDS);
	struct stat st;

	if (rnd(2))
		flags |= O_CREAT;
	if (!rnd(4))
		flags |= O_EXCL & (flags & O_CREAT ? ~0 : 0);
	if (!rnd(3))
		flags |= O_TRUNC;
	if (!rnd(4))
		flags |= O_APPEND;
	if (!rnd(6))
		flags |= O_NOFOLLOW;
	if (!rnd(10))
		flags = O_RDONLY | O_DIRECTORY;
	const char *p = path(0);
	int fd = open(p, flags, 0600 + rnd(64));
	printf("open %s %o", p, flags);
	say("", fd < 0 ? -1 : 0);
	if (fd < 0)
		return;
	if (fstat(fd, &st) || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))) {
		close(fd);
		return;
	}
	if (held[slot].fd >= 0)
		close(held[slot].fd);
	held[slot] = (struct held){ fd, S_ISDIR(st.st_mode) };
}

static void op_tmpfile(void)
{
	char name[40];
	int fd = open(rnd(2) ? "." : path(0), O_TMPFILE | O_RDWR, 0640), slot = (int)rnd(FDS);

	say("tmpfile", fd < 0 ? -1 : 0);
	if (fd < 0)
		return;
	say("  write", write(fd, "nameless", 8));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (rnd(2))
		say("  link", linkat(AT_FDCWD, name, AT_FDCWD, path(1), AT_SYMLINK_FOLLOW));
	if (held[slot].fd >= 0)
		close(held[slot].fd);
	held[slot] = (struct held){ fd, false };
}

static void op_map(int fd)
{
	struct stat st;

	if (fstat(fd, &st) || st.st_size < 1)
		return;
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		say("mmap", -1);
		return;
	}
	printf("mmap %x\n", hash(p, 1, 1));
	*p = (char)rnd(256);
	munmap(p, 4096);
	/* Not every filesystem takes a change of memory for one of the file: tmpfs leaves the time. */
	say("futimens", futimens(fd, (struct timespec[]){ { 1, 0 }, { 6000, 0 } }));
}

static void op_held(void)
{
	static char buf[20000];
	struct held *h = &held[rnd(FDS)];
	struct stat st;
	size_t n;
	ssize_t got;

	if (h->fd < 0)
		return;
	unsigned what = rnd(10);
	if (h->dir && what != 5 && what != 6)
		return;
	switch (what) {
	case 0:
		n = rnd(4) ? rnd(200) : rnd(sizeof(buf));
		fill(buf, n);
		say("write", write(h->fd, buf, n));
		break;
	case 1:
		n = rnd(3000);
		fill(buf, n);
		say("pwrite", pwrite(h->fd, buf, n, rnd(9000)));
		break;
	case 2:
		got = read(h->fd, buf, rnd(sizeof(buf)));
		say("read", got);
		printf("  %08x\n", hash(buf, got < 0 ? 0 : (size_t)got, 1));
		break;
	case 3:
		printf("content %08x\n", hash_fd(h->fd));
		break;
	case 4:
		say("ftruncate", ftruncate(h->fd, rnd(12000)));
		break;
	case 5:
		show_stat("fstat", fstat(h->fd, &st), &st);
		break;
	case 6:
		say("fchmod", fchmod(h->fd, h->dir ? 0700 + rnd(64) : 0600 + rnd(64)));
		break;
	case 7:
		say("lseek", lseek(h->fd, rnd(9000), rnd(2) ? SEEK_SET : SEEK_END));
		break;
	case 8:
		op_map(h->fd);
		break;
	default:
		say("close", close(h->fd));
		h->fd = -1;
	}
}

static void op_names(void)
{
	char buf[64];
	struct stat st;
	const char *p = path(0), *q = path(1);
	unsigned what = rnd(17);
	ssize_t n;

	printf("%u %s %s: ", what, p, q);
	switch (what) {
	case 0:
	case 1:
		say("mkdir", mkdir(p, 0700 + rnd(64)));
		break;
	case 2:
		say("rmdir", rmdir(p));
		break;
	case 3:
	case 4:
		say("unlink", unlink(p));
		break;
	case 5:
	case 6:
	case 7:
		say("rename", rename(p, q));
		break;
	case 8:
		say("noreplace", renameat2(AT_FDCWD, p, AT_FDCWD, q, RENAME_NOREPLACE));
		break;
	case 9:
	case 10:
		say("exchange", renameat2(AT_FDCWD, p, AT_FDCWD, q, RENAME_EXCHANGE));
		break;
	case 11:
	case 12:
		say("link", linkat(AT_FDCWD, p, AT_FDCWD, q, rnd(2) ? AT_SYMLINK_FOLLOW : 0));
		break;
	case 13:
		say("symlink", symlink(p, q));
		break;
	case 14:
		n = readlink(p, buf, sizeof(buf));
		say("readlink", n);
		printf("  %.*s\n", n < 0 ? 0 : (int)n, buf);
		break;
	case 15:
		say("mknod", mknod(p, (rnd(2) ? S_IFIFO : S_IFSOCK) | 0644, 0));
		break;
	default:
		show_stat("lstat", lstat(p, &st), &st);
	}
}

static void op_attributes(void)
{
	const char *p = path(0);
	char name[] = "user.x", value[100];
	struct stat st;

	name[5] = (char)('x' + rnd(3));
	unsigned what = rnd(8);
	printf("%u %s: ", what, p);
	switch (what) {
	case 0:
		say("chmod", chmod(p, 0700 + rnd(64)));
		break;
	case 1:
		say("truncate", truncate(p, rnd(9000)));
		break;
	case 2: {
		struct timespec ts[2] = { { 1000 + rnd(9), 0 }, { 5000 + rnd(99), 0 } };
		say("utimens", utimensat(AT_FDCWD, p, ts, AT_SYMLINK_NOFOLLOW));
		break;
	}
	case 3: {
		size_t n = rnd(sizeof(value));
		fill(value, n);
		say("setxattr", lsetxattr(p, name, value, n, (int)rnd(3)));
		break;
	}
	case 4:
		say("getxattr", lgetxattr(p, name, value, sizeof(value)));
		break;
	case 5:
		say("removexattr", lremovexattr(p, name));
		break;
	case 6:
		say("chown", lchown(p, getuid() ? getuid() : 1000 + rnd(3), getgid() ? getgid() : 1000));
		break;
	default:
		show_stat("stat", stat(p, &st), &st);
		say("access", access(p, (int)rnd(8)));
	}
}

static void run(uint64_t seed, unsigned ops)
{
	printf("# seed %lu\n", (long)seed);
	state = seed * 0x9e3779b97f4a7c15u | 1;
	for (int i = 0; i < FDS; i++)
		held[i].fd = -1;
	umask(022);
	for (unsigned i = 0; i < ops; i++) {
		unsigned what = rnd(100);
		printf("%u: ", i);
		if (what < 22)
			op_open();
		else if (what < 47)
			op_held();
		else if (what < 77)
			op_names();
		else if (what < 97)
			op_attributes();
		else if (what < 99)
			op_tmpfile();
		else
			umask(rnd(2) ? 022 : 027);
		if (i % 512 == 511)
			list(".", 0);
	}
	for (int i = 0; i < FDS; i++)
		if (held[i].fd >= 0)
			close(held[i].fd);
	list(".", 0);
}

int main(int argc, char **argv)
{
	char name[20];
	struct stat st;

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	if (argc > 1) {
		if (argc > 2)
			run(strtoull(argv[1], NULL, 0), (unsigned)atoi(argv[2]));
		else
			list(".", 0);
		return 0;
	}
	for (unsigned seed = 1; seed <= 3; seed++) {
		snprintf(name, sizeof(name), "seed%u", seed);
		need(mkdir(name, 0755) == 0 && chdir(name) == 0);
		run(seed, 3000);
		need(chdir("..") == 0);
	}
	check(stat("seed1", &st) == 0 && S_ISDIR(st.st_mode), "the trees are there");
	return done();
}
