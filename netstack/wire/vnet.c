/* SPDX-License-Identifier: Apache-2.0
 *
 * The virtio-net header. Layer: netstack.
 */
#include "netstack/wire/vnet.h"

#include "netstack/wire/tcp.h"
#include "netstack/wire/udp.h"

int vnet_parse(struct bytes b, size_t size, struct vnet *ret)
{
	int rc = wire_need(b, size, DROP_VNET_SHORT);

	if (rc < 0)
		return rc;
	*ret = (struct vnet){
		.flags = b.p[0],
		.gso_type = b.p[1],
		.hlen = le16_get(b.p + 2),
		.gso_size = le16_get(b.p + 4),
		.csum_start = le16_get(b.p + 6),
		.csum_offset = le16_get(b.p + 8),
	};
	return 0;
}

ssize_t vnet_build(const struct vnet *v, size_t size, uint8_t *to, size_t room)
{
	if (size != VNET_HLEN && size != VNET_HLEN_MERGEABLE)
		return -EINVAL;
	if (room < size)
		return -EMSGSIZE;
	to[0] = v->flags;
	to[1] = v->gso_type;
	le16_put(to + 2, v->hlen);
	le16_put(to + 4, v->gso_size);
	le16_put(to + 6, v->csum_start);
	le16_put(to + 8, v->csum_offset);
	if (size == VNET_HLEN_MERGEABLE)
		le16_put(to + 10, 1);
	return (ssize_t)size;
}

static int gso_of(uint8_t type, enum pkt_gso *ret)
{
	switch (type & ~VNET_GSO_ECN) {
	case VNET_GSO_NONE:
		*ret = GSO_NONE;
		return type == VNET_GSO_NONE ? 0 : -DROP_VNET_GSO;
	case VNET_GSO_TCPV4:
		*ret = GSO_TCPV4;
		return 0;
	case VNET_GSO_TCPV6:
		*ret = GSO_TCPV6;
		return 0;
	case VNET_GSO_UDP_L4:
		*ret = GSO_UDP;
		return type == VNET_GSO_UDP_L4 ? 0 : -DROP_VNET_GSO;
	default: /* UDP fragmentation among them: nobody should send it */
		return -DROP_VNET_GSO;
	}
}

int vnet_to_pkt(const struct vnet *v, struct pkt *p)
{
	struct pkt_meta m = p->meta;
	int rc = gso_of(v->gso_type, &m.gso);

	if (rc < 0)
		return rc;
	if (m.gso != GSO_NONE && !v->gso_size)
		return -DROP_VNET_GSO;
	m.gso_size = m.gso == GSO_NONE ? 0 : v->gso_size;
	m.gso_ecn = v->gso_type & VNET_GSO_ECN;
	m.csum = v->flags & VNET_DATA_VALID ? CSUM_VERIFIED : CSUM_NONE;
	if (v->flags & VNET_NEEDS_CSUM) {
		if ((size_t)v->csum_start + v->csum_offset + 2 > p->len)
			return -DROP_VNET_CSUM;
		m.csum = CSUM_PARTIAL;
		m.csum_start = v->csum_start;
		m.csum_offset = v->csum_offset;
	}
	p->meta = m;
	return 0;
}

/* Where the payload begins; 0 if it can't be told. */
static uint16_t headers(const struct pkt *p)
{
	size_t n = p->meta.csum_start + UDP_HLEN;

	if (p->meta.gso != GSO_UDP) {
		uint8_t doff;

		if (pkt_read(p, p->meta.csum_start + 12, &doff, 1) < 1)
			return 0;
		n = p->meta.csum_start + (doff >> 4) * 4u;
	}
	return n <= UINT16_MAX ? (uint16_t)n : 0;
}

struct vnet vnet_of_pkt(const struct pkt *p)
{
	static const uint8_t types[] = {
		[GSO_NONE] = VNET_GSO_NONE,
		[GSO_TCPV4] = VNET_GSO_TCPV4,
		[GSO_TCPV6] = VNET_GSO_TCPV6,
		[GSO_UDP] = VNET_GSO_UDP_L4,
	};
	const struct pkt_meta *m = &p->meta;
	struct vnet v = { 0 };

	if (m->csum == CSUM_PARTIAL) {
		v.flags = VNET_NEEDS_CSUM;
		v.csum_start = (uint16_t)m->csum_start;
		v.csum_offset = m->csum_offset;
	} /* VNET_DATA_VALID is for the other way alone: virtio 1.2, 5.1.6.2 */
	if (m->gso != GSO_NONE) {
		v.gso_type = types[m->gso] | (m->gso_ecn ? VNET_GSO_ECN : 0);
		v.gso_size = m->gso_size;
		v.hlen = m->csum == CSUM_PARTIAL ? headers(p) : 0;
	}
	return v;
}
