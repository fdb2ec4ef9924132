/* SPDX-License-Identifier: Apache-2.0
 *
 * Ethernet addresses: text and groups. Layer: netstack.
 */
#include "netstack/mac.h"

#include <stdio.h>
#include <sys/socket.h>

#include "netstack/addr.h"

const struct mac mac_broadcast = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

struct mac mac_of_group(const struct addr *group)
{
	const uint8_t *b = group->b;

	if (group->family == AF_INET) /* only 23 bits of the 28 fit */
		return (struct mac){ { 0x01, 0x00, 0x5e, b[1] & 0x7f, b[2], b[3] } };
	return (struct mac){ { 0x33, 0x33, b[12], b[13], b[14], b[15] } };
}

char *mac_format(const struct mac *m, char buf[MAC_TEXT_MAX])
{
	snprintf(buf, MAC_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", m->b[0], m->b[1], m->b[2],
	         m->b[3], m->b[4], m->b[5]);
	return buf;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int mac_parse(const char *text, struct mac *ret)
{
	struct mac m;

	for (int i = 0; i < 6; i++, text += 3) {
		int high = hex(text[0]), low = high < 0 ? -1 : hex(text[1]);

		if (low < 0 || text[2] != (i < 5 ? ':' : '\0'))
			return -EINVAL;
		m.b[i] = (uint8_t)(high << 4 | low);
	}
	*ret = m;
	return 0;
}
