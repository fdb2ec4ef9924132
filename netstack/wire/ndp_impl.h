/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers of neighbour discovery: RFC 4861 4. Layer: netstack. Private to ndp.c and ndp_build.c.
 */
#ifndef NETSTACK_WIRE_NDP_IMPL_H
#define NETSTACK_WIRE_NDP_IMPL_H

#include "netstack/wire/ndp.h"

#define NDP_OPT_SOURCE 1
#define NDP_OPT_TARGET 2
#define NDP_OPT_PREFIX 3
#define NDP_OPT_REDIRECTED 4
#define NDP_OPT_MTU 5
#define NDP_OPT_RDNSS 25

#define NDP_RA_M 0x80
#define NDP_RA_O 0x40
#define NDP_NA_R 0x80
#define NDP_NA_S 0x40
#define NDP_NA_O 0x20
#define NDP_PREFIX_L 0x80
#define NDP_PREFIX_A 0x40

size_t ndp_hlen(uint8_t type);

#endif
