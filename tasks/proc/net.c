/* SPDX-License-Identifier: Apache-2.0
 *
 * /proc/net without a network: the headers of its tables. Layer: tasks. The network stack adds a
 * table to proc_net whose entries hide these.
 */
#include "tasks/proc/proc.h"

struct heading {
	const char *text;
	unsigned width; /* lines are filled up to this with spaces */
};

static int show_heading(struct seq *s, struct pseudo_open *o)
{
	const struct heading *h = o->entry->data;

	seq_printf(s, "%-*s\n", (int)h->width, h->text);
	return 0;
}

#define V4                                                                                         \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "      \
	"timeout inode"
#define V6                                                                                         \
	"  sl  local_address                         remote_address                        st tx_queue " \
	"rx_queue tr tm->when retrnsmt   uid  timeout inode"
#define DROPS " ref pointer drops"

static const struct heading dev = {
	"Inter-|   Receive                                                |  Transmit\n"
	" face |bytes    packets errs drop fifo frame compressed multicast|"
	"bytes    packets errs drop fifo colls carrier compressed", 0
};
static const struct heading tcp = { V4, 149 }, tcp6 = { V6, 0 };
static const struct heading udp = { " " V4 DROPS, 127 }, udp6 = { V6 DROPS, 0 };
static const struct heading raw = { V4 DROPS, 0 }, icmp = { V4 DROPS, 127 };
static const struct heading sock_unix = {
	"Num       RefCount Protocol Flags    Type St Inode Path", 0
};
static const struct heading netlink = {
	"sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode", 0
};
static const struct heading packet = {
	"sk               RefCnt Type Proto  Iface R Rmem   User   Inode", 0
};
static const struct heading route = {
	"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT", 127
};
static const struct heading arp = {
	"IP address       HW type     Flags       HW address            Mask     Device", 0
};

#define TABLE(n, h) PROC_REG(n, 0444, .show = show_heading, .data = (h))
const struct pseudo_entry proc_net_entries[] = {
	TABLE("arp", &arp),         TABLE("dev", &dev),       TABLE("icmp", &icmp),
	TABLE("netlink", &netlink), TABLE("packet", &packet), TABLE("raw", &raw),
	TABLE("raw6", &udp6),       TABLE("route", &route),   TABLE("tcp", &tcp),
	TABLE("tcp6", &tcp6),       TABLE("udp", &udp),       TABLE("udp6", &udp6),
	TABLE("udplite", &udp),     TABLE("udplite6", &udp6), TABLE("unix", &sock_unix),
	PROC_END,
};
