/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of a tmpfs file: sparse pages in the sentry's memory, a host memory file once mapped.
 * Layer: core. Nothing here yields, so readers need no lock.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/fs/tmpfs/tmpfs.h"
#include "core/host/memio.h"

static uint64_t all_pages; /* of all instances: what one has no limit for must not take everything */

static void charge(struct data *d, int64_t n)
{
	d->pages += (uint64_t)n;
	d->fs->pages += (uint64_t)n;
	all_pages += (uint64_t)n;
}

bool data_has_room(const struct data *d, uint64_t n)
{
	const struct tmpfs *fs = d->fs;
	uint64_t max = memio_pages_max();

	if (fs->max_pages && (fs->pages >= fs->max_pages || n > fs->max_pages - fs->pages))
		return false;
	return all_pages < max && n <= max - all_pages;
}

static int chunk_cmp(const struct chunk *a, const struct chunk *b)
{
	return (a->index > b->index) - (a->index < b->index);
}
RB_GENERATE_INTERNAL(chunk_tree, chunk, entry, chunk_cmp, UNUSED static)

void data_init(struct data *d, struct tmpfs *fs)
{
	memset(d, 0, sizeof(*d));
	d->fs = fs;
	RB_INIT(&d->chunks);
	d->fd = -1;
}

static struct chunk *find_chunk(struct data *d, uint64_t page)
{
	struct chunk key = { .index = page / CHUNK_PAGES };

	if (!d->last || d->last->index != key.index) {
		struct chunk *c = RB_FIND(chunk_tree, &d->chunks, &key);

		if (!c)
			return NULL;
		d->last = c;
	}
	return d->last;
}

static void free_page(struct data *d, struct chunk *c, unsigned i)
{
	free(c->page[i]);
	c->page[i] = NULL;
	c->used--;
	charge(d, -1);
}

static void free_chunk(struct data *d, struct chunk *c)
{
	for (unsigned i = 0; i < CHUNK_PAGES && c->used; i++)
		if (c->page[i])
			free_page(d, c, i);
	if (d->last == c)
		d->last = NULL;
	RB_REMOVE(chunk_tree, &d->chunks, c);
	free(c);
}

void data_free(struct data *d)
{
	struct chunk *c;

	while ((c = RB_ROOT(&d->chunks)))
		free_chunk(d, c);
	if (d->fd >= 0)
		memio_close(d->fd);
	d->fd = -1;
	charge(d, -(int64_t)d->pages);
}

void data_recount(struct data *d)
{
	int64_t n = d->fd >= 0 ? memio_pages(d->fd) : -1;

	if (n < 0)
		return;
	charge(d, n - (int64_t)d->pages);
}

static char *peek(struct data *d, uint64_t page)
{
	struct chunk *c = find_chunk(d, page);

	return c ? c->page[page % CHUNK_PAGES] : NULL;
}

/* The page at that index; made, zeroed if asked, when it isn't there. */
static int get_page(struct data *d, uint64_t page, bool zero, char **ret)
{
	struct chunk *c = find_chunk(d, page);
	unsigned i = page % CHUNK_PAGES;

	if (c && c->page[i]) {
		*ret = c->page[i];
		return 0;
	}
	if (!data_has_room(d, 1))
		return -ENOSPC;
	if (!c) {
		c = calloc(1, sizeof(*c));
		if (!c)
			return -ENOMEM;
		c->index = page / CHUNK_PAGES;
		RB_INSERT(chunk_tree, &d->chunks, c);
		d->last = c;
	}
	c->page[i] = zero ? calloc(1, PAGE_SIZE) : malloc(PAGE_SIZE);
	if (!c->page[i]) {
		if (!c->used)
			free_chunk(d, c);
		return -ENOMEM;
	}
	c->used++;
	charge(d, 1);
	*ret = c->page[i];
	return 0;
}

int data_alloc_page(struct data *d, uint64_t index)
{
	char *p;

	return get_page(d, index, true, &p);
}

int data_read(struct data *d, void *buf, size_t n, uint64_t pos)
{
	size_t done = 0;

	if (d->fd >= 0) {
		ssize_t got = memio_read(d->fd, buf, n, pos);

		if (got < 0)
			return (int)got;
		memset((char *)buf + got, 0, n - (size_t)got);
		return 0;
	}
	while (done < n) {
		uint64_t at = pos + done, off = at % PAGE_SIZE;
		size_t len = MIN(n - done, (size_t)(PAGE_SIZE - off));
		char *p = peek(d, at / PAGE_SIZE);

		if (p)
			memcpy((char *)buf + done, p + off, len);
		else
			memset((char *)buf + done, 0, len);
		done += len;
	}
	return 0;
}

/* A mapped file: the host's memory, within the instance's limit. */
static ssize_t write_host(struct data *d, const void *buf, size_t n, uint64_t pos)
{
	uint64_t pages = (pos + n - 1) / PAGE_SIZE - pos / PAGE_SIZE + 1;
	ssize_t r;

	if (!data_has_room(d, pages)) {
		data_recount(d);
		for (uint64_t at = pos; at < pos + n; at = PAGE_DOWN(at) + PAGE_SIZE) {
			bool hole = memio_seek(d->fd, at, SEEK_DATA) != (int64_t)at;

			if (hole && !data_has_room(d, 1)) {
				n = at - pos;
				break;
			}
			if (hole)
				charge(d, 1);
		}
		if (!n)
			return -ENOSPC;
	}
	r = memio_write(d->fd, buf, n, pos);
	data_recount(d);
	return r;
}

ssize_t data_write(struct data *d, const void *buf, size_t n, uint64_t pos, uint64_t size UNUSED)
{
	size_t done = 0;

	if (!n)
		return 0;
	if (d->fd >= 0)
		return write_host(d, buf, n, pos);
	while (done < n) {
		uint64_t at = pos + done, off = at % PAGE_SIZE;
		size_t len = MIN(n - done, (size_t)(PAGE_SIZE - off));
		char *p;
		int err = get_page(d, at / PAGE_SIZE, len != PAGE_SIZE, &p);

		if (err)
			return done ? (ssize_t)done : err;
		memcpy(p + off, (const char *)buf + done, len);
		done += len;
	}
	return (ssize_t)done;
}

static void zero_part(struct data *d, uint64_t start, uint64_t end)
{
	char *p;

	if (start < end && (p = peek(d, start / PAGE_SIZE)))
		memset(p + start % PAGE_SIZE, 0, end - start);
}

/* Frees the pages [first, end). */
static void drop_pages(struct data *d, uint64_t first, uint64_t end)
{
	struct chunk key = { .index = first / CHUNK_PAGES };
	struct chunk *c = RB_NFIND(chunk_tree, &d->chunks, &key), *next;

	for (; c && c->index * CHUNK_PAGES < end; c = next) {
		uint64_t base = c->index * CHUNK_PAGES;

		next = RB_NEXT(chunk_tree, &d->chunks, c);
		for (unsigned i = 0; i < CHUNK_PAGES && c->used; i++)
			if (c->page[i] && base + i >= first && base + i < end)
				free_page(d, c, i);
		if (!c->used)
			free_chunk(d, c);
	}
}

int data_punch(struct data *d, uint64_t start, uint64_t end, uint64_t size UNUSED)
{
	uint64_t first = (start + PAGE_SIZE - 1) / PAGE_SIZE, last = end / PAGE_SIZE;

	if (d->fd >= 0) {
		int err = memio_fallocate(d->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, start,
		                          end - start);

		data_recount(d);
		return err;
	}
	if (first > last) { /* within one page */
		zero_part(d, start, end);
		return 0;
	}
	zero_part(d, start, first * PAGE_SIZE);
	zero_part(d, last * PAGE_SIZE, end);
	drop_pages(d, first, last);
	return 0;
}

int data_truncate(struct data *d, uint64_t old, uint64_t size)
{
	if (d->fd >= 0) {
		int err = memio_truncate(d->fd, size);

		data_recount(d);
		return err;
	}
	if (size < old) {
		uint64_t first = (size + PAGE_SIZE - 1) / PAGE_SIZE;

		zero_part(d, size, first * PAGE_SIZE);
		drop_pages(d, first, UINT64_MAX);
	}
	return 0;
}

int64_t data_seek(struct data *d, uint64_t pos, uint64_t size, int whence)
{
	uint64_t page = pos / PAGE_SIZE;
	struct chunk key = { .index = page / CHUNK_PAGES }, *c;

	if (pos >= size)
		return -ENXIO;
	if (d->fd >= 0)
		return memio_seek(d->fd, pos, whence);
	if (whence == SEEK_HOLE) {
		uint64_t at = page * PAGE_SIZE;

		while (at < size && peek(d, at / PAGE_SIZE))
			at += PAGE_SIZE;
		return (int64_t)CLAMP(at, pos, size);
	}
	for (c = RB_NFIND(chunk_tree, &d->chunks, &key); c; c = RB_NEXT(chunk_tree, &d->chunks, c)) {
		for (unsigned i = 0; i < CHUNK_PAGES; i++) {
			uint64_t at = (c->index * CHUNK_PAGES + i) * PAGE_SIZE;

			if (c->page[i] && at + PAGE_SIZE > pos)
				return at >= size ? -ENXIO : (int64_t)MAX(at, pos);
		}
	}
	return -ENXIO;
}

int data_to_host(struct data *d, uint64_t size)
{
	struct chunk *c;
	int fd;

	if (d->fd >= 0)
		return 0;
	fd = memio_new("picket", size);
	if (fd < 0)
		return fd;
	RB_FOREACH(c, chunk_tree, &d->chunks) {
		for (unsigned i = 0; i < CHUNK_PAGES; i++) {
			uint64_t at = (c->index * CHUNK_PAGES + i) * PAGE_SIZE;
			ssize_t n = 0;

			/* Memory beyond the end (fallocate with KEEP_SIZE) is only allocated again. */
			if (c->page[i] && at < size)
				n = memio_write(fd, c->page[i], MIN(PAGE_SIZE, size - at), at);
			else if (c->page[i])
				n = memio_fallocate(fd, FALLOC_FL_KEEP_SIZE, at, PAGE_SIZE);
			if (n < 0) {
				memio_close(fd);
				return (int)n;
			}
		}
	}
	while ((c = RB_ROOT(&d->chunks)))
		free_chunk(d, c);
	d->fd = fd;
	data_recount(d);
	return 0;
}
