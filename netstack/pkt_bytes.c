/* SPDX-License-Identifier: Apache-2.0
 *
 * Packet buffers: adding, dropping, sharing, reading and writing of bytes. Layer: netstack.
 */
#include "netstack/pkt.h"

#include "netstack/pkt_impl.h"

#ifdef PICKET_DEBUG
#define changed(p) pkt_verify(p)
#else
#define changed(p) ((void)(p))
#endif

/* The fragment that byte off is in, and how far in it; nfrags if off is the packet's end. */
static unsigned find(const struct pkt *p, size_t off, size_t *ret_in)
{
	unsigned i = 0;

	for (; i < p->nfrags && off >= p->frags[i].len; i++)
		off -= p->frags[i].len;
	*ret_in = off;
	return i;
}

/* ---- in front ---- */

uint8_t *pkt_push(struct pkt *p, size_t n)
{
	struct pkt_frag *f = p->frags;

	if (!p->nfrags || !pkt_frag_exclusive(f) || pkt_frag_headroom(f) < n) {
		struct pkt_frag more;

		if (!pkt_frags_reserve(p, p->nfrags + 1u) || n > SIZE_MAX - PKT_HEADROOM ||
		    !pkt_frag_new(p->mem, PKT_HEADROOM, n, &more))
			return NULL;
		pkt_frags_insert(p, 0, more);
	} else {
		f->data -= n;
		f->len += n;
	}
	p->len += n;
	if (p->meta.csum == CSUM_PARTIAL)
		p->meta.csum_start += n;
	changed(p);
	return p->frags[0].data;
}

void pkt_pull(struct pkt *p, size_t n)
{
	unsigned whole;
	size_t in;

	n = MIN(n, p->len);
	whole = find(p, n, &in);
	pkt_frags_remove(p, 0, whole);
	if (in) {
		p->frags[0].data += in;
		p->frags[0].len -= in;
	}
	p->len -= n;
	changed(p);
	if (p->meta.csum != CSUM_PARTIAL)
		return;
	/* Who takes the summed header off has no use for its checksum, but knows it to be right. */
	if (n > p->meta.csum_start)
		p->meta.csum = CSUM_VERIFIED;
	else
		p->meta.csum_start -= n;
}

/* ---- at the end ---- */

uint8_t *pkt_put(struct pkt *p, size_t n)
{
	struct pkt_frag *f = p->nfrags ? &p->frags[p->nfrags - 1] : NULL;

	if (!f || !pkt_frag_exclusive(f) || pkt_frag_tailroom(f) < n) {
		struct pkt_frag more;

		if (!pkt_frags_reserve(p, p->nfrags + 1u) ||
		    !pkt_frag_new(p->mem, p->nfrags ? 0 : PKT_HEADROOM, n, &more))
			return NULL;
		pkt_frags_insert(p, p->nfrags, more);
		f = &p->frags[p->nfrags - 1];
	} else {
		f->len += n;
	}
	p->len += n;
	changed(p);
	return f->data + f->len - n;
}

void pkt_trim(struct pkt *p, size_t len)
{
	unsigned i;
	size_t in;

	if (len >= p->len)
		return;
	i = find(p, len, &in);
	if (in)
		p->frags[i++].len = in;
	pkt_frags_remove(p, i, p->nfrags - i);
	p->len = len;
	changed(p);
}

int pkt_share(struct pkt *p, const struct pkt *src, size_t off, size_t len)
{
	unsigned i;
	size_t in;

	off = MIN(off, src->len);
	len = MIN(len, src->len - off);
	i = find(src, off, &in);
	if (len) {
		size_t last_in;
		unsigned last = find(src, off + len - 1, &last_in);

		if (!pkt_frags_reserve(p, (size_t)p->nfrags + last - i + 1))
			return -ENOMEM;
	}
	p->len += len;
	for (; len; i++, in = 0) {
		size_t n = MIN(len, src->frags[i].len - in);

		pkt_frags_insert(p, p->nfrags, pkt_frag_part(&src->frags[i], in, n));
		len -= n;
	}
	changed(p);
	return 0;
}

int pkt_append(struct pkt *p, struct pkt *q)
{
	int rc = pkt_share(p, q, 0, q->len);

	if (rc < 0)
		return rc;
	if (q->len && q->meta.csum == CSUM_NONE)
		p->meta.csum = CSUM_NONE;
	pkt_free(q);
	return 0;
}

struct pkt *pkt_split(struct pkt *p, size_t at)
{
	struct pkt *q = pkt_new(p->mem, 0, 0);

	if (q && pkt_share(q, p, at, p->len) < 0) {
		pkt_free(q);
		return NULL;
	}
	if (!q)
		return NULL;
	if (p->meta.csum == CSUM_PARTIAL)
		p->meta.csum = CSUM_VERIFIED;
	q->meta = p->meta;
	pkt_trim(p, at);
	return q;
}

/* ---- reading and writing ---- */

size_t pkt_read(const struct pkt *p, size_t off, void *to, size_t n)
{
	uint8_t *out = to;
	size_t in, left;
	unsigned i;

	off = MIN(off, p->len);
	left = n = MIN(n, p->len - off);
	for (i = find(p, off, &in); left; i++, in = 0) {
		size_t part = MIN(left, p->frags[i].len - in);

		memcpy(out, p->frags[i].data + in, part);
		out += part;
		left -= part;
	}
	return n;
}

/* Puts a copy in one block of our own in the place of bytes [off, off + n), which are there. */
static uint8_t *replace(struct pkt *p, size_t off, size_t n)
{
	size_t in, end_in, before = off ? 0 : PKT_HEADROOM;
	unsigned first, end;
	struct pkt_frag f;

	/* At most the first fragment is cut in three. */
	if (!pkt_frags_reserve(p, p->nfrags + 2u) || n > SIZE_MAX - before ||
	    !pkt_frag_new(p->mem, before, n, &f))
		return NULL;
	pkt_read(p, off, f.data, n);
	end = find(p, off + n, &end_in);
	if (end_in) { /* what is behind, a fragment of its own */
		struct pkt_frag *last = &p->frags[end];

		pkt_frags_insert(p, end + 1, pkt_frag_part(last, end_in, last->len - end_in));
		p->frags[end].len = end_in;
		end++;
	}
	first = find(p, off, &in);
	if (in)
		p->frags[first++].len = in;
	pkt_frags_remove(p, first, end - first);
	pkt_frags_insert(p, first, f);
	changed(p);
	return f.data;
}

uint8_t *pkt_write(struct pkt *p, size_t off, size_t n)
{
	unsigned i;
	size_t in;

	if (!n || off > p->len || n > p->len - off)
		return NULL;
	i = find(p, off, &in);
	if (pkt_frag_exclusive(&p->frags[i]) && n <= p->frags[i].len - in)
		return p->frags[i].data + in;
	return replace(p, off, n);
}

int pkt_view(struct pkt *p, size_t off, size_t n, struct bytes *ret)
{
	const uint8_t *data;
	size_t in, have;
	unsigned i;

	off = MIN(off, p->len);
	n = MIN(n, p->len - off);
	i = find(p, off, &in);
	if (i == p->nfrags) {
		*ret = bytes_of("", 0);
		return 0;
	}
	data = p->frags[i].data + in;
	have = p->frags[i].len - in;
	if (have < n) {
		data = replace(p, off, n);
		have = n;
	}
	if (!data)
		return -ENOMEM;
	*ret = (struct bytes){ .p = data, .have = have, .len = p->len - off };
	return 0;
}

unsigned pkt_iovec(const struct pkt *p, struct iovec *iov)
{
	for (unsigned i = 0; i < p->nfrags; i++)
		iov[i] = (struct iovec){ .iov_base = p->frags[i].data, .iov_len = p->frags[i].len };
	return p->nfrags;
}
