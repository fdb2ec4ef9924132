/* SPDX-License-Identifier: Apache-2.0
 *
 * What IGMPv3 and MLDv2 have in common: group records and floating-point times. Layer: netstack.
 * RFC 3376 4.1.1, 4.2; RFC 3810 5.1.3, 5.2.
 */
#ifndef NETSTACK_WIRE_GROUP_H
#define NETSTACK_WIRE_GROUP_H

#include "netstack/wire/wire.h"

/* Types of records. */
#define GROUP_IS_INCLUDE 1
#define GROUP_IS_EXCLUDE 2
#define GROUP_TO_INCLUDE 3
#define GROUP_TO_EXCLUDE 4
#define GROUP_ALLOW 5
#define GROUP_BLOCK 6

struct group_record {
	uint8_t type; /* of unknown types there may be some: they are passed over */
	struct addr group;
	uint16_t nsources;
	const uint8_t *sources; /* in wire format: see group_source() */
};

/* Source i of a list of addresses of a family. */
struct addr group_source(const uint8_t *sources, uint8_t family, unsigned i);
/* The next record, which b is moved behind. False at the end, and at what isn't a whole record. */
bool group_record_next(struct bytes *b, uint8_t family, struct group_record *ret);
/* The family is the group's; sources are in wire format, as above. */
ssize_t group_record_build(const struct group_record *r, uint8_t *to, size_t room);
/* 0 if b begins with n whole records, else -reason. */
int group_records_check(struct bytes b, uint8_t family, unsigned n, enum drop_reason reason);

/* The number that a code of 8 bits (IGMPv3, and QQIC of both) or 16 bits (MLDv2) stands for. */
uint32_t group_decode8(uint8_t code);
uint32_t group_decode16(uint16_t code);
/* The code of the largest number that can be said and isn't more than n. */
uint8_t group_encode8(uint32_t n);
uint16_t group_encode16(uint32_t n);

#endif
