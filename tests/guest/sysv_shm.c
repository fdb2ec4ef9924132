/* SPDX-License-Identifier: Apache-2.0
 *
 * System V shared memory: shmget, shmat, shmdt, shmctl; what counts as an attachment; permissions;
 * what /proc says.
 *
 * time limit: 60 s
 */
#include "ipc.h"

#include <setjmp.h>
#include <sys/shm.h>

#define BAD ((void *)-1)
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif
enum { PAGE = 4096 };

static void remove_shm(int id)
{
	shmctl(id, IPC_RMID, NULL);
}

static int segment(size_t size, int mode)
{
	int id = keep(shmget(IPC_PRIVATE, size, IPC_CREAT | mode));

	need(id >= 0);
	return id;
}

static long nattch(int id)
{
	struct shmid_ds d;

	return shmctl(id, IPC_STAT, &d) ? -1 : (long)d.shm_nattch;
}

static bool gone(int id)
{
	struct shmid_ds d;

	return fails(shmctl(id, IPC_STAT, &d), EINVAL);
}

static sigjmp_buf back;

static void on_fault(int sig)
{
	siglongjmp(back, sig);
}

/* The signal that writing there gives, or 0. */
static int poke(volatile char *p)
{
	int sig;

	on_signal(SIGSEGV, on_fault, 0);
	on_signal(SIGBUS, on_fault, 0);
	sig = sigsetjmp(back, 1);
	if (!sig)
		*p = 'p';
	signal(SIGSEGV, SIG_DFL);
	signal(SIGBUS, SIG_DFL);
	return sig;
}

static void get(void)
{
	key_t key = new_key();
	struct shmid_ds d;
	int id, id2;

	check_errno(shmget(IPC_PRIVATE, 0, IPC_CREAT | 0600), EINVAL, "a segment of no size");
	check_errno(shmget(IPC_PRIVATE, SIZE_MAX, IPC_CREAT | 0600), EINVAL, "a segment beyond shmmax");
	check_errno(shmget(IPC_PRIVATE, 1ul << 60, IPC_CREAT | 0600), ENOMEM, "a segment beyond memory");
	check_errno(shmget(key, PAGE, 0), ENOENT, "a key that nobody has");
	id = keep(shmget(key, 5000, IPC_CREAT | IPC_EXCL | 0640));
	need(id >= 0);
	check_is(shmget(key, 0, 0), id, "the key leads to it");
	check_is(shmget(key, 5000, IPC_CREAT), id, "and with IPC_CREAT");
	check_errno(shmget(key, 5000, IPC_CREAT | IPC_EXCL), EEXIST, "but not with IPC_EXCL");
	check_errno(shmget(key, 5001, 0), EINVAL, "it is smaller than that");
	check(shmctl(id, IPC_STAT, &d) == 0 && d.shm_segsz == 5000, "its size");
	check(d.shm_perm.mode == 0640 && d.shm_perm.__key == key, "its mode and key");
	check(d.shm_perm.uid == geteuid() && d.shm_perm.cuid == geteuid() && d.shm_perm.gid == getegid(), "its owner");
	check(d.shm_cpid == getpid() && d.shm_lpid == 0, "its maker");
	check(d.shm_atime == 0 && d.shm_dtime == 0 && d.shm_ctime > 0, "its times");
	id2 = segment(PAGE, 0600);
	check(id2 != id && segment(PAGE, 0) != id2, "IPC_PRIVATE is always a new one");
	check_is(shmctl(id, IPC_RMID, NULL), 0, "removed");
	check_errno(shmget(key, 0, 0), ENOENT, "its key is free");
	check(gone(id), "its id is none");
	id2 = keep(shmget(key, 100, IPC_CREAT | 0600));
	check(id2 >= 0 && id2 != id, "the same key, another id");
}

static void attach(void)
{
	int id = segment(3 * PAGE - 100, 0600), other = segment(PAGE, 0600);
	char *a, *b, *space;

	a = shmat(id, NULL, 0);
	check(a != BAD && (uintptr_t)a % PAGE == 0, "attached somewhere");
	strcpy(a, "hello");
	check(a[3 * PAGE - 1] == 0, "up to the end of its last page");
	b = shmat(id, NULL, SHM_RDONLY);
	check(b != BAD && b != a && !strcmp(b, "hello"), "attached twice");
	check_is(poke(b), SIGSEGV, "a read-only attachment");
	check_errno(mprotect(b, PAGE, PROT_READ | PROT_WRITE), EACCES, "which can't be made writable");
	check_is(nattch(id), 2, "two attachments");
	check_is(shmdt(b), 0, "one detached");
	check_is(nattch(id), 1, "one is left");
	check_errno(shmdt(b), EINVAL, "detached twice");
	check_errno(shmdt(a + 1), EINVAL, "detached at an odd address");
	check_errno(shmdt(a + PAGE), EINVAL, "detached in the middle");
	check_is(nattch(id), 1, "still one");

	space = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	need(space != MAP_FAILED);
	check(fails(shmat(id, space, 0), EINVAL), "attached on a mapping");
	check(fails(shmat(id, space + PAGE + 100, 0), EINVAL), "at an odd address");
	check(fails(shmat(id, NULL, SHM_REMAP), EINVAL), "SHM_REMAP anywhere");
	check(fails(shmat(id, (void *)100, SHM_REMAP | SHM_RND), EINVAL), "SHM_REMAP rounded down to nothing");
	check(shmat(id, space + PAGE, SHM_REMAP) == space + PAGE, "SHM_REMAP on a mapping");
	check(!strcmp(space + PAGE, "hello") && space[0] == 0 && space[4 * PAGE] == 0, "which shows it");
	check_is(shmdt(space + PAGE), 0, "detached");
	munmap(space, 8 * PAGE);
	check(shmat(id, space + PAGE + 7, SHM_RND) == space + PAGE, "SHM_RND rounds down");
	check(fails(shmat(other, space + 2 * PAGE, 0), EINVAL), "attached on another attachment");
	check_is(shmdt(space + PAGE), 0, "detached");
	check(fails(shmat(id, (void *)0x7ffffffff000, 0), ENOMEM), "attached at the end of memory");
	check(fails(shmat(id, (void *)-4096l, 0), EINVAL), "attached round the end of memory");
	check(fails(shmat(id, kernel_ptr, 0), ENOMEM), "attached in the kernel");
	check(fails(shmat(id, odd_ptr, SHM_RND), ENOMEM), "attached nowhere");
	check(fails(shmat(-1, NULL, 0), EINVAL), "attached without an id");
	check(fails(shmat(0x7fffffff, NULL, 0), EINVAL), "attached with a wrong id");
	check_is(nattch(id), 1, "none of those counts");
	b = shmat(id, NULL, SHM_EXEC);
	check(b != BAD, "SHM_EXEC");
	memcpy(b, "\xb8\x2a\0\0\0\xc3", 6); /* mov $42,%eax; ret */
	check_is(((int (*)(void))b)(), 42, "runs");
	shmdt(b);
	check(!strcmp(a + 3 * PAGE - 100, ""), "behind the end is nothing");
	check_is(shmdt(a), 0, "detached");
	a = shmat(id, NULL, 0);
	check(a != BAD && !memcmp(a, "\xb8\x2a", 2), "memory stays while nobody is attached");
	shmdt(a);
}

static void counting(void)
{
	int id = segment(6 * PAGE, 0600), st;
	char *a = shmat(id, NULL, 0), *b;
	struct shmid_ds d;
	pid_t me = getpid(), p;
	int go[2], ack[2];
	char c;

	need(a != BAD && pipe(go) == 0 && pipe(ack) == 0);
	p = fork();
	if (!p) {
		strcpy(a, "child");
		want(write(ack[1], "", 1) == 1 && read(go[0], &c, 1) == 1);
		_exit(0);
	}
	need(read(ack[0], &c, 1) == 1);
	check_is(nattch(id), 2, "a child inherits it");
	check(!strcmp(a, "child"), "and shares it");
	shmctl(id, IPC_STAT, &d);
	check(d.shm_lpid == me, "the parent did that");
	need(write(go[1], "", 1) == 1 && waitpid(p, &st, 0) == p);
	check_is(nattch(id), 1, "its end detaches");
	shmctl(id, IPC_STAT, &d);
	check(d.shm_lpid == p && d.shm_dtime > 0 && d.shm_atime > 0, "and is noted");
	p = fork();
	if (!p) {
		want(fcntl(ack[1], F_SETFD, 0) == 0);
		execl("/bin/sh", "sh", "-c", "echo >&$0; read x <&$1", (char[]){ '0' + ack[1] % 10, 0 },
		      (char[]){ '0' + go[0] % 10, 0 }, NULL);
		_exit(1);
	}
	need(ack[1] < 10 && go[0] < 10 && read(ack[0], &c, 1) == 1);
	check_is(nattch(id), 1, "exec detaches");
	need(write(go[1], "\n", 1) == 1 && waitpid(p, &st, 0) == p);

	need(mprotect(a + PAGE, PAGE, PROT_READ) == 0);
	check_is(nattch(id), 3, "pieces of different protection");
	check(exited(in_child(want(nattch(id) == 6)), 0), "a child gets them all");
	need(munmap(a + PAGE, PAGE) == 0);
	check_is(nattch(id), 2, "a piece unmapped");
	need(munmap(a + 3 * PAGE, PAGE) == 0);
	check_is(nattch(id), 3, "a hole more");
	need(munmap(a + 5 * PAGE, PAGE) == 0);
	check_is(nattch(id), 3, "the end cut off");
	check_is(shmdt(a), 0, "all pieces detached at once");
	check_is(nattch(id), 0, "nothing is left");
	b = mmap(a, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	check(b == a, "the place is free");
	munmap(b, PAGE);

	a = shmat(id, NULL, 0);
	need(a != BAD && munmap(a, PAGE) == 0);
	check_errno(shmdt(a + PAGE), EINVAL, "what is left doesn't begin there");
	check_is(shmdt(a), 0, "but where it began");
	check_is(nattch(id), 0, "nothing is left");

	a = shmat(id, NULL, 0);
	need(a != BAD && madvise(a, 6 * PAGE, MADV_DONTFORK) == 0);
	check(exited(in_child(want(nattch(id) == 1); want(poke(a) == SIGSEGV)), 0), "not for a child");
	shmdt(a);
}

static void remap(void)
{
	int id = segment(4 * PAGE, 0600);
	char *space = mmap(NULL, 32 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *a, *b;

	need(space != MAP_FAILED && munmap(space, 32 * PAGE) == 0);
	a = shmat(id, space, 0);
	need(a == space);
	strcpy(a, "one");
	strcpy(a + PAGE, "two");
	check(mremap(a, 4 * PAGE, 6 * PAGE, 0) == a, "grown in place");
	check_is(nattch(id), 1, "still one");
	check_is(poke(a + 5 * PAGE), SIGBUS, "nothing behind its end");
	check(mremap(a, 6 * PAGE, 2 * PAGE, 0) == a, "shrunk");
	check_is(nattch(id), 1, "still one");
	b = mremap(a, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, space + 8 * PAGE);
	check(b == space + 8 * PAGE && !strcmp(b + PAGE, "two"), "moved");
	check_is(nattch(id), 1, "still one");
	a = mremap(b, 0, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, space + 16 * PAGE);
	check(a == space + 16 * PAGE && !strcmp(a, "one"), "doubled");
	check_is(nattch(id), 2, "two now");
	check_is(shmdt(a), 0, "one detached");
	check_is(nattch(id), 1, "the other is left");
	check(mremap(b + PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, space + 24 * PAGE) == space + 24 * PAGE, "a part moved");
	check_is(nattch(id), 2, "two pieces");
	check_is(shmdt(b), 0, "the first detached");
	check_is(nattch(id), 1, "one piece is left");
	check_errno(shmdt(space + 24 * PAGE), EINVAL, "which begins elsewhere");
	need(munmap(space + 24 * PAGE, PAGE) == 0);
	check_is(nattch(id), 0, "unmapped");
	a = shmat(id, NULL, 0);
	b = mremap(a, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
	check(b != MAP_FAILED && b != a && !strcmp(b, "one") && !strcmp(a, "one"), "moved and left");
	check_is(nattch(id), 2, "two");
	shmdt(a);
	shmdt(b);
	a = shmat(id, NULL, 0);
	check_is(madvise(a, PAGE, MADV_REMOVE), 0, "a page given back");
	check(a[0] == 0 && !strcmp(a + PAGE, "two"), "is empty");
	shmdt(a);
}

static void removal(void)
{
	key_t key = new_key();
	int id = keep(shmget(key, PAGE, IPC_CREAT | 0600));
	char *a = shmat(id, NULL, 0), *b;
	struct shmid_ds d;

	need(id >= 0 && a != BAD);
	strcpy(a, "kept");
	check_is(shmctl(id, IPC_RMID, NULL), 0, "removed while attached");
	check(shmctl(id, IPC_STAT, &d) == 0 && d.shm_perm.mode == 01600 && d.shm_perm.__key == 0, "is marked, and has no key");
	check_errno(shmget(key, 0, 0), ENOENT, "which is free");
	b = shmat(id, NULL, 0);
	check(b != BAD && !strcmp(b, "kept"), "can still be attached by its id");
	check_is(shmctl(id, IPC_RMID, NULL), 0, "removed twice");
	check(exited(in_child(want(shmdt(a) == 0 && shmdt(b) == 0 && !gone(id))), 0), "a child detaches");
	check_is(shmdt(a), 0, "detached");
	check(!gone(id), "there is one more");
	check_is(shmdt(b), 0, "detached");
	check(gone(id), "with the last one it goes");

	id = segment(PAGE, 0600);
	check(exited(in_child(want(shmat(id, NULL, 0) != BAD && shmctl(id, IPC_RMID, NULL) == 0)), 0), "a child removes it and ends");
	check(gone(id), "and it is gone");
}

static void permissions(void)
{
	int id = segment(PAGE, 0600), ro = segment(PAGE, 0644), none = segment(PAGE, 0000), mine;
	key_t key = new_key();
	struct shmid_ds d, e;

	need(keep(mine = shmget(key, PAGE, IPC_CREAT | 0640)) >= 0);
	check(shmat(none, NULL, 0) != BAD, "root is let in");
	check(as_nobody(want(fails(shmat(id, NULL, 0), EACCES) && fails(shmat(id, NULL, SHM_RDONLY), EACCES))), "others aren't");
	check(as_nobody(want(fails(shmat(ro, NULL, 0), EACCES) && shmat(ro, NULL, SHM_RDONLY) != BAD)), "or only to read");
	check(as_nobody(want(fails(shmat(ro, NULL, SHM_RDONLY | SHM_EXEC), EACCES))), "not to run");
	check(as_nobody(want(fails(shmctl(id, IPC_STAT, &d), EACCES) && shmctl(ro, IPC_STAT, &d) == 0)), "to look at it");
	check(as_nobody(want(fails(shmctl(ro, IPC_RMID, NULL), EPERM) && fails(shmctl(ro, IPC_SET, &d), EPERM))), "to remove or change it");
	check(as_nobody(want(fails(shmctl(ro, SHM_LOCK, NULL), EPERM) && fails(shmctl(ro, SHM_UNLOCK, NULL), EPERM))), "to lock it");
	check(as_nobody(want(fails(shmget(key, 0, 0600), EACCES) && fails(shmget(key, 0, 0004), EACCES))), "to open it by its key");
	check(as_nobody(want(shmget(key, 0, 0) == mine)), "asking for nothing is allowed");
	need(shmctl(ro, IPC_STAT, &d) == 0);
	e = d;
	e.shm_perm.uid = 65534;
	e.shm_perm.mode = 07777;
	check_is(shmctl(ro, IPC_SET, &e), 0, "given away");
	need(shmctl(ro, IPC_STAT, &d) == 0);
	check(d.shm_perm.uid == 65534 && d.shm_perm.cuid == geteuid() && d.shm_perm.mode == 0777, "to another owner, with another mode");
	check(as_nobody(want(shmctl(ro, IPC_STAT, &d) == 0); d.shm_perm.mode = 0400; want(shmctl(ro, IPC_SET, &d) == 0);
			want(fails(shmat(ro, NULL, 0), EACCES)); want(shmat(ro, NULL, SHM_RDONLY) != BAD);
			want(shmctl(ro, IPC_RMID, NULL) == 0)), "the owner does as it likes");
	check(gone(ro), "and removed it");
	e.shm_perm.uid = -1;
	check_errno(shmctl(id, IPC_SET, &e), EINVAL, "a user that can't be");
	e.shm_perm.uid = 0;
	e.shm_perm.gid = -1;
	check_errno(shmctl(id, IPC_SET, &e), EINVAL, "a group that can't be");
	check(as_nobody(want(fails(syscall(SYS_shmget, IPC_PRIVATE, PAGE, IPC_CREAT | SHM_HUGETLB | 0600), EPERM))), "huge pages without privilege");
	check_errno(shmget(IPC_PRIVATE, PAGE, IPC_CREAT | SHM_HUGETLB | 0600), ENOMEM, "huge pages that aren't there");
	check_errno(shmget(IPC_PRIVATE, PAGE, IPC_CREAT | SHM_HUGETLB | (21 << 26) | 0600), ENOMEM, "of 2 MiB");
	check_errno(shmget(IPC_PRIVATE, PAGE, IPC_CREAT | SHM_HUGETLB | (16 << 26) | 0600), EINVAL, "of 64 KiB");
}

static void locking(void)
{
	int id = segment(4 * PAGE, 0666);
	struct rlimit zero = { 0, 0 }, two = { 2 * PAGE, 2 * PAGE }, eight = { 8 * PAGE, 8 * PAGE };
	struct shmid_ds d;

	check_is(shmctl(id, SHM_LOCK, NULL), 0, "locked");
	check(shmctl(id, IPC_STAT, &d) == 0 && d.shm_perm.mode == 02666, "shows in the mode");
	check_is(shmctl(id, SHM_LOCK, NULL), 0, "locked twice");
	check_is(shmctl(id, SHM_UNLOCK, NULL), 0, "unlocked");
	check(shmctl(id, IPC_STAT, &d) == 0 && d.shm_perm.mode == 0666, "shows in the mode");
	check_is(shmctl(id, SHM_UNLOCK, NULL), 0, "unlocked twice");
	d.shm_perm.uid = 65534;
	need(shmctl(id, IPC_SET, &d) == 0);
	check(exited(in_child(want(setrlimit(RLIMIT_MEMLOCK, &zero) == 0 && as_nobody(want(fails(shmctl(id, SHM_LOCK, NULL), EPERM))))), 0), "not without a limit");
	check(exited(in_child(want(setrlimit(RLIMIT_MEMLOCK, &two) == 0 && as_nobody(want(fails(shmctl(id, SHM_LOCK, NULL), ENOMEM))))), 0), "nor beyond it");
	check(exited(in_child(want(setrlimit(RLIMIT_MEMLOCK, &eight) == 0 && as_nobody(
		int two_more[2] = { keep(shmget(IPC_PRIVATE, 4 * PAGE, 0600)), keep(shmget(IPC_PRIVATE, 4 * PAGE, 0600)) };
		want(shmctl(id, SHM_LOCK, NULL) == 0 && shmctl(two_more[0], SHM_LOCK, NULL) == 0);
		want(fails(shmctl(two_more[1], SHM_LOCK, NULL), ENOMEM));
		want(shmctl(two_more[0], IPC_RMID, NULL) == 0 && shmctl(two_more[1], SHM_LOCK, NULL) == 0);
		want(shmctl(two_more[1], IPC_RMID, NULL) == 0)))), 0), "the limit is the user's");
	check(shmctl(id, IPC_STAT, &d) == 0 && d.shm_perm.mode == 02666, "locked it stays");
}

static void listings(void)
{
	int id = segment(5 * PAGE - 1, 0604), max, found = -1;
	unsigned long rss, swap, size, at, dt, ct;
	struct shminfo limits;
	struct shm_info totals;
	struct shmid_ds d;
	char line[512], *a = shmat(id, NULL, 0);
	int mode, cpid, lpid, n, uid, gid, cuid, cgid;

	need(a != BAD);
	a[0] = a[2 * PAGE] = 1;
	check(sysvipc_line("/proc/sysvipc/shm", id, line, sizeof(line)), "is in /proc/sysvipc/shm");
	need(sscanf(line, "%o %lu %d %d %d %d %d %d %d %lu %lu %lu %lu %lu", &mode, &size, &cpid, &lpid, &n, &uid, &gid, &cuid,
		    &cgid, &at, &dt, &ct, &rss, &swap) == 14);
	check(mode == 0604 && size == 5 * PAGE - 1 && cpid == getpid() && lpid == getpid() && n == 1, "with its state");
	check(at > 0 && dt == 0 && ct > 0 && rss == 2 * PAGE && swap == 0, "and memory");
	line[29] = 0;
	check(true, "as:%s", line);
	max = shmctl(0, IPC_INFO, (struct shmid_ds *)&limits);
	check(max >= 0 && limits.shmmin == 1 && limits.shmmax > 1ul << 40 && limits.shmmni == limits.shmseg, "IPC_INFO");
	check(shmctl(0, SHM_INFO, (struct shmid_ds *)&totals) == max && totals.used_ids >= 1 && totals.shm_tot >= 5, "SHM_INFO");
	for (int i = 0; i <= max; i++)
		if (shmctl(i, SHM_STAT, &d) == id)
			found = i;
	check(found >= 0, "SHM_STAT finds it by index");
	check(found >= 0 && shmctl(found, SHM_STAT_ANY, &d) == id && d.shm_segsz == 5 * PAGE - 1 && d.shm_perm.mode == 0604, "SHM_STAT_ANY too");
	check(as_nobody(want(shmctl(found, SHM_STAT, &d) == id); want(shmctl(found, SHM_STAT_ANY, &d) == id)), "for everybody who may read");
	need(shmctl(id, IPC_STAT, &d) == 0);
	d.shm_perm.mode = 0600;
	need(shmctl(id, IPC_SET, &d) == 0);
	check(as_nobody(want(fails(shmctl(found, SHM_STAT, &d), EACCES)); want(shmctl(found, SHM_STAT_ANY, &d) == id)), "and SHM_STAT_ANY for all");
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long start, off, ino;
	char name[256] = "", perms[8] = "";
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%*x %7s %lx %*s %lu %255[^\n]", &start, perms, &off, &ino, name) >= 4 && start == (unsigned long)a)
			break;
	fclose(f);
	check(start == (unsigned long)a && ino == (unsigned long)id && off == 0, "/proc/self/maps has the id");
	check(!strcmp(name, "/SYSV00000000 (deleted)") && !strcmp(perms, "rw-s"), "and the name: %s %s", perms, name);
	shmdt(a);
}

static void wild(void)
{
	int id = segment(PAGE, 0600);
	struct shmid_ds *edge = (void *)(page_edge() - 8);

	check_errno(shmctl(id, IPC_STAT, null_ptr), EFAULT, "IPC_STAT to nowhere");
	check_errno(shmctl(id, IPC_STAT, kernel_ptr), EFAULT, "IPC_STAT to the kernel");
	check_errno(shmctl(id, IPC_STAT, edge), EFAULT, "IPC_STAT over an edge");
	check_errno(shmctl(id, IPC_SET, odd_ptr), EFAULT, "IPC_SET from nowhere");
	check_errno(shmctl(-1, IPC_SET, odd_ptr), EINVAL, "IPC_SET of a negative id");
	check_errno(shmctl(0x7ffffff0, IPC_SET, odd_ptr), EFAULT, "the pointer is looked at first");
	check_errno(shmctl(0, IPC_INFO, low_ptr), EFAULT, "IPC_INFO to nowhere");
	check_errno(shmctl(0, SHM_INFO, kernel_ptr), EFAULT, "SHM_INFO to the kernel");
	check_errno(shmctl(id, 99, NULL), EINVAL, "an unknown operation");
	check_errno(shmctl(id, -1, NULL), EINVAL, "a negative one");
	check_errno(shmctl(id, IPC_RMID | 0x100, NULL), EINVAL, "of another ABI");
	check_errno(shmctl(-1, IPC_RMID, NULL), EINVAL, "a negative id");
	check_errno(shmctl(0x7fffffff, IPC_RMID, NULL), EINVAL, "an id that can't be");
	check_errno(shmctl(0x7fff, SHM_STAT, edge), EINVAL, "an index that isn't used");
	check_errno(shmdt(kernel_ptr), EINVAL, "detach of the kernel");
	check_errno(shmdt(odd_ptr), EINVAL, "detach of nowhere");
	check_errno(shmdt(NULL), EINVAL, "detach of nothing");
	check_is(shmctl(id, IPC_RMID, odd_ptr), 0, "IPC_RMID doesn't look at it");
}

static int test(void)
{
	get();
	attach();
	counting();
	remap();
	removal();
	permissions();
	locking();
	listings();
	wild();
	return done();
}

int main(void)
{
	need_root();
	return guarded(test, remove_shm);
}
