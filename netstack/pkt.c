/* SPDX-License-Identifier: Apache-2.0
 *
 * Packet buffers: blocks, fragments, and packets as a whole. Layer: netstack.
 */
#include "netstack/pkt.h"

#include "core/assert.h"
#include "core/objcount.h"
#include "netstack/pkt_impl.h"

OBJCOUNT(pkts, "packet");
OBJCOUNT(blocks, "packet block");

#define MALLOC_COST 16 /* what glibc adds, about */
#define FRAGS_FIRST 16 /* fragments for which there is room when the inline ones don't do */

struct pkt_block {
	unsigned refs;
	struct pkt_mem *mem; /* borrowed; charged */
	size_t size;
	uint8_t data[];
};

/* ---- memory ---- */

static void *charged_alloc(struct pkt_mem *mem, size_t n)
{
	size_t cost = n + MALLOC_COST;
	void *p = NULL;

	if (mem->used <= mem->limit && cost <= mem->limit - mem->used)
		p = malloc(n);
	if (!p) {
		mem->refused++;
		return NULL;
	}
	mem->used += cost;
	return p;
}

static void charged_free(struct pkt_mem *mem, void *p, size_t n)
{
	mem->used -= n + MALLOC_COST;
	free(p);
}

static struct pkt_block *block_new(struct pkt_mem *mem, size_t size)
{
	struct pkt_block *b;

	if (size > SIZE_MAX / 2)
		return NULL;
	b = charged_alloc(mem, sizeof(*b) + size);
	if (!b)
		return NULL;
	b->refs = 1;
	b->mem = mem;
	b->size = size;
	obj_born(&blocks);
	return b;
}

static struct pkt_block *block_ref(struct pkt_block *b)
{
	b->refs++;
	return b;
}

static void block_unref(struct pkt_block *b)
{
	if (--b->refs)
		return;
	charged_free(b->mem, b, sizeof(*b) + b->size);
	obj_died(&blocks);
}

/* ---- the list of fragments ---- */

bool pkt_frags_reserve(struct pkt *p, size_t n)
{
	struct pkt_frag *more;
	unsigned room;

	if (n <= p->room)
		return true;
	if (n > PKT_FRAGS_MAX)
		return false;
	for (room = FRAGS_FIRST; room < n;)
		room *= 2;
	more = charged_alloc(p->mem, room * sizeof(*more));
	if (!more)
		return false;
	memcpy(more, p->frags, p->nfrags * sizeof(*more));
	pkt_frags_release(p);
	p->frags = more;
	p->room = room;
	return true;
}

void pkt_frags_release(struct pkt *p)
{
	if (p->frags != p->few)
		charged_free(p->mem, p->frags, p->room * sizeof(*p->frags));
	p->frags = p->few;
	p->room = PKT_FRAGS_INLINE;
}

void pkt_frags_insert(struct pkt *p, unsigned at, struct pkt_frag f)
{
	memmove(p->frags + at + 1, p->frags + at, (p->nfrags - at) * sizeof(f));
	p->frags[at] = f;
	p->nfrags++;
}

void pkt_frags_remove(struct pkt *p, unsigned at, unsigned n)
{
	for (unsigned i = at; i < at + n; i++)
		block_unref(p->frags[i].block);
	p->nfrags -= n;
	memmove(p->frags + at, p->frags + at + n, (p->nfrags - at) * sizeof(*p->frags));
}

bool pkt_frag_new(struct pkt_mem *mem, size_t before, size_t len, struct pkt_frag *ret)
{
	struct pkt_block *b = before > SIZE_MAX - len ? NULL : block_new(mem, before + len);

	if (!b)
		return false;
	*ret = (struct pkt_frag){ .block = b, .data = b->data + before, .len = len };
	return true;
}

struct pkt_frag pkt_frag_part(const struct pkt_frag *f, size_t off, size_t len)
{
	return (struct pkt_frag){
		.block = block_ref(f->block), .data = f->data + off, .len = len,
	};
}

bool pkt_frag_exclusive(const struct pkt_frag *f)
{
	return f->block->refs == 1;
}

size_t pkt_frag_headroom(const struct pkt_frag *f)
{
	return (size_t)(f->data - f->block->data);
}

size_t pkt_frag_tailroom(const struct pkt_frag *f)
{
	return f->block->size - pkt_frag_headroom(f) - f->len;
}

/* ---- packets as a whole ---- */

static struct pkt *pkt_empty(struct pkt_mem *mem)
{
	struct pkt *p = charged_alloc(mem, sizeof(*p));

	if (!p)
		return NULL;
	memset(p, 0, sizeof(*p));
	p->mem = mem;
	p->frags = p->few;
	p->room = PKT_FRAGS_INLINE;
	obj_born(&pkts);
	return p;
}

struct pkt *pkt_new(struct pkt_mem *mem, size_t headroom, size_t len)
{
	struct pkt *p = pkt_empty(mem);

	if (!p || !len)
		return p;
	if (!pkt_frag_new(mem, headroom, len, &p->frags[0])) {
		pkt_free(p);
		return NULL;
	}
	p->nfrags = 1;
	p->len = len;
	return p;
}

struct pkt *pkt_from(struct pkt_mem *mem, const void *bytes, size_t len)
{
	struct pkt *p = pkt_new(mem, PKT_HEADROOM, len);

	if (p && len)
		memcpy(p->frags[0].data, bytes, len);
	return p;
}

void pkt_free(struct pkt *p)
{
	if (!p)
		return;
	pkt_frags_remove(p, 0, p->nfrags);
	pkt_frags_release(p);
	charged_free(p->mem, p, sizeof(*p));
	obj_died(&pkts);
}

struct pkt *pkt_clone(const struct pkt *p)
{
	struct pkt *q = pkt_empty(p->mem);

	if (q && pkt_share(q, p, 0, p->len) < 0) {
		pkt_free(q);
		return NULL;
	}
	if (q)
		q->meta = p->meta;
	return q;
}

struct pkt *pkt_copy(const struct pkt *p, size_t headroom)
{
	struct pkt *q = pkt_new(p->mem, headroom, p->len);

	if (!q)
		return NULL;
	if (p->len)
		pkt_read(p, 0, q->frags[0].data, p->len);
	q->meta = p->meta;
	return q;
}

size_t pkt_truesize(const struct pkt *p)
{
	size_t n = sizeof(*p) + MALLOC_COST;

	if (p->frags != p->few)
		n += p->room * sizeof(*p->frags) + MALLOC_COST;
	for (unsigned i = 0; i < p->nfrags; i++) {
		const struct pkt_block *b = p->frags[i].block;

		/* Neighbours in one block are what a split leaves. */
		if (i == 0 || b != p->frags[i - 1].block)
			n += sizeof(*b) + b->size + MALLOC_COST;
	}
	return n;
}

void pkt_verify(const struct pkt *p)
{
	size_t len = 0;

	ASSERT(p->nfrags <= p->room && p->room <= PKT_FRAGS_MAX, "a packet has too many fragments");
	ASSERT((p->frags == p->few) == (p->room == PKT_FRAGS_INLINE), "a packet's room is wrong");
	for (unsigned i = 0; i < p->nfrags; i++) {
		const struct pkt_frag *f = &p->frags[i];

		ASSERT(f->len && f->block->refs, "an empty fragment, or one of a dead block");
		ASSERT(f->data >= f->block->data && pkt_frag_headroom(f) <= f->block->size &&
		               f->len <= f->block->size - pkt_frag_headroom(f),
		       "a fragment reaches out of its block");
		len += f->len;
	}
	ASSERT(len == p->len, "a packet's length isn't its fragments'");
}
