/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every link header is turned into an Ethernet type, and what such a type
 * stands for is peeled off until IP is there.
 */
#include "io/capture_link.h"

#include <stddef.h>
#include <string.h>

#include <pcap/pcap.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define ETHERNET_ADDRESSES 12

/* Up to here the type field is IEEE 802.3's length, and LLC follows. */
#define ETHERNET_LENGTH_MAX 1500

enum {
	TYPE_IPV4 = 0x0800,
	TYPE_IPV6 = 0x86dd,
	TYPE_VLAN = 0x8100,
	TYPE_VLAN_SERVICE = 0x88a8, /* IEEE 802.1ad */
	TYPE_VLAN_OLD = 0x9100,     /* before it: of several makers */
	TYPE_VLAN_OLDER = 0x9200,
	TYPE_MPLS = 0x8847, /* RFC 5332 */
	TYPE_MPLS_OTHER = 0x8848,
	TYPE_PPPOE = 0x8864, /* RFC 2516: the session stage */
	TYPE_NONE = 0xffff,  /* reserved: nothing that leads to IP */
};

struct number {
	uint32_t from;
	uint16_t type;
};

static uint16_t type_of(const struct number *row, size_t rows, uint32_t from)
{
	for (size_t i = 0; i < rows; i++)
		if (row[i].from == from)
			return row[i].type;
	return TYPE_NONE;
}

/* --- between the link's header and IP ------------------------------------ */

/* RFC 1661 2: one byte if it is odd, two if not. */
static uint16_t ppp_protocol(struct cursor *c)
{
	static const struct number protocol[] = {
		{ 0x0021, TYPE_IPV4 },
		{ 0x0057, TYPE_IPV6 },
		{ 0x0281, TYPE_MPLS },
		{ 0x0283, TYPE_MPLS_OTHER },
	};
	uint32_t value = rd_u8(c);

	if (!(value & 1))
		value = value << 8 | rd_u8(c);
	return type_of(protocol, ARRAY_SIZE(protocol), value);
}

/* RFC 2516 4: version, type and code; session; length. */
static uint16_t pppoe(struct cursor *c)
{
	uint16_t kind = rd_be16(c);

	rd_be32(c);
	return kind == 0x1100 ? ppp_protocol(c) : TYPE_NONE;
}

/* What begins here without a word of what it is. */
static uint16_t by_version(struct cursor *c)
{
	int first = rd_peek(c);

	if (first >> 4 == 4)
		return TYPE_IPV4;
	return first >> 4 == 6 ? TYPE_IPV6 : TYPE_NONE;
}

/* RFC 3032 2.1; nothing says what follows the last label. */
static uint16_t mpls(struct cursor *c)
{
	for (unsigned int i = 0; i < CAPTURE_LINK_LABELS_MAX && !c->bad; i++)
		if (rd_be32(c) & 0x100)
			return by_version(c);
	return TYPE_NONE;
}

/* RFC 1042: SNAP in unnumbered LLC, with the organisation that means "an
 * Ethernet type follows". */
static uint16_t llc(struct cursor *c)
{
	uint32_t header = rd_be24(c), organisation = rd_be24(c);
	uint16_t type = rd_be16(c);

	return header == 0xaaaa03 && organisation == 0 ? type : TYPE_NONE;
}

static uint16_t peel(struct cursor *c, uint16_t type)
{
	switch (type) {
	case TYPE_VLAN:
	case TYPE_VLAN_SERVICE:
	case TYPE_VLAN_OLD:
	case TYPE_VLAN_OLDER:
		rd_be16(c);
		return rd_be16(c);
	case TYPE_PPPOE:
		return pppoe(c);
	case TYPE_MPLS:
	case TYPE_MPLS_OTHER:
		return mpls(c);
	}
	return type <= ETHERNET_LENGTH_MAX ? llc(c) : TYPE_NONE;
}

/* --- the link's own header ------------------------------------------------ */

static uint16_t link_ethernet(struct cursor *c)
{
	rd_take(c, ETHERNET_ADDRESSES);
	return rd_be16(c);
}

/* The type is last of 16 bytes. */
static uint16_t link_cooked(struct cursor *c)
{
	rd_take(c, 14);
	return rd_be16(c);
}

/* The type is first of 20 bytes. */
static uint16_t link_cooked2(struct cursor *c)
{
	uint16_t type = rd_be16(c);

	rd_take(c, 18);
	return type;
}

/* DLT_NULL has the byte order of whoever captured, DLT_LOOP the network's.
 * Families are small, so that each can be told from its mirror image. */
static uint16_t link_loopback(struct cursor *c)
{
	static const struct number family[] = {
		{ 2, TYPE_IPV4 },  /* everywhere */
		{ 10, TYPE_IPV6 }, /* Linux */
		{ 23, TYPE_IPV6 }, /* Windows */
		{ 24, TYPE_IPV6 }, /* NetBSD, OpenBSD */
		{ 28, TYPE_IPV6 }, /* FreeBSD */
		{ 30, TYPE_IPV6 }, /* macOS */
	};
	uint32_t value = rd_be32(c);

	if (value > 0xffff)
		value = __builtin_bswap32(value);
	return type_of(family, ARRAY_SIZE(family), value);
}

static uint16_t link_ipv4(struct cursor *c)
{
	(void)c;
	return TYPE_IPV4;
}

static uint16_t link_ipv6(struct cursor *c)
{
	(void)c;
	return TYPE_IPV6;
}

/* RFC 1662 3.1: all stations, unnumbered; both ends may agree to leave that
 * out (RFC 1661 6.6). */
static uint16_t link_ppp(struct cursor *c)
{
	if (rd_peek(c) == 0xff)
		rd_be16(c);
	return ppp_protocol(c);
}

/* Address, control, and a type as on Ethernet (RFC 1547 4.3.1). */
static uint16_t link_hdlc(struct cursor *c)
{
	rd_be16(c);
	return rd_be16(c);
}

static uint16_t link_ppp_serial(struct cursor *c)
{
	int address = rd_peek(c);

	return address == 0x0f || address == 0x8f ? link_hdlc(c) : link_ppp(c);
}

/* The direction stands where the address would. */
static uint16_t link_ppp_pppd(struct cursor *c)
{
	rd_be16(c);
	return ppp_protocol(c);
}

/* The direction stands before all else. */
static uint16_t link_ppp_direction(struct cursor *c)
{
	rd_u8(c);
	return link_ppp(c);
}

/* What DLT_RAW is on OpenBSD, and in files that were written there. */
#define DLT_RAW_OPENBSD 14

static const struct link {
	int dlt;
	uint16_t (*open)(struct cursor *c); /* gives an Ethernet type */
} links[] = {
	{ DLT_EN10MB, link_ethernet },
	{ DLT_LINUX_SLL, link_cooked },
	{ DLT_LINUX_SLL2, link_cooked2 },
	{ DLT_RAW, by_version },
	{ DLT_RAW_OPENBSD, by_version },
	{ DLT_IPV4, link_ipv4 },
	{ DLT_IPV6, link_ipv6 },
	{ DLT_NULL, link_loopback },
	{ DLT_LOOP, link_loopback },
	{ DLT_PPP, link_ppp },
	{ DLT_PPP_SERIAL, link_ppp_serial },
	{ DLT_PPP_ETHER, pppoe },
	{ DLT_PPP_PPPD, link_ppp_pppd },
	{ DLT_PPP_WITH_DIR, link_ppp_direction },
	{ DLT_C_HDLC, link_hdlc },
};

static const struct link *link_find(int dlt)
{
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (links[i].dlt == dlt)
			return &links[i];
	return NULL;
}

bool capture_link_known(int dlt)
{
	return link_find(dlt) != NULL;
}

bool capture_link_strip(int dlt, struct span frame, struct span *ip)
{
	const struct link *link = link_find(dlt);
	struct cursor c = cursor_of(frame);
	uint16_t type = link ? link->open(&c) : TYPE_NONE;

	for (unsigned int i = 0; i < CAPTURE_LINK_HEADERS_MAX; i++) {
		if (type == TYPE_IPV4 || type == TYPE_IPV6)
			break;
		type = peel(&c, type);
	}
	/* After a read too many nothing is left, and no version either. */
	if (type == TYPE_NONE || by_version(&c) != type)
		return false;
	*ip = c.rest;
	return true;
}

uint32_t capture_link_interface(int dlt, struct span frame)
{
	struct cursor c = cursor_of(frame);

	if (dlt != DLT_LINUX_SLL2)
		return 0;
	rd_be32(&c);
	return rd_be32(&c);
}
