/* SPDX-License-Identifier: Apache-2.0
 *
 * hostfs: what an exclusive tree remembers of its files for a moment: attributes, the text of
 * symlinks, and the bytes of files that are read again and again. Layer: core.
 *
 * All of it is good for HOSTFS_KEEP after it was read, whatever happens to the file meanwhile; then
 * the host is asked again. Bytes are copies: a mapping would save one of them, but costs page faults
 * when it is made, a host call each time to know that a read of it won't wait for the disk, and a
 * SIGBUS when somebody truncates the file. They pay only where the same ones are read often, so it
 * takes READS_OFTEN such reads within HOSTFS_KEEP before any are kept.
 */
#include <stdlib.h>

#include "core/clock.h"
#include "core/fs/hostfs/hostfs.h"
#include "core/objcount.h"

#define CHUNKS_MAX 1024 /* 16 MiB in all */
#define FILE_MAX ((uint64_t)64 << 20)
#define READ_MAX HOSTFS_CHUNK /* for more, the host's call costs less than our copies */
#define READS_OFTEN 4

OBJCOUNT(chunk_count, "host file chunk");

struct hchunk {
	TAILQ_ENTRY(hchunk) entry;
	struct hnode *owner; /* NULL: dropped while pinned */
	unsigned index;
	unsigned pins;
	bool used;           /* since it was looked at as a candidate to go */
	ktime_t until;
	size_t len;          /* less than HOSTFS_CHUNK: the file ends there */
	char bytes[HOSTFS_CHUNK];
};

static TAILQ_HEAD(, hchunk) chunks = TAILQ_HEAD_INITIALIZER(chunks);
static unsigned nr_chunks;

bool hostfs_keeps(const struct hnode *h)
{
	return h->inode->sb->exclusive && h->disk->stored;
}

bool hostfs_attr_good(const struct hnode *h)
{
	return h->attr_until && clock_monotonic() < h->attr_until;
}

/* ---- symlinks ---- */

const char *hostfs_link_get(const struct hnode *h)
{
	return h->link && clock_monotonic() < h->link_until ? h->link : NULL;
}

void hostfs_link_keep(struct hnode *h, const char *text, size_t len)
{
	if (!hostfs_keeps(h) || memchr(text, 0, len))
		return;
	free(h->link);
	h->link = strndup(text, len);
	h->link_until = ktime_add(clock_monotonic(), HOSTFS_KEEP);
}

/* ---- bytes ---- */

static void chunk_free(struct hchunk *c)
{
	free(c);
	obj_died(&chunk_count);
}

/* No look-up finds it any more. */
static void chunk_drop(struct hchunk *c)
{
	c->owner->chunks[c->index] = NULL;
	c->owner = NULL;
	TAILQ_REMOVE(&chunks, c, entry);
	nr_chunks--;
	if (!c->pins)
		chunk_free(c);
}

/* The oldest that wasn't used lately goes: each gets a second chance. */
static void make_room(void)
{
	for (unsigned i = 0; nr_chunks >= CHUNKS_MAX && i < 2 * CHUNKS_MAX; i++) {
		struct hchunk *c = TAILQ_FIRST(&chunks);

		if (!c->used) {
			chunk_drop(c);
			continue;
		}
		c->used = false;
		TAILQ_REMOVE(&chunks, c, entry);
		TAILQ_INSERT_TAIL(&chunks, c, entry);
	}
}

bool hostfs_read_often(struct hnode *h, uint64_t pos, size_t n)
{
	if (n > READ_MAX || !hostfs_keeps(h) || pos >= FILE_MAX)
		return false;
	if (pos >= h->read_to) {
		h->read_to = pos + n;
		return h->read_again >= READS_OFTEN;
	}
	if (h->read_again >= READS_OFTEN)
		return true;
	ktime_t now = clock_monotonic();
	if (now - h->read_since > HOSTFS_KEEP) {
		h->read_since = now;
		h->read_again = 0;
		h->read_to = pos + n;
	} else {
		h->read_again++;
	}
	return false;
}

struct hchunk *hostfs_chunk_get(struct hnode *h, uint64_t pos, const char **bytes, size_t *n)
{
	unsigned index = (unsigned)(pos / HOSTFS_CHUNK);
	size_t at = pos % HOSTFS_CHUNK;
	struct hchunk *c = index < h->nr_chunks ? h->chunks[index] : NULL;

	if (!c)
		return NULL;
	if (clock_monotonic() >= c->until) {
		chunk_drop(c);
		/* Is it still read that often? */
		h->read_again = 0;
		return NULL;
	}
	c->used = true;
	c->pins++;
	*bytes = c->bytes + MIN(at, c->len);
	*n = c->len > at ? c->len - at : 0;
	return c;
}

void hostfs_chunk_put(struct hchunk *c)
{
	if (!--c->pins && !c->owner)
		chunk_free(c);
}

static bool room_for(struct hnode *h, unsigned index)
{
	if (index < h->nr_chunks)
		return true;
	struct hchunk **more = realloc(h->chunks, (index + 1) * sizeof(*more));
	if (!more)
		return false;
	memset(more + h->nr_chunks, 0, (index + 1 - h->nr_chunks) * sizeof(*more));
	h->chunks = more;
	h->nr_chunks = index + 1;
	return true;
}

CO_FN int hostfs_chunk_fill(struct inode *ino, int fd, uint64_t pos)
{
	struct hnode *h = hnode_of(ino);
	unsigned index = (unsigned)(pos / HOSTFS_CHUNK);

	if (pos >= FILE_MAX || pos >= ino->size || !room_for(h, index))
		return -EAGAIN;
	struct hchunk *c = malloc(sizeof(*c));
	if (!c)
		return -EAGAIN;
	obj_born(&chunk_count);
	c->until = ktime_add(clock_monotonic(), HOSTFS_KEEP);
	ssize_t n = host_pread(h->disk, fd, c->bytes, HOSTFS_CHUNK, (int64_t)(index * HOSTFS_CHUNK), -1);
	/* Somebody may have been faster, or it was forgotten; what is short may be so by an error. */
	if (n <= 0 || index >= h->nr_chunks || h->chunks[index] ||
	    ((size_t)n < HOSTFS_CHUNK && index * HOSTFS_CHUNK + (size_t)n < ino->size)) {
		chunk_free(c);
		return n < 0 ? (int)n : -EAGAIN;
	}
	make_room();
	c->owner = h;
	c->index = index;
	c->len = (size_t)n;
	c->pins = 0;
	c->used = true;
	h->chunks[index] = c;
	TAILQ_INSERT_TAIL(&chunks, c, entry);
	nr_chunks++;
	return 0;
}

void hostfs_forget(struct hnode *h)
{
	for (unsigned i = 0; i < h->nr_chunks; i++)
		if (h->chunks[i])
			chunk_drop(h->chunks[i]);
	free(h->chunks);
	h->chunks = NULL;
	h->nr_chunks = 0;
	free(h->link);
	h->link = NULL;
	h->attr_until = 0;
}
