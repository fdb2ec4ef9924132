/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes captures as pcapng (draft-ietf-opsawg-pcapng), as Wireshark and tcpdump read it. Layer:
 * netstack. Opens no file and keeps no packet: bytes go to who made the writer.
 */
#ifndef NETSTACK_PCAPNG_H
#define NETSTACK_PCAPNG_H

#include "core/base.h"
#include "netstack/linktype.h"
#include "netstack/pkt.h"

#define PCAPNG_NAME_MAX 64 /* bytes of an interface's name that are kept */

/* Where the bytes go. A file has whole blocks or it can't be read: so room for one is asked for
 * first. */
struct pcapng_out {
	/* Room for a block of n bytes? 0, or a negative errno: then it is left out as a whole. */
	int (*begin)(void *arg, size_t n);
	/* The next bytes of the block that has begun, n in all. */
	void (*add)(void *arg, const void *bytes, size_t n);
	void *arg;
};

struct pcapng {
	struct pcapng_out out;
	uint32_t snaplen;    /* bytes kept of a packet; 0: all of them */
	uint32_t interfaces; /* ro: how many were described */
	uint64_t dropped;    /* ro: packets that weren't written */
};

enum pcapng_direction { PCAPNG_IN = 1, PCAPNG_OUT = 2 };

/* Writes the section header. 0, or begin's errno: then nothing was written and w is of no use. */
int pcapng_init(struct pcapng *w, const struct pcapng_out *out, uint32_t snaplen);
/* Describes an interface. Returns its number for the functions below, or begin's errno. */
int pcapng_interface(struct pcapng *w, const char *name, enum linktype type);
/*
 * time is of clock_realtime(). A checksum that is left to the link is written as it stands. -ENOENT
 * for an interface not described; begin's errno counts as a dropped packet.
 */
int pcapng_packet(struct pcapng *w, unsigned interface, ktime_t time,
                  enum pcapng_direction direction, const struct pkt *p);
/*
 * What the interface received, and what is missing here: at the end, or any time. Errors as above.
 */
int pcapng_statistics(struct pcapng *w, unsigned interface, ktime_t time, uint64_t received);

#endif
