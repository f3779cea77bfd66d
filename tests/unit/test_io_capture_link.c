/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Link layers: the IP packet is found in every one, and in no other frame. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pcap/pcap.h>

#include <sallyport/checksum.h>

#include "captures.h"
#include "io/capture_ip.h"
#include "io/capture_link.h"
#include "known.h"
#include "support.h"

#define MACS "525400000001525400000002"
#define SLL  "0000000100065254000000010000"
#define SLL2 "000000000007000100065254000000010000"

/* Link headers before an IPv4 or IPv6 packet. */
static const struct {
	int dlt;
	bool v6;
	const char *header;
} good[] = {
	{ DLT_EN10MB, false, MACS "0800" },
	{ DLT_EN10MB, true, MACS "86dd" },
	{ DLT_EN10MB, false, MACS "810000640800" },
	{ DLT_EN10MB, true, MACS "8100e00186dd" },
	{ DLT_EN10MB, false,
	  MACS "88a8000181000002"
	       "0800" },
	{ DLT_EN10MB, true,
	  MACS "910000019200000281000003"
	       "88a80004"
	       "86dd" },
	/* PPPoE, with the protocol in two bytes and in one */
	{ DLT_EN10MB, false, MACS "88641100002a00420021" },
	{ DLT_EN10MB, true, MACS "88641100002a00420057" },
	{ DLT_EN10MB, false, MACS "8100000788641100002a004221" },
	/* MPLS: one label, three labels */
	{ DLT_EN10MB, false, MACS "88470001013f" },
	{ DLT_EN10MB, true, MACS "8848000100400002004000030140" },
	{ DLT_EN10MB, false, MACS "88641100002a004202810001013f" },
	/* IEEE 802.3 with LLC and SNAP */
	{ DLT_EN10MB, false, MACS "0050aaaa030000000800" },
	{ DLT_EN10MB, true, MACS "05dcaaaa0300000086dd" },
	{ DLT_LINUX_SLL, false, SLL "0800" },
	{ DLT_LINUX_SLL, true, SLL "86dd" },
	{ DLT_LINUX_SLL, false, SLL "810000010800" },
	{ DLT_LINUX_SLL, false, SLL "0004aaaa030000000800" },
	{ DLT_LINUX_SLL2, false, "0800" SLL2 },
	{ DLT_LINUX_SLL2, true, "86dd" SLL2 },
	{ DLT_LINUX_SLL2, true, "8100" SLL2 "000186dd" },
	{ DLT_RAW, false, "" },
	{ DLT_RAW, true, "" },
	{ DLT_IPV4, false, "" },
	{ DLT_IPV6, true, "" },
	{ DLT_NULL, false, "02000000" },
	{ DLT_NULL, false, "00000002" },
	{ DLT_NULL, true, "0a000000" },
	{ DLT_NULL, true, "00000017" },
	{ DLT_NULL, true, "18000000" },
	{ DLT_NULL, true, "1c000000" },
	{ DLT_NULL, true, "0000001e" },
	{ DLT_LOOP, false, "00000002" },
	{ DLT_LOOP, true, "0000001c" },
	{ DLT_PPP, false, "ff030021" },
	{ DLT_PPP, true, "ff0357" },
	{ DLT_PPP, false, "0021" },
	{ DLT_PPP, true, "57" },
	{ DLT_PPP_SERIAL, false, "ff030021" },
	{ DLT_PPP_SERIAL, true, "0f0086dd" },
	{ DLT_PPP_SERIAL, false, "8f000800" },
	{ DLT_PPP_ETHER, false, "1100002a00420021" },
	{ DLT_PPP_PPPD, false, "00030021" },
	{ DLT_PPP_PPPD, true, "01030057" },
	{ DLT_PPP_WITH_DIR, false, "01ff030021" },
	{ DLT_PPP_WITH_DIR, true, "0057" },
	{ DLT_C_HDLC, false, "0f000800" },
	{ DLT_C_HDLC, true, "8f0086dd" },
};

/* @header and the packet behind it, and then @padding bytes; gives where the
 * packet begins. */
static size_t frame_make(size_t row, uint8_t *b, size_t padding, size_t *len)
{
	size_t header = known_unhex(good[row].header, b);

	*len = header +
	       known_unhex(good[row].v6 ? known_sack6 : known_syn4, b + header);
	memset(b + *len, 0x45, padding);
	*len += padding;
	return header;
}

/* Through a file that libpcap wrote, with and without padding. */
static void every_link(void **state)
{
	static struct file f;
	uint8_t b[KNOWN_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good) * 2; i++) {
		size_t len, padding = i % 2 ? 9 : 0;
		size_t at = frame_make(i / 2, b, padding, &len);
		struct record r = { 1700000000, 123456, span_of(b, len), 0 };
		struct capture_packet p;
		struct capture *c;

		file_dump(&f, good[i / 2].dlt, &r, 1);
		c = file_capture(&f);
		if (capture_next(c, &p) != CAPTURE_PACKET)
			fail_msg("row %zu", i / 2);
		assert_int_equal(p.ip.len, len - at - padding);
		assert_memory_equal(p.ip.at, b + at, p.ip.len);
		assert_int_equal(p.at_us, 1700000000123456);
		assert_int_equal(p.number, 1);
		assert_int_equal(p.interface,
				 good[i / 2].dlt == DLT_LINUX_SLL2 ? 7 : 0);
		assert_false(p.snapped);
		assert_int_equal(capture_next(c, &p), CAPTURE_END);
		assert_int_equal(capture_next(c, &p), CAPTURE_END);
		capture_close(c);
	}
}

/* However short a frame is, no byte behind it is read (guard page). */
static void every_truncation(void **state)
{
	uint8_t b[KNOWN_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		size_t len, at = frame_make(i, b, 0, &len);

		for (size_t n = 0; n <= len; n++) {
			struct span s = guarded(b, n), ip = { NULL, 0 };
			bool found = capture_link_strip(good[i].dlt, s, &ip);

			assert_int_equal(found, n > at);
			if (found)
				assert_int_equal(ip.len, n - at);
			capture_link_interface(good[i].dlt, s);
			guarded_free(s);
		}
	}
}

/* Whatever bytes are changed, what is found lies in the frame. */
static void every_byte_every_value(void **state)
{
	uint8_t b[KNOWN_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		size_t len, at = frame_make(i, b, 0, &len);
		struct span s = guarded(b, len), ip;
		uint8_t *byte = (uint8_t *)(uintptr_t)s.at;

		for (size_t k = 0; k < at * 256; k++) {
			byte[k / 256] = (uint8_t)k;
			if (capture_link_strip(good[i].dlt, s, &ip)) {
				assert_true(ip.len > 0 && ip.len <= len);
				assert_ptr_equal(ip.at + ip.len, s.at + len);
			}
			byte[k / 256] = b[k / 256];
		}
		guarded_free(s);
	}
}

static void frames_without_ip(void **state)
{
	static const struct {
		int dlt;
		const char *frame;
	} row[] = {
		{ DLT_EN10MB, "" },
		{ DLT_EN10MB, MACS "080600010800060400014500" }, /* ARP */
		{ DLT_EN10MB, MACS "88cc45000000" },             /* LLDP */
		{ DLT_EN10MB, MACS "88631109000045000000" },     /* discovery */
		{ DLT_EN10MB, MACS "88641100002a0042c0214500" }, /* LCP */
		{ DLT_EN10MB, MACS "88642100002a004200214500" }, /* version 2 */
		{ DLT_EN10MB, MACS "88641107002a004200214500" }, /* PADO */
		{ DLT_EN10MB, MACS "0026424203000045000000" },   /* STP */
		{ DLT_EN10MB, MACS "0050aaaa0300000c08004500" }, /* Cisco's */
		{ DLT_EN10MB, MACS "05dd45000000" },             /* neither */
		{ DLT_EN10MB, MACS "080060000000" }, /* IPv6 as IPv4 */
		{ DLT_EN10MB, MACS "86dd45000000" },
		{ DLT_EN10MB, MACS "080054000000" },
		{ DLT_EN10MB, MACS "ffff45000000" },
		{ DLT_EN10MB, MACS "8847000101ff00000000" }, /* pseudowire */
		{ DLT_EN10MB, MACS "8847000100ff45000000" }, /* no last label */
		{ DLT_LINUX_SLL, SLL "080600010800" },
		{ DLT_LINUX_SLL2, "0806" SLL2 "45000000" },
		{ DLT_RAW, "54000000" },
		{ DLT_RAW, "" },
		{ DLT_IPV4, "60000000" },
		{ DLT_IPV6, "45000000" },
		{ DLT_NULL, "0700000045000000" },
		{ DLT_NULL, "0200000060000000" },
		{ DLT_PPP, "ff03c02145000000" },
		{ DLT_PPP_SERIAL, "0f0020004500" },
		{ DLT_C_HDLC, "8f00803545000000" }, /* SLARP */
	};
	static struct file f;
	uint8_t b[KNOWN_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		size_t len = known_unhex(row[i].frame, b);
		struct record r = { 1, 0, span_of(b, len), 0 };
		enum capture_result end;
		struct capture_packet p;
		struct capture *c;

		file_dump(&f, row[i].dlt, &r, 1);
		c = file_capture(&f);
		if (capture_drain(c, &end, &p) != 0)
			fail_msg("row %zu", i);
		assert_int_equal(end, CAPTURE_END);
		assert_int_equal(capture_counts(c).frames, 1);
		assert_int_equal(capture_counts(c).other, 1);
		capture_close(c);
	}
}

/* Tags and labels up to the bound, and beyond. */
static void bounds(void **state)
{
	uint8_t b[KNOWN_MAX] = { 0 };
	struct span ip;

	(void)state;
	for (size_t tags = 0; tags < 20; tags++) {
		for (size_t i = 0; i < tags; i++)
			memcpy(b + 12 + i * 4, "\x81\0\0\1", 4);
		memcpy(b + 12 + tags * 4, "\x08\0\x45", 3);
		assert_int_equal(capture_link_strip(DLT_EN10MB, span_of(b, 120),
						    &ip),
				 tags <= CAPTURE_LINK_HEADERS_MAX);
	}
	for (size_t labels = 1; labels < 20; labels++) {
		memset(b, 0, sizeof(b));
		memcpy(b + 12, "\x88\x47", 2);
		b[14 + labels * 4 - 2] = 1;
		b[14 + labels * 4] = 0x45;
		assert_int_equal(capture_link_strip(DLT_EN10MB, span_of(b, 120),
						    &ip),
				 labels <= CAPTURE_LINK_LABELS_MAX);
	}
}

/* --- the end of the packet -------------------------------------------------- */

/* Lengths of 0, as of packets on their way to a card that cuts them. */
static void offloaded(void **state)
{
	static struct file f;
	uint8_t b[KNOWN_MAX];

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		size_t len = known_unhex(v6 ? known_sack6 : known_syn4, b);
		struct record r = { 1, 0, span_of(b, len), 0 };
		struct capture_packet p;
		struct capture *c;

		memset(b + (v6 ? 4 : 2), 0, 2);
		file_dump(&f, DLT_RAW, &r, 1);
		c = file_capture(&f);
		assert_int_equal(capture_next(c, &p), CAPTURE_PACKET);
		known_unhex(v6 ? known_sack6 : known_syn4, b);
		assert_int_equal(p.ip.len, len);
		assert_memory_equal(p.ip.at, b, len);
		assert_false(p.snapped);
		capture_close(c);
	}
}

static void lengths(void **state)
{
	static uint8_t room[CAPTURE_IP_MAX];
	static const struct {
		const char *hex;
		bool whole;
		size_t len; /* 0: as it was */
	} row[] = {
		{ "45", false, 0 },
		{ "60", false, 0 },
		{ "4500001400000000400600000a0104040a020505", true, 20 },
		{ "4500001400000000400600000a0104040a020505ff", true, 20 },
		{ "4500001500000000400600000a0104040a020505", false, 0 },
		{ "4500001300000000400600000a0104040a020505", false, 0 },
		{ "4400001400000000400600000a0104040a020505", false, 0 },
		{ "4600001400000000400600000a0104040a020505", false, 0 },
		/* nothing follows: no length to be mended */
		{ "6000000000003b40fc0000000000000000000000000000"
		  "04fc00000000000000000000000000000545",
		  true, 40 },
	};
	uint8_t b[KNOWN_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		size_t len = known_unhex(row[i].hex, b);
		struct span s = guarded(b, len), ip = s;

		assert_int_equal(capture_ip_bound(&ip, room), row[i].whole);
		assert_ptr_equal(ip.at, s.at);
		assert_int_equal(ip.len, row[i].len ? row[i].len : len);
		guarded_free(s);
	}
}

/* The longest that length fields can tell, and one byte more. */
static void offloaded_bounds(void **state)
{
	static uint8_t b[CAPTURE_IP_MAX + 1], room[CAPTURE_IP_MAX];

	(void)state;
	for (int v6 = 0; v6 < 2; v6++)
		for (size_t beyond = 0; beyond < 2; beyond++) {
			size_t most = v6 ? CAPTURE_IP_MAX : 65535;
			struct span ip = span_of(b, most + beyond);

			memset(b, 0, 40);
			b[0] = v6 ? 0x60 : 0x45;
			b[6] = v6 ? 6 : 0;
			assert_int_equal(capture_ip_bound(&ip, room), !beyond);
			assert_ptr_equal(ip.at, beyond ? b : room);
			assert_int_equal(ip.len, most + beyond);
			if (beyond)
				continue;
			assert_memory_equal(room + (v6 ? 4 : 2), "\xff\xff", 2);
			if (!v6)
				assert_int_equal(checksum_finish(checksum_add(
							 0, span_of(room, 20))),
						 0);
		}
}

/* Snapped is what lacks bytes of the packet, not of the padding; and not what
 * was too short on the wire already. */
static void snapped(void **state)
{
	static struct file f;
	struct span frame = frame_known(known_syn4);
	struct record r[4] = {
		{ 1, 0, frame, 0 },
		{ 2, 0, frame, (uint32_t)frame.len + 6 },
		{ 3, 0, span_sub(frame, 0, frame.len - 1),
		  (uint32_t)frame.len },
		{ 4, 0, span_sub(frame, 0, frame.len - 1), 0 },
	};
	struct capture_packet p;
	struct capture *c;

	(void)state;
	file_dump(&f, DLT_EN10MB, r, 4);
	c = file_capture(&f);
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(capture_next(c, &p), CAPTURE_PACKET);
		assert_int_equal(p.number, i + 1);
		assert_int_equal(p.snapped, i == 2);
	}
	assert_int_equal(capture_counts(c).snapped, 1);
	assert_int_equal(capture_counts(c).frames, 4);
	capture_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_link),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(every_byte_every_value),
		cmocka_unit_test(frames_without_ip),
		cmocka_unit_test(bounds),
		cmocka_unit_test(offloaded),
		cmocka_unit_test(lengths),
		cmocka_unit_test(offloaded_bounds),
		cmocka_unit_test(snapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
