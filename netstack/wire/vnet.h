/* SPDX-License-Identifier: Apache-2.0
 *
 * The header that virtio-net, TAP (IFF_VNET_HDR) and AF_PACKET (PACKET_VNET_HDR) put before a
 * frame: virtio 1.2, 5.1.6; linux/virtio_net.h. Layer: netstack. See wire.h for the rules.
 *
 * Little-endian, as virtio 1 has it, and TAP where it was told to (TUNSETVNETLE).
 */
#ifndef NETSTACK_WIRE_VNET_H
#define NETSTACK_WIRE_VNET_H

#include "netstack/pkt.h"
#include "netstack/wire/wire.h"

#define VNET_HLEN 10
#define VNET_HLEN_MERGEABLE 12 /* with num_buffers, which is always 1 here */

#define VNET_NEEDS_CSUM 1
#define VNET_DATA_VALID 2

#define VNET_GSO_NONE 0
#define VNET_GSO_TCPV4 1
#define VNET_GSO_TCPV6 4
#define VNET_GSO_UDP_L4 5
#define VNET_GSO_ECN 0x80

struct vnet {
	uint8_t flags, gso_type;
	uint16_t hlen; /* of the headers in front of the payload: a hint */
	uint16_t gso_size;
	uint16_t csum_start, csum_offset;
};

/* size is VNET_HLEN or VNET_HLEN_MERGEABLE, as the link was set up. */
int vnet_parse(struct bytes b, size_t size, struct vnet *ret);
/* Errors of X_build, and -EINVAL for another size. */
ssize_t vnet_build(const struct vnet *v, size_t size, uint8_t *to, size_t room);

/*
 * Between the header and the metadata of the frame behind it. vnet_to_pkt: 0, -DROP_VNET_CSUM for a
 * checksum outside of the frame, -DROP_VNET_GSO for what wasn't offered to the other side; p's
 * metadata is changed on success alone.
 */
int vnet_to_pkt(const struct vnet *v, struct pkt *p);
struct vnet vnet_of_pkt(const struct pkt *p);

#endif
