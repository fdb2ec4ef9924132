/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of file descriptors. Layer: core. See fdtable.h.
 *
 * An array of files and two bitmaps, grown by doubling. A close takes the file out before anything
 * that may yield, so nobody sees a half-closed descriptor.
 */
#include <stdlib.h>

#include "core/fs/fdtable.h"
#include "core/fs/locks.h"
#include "core/objcount.h"

OBJCOUNT(fdtable_objs, "fdtable");

#define WORD_BITS 64
#define MIN_SIZE 64

struct fdtable {
	int refs;
	uint64_t id;        /* owner of POSIX locks */
	unsigned size;      /* slots, a multiple of 64 */
	unsigned next_free; /* no free slot below */
	int count;
	struct file **files;
	uint64_t *used, *cloexec;
};

static uint64_t next_id = 1;

static bool bit(const uint64_t *map, unsigned n)
{
	return map[n / WORD_BITS] >> n % WORD_BITS & 1;
}

static void bit_set(uint64_t *map, unsigned n, bool on)
{
	uint64_t m = (uint64_t)1 << n % WORD_BITS;

	if (on)
		map[n / WORD_BITS] |= m;
	else
		map[n / WORD_BITS] &= ~m;
}

/* Room for descriptor n. */
static int grow(struct fdtable *t, unsigned n)
{
	unsigned size = t->size ? t->size : MIN_SIZE;
	struct file **files;
	uint64_t *used, *cloexec;

	while (size <= n)
		size *= 2;
	if (size == t->size)
		return 0;
	files = calloc(size, sizeof(*files));
	used = calloc(size / WORD_BITS, sizeof(*used));
	cloexec = calloc(size / WORD_BITS, sizeof(*cloexec));
	if (!files || !used || !cloexec) {
		free(files);
		free(used);
		free(cloexec);
		return -ENOMEM;
	}
	if (t->size) {
		memcpy(files, t->files, t->size * sizeof(*files));
		memcpy(used, t->used, t->size / WORD_BITS * sizeof(*used));
		memcpy(cloexec, t->cloexec, t->size / WORD_BITS * sizeof(*cloexec));
	}
	free(t->files);
	free(t->used);
	free(t->cloexec);
	t->files = files;
	t->used = used;
	t->cloexec = cloexec;
	t->size = size;
	return 0;
}

struct fdtable *fdtable_new(void)
{
	struct fdtable *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	if (grow(t, 0)) {
		free(t);
		return NULL;
	}
	t->refs = 1;
	t->id = next_id++;
	obj_born(&fdtable_objs);
	return t;
}

struct fdtable *fdtable_ref(struct fdtable *t)
{
	t->refs++;
	return t;
}

uint64_t fdtable_id(const struct fdtable *t)
{
	return t->id;
}

bool fdtable_shared(const struct fdtable *t)
{
	return t->refs > 1;
}

int fdtable_count(const struct fdtable *t)
{
	return t->count;
}

int fd_next(struct fdtable *t, int fd)
{
	for (unsigned n = fd < 0 ? 0 : (unsigned)fd; n < t->size; n = (n / WORD_BITS + 1) * WORD_BITS) {
		uint64_t w = t->used[n / WORD_BITS] >> n % WORD_BITS;

		if (w)
			return (int)n + __builtin_ctzll(w);
	}
	return -1;
}

/* The lowest free number >= min, perhaps beyond the table. */
static unsigned find_free(const struct fdtable *t, unsigned min)
{
	unsigned n;

	for (n = min; n < t->size; n = (n / WORD_BITS + 1) * WORD_BITS) {
		uint64_t w = ~t->used[n / WORD_BITS] >> n % WORD_BITS;

		if (w)
			return n + (unsigned)__builtin_ctzll(w);
	}
	return n;
}

static struct file *take_out(struct fdtable *t, unsigned fd)
{
	struct file *f = t->files[fd];

	t->files[fd] = NULL;
	bit_set(t->used, fd, false);
	bit_set(t->cloexec, fd, false);
	t->next_free = MIN(t->next_free, fd);
	t->count--;
	return f;
}

/* What close(2) does with the file: flush, POSIX locks, reference. */
static CO_FN int close_file(uint64_t id, struct file *f)
{
	int err = 0;

	if (!(f->flags & O_PATH)) {
		if (f->ops->flush)
			err = f->ops->flush(f);
		locks_drop_posix(f->inode, id);
	}
	file_unref(f);
	return err;
}

CO_FN struct fdtable *fdtable_unref(struct fdtable *t)
{
	if (!t || --t->refs)
		return NULL;
	for (int fd = 0; (fd = fd_next(t, fd)) >= 0; fd++) {
		close_file(t->id, take_out(t, (unsigned)fd));
		co_did_entries(1);
	}
	free(t->files);
	free(t->used);
	free(t->cloexec);
	free(t);
	obj_died(&fdtable_objs);
	return NULL;
}

int fdtable_dup(struct fdtable *t, struct fdtable **ret)
{
	struct fdtable *n = fdtable_new();
	int last = -1;

	if (!n)
		return -ENOMEM;
	for (int fd = 0; (fd = fd_next(t, fd)) >= 0; fd++)
		last = fd;
	if (last >= 0 && grow(n, (unsigned)last)) {
		fdtable_unref(n);
		return -ENOMEM;
	}
	for (int fd = 0; (fd = fd_next(t, fd)) >= 0; fd++) {
		n->files[fd] = file_ref(t->files[fd]);
		bit_set(n->used, (unsigned)fd, true);
		bit_set(n->cloexec, (unsigned)fd, bit(t->cloexec, (unsigned)fd));
	}
	n->count = t->count;
	n->next_free = t->next_free;
	*ret = n;
	return 0;
}

static void put_in(struct fdtable *t, struct file *f, unsigned fd, bool cloexec)
{
	t->files[fd] = f;
	bit_set(t->used, fd, true);
	bit_set(t->cloexec, fd, cloexec);
	t->count++;
}

int fd_install(struct fdtable *t, struct file *f, int min, bool cloexec, uint64_t limit)
{
	uint64_t max = MIN(limit, (uint64_t)FDTABLE_MAX);
	unsigned fd;
	int err = 0;

	if (min < 0 || (min > 0 && (uint64_t)min >= max)) {
		file_unref(f);
		return -EINVAL;
	}
	fd = find_free(t, MAX((unsigned)min, t->next_free));
	if (fd >= max)
		err = -EMFILE;
	else
		err = grow(t, fd);
	if (err) {
		file_unref(f);
		return err;
	}
	put_in(t, f, fd, cloexec);
	if ((unsigned)min <= t->next_free)
		t->next_free = fd + 1;
	return (int)fd;
}

CO_FN int fd_replace(struct fdtable *t, struct file *f, int fd, bool cloexec, uint64_t limit)
{
	struct file *old = NULL;
	int err;

	if (fd < 0 || (uint64_t)fd >= MIN(limit, (uint64_t)FDTABLE_MAX)) {
		file_unref(f);
		return -EBADF;
	}
	err = grow(t, (unsigned)fd);
	if (err) {
		file_unref(f);
		return err;
	}
	if (t->files[fd])
		old = take_out(t, (unsigned)fd);
	put_in(t, f, (unsigned)fd, cloexec);
	if (t->next_free == (unsigned)fd)
		t->next_free = (unsigned)fd + 1;
	if (old)
		close_file(t->id, old); /* dup2(2): errors of this close are lost */
	return fd;
}

struct file *fd_get_path(struct fdtable *t, int fd)
{
	if (fd < 0 || (unsigned)fd >= t->size || !t->files[fd])
		return NULL;
	return file_ref(t->files[fd]);
}

struct file *fd_get(struct fdtable *t, int fd)
{
	if (fd < 0 || (unsigned)fd >= t->size || !t->files[fd] || t->files[fd]->flags & O_PATH)
		return NULL;
	return file_ref(t->files[fd]);
}

CO_FN int fd_close(struct fdtable *t, int fd)
{
	if (fd < 0 || (unsigned)fd >= t->size || !t->files[fd])
		return -EBADF;
	return close_file(t->id, take_out(t, (unsigned)fd));
}

CO_FN int fd_close_range(struct fdtable *t, unsigned first, unsigned last, bool only_set_cloexec)
{
	if (first > last)
		return -EINVAL;
	if (first >= t->size)
		return 0;
	for (int fd = (int)first; (fd = fd_next(t, fd)) >= 0 && (unsigned)fd <= last; fd++) {
		if (only_set_cloexec) {
			bit_set(t->cloexec, (unsigned)fd, true);
			continue;
		}
		close_file(t->id, take_out(t, (unsigned)fd));
		co_did_entries(1);
	}
	return 0;
}

CO_FN void fd_close_on_exec(struct fdtable *t)
{
	for (int fd = 0; (fd = fd_next(t, fd)) >= 0; fd++)
		if (bit(t->cloexec, (unsigned)fd))
			close_file(t->id, take_out(t, (unsigned)fd));
}

int fd_cloexec_get(struct fdtable *t, int fd)
{
	if (fd < 0 || (unsigned)fd >= t->size || !t->files[fd])
		return -EBADF;
	return bit(t->cloexec, (unsigned)fd);
}

int fd_cloexec_set(struct fdtable *t, int fd, bool on)
{
	if (fd < 0 || (unsigned)fd >= t->size || !t->files[fd])
		return -EBADF;
	bit_set(t->cloexec, (unsigned)fd, on);
	return 0;
}
