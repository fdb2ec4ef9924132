/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a packet was dropped: one list for the whole stack, for statistics by cause and for the log.
 * Layer: netstack. Parsers return 0 or one of these as a negative number; they are not errnos.
 */
#ifndef NETSTACK_DROP_H
#define NETSTACK_DROP_H

#include "core/base.h"

/*
 * X(constant, name in statistics)
 * SHORT: fewer bytes than the header has. CUT: long enough, but it can't be read as a whole.
 */
#define DROP_REASONS(X)                                                                            \
	X(NOMEM, "no_memory")                                                                      \
	X(CUT, "cut")                                                                              \
	X(ETH_SHORT, "eth_short")                                                                  \
	X(ETH_LLC, "eth_llc")                                                                      \
	X(ETH_VLAN, "eth_vlan")                                                                    \
	X(ARP_SHORT, "arp_short")                                                                  \
	X(ARP_FORMAT, "arp_format")                                                                \
	X(VNET_SHORT, "vnet_short")                                                                \
	X(VNET_CSUM, "vnet_csum")                                                                  \
	X(VNET_GSO, "vnet_gso")                                                                    \
	X(IPV4_SHORT, "ipv4_short")                                                                \
	X(IPV4_VERSION, "ipv4_version")                                                            \
	X(IPV4_HLEN, "ipv4_header_length")                                                         \
	X(IPV4_LENGTH, "ipv4_length")                                                              \
	X(IPV4_CSUM, "ipv4_checksum")                                                              \
	X(IPV4_OPTION, "ipv4_option")                                                              \
	X(IPV4_FRAG_ALIGN, "ipv4_fragment_align")                                                  \
	X(IPV4_FRAG_GIANT, "ipv4_fragment_giant")                                                  \
	X(IPV6_SHORT, "ipv6_short")                                                                \
	X(IPV6_VERSION, "ipv6_version")                                                            \
	X(IPV6_LENGTH, "ipv6_length")                                                              \
	X(IPV6_JUMBO, "ipv6_jumbogram")                                                            \
	X(IPV6_EXT_SHORT, "ipv6_extension_short")                                                  \
	X(IPV6_EXT_ORDER, "ipv6_extension_order")                                                  \
	X(IPV6_EXT_LIMIT, "ipv6_extension_limit")                                                  \
	X(IPV6_OPTION, "ipv6_option")                                                              \
	X(IPV6_OPTION_UNKNOWN, "ipv6_option_unknown")                                              \
	X(IPV6_ROUTING, "ipv6_routing")                                                            \
	X(IPV6_FRAG_ALIGN, "ipv6_fragment_align")                                                  \
	X(IPV6_FRAG_GIANT, "ipv6_fragment_giant")                                                  \
	X(IPV6_FRAG_NESTED, "ipv6_fragment_nested")                                                \
	X(IPV6_FRAG_CHAIN, "ipv6_fragment_chain")                                                  \
	X(ICMP_SHORT, "icmp_short")                                                                \
	X(ICMP_CSUM, "icmp_checksum")                                                              \
	X(ICMP_QUOTE, "icmp_quote")                                                                \
	X(ICMPV6_SHORT, "icmpv6_short")                                                            \
	X(ICMPV6_CSUM, "icmpv6_checksum")                                                          \
	X(NDP_SHORT, "ndp_short")                                                                  \
	X(NDP_TYPE, "ndp_type")                                                                    \
	X(NDP_HOP_LIMIT, "ndp_hop_limit")                                                          \
	X(NDP_CODE, "ndp_code")                                                                    \
	X(NDP_ADDRESS, "ndp_address")                                                              \
	X(NDP_OPTION, "ndp_option")                                                                \
	X(IGMP_SHORT, "igmp_short")                                                                \
	X(IGMP_CSUM, "igmp_checksum")                                                              \
	X(IGMP_LENGTH, "igmp_length")                                                              \
	X(IGMP_TYPE, "igmp_type")                                                                  \
	X(IGMP_GROUP, "igmp_group")                                                                \
	X(MLD_SHORT, "mld_short")                                                                  \
	X(MLD_TYPE, "mld_type")                                                                    \
	X(MLD_LENGTH, "mld_length")                                                                \
	X(MLD_HEADER, "mld_header")                                                                \
	X(MLD_GROUP, "mld_group")                                                                  \
	X(UDP_SHORT, "udp_short")                                                                  \
	X(UDP_LENGTH, "udp_length")                                                                \
	X(UDP_CSUM, "udp_checksum")                                                                \
	X(TCP_SHORT, "tcp_short")                                                                  \
	X(TCP_HLEN, "tcp_header_length")                                                           \
	X(TCP_OPTION, "tcp_option")                                                                \
	X(TCP_CSUM, "tcp_checksum")

enum drop_reason {
	DROP_NONE,
#define X(constant, name) DROP_##constant,
	DROP_REASONS(X)
#undef X
	DROP_COUNT
};

/*
 * The name in statistics of a reason, given as it is or negative; "unknown" for any other number.
 */
const char *drop_name(int reason);

#endif
