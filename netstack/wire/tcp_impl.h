/* SPDX-License-Identifier: Apache-2.0
 *
 * Kinds of TCP options, of IANA's registry. Layer: netstack. Private to tcp.c and tcp_build.c.
 */
#ifndef NETSTACK_WIRE_TCP_IMPL_H
#define NETSTACK_WIRE_TCP_IMPL_H

#define TCP_OPT_EOL 0
#define TCP_OPT_NOP 1
#define TCP_OPT_MSS 2
#define TCP_OPT_WSCALE 3
#define TCP_OPT_SACK_PERMITTED 4
#define TCP_OPT_SACK 5
#define TCP_OPT_TIME 8
#define TCP_OPT_MD5 19
#define TCP_OPT_AO 29
#define TCP_OPT_FASTOPEN 34
#define TCP_OPT_EXPERIMENT 254
#define TCP_EXPERIMENT_FASTOPEN 0xf989

#endif
