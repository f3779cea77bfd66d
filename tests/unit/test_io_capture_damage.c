/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures that are cut short or damaged: what is there is read, and the place
 * and the reason are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pcap/pcap.h>

#include "captures.h"
#include "io/capture_source.h"
#include "known.h"
#include "support.h"

#define LINK_ETHERNET 1
#define LINK_RAW      101
#define PACKETS       3

static struct file f, packed;

/* Where the file header ends, and where each packet's record does. */
static size_t ends[PACKETS + 1];

static void make_pcap(bool big)
{
	struct record r = { 1, 2, frame_known(known_syn4), 0 };

	f.big = big;
	file_pcap(&f, LINK_ETHERNET);
	ends[0] = f.len;
	for (size_t i = 1; i <= PACKETS; i++) {
		file_pcap_record(&f, &r);
		ends[i] = f.len;
	}
	f.big = false;
}

static void make_pcapng(bool big)
{
	f.big = big;
	file_pcapng(&f);
	file_pcapng_interface(&f, LINK_ETHERNET, 9);
	ends[0] = f.len;
	for (size_t i = 1; i <= PACKETS; i++) {
		file_pcapng_packet(&f, 0, i, frame_known(known_syn4));
		ends[i] = f.len;
	}
	f.big = false;
}

/* The packets that lie whole before @len. */
static size_t whole_before(size_t len)
{
	size_t n = 0;

	while (n < PACKETS && ends[n + 1] <= len)
		n++;
	return n;
}

static void expect_damage(const struct capture *c, uint64_t offset)
{
	const struct capture_damage *d = capture_damage(c);
	char text[CAPTURE_WHY_MAX], want[64];

	assert_non_null(d);
	assert_int_equal(d->offset, offset);
	capture_damage_text(d, text);
	snprintf(want, sizeof(want), "damaged at byte %zu%s: ", (size_t)offset,
		 d->unpacked ? " of what gzip unpacked" : "");
	assert_memory_equal(text, want, strlen(want));
	assert_true(strlen(text) > strlen(want));
	assert_null(strchr(text, '\n'));
}

/* The first @len bytes of f. */
static void one_truncation(size_t len)
{
	char why[CAPTURE_WHY_MAX] = "";
	size_t n = whole_before(len);
	enum capture_result end;
	struct capture_packet p;
	struct capture *c = NULL;
	int error = capture_open_fd(file_open(&f, len), &c, why);

	if (len < ends[0]) {
		assert_int_equal(error, -EBADMSG);
		assert_true(strlen(why) > 0);
		return;
	}
	assert_int_equal(error, 0);
	assert_int_equal(capture_drain(c, &end, &p), n);
	if (len == ends[n]) {
		assert_int_equal(end, CAPTURE_END);
		assert_null(capture_damage(c));
	} else {
		assert_int_equal(end, CAPTURE_DAMAGED);
		assert_false(capture_damage(c)->unpacked);
		expect_damage(c, ends[n]);
		assert_int_equal(capture_next(c, &p), CAPTURE_DAMAGED);
	}
	capture_close(c);
}

static void every_truncation(void **state)
{
	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		if (kind / 2)
			make_pcapng(kind % 2);
		else
			make_pcap(kind % 2);
		for (size_t len = 0; len <= f.len; len++)
			one_truncation(len);
	}
}

/* gzip gives what it can; that ends wherever the packed file was cut, so the
 * packets before may be any number, but all before the offset were given. */
static void every_gzip_truncation(void **state)
{
	enum capture_result end;
	struct capture_packet p;
	size_t most = 0;

	(void)state;
	make_pcap(false);
	packed.len = 0;
	file_gzip(&f, &packed);
	for (size_t len = 0; len <= packed.len; len++) {
		char why[CAPTURE_WHY_MAX] = "";
		struct capture *c = NULL;
		size_t n;

		if (capture_open_fd(file_open(&packed, len), &c, why) != 0) {
			assert_true(most == 0 && strlen(why) > 0);
			continue;
		}
		n = capture_drain(c, &end, &p);
		assert_true(n >= most);
		most = n;
		if (len == packed.len) {
			assert_int_equal(end, CAPTURE_END);
			assert_int_equal(n, PACKETS);
		} else {
			assert_int_equal(end, CAPTURE_DAMAGED);
			assert_true(capture_damage(c)->unpacked);
			assert_string_equal(
				capture_damage(c)->reason,
				"the file ends within the packed data");
			expect_damage(c, ends[n]);
		}
		capture_close(c);
	}
}

/* The magic of the second member lies across the end of the second buffer. */
static void gzip_across_buffers(void **state)
{
	static uint8_t filler[CAPTURE_SOURCE_BUFFER];
	struct record first = { 1, 2, span_of(filler, 65500), 0 };
	struct record r = { 1, 2, span_of(filler, 65400), 0 };
	enum capture_result end;
	struct capture_packet p;
	struct capture *c;
	uint64_t seed = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(filler); i++)
		filler[i] = (uint8_t)random_next(&seed);
	filler[0] = 0x45;
	/* random bytes become no shorter, so the length can be chosen */
	for (packed.len = 0; packed.len != 2 * CAPTURE_SOURCE_BUFFER - 1;
	     r.frame.len++) {
		assert_true(r.frame.len < sizeof(filler));
		file_pcap(&f, LINK_RAW);
		file_pcap_record(&f, &first);
		file_pcap_record(&f, &r);
		packed.len = 0;
		file_gzip(&f, &packed);
	}
	f.len = 0;
	file_pcap_record(&f, &first);
	file_gzip(&f, &packed);
	c = file_capture(&packed);
	assert_int_equal(capture_drain(c, &end, &p), 3);
	assert_int_equal(end, CAPTURE_END);
	capture_close(c);
}

/* A member that is damaged, and what follows the last one. */
static void gzip_damage(void **state)
{
	static const struct {
		size_t from_end;
		uint8_t change;
		size_t more; /* bytes behind the end */
		const char *reason;
	} row[] = {
		{ 8, 1, 0, "incorrect data check" },
		{ 1, 1, 0, "incorrect length check" },
		{ 1, 0, 1, "bytes that are not gzip's follow the packed data" },
		{ 1, 0, 9, "bytes that are not gzip's follow the packed data" },
	};
	enum capture_result end;
	struct capture_packet p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct capture *c;

		make_pcap(false);
		packed.len = 0;
		file_gzip(&f, &packed);
		packed.bytes[packed.len - row[i].from_end] ^= row[i].change;
		memset(packed.bytes + packed.len, 'x', row[i].more);
		packed.len += row[i].more;
		c = file_capture(&packed);
		assert_int_equal(capture_drain(c, &end, &p), PACKETS);
		assert_int_equal(end, CAPTURE_DAMAGED);
		assert_string_equal(capture_damage(c)->reason, row[i].reason);
		expect_damage(c, f.len);
		capture_close(c);
	}
}

/* Lengths that cannot be, in the second record. */
static void impossible_lengths(void **state)
{
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0x7f };
	enum capture_result end;
	struct capture_packet p;

	(void)state;
	for (int ng = 0; ng < 2; ng++) {
		struct capture *c;

		if (ng)
			make_pcapng(false);
		else
			make_pcap(false);
		memcpy(f.bytes + ends[1] + (ng ? 20 : 8), huge, sizeof(huge));
		c = file_capture(&f);
		assert_int_equal(capture_drain(c, &end, &p), 1);
		assert_int_equal(end, CAPTURE_DAMAGED);
		expect_damage(c, ends[1]);
		capture_close(c);
	}
}

/* Whatever byte is changed, and to whatever: packets and then an end. */
static void every_byte(void **state)
{
	static const uint8_t change[] = { 0x01, 0x10, 0x80, 0xff };
	uint64_t seed = 1;

	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		struct file *file = kind == 2 ? &packed : &f;

		if (kind == 1)
			make_pcapng(false);
		else
			make_pcap(false);
		packed.len = 0;
		file_gzip(&f, &packed);
		for (size_t i = 0; i < file->len * ARRAY_SIZE(change); i++) {
			char why[CAPTURE_WHY_MAX] = "";
			enum capture_result end;
			struct capture_packet p;
			struct capture *c;
			uint8_t *at = &file->bytes[i / ARRAY_SIZE(change)];
			uint8_t was = *at;

			*at ^= change[random_next(&seed) % 4];
			if (capture_open_fd(file_open(file, file->len), &c,
					    why) == 0) {
				assert_true(capture_drain(c, &end, &p) <=
					    2 * PACKETS);
				assert_true((end == CAPTURE_DAMAGED) ==
					    (capture_damage(c) != NULL));
				capture_close(c);
			} else {
				assert_true(strlen(why) > 0);
			}
			*at = was;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(every_gzip_truncation),
		cmocka_unit_test(gzip_across_buffers),
		cmocka_unit_test(gzip_damage),
		cmocka_unit_test(impossible_lengths),
		cmocka_unit_test(every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
