/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of fragments of a packet. Layer: netstack. Private to pkt.c and pkt_bytes.c.
 * None of these but what is said keeps p->len right: the caller does.
 */
#ifndef NETSTACK_PKT_IMPL_H
#define NETSTACK_PKT_IMPL_H

#include "netstack/pkt.h"

/* Makes room for n fragments in all. False: no memory, or more than PKT_FRAGS_MAX. */
bool pkt_frags_reserve(struct pkt *p, size_t n);
/* Gives the list's memory back. What was in it is the caller's. */
void pkt_frags_release(struct pkt *p);
/* Takes f's reference over. There is room. */
void pkt_frags_insert(struct pkt *p, unsigned at, struct pkt_frag f);
void pkt_frags_remove(struct pkt *p, unsigned at, unsigned n);

/* A new block of before + len bytes, with a fragment of the last len. */
bool pkt_frag_new(struct pkt_mem *mem, size_t before, size_t len, struct pkt_frag *ret);
/* A part of f, with a reference of its own. */
struct pkt_frag pkt_frag_part(const struct pkt_frag *f, size_t off, size_t len);
bool pkt_frag_exclusive(const struct pkt_frag *f);
size_t pkt_frag_headroom(const struct pkt_frag *f);
size_t pkt_frag_tailroom(const struct pkt_frag *f);

#endif
