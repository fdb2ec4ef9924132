/* SPDX-License-Identifier: Apache-2.0
 *
 * Packet buffers. Layer: netstack.
 *
 * A packet is a list of fragments; a fragment is a piece of a block, and blocks are shared and
 * counted. So the bytes of a TCP send queue are in flight without being copied, a reassembled
 * datagram is the fragments that it came in, and a clone costs no bytes.
 *
 *	struct pkt                     blocks
 *	  frags[0] ------------------> [ headroom | eth ip tcp |     ]   refs 1
 *	  frags[1] ------------------> [ ........ payload .......... ]   refs 2: a send queue's, too
 *
 * - A packet has one owner. Who is handed one owns it, and ends it with pkt_free or hands it on.
 * - Bytes are written only through pkt_push, pkt_put and pkt_write, which give bytes that nobody
 *   else sees: what is shared is copied before. A pointer into a packet is good until it is changed.
 * - Memory is charged to a `struct pkt_mem`, which has a limit: allocation fails beyond it, always
 *   with NULL or -ENOMEM and nothing changed. Sizes come from outside; nothing here asserts them.
 */
#ifndef NETSTACK_PKT_H
#define NETSTACK_PKT_H

#include <bsd/sys/queue.h>
#include <sys/uio.h>

#include "core/base.h"
#include "netstack/bytes.h"

/* Room for what is put in front on the way down: virtio-net 12, Ethernet 18, IPv6 40 with 8 of a
 * fragment header, TCP 60; rounded up. */
#define PKT_HEADROOM 144
#define PKT_FRAGS_MAX 1024 /* a writev(2) takes no more; no packet grows beyond */
#define PKT_FRAGS_INLINE 4

/*
 * Whose packets these are, and how much memory they may take. Outlives them. Zero `used` at first.
 */
struct pkt_mem {
	size_t limit;     /* the owner's to change at any time; below `used` it only refuses more */
	size_t used;      /* ro: bytes, with what the allocator and the structures take */
	uint64_t refused; /* ro */
};

struct pkt_block; /* private to pkt.c */

struct pkt_frag {
	struct pkt_block *block; /* reference */
	uint8_t *data;
	size_t len; /* never 0 */
};

/* What is known of the checksum of the transport layer: as virtio-net has it. */
enum pkt_csum {
	CSUM_NONE,     /* nothing: a receiver computes it */
	CSUM_VERIFIED, /* good, or the bytes never left this machine */
	CSUM_PARTIAL,  /* the field holds the sum of the pseudo header; see csum_start */
};

enum pkt_gso { GSO_NONE, GSO_TCPV4, GSO_TCPV6, GSO_UDP };

/* What travels with a packet and isn't in its bytes. */
struct pkt_meta {
	unsigned link;        /* index of the link it came in on; 0: made here */
	ktime_t time;         /* when it came in, of clock_realtime(); 0: not taken */
	enum pkt_csum csum;
	/* CSUM_PARTIAL: the sum goes from csum_start, counted from the packet's first byte, to its
	 * end, and belongs csum_offset after csum_start. Pushing and pulling moves csum_start
	 * along. */
	size_t csum_start;
	uint16_t csum_offset;
	/* To be cut into segments of gso_size bytes of payload each, by who sends it last. */
	enum pkt_gso gso;
	bool gso_ecn; /* CWR belongs to the first segment only */
	uint16_t gso_size;
};

struct pkt {
	TAILQ_ENTRY(pkt) entry; /* for the owner */
	struct pkt_meta meta;
	size_t len; /* ro: bytes in all fragments */
	/* ro outside of pkt.c */
	struct pkt_mem *mem;
	struct pkt_frag *frags; /* `few`, or allocated */
	unsigned nfrags, room;
	struct pkt_frag few[PKT_FRAGS_INLINE];
};
TAILQ_HEAD(pkt_queue, pkt);

/* len bytes, not set to anything, after headroom bytes for headers. NULL: no memory. */
struct pkt *pkt_new(struct pkt_mem *mem, size_t headroom, size_t len);
/* A copy of bytes, behind PKT_HEADROOM. */
struct pkt *pkt_from(struct pkt_mem *mem, const void *bytes, size_t len);
void pkt_free(struct pkt *p); /* takes NULL */
/* The same bytes and metadata without copying a byte. */
struct pkt *pkt_clone(const struct pkt *p);
/* The same in a block of its own, no larger than needed: before a small packet waits for long. */
struct pkt *pkt_copy(const struct pkt *p, size_t headroom);
/* Memory that goes free with it at most: Linux's truesize, for socket buffer limits. */
size_t pkt_truesize(const struct pkt *p);

/* n bytes more in front, to be written by the caller. NULL: no memory. n isn't 0. */
uint8_t *pkt_push(struct pkt *p, size_t n);
/* n bytes more at the end, to be written by the caller. NULL: no memory. n isn't 0. */
uint8_t *pkt_put(struct pkt *p, size_t n);
/* Drops the first n bytes; all of them if there aren't so many. */
void pkt_pull(struct pkt *p, size_t n);
/* Drops what is beyond the first len bytes. */
void pkt_trim(struct pkt *p, size_t len);
/*
 * p keeps the first `at` bytes; a new packet with p's metadata has the others. NULL: no memory.
 * CSUM_PARTIAL becomes CSUM_VERIFIED: who wants to send the parts completes the checksum before.
 */
struct pkt *pkt_split(struct pkt *p, size_t at);
/*
 * Puts all of q, which it takes over, behind p. -ENOMEM: both as they were. The metadata is p's, but
 * what is known of the checksum is lost if nothing is known of q's: csum_prepare() comes after it.
 */
int pkt_append(struct pkt *p, struct pkt *q);
/*
 * Puts bytes [off, off + len) of src, cut to what there is, behind p, shared. src isn't p.
 * -ENOMEM: as it was.
 */
int pkt_share(struct pkt *p, const struct pkt *src, size_t off, size_t len);

/* Copies bytes from off on; returns how many, less than n at the packet's end. */
size_t pkt_read(const struct pkt *p, size_t off, void *to, size_t n);
/* Bytes [off, off + n) in one piece and nobody else's. NULL: no memory, or there aren't so many. */
uint8_t *pkt_write(struct pkt *p, size_t off, size_t n);
/*
 * For parsers: what is behind off, of which the first n bytes, or all there is, are in one piece.
 * 0, or -ENOMEM with *ret untouched.
 */
int pkt_view(struct pkt *p, size_t off, size_t n, struct bytes *ret);
/* The fragments for writev(2). Returns how many; iov has room for p->nfrags. */
unsigned pkt_iovec(const struct pkt *p, struct iovec *iov);

/* Walks everything and asserts that it fits together; for tests and debug builds. */
void pkt_verify(const struct pkt *p);

#endif
