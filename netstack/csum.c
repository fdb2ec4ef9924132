/* SPDX-License-Identifier: Apache-2.0
 *
 * The Internet checksum. Layer: netstack.
 *
 * The sum doesn't depend on byte order but for the order of the result's two bytes (RFC 1071 2.B),
 * nor on the size of the words added, as long as carries come round (2.C): so words of 64 bits of
 * the host's order are added, four at a time, and the result is folded and turned at the end.
 */
#include "netstack/csum.h"

static uint64_t load(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, p, n);
	return v;
}

static uint64_t add64(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? sum + 1 : sum;
}

static uint64_t fold128(unsigned __int128 sum)
{
	return add64((uint64_t)sum, (uint64_t)(sum >> 64));
}

static uint16_t fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

uint16_t csum_bytes(const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	unsigned __int128 a = 0, b = 0;
	uint64_t sum;
	uint16_t folded;

	/* Carries are kept apart; two chains, so that one needn't wait for the other. */
	for (; n >= 32; p += 32, n -= 32) {
		a += load(p, 8);
		b += load(p + 8, 8);
		a += load(p + 16, 8);
		b += load(p + 24, 8);
	}
	sum = fold128(a + b);
	for (; n >= 8; p += 8, n -= 8)
		sum = add64(sum, load(p, 8));
	if (n)
		sum = add64(sum, load(p, n));
	folded = fold(sum);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	folded = __builtin_bswap16(folded);
#endif
	return folded;
}

uint16_t csum_pkt(const struct pkt *p, size_t off, size_t n)
{
	uint16_t sum = 0;
	size_t done = 0;

	for (unsigned i = 0; i < p->nfrags && n; i++) {
		const struct pkt_frag *f = &p->frags[i];
		size_t skip = MIN(off, f->len), part = MIN(n, f->len - skip);

		off -= skip;
		if (!part)
			continue;
		sum = csum_join(sum, csum_bytes(f->data + skip, part), done);
		done += part;
		n -= part;
	}
	return sum;
}

uint16_t csum_pseudo(const struct addr *src, const struct addr *dst, uint8_t proto, size_t len)
{
	size_t n = addr_len(src);
	uint16_t sum = csum_add(csum_bytes(src->b, n), csum_bytes(dst->b, n));

	sum = csum_add(sum, (uint16_t)len);
	sum = csum_add(sum, (uint16_t)(len >> 16));
	return csum_add(sum, proto);
}

uint16_t csum_update16(uint16_t check, uint16_t old, uint16_t new)
{
	return (uint16_t)~csum_add(csum_add((uint16_t)~check, (uint16_t)~old), new);
}

uint16_t csum_update32(uint16_t check, uint32_t old, uint32_t new)
{
	check = csum_update16(check, (uint16_t)(old >> 16), (uint16_t)(new >> 16));
	return csum_update16(check, (uint16_t)old, (uint16_t)new);
}

bool csum_good(const struct pkt *p, size_t off, uint16_t pseudo)
{
	if (p->meta.csum != CSUM_NONE)
		return true;
	return csum_add(csum_pkt(p, off, SIZE_MAX), pseudo) == 0xffff;
}

/* The two bytes of a checksum's field, to be written. */
static int field(struct pkt *p, size_t start, uint16_t offset, uint8_t **ret)
{
	if (start > p->len || offset > p->len - start || p->len - start - offset < 2)
		return -EINVAL;
	*ret = pkt_write(p, start + offset, 2);
	return *ret ? 0 : -ENOMEM;
}

int csum_prepare(struct pkt *p, size_t start, uint16_t offset, uint16_t pseudo)
{
	uint8_t *to;
	int rc = field(p, start, offset, &to);

	if (rc < 0)
		return rc;
	be16_put(to, pseudo);
	p->meta.csum = CSUM_PARTIAL;
	p->meta.csum_start = start;
	p->meta.csum_offset = offset;
	return 0;
}

int csum_complete(struct pkt *p)
{
	uint16_t check;
	uint8_t *to;
	int rc;

	if (p->meta.csum != CSUM_PARTIAL)
		return 0;
	rc = field(p, p->meta.csum_start, p->meta.csum_offset, &to);
	if (rc < 0)
		return rc;
	check = (uint16_t)~csum_pkt(p, p->meta.csum_start, SIZE_MAX);
	be16_put(to, check ? check : 0xffff);
	p->meta.csum = CSUM_VERIFIED;
	return 0;
}
