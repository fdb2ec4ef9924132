/* SPDX-License-Identifier: Apache-2.0
 *
 * Ethernet, ARP, the virtio-net header; names of the reasons to drop a packet.
 */
#include "tests/unit/net_test.h"

#include "netstack/csum.h"
#include "netstack/wire/arp.h"
#include "netstack/wire/eth.h"
#include "netstack/wire/vnet.h"

/* ---- reasons ---- */

static void test_drop_names(void **state UNUSED)
{
	for (int i = 0; i < DROP_COUNT; i++) {
		const char *name = drop_name(i);

		assert_string_equal(drop_name(-i), name);
		for (const char *s = name; *s; s++)
			assert_true((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') ||
			            *s == '_');
		for (int j = 0; j < i; j++)
			assert_string_not_equal(drop_name(j), name);
	}
	assert_string_equal(drop_name(-DROP_TCP_OPTION), "tcp_option");
	assert_string_equal(drop_name(DROP_COUNT), "unknown");
	assert_string_equal(drop_name(INT32_MIN), "unknown");
	assert_string_equal(drop_name(INT32_MAX), "unknown");
}

/* ---- Ethernet ---- */

static int eth(struct bytes b)
{
	struct eth e;

	return eth_parse(b, &e);
}

static int eth_of(const char *text, struct eth *e)
{
	struct bytes b = hex(text);
	int rc = eth_parse(b, e);

	bytes_free(b);
	return rc;
}

#define MACS "ffffffffffff 525400000001 "

static void test_eth(void **state UNUSED)
{
	char text[MAC_TEXT_MAX];
	uint8_t out[ETH_HLEN_MAX];
	struct bytes b;
	struct eth e;

	assert_int_equal(eth_of(MACS "0800 45", &e), 0);
	assert_true(mac_eq(&e.dst, &mac_broadcast));
	assert_string_equal(mac_format(&e.src, text), "52:54:00:00:00:01");
	assert_int_equal(e.type, ETHERTYPE_IPV4);
	assert_int_equal(e.hlen, 14);
	assert_false(e.tagged);
	assert_int_equal(eth_of(MACS "8100 6005 86dd", &e), 0);
	assert_true(e.tagged);
	assert_int_equal(eth_vid(&e), 5);
	assert_int_equal(e.tci >> 13, 3);
	assert_int_equal(e.type, ETHERTYPE_IPV6);
	assert_int_equal(e.hlen, 18);
	assert_int_equal(eth_build(&e, out, sizeof(out)), 18);
	b = hex(MACS "8100 6005 86dd");
	assert_memory_equal(out, b.p, 18);
	bytes_free(b);
	assert_int_equal(eth_build(&e, out, 17), -EMSGSIZE);
	e.tagged = false;
	assert_int_equal(eth_build(&e, out, sizeof(out)), -EINVAL); /* the tag would be lost */
	e.tci = 0;
	assert_int_equal(eth_build(&e, out, 14), 14);
	e.type = 0x5ff;
	assert_int_equal(eth_build(&e, out, sizeof(out)), -EINVAL);
}

static void test_eth_bad(void **state UNUSED)
{
	struct eth e;

	each_cut(MACS "0806", 14, DROP_ETH_SHORT, eth);
	each_cut(MACS "8100 0000 0806", 14, DROP_ETH_SHORT, eth);
	assert_int_equal(eth_of(MACS "8100 0000", &e), -DROP_ETH_SHORT);
	assert_int_equal(eth_of(MACS "8100 0000 08", &e), -DROP_ETH_SHORT);
	assert_int_equal(eth_of(MACS "8100 0001 8100 0002 0800", &e), -DROP_ETH_VLAN);
	assert_int_equal(eth_of(MACS "8100 0001 88a8 0002 0800", &e), -DROP_ETH_VLAN);
	assert_int_equal(eth_of(MACS "88a8 0001 0800", &e), -DROP_ETH_VLAN);
	assert_int_equal(eth_of(MACS "05dc aaaa03", &e), -DROP_ETH_LLC);
	assert_int_equal(eth_of(MACS "8100 0001 0026", &e), -DROP_ETH_LLC);
}

/* ---- ARP ---- */

#define ARP "0001 0800 06 04 0001 525400000001 c0000201 000000000000 c0000202"

static int arp(struct bytes b)
{
	struct arp a;

	return arp_parse(b, &a);
}

static void test_arp(void **state UNUSED)
{
	struct bytes b = hex(ARP "00000000"); /* with padding */
	uint8_t out[ARP_LEN];
	struct arp a;

	assert_int_equal(arp_parse(b, &a), 0);
	assert_int_equal(a.op, ARP_REQUEST);
	assert_addr(a.sender, "192.0.2.1");
	assert_addr(a.target, "192.0.2.2");
	assert_int_equal(a.sender_mac.b[0], 0x52);
	assert_int_equal(arp_build(&a, out, sizeof(out)), ARP_LEN);
	assert_memory_equal(out, b.p, ARP_LEN);
	assert_int_equal(arp_build(&a, out, ARP_LEN - 1), -EMSGSIZE);
	a.sender = addr("2001:db8::1");
	assert_int_equal(arp_build(&a, out, sizeof(out)), -EINVAL);
	bytes_free(b);
}

static void test_arp_bad(void **state UNUSED)
{
	struct bytes b = hex(ARP);
	uint8_t *p = (uint8_t *)b.p;
	struct arp a;

	each_cut(ARP, ARP_LEN, DROP_ARP_SHORT, arp);
	for (int i = 0; i < 6; i++) { /* other hardware, protocol, lengths */
		p[i] ^= 2;
		assert_int_equal(arp_parse(b, &a), -DROP_ARP_FORMAT);
		p[i] ^= 2;
	}
	be16_put(p + 6, 8);
	assert_int_equal(arp_parse(b, &a), 0); /* InARP's number is for the stack to pass over */
	assert_int_equal(a.op, 8);
	bytes_free(b);
}

/* ---- virtio-net ---- */

static int vnet(struct bytes b)
{
	struct vnet v;

	return vnet_parse(b, VNET_HLEN_MERGEABLE, &v);
}

static void test_vnet(void **state UNUSED)
{
	struct bytes b = hex("01 81 4200 a805 2200 1000 0100");
	uint8_t out[VNET_HLEN_MERGEABLE];
	struct vnet v;

	assert_int_equal(vnet_parse(b, VNET_HLEN_MERGEABLE, &v), 0);
	assert_int_equal(v.flags, VNET_NEEDS_CSUM);
	assert_int_equal(v.gso_type, VNET_GSO_TCPV4 | VNET_GSO_ECN);
	assert_int_equal(v.hlen, 66);
	assert_int_equal(v.gso_size, 1448);
	assert_int_equal(v.csum_start, 34);
	assert_int_equal(v.csum_offset, 16);
	assert_int_equal(vnet_build(&v, VNET_HLEN_MERGEABLE, out, sizeof(out)), 12);
	assert_memory_equal(out, b.p, 12);
	assert_int_equal(vnet_build(&v, VNET_HLEN, out, sizeof(out)), 10);
	assert_int_equal(vnet_build(&v, VNET_HLEN, out, 9), -EMSGSIZE);
	assert_int_equal(vnet_build(&v, 11, out, sizeof(out)), -EINVAL);
	bytes_free(b);
	each_cut("01 81 4200 a805 2200 1000 0100", 12, DROP_VNET_SHORT, vnet);
}

static void test_vnet_meta(void **state UNUSED)
{
	static const struct {
		struct vnet v;
		int rc;
		enum pkt_csum csum;
		enum pkt_gso gso;
	} cases[] = {
		{ { 0 }, 0, CSUM_NONE, GSO_NONE },
		{ { .flags = VNET_DATA_VALID, .gso_size = 9 }, 0, CSUM_VERIFIED, GSO_NONE },
		{ { 1, .csum_start = 34, .csum_offset = 16 }, 0, CSUM_PARTIAL, GSO_NONE },
		{ { 1, .csum_start = 82, .csum_offset = 16 }, 0, CSUM_PARTIAL, GSO_NONE },
		{ { 1, .csum_start = 83, .csum_offset = 16 }, -DROP_VNET_CSUM, 0, 0 },
		{ { 1, .csum_start = 65535, .csum_offset = 65535 }, -DROP_VNET_CSUM, 0, 0 },
		{ { .gso_type = VNET_GSO_TCPV4, .gso_size = 1 }, 0, CSUM_NONE, GSO_TCPV4 },
		{ { .gso_type = VNET_GSO_TCPV6 | VNET_GSO_ECN, .gso_size = 1 }, 0, 0, GSO_TCPV6 },
		{ { .gso_type = VNET_GSO_UDP_L4, .gso_size = 1 }, 0, CSUM_NONE, GSO_UDP },
		{ { .gso_type = VNET_GSO_TCPV4 }, -DROP_VNET_GSO, 0, 0 },
		{ { .gso_type = VNET_GSO_UDP_L4 | VNET_GSO_ECN, .gso_size = 1 }, -DROP_VNET_GSO, 0,
		0 },
		{ { .gso_type = VNET_GSO_ECN }, -DROP_VNET_GSO, 0, 0 },
		{ { .gso_type = 3, .gso_size = 1 }, -DROP_VNET_GSO, 0, 0 }, /* UFO */
		{ { .gso_type = 2, .gso_size = 1 }, -DROP_VNET_GSO, 0, 0 },
		{ { .gso_type = 0x7f, .gso_size = 1 }, -DROP_VNET_GSO, 0, 0 },
	};
	struct pkt_mem mem = { .limit = SIZE_MAX };
	struct pkt *p = pkt_new(&mem, 0, 100);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		p->meta = (struct pkt_meta){ .link = 7 };
		if (vnet_to_pkt(&cases[i].v, p) != cases[i].rc || p->meta.csum != cases[i].csum ||
		    p->meta.gso != cases[i].gso)
			fail_msg("case %zu", i);
		assert_int_equal(p->meta.link, 7);
		if (p->meta.csum != CSUM_PARTIAL)
			continue;
		struct vnet back = vnet_of_pkt(p);
		assert_int_equal(back.flags, VNET_NEEDS_CSUM);
		assert_int_equal(back.csum_start, cases[i].v.csum_start);
		assert_int_equal(back.csum_offset, 16);
	}
	pkt_free(p);
	assert_int_equal(mem.used, 0);
}

/* Going out: where the payload begins follows from the transport header. */
static void test_vnet_out(void **state UNUSED)
{
	struct pkt_mem mem = { .limit = SIZE_MAX };
	struct pkt *p = pkt_new(&mem, 0, 200);
	struct vnet v;

	memset(pkt_write(p, 0, 200), 0x80, 200); /* data offset 8 words */
	p->meta.csum = CSUM_PARTIAL;
	p->meta.csum_start = 54;
	p->meta.csum_offset = 16;
	p->meta.gso = GSO_TCPV6;
	p->meta.gso_size = 60;
	p->meta.gso_ecn = true;
	v = vnet_of_pkt(p);
	assert_int_equal(v.gso_type, VNET_GSO_TCPV6 | VNET_GSO_ECN);
	assert_int_equal(v.gso_size, 60);
	assert_int_equal(v.hlen, 54 + 32);
	p->meta.gso = GSO_UDP;
	p->meta.gso_ecn = false;
	v = vnet_of_pkt(p);
	assert_int_equal(v.gso_type, VNET_GSO_UDP_L4);
	assert_int_equal(v.hlen, 62);
	p->meta.gso = GSO_TCPV4;
	pkt_trim(p, 60);
	assert_int_equal(vnet_of_pkt(p).hlen, 0); /* a hint, and none */
	p->meta.csum = CSUM_VERIFIED;
	assert_int_equal(vnet_of_pkt(p).flags, 0);
	pkt_free(p);
	assert_int_equal(mem.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drop_names), cmocka_unit_test(test_eth),
		cmocka_unit_test(test_eth_bad),    cmocka_unit_test(test_arp),
		cmocka_unit_test(test_arp_bad),    cmocka_unit_test(test_vnet),
		cmocka_unit_test(test_vnet_meta),  cmocka_unit_test(test_vnet_out),
	};

	return cmocka_run_group_tests_name("wire_link", tests, NULL, NULL);
}
