/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes captures as pcapng. Layer: netstack.
 *
 * Numbers are in the host's order: readers tell it by the section header's magic. Each block is its
 * type, its length, its fields, options, and its length again, in words of 4 bytes.
 */
#include "netstack/pcapng.h"

#include <stdio.h>

#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_STATISTICS 5u
#define BLOCK_PACKET 6u
#define MAGIC 0x1a2b3c4du

#define OPT_END 0
#define OPT_SHB_USERAPPL 4
#define OPT_IF_NAME 2
#define OPT_IF_TSRESOL 9
#define OPT_EPB_FLAGS 2
#define OPT_ISB_IFRECV 4
#define OPT_ISB_IFDROP 5

/* What a block has beside a packet's bytes: built here, then given away. */
struct block {
	uint8_t b[192];
	size_t n;
};

static void put(struct block *o, const void *bytes, size_t n)
{
	memcpy(o->b + o->n, bytes, n);
	o->n += n;
}

static void put16(struct block *o, uint16_t v)
{
	put(o, &v, sizeof(v));
}

static void put32(struct block *o, uint32_t v)
{
	put(o, &v, sizeof(v));
}

static void put64(struct block *o, uint64_t v)
{
	put(o, &v, sizeof(v));
}

/* The upper half goes first, whatever the order of bytes. */
static void put_time(struct block *o, ktime_t t)
{
	put32(o, (uint32_t)((uint64_t)t >> 32));
	put32(o, (uint32_t)t);
}

static size_t padding(size_t n)
{
	return -n & 3;
}

static void option(struct block *o, uint16_t code, const void *value, size_t n)
{
	put16(o, code);
	put16(o, (uint16_t)n);
	put(o, value, n);
	put(o, "\0\0\0", padding(n));
}

static void begin(struct block *o, uint32_t type)
{
	o->n = 0;
	put32(o, type);
	put32(o, 0); /* the length: set_length() */
}

static void set_length(struct block *o, size_t n)
{
	uint32_t len = (uint32_t)n;

	memcpy(o->b + 4, &len, sizeof(len));
}

/* Ends a block that is all in o, and writes it. */
static int finish(struct pcapng *w, struct block *o)
{
	int rc;

	put32(o, OPT_END);
	put32(o, (uint32_t)o->n + 4);
	set_length(o, o->n);
	rc = w->out.begin(w->out.arg, o->n);
	if (rc == 0)
		w->out.add(w->out.arg, o->b, o->n);
	return rc;
}

int pcapng_init(struct pcapng *w, const struct pcapng_out *out, uint32_t snaplen)
{
	static const char application[] = "picket " PACKAGE_VERSION;
	struct block o;

	*w = (struct pcapng){ .out = *out, .snaplen = snaplen };
	begin(&o, BLOCK_SECTION);
	put32(&o, MAGIC);
	put16(&o, 1); /* version 1.0 */
	put16(&o, 0);
	put64(&o, UINT64_MAX); /* nobody knows yet how long it will be */
	option(&o, OPT_SHB_USERAPPL, application, strlen(application));
	return finish(w, &o);
}

int pcapng_interface(struct pcapng *w, const char *name, enum linktype type)
{
	const uint8_t nanoseconds = 9; /* 10 to the power of minus this */
	struct block o;
	int rc;

	begin(&o, BLOCK_INTERFACE);
	put16(&o, (uint16_t)type);
	put16(&o, 0);
	put32(&o, w->snaplen);
	option(&o, OPT_IF_NAME, name, strnlen(name, PCAPNG_NAME_MAX));
	option(&o, OPT_IF_TSRESOL, &nanoseconds, 1);
	rc = finish(w, &o);
	return rc < 0 ? rc : (int)w->interfaces++;
}

static void add_bytes(struct pcapng *w, const struct pkt *p, size_t n)
{
	size_t pad = padding(n);

	for (unsigned i = 0; n; i++) {
		size_t part = MIN(n, p->frags[i].len);

		w->out.add(w->out.arg, p->frags[i].data, part);
		n -= part;
	}
	if (pad)
		w->out.add(w->out.arg, "\0\0\0", pad);
}

int pcapng_packet(struct pcapng *w, unsigned interface, ktime_t time,
                  enum pcapng_direction direction, const struct pkt *p)
{
	size_t kept = w->snaplen ? MIN(p->len, (size_t)w->snaplen) : p->len, len;
	uint32_t flags = direction;
	struct block head, tail = { .n = 0 };
	int rc;

	if (interface >= w->interfaces)
		return -ENOENT;
	begin(&head, BLOCK_PACKET);
	put32(&head, interface);
	put_time(&head, time);
	put32(&head, (uint32_t)kept);
	put32(&head, (uint32_t)p->len);
	option(&tail, OPT_EPB_FLAGS, &flags, sizeof(flags));
	put32(&tail, OPT_END);
	len = head.n + kept + padding(kept) + tail.n + 4;
	put32(&tail, (uint32_t)len);
	set_length(&head, len);
	rc = len > UINT32_MAX ? -EMSGSIZE : w->out.begin(w->out.arg, len);
	if (rc < 0) {
		w->dropped++;
		return rc;
	}
	w->out.add(w->out.arg, head.b, head.n);
	add_bytes(w, p, kept);
	w->out.add(w->out.arg, tail.b, tail.n);
	return 0;
}

int pcapng_statistics(struct pcapng *w, unsigned interface, ktime_t time, uint64_t received)
{
	struct block o;

	if (interface >= w->interfaces)
		return -ENOENT;
	begin(&o, BLOCK_STATISTICS);
	put32(&o, interface);
	put_time(&o, time);
	option(&o, OPT_ISB_IFRECV, &received, sizeof(received));
	option(&o, OPT_ISB_IFDROP, &w->dropped, sizeof(w->dropped));
	return finish(w, &o);
}
