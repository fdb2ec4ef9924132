/* SPDX-License-Identifier: Apache-2.0
 *
 * What a frame begins with. Layer: netstack. The numbers are those of capture files.
 */
#ifndef NETSTACK_LINKTYPE_H
#define NETSTACK_LINKTYPE_H

enum linktype {
	LINKTYPE_ETHERNET = 1,
	LINKTYPE_RAW = 101, /* an IP header, of either version: loopback */
};

#endif
