/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What captures do to packets: checksums that a card was still to finish, ends
 * that were cut off, fragments, frames of all kinds, times that go back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "film.h"
#include "support.h"

#define SNAT                       \
	"replay:\n  nat:\n"        \
	"    - inside: 10.1.4.4\n" \
	"      public: 203.0.113.1\n"

/* A session with one active transfer of 3000 bytes. */
static void act(struct film *f)
{
	struct film_call data;

	film_login(f);
	film_play(f, "> PORT 10,1,4,4,19,137\n"
		     "< 200 ok\n"
		     "> RETR x\n"
		     "< 150 here\n");
	data = film_active(f, 5001, 5001);
	film_transfer(f, &data, SERVER, 3000);
	film_play(f, "< 226 done\n"
		     "> QUIT\n"
		     "< 221 bye\n");
	film_fin(f, &f->control);
}

static void expect_well(const struct film *f)
{
	film_expect_not(f, "#1 alert");
	film_expect_not(f, "#0 alert");
	film_expect(f, "#1 rewrite PORT 10.1.4.4:5001 -> 203.0.113.1:5001");
	film_expect(f, "#1 data open related 10.2.5.5:20 -> 203.0.113.1:5001");
	film_expect(f, "#1 data close related");
	film_expect(f, "#1 flow active 10.2.5.5:20 -> 10.1.4.4:5001 related "
		       "cleartext 3000/0 \n");
	film_expect(f, "#1 session_close fin");
	film_expect_read(f, &f->client_public, &f->server,
			 "USER ftpuser\r\nPASS secret\r\n"
			 "PORT 203,0,113,1,19,137\r\nRETR x\r\nQUIT\r\n");
	assert_int_equal(f->counts.unfollowed, 0);
}

/* Captured on the client itself. */
static void test_unfinished(void **state)
{
	struct film f;

	(void)state;
	film_start(&f, "snat", FILM_CLIENT_SIDE);
	f.unfinished = true;
	act(&f);
	film_show(&f, SNAT);
	expect_well(&f);
	film_stop(&f);
}

/* Turn over a bit of every packet's checksum. */
static void spoil(struct film *f, size_t from_record)
{
	struct file *file = f->file[0];
	size_t at = 24, record = 0, len;

	while (at < file->len) {
		len = file->bytes[at + 8] | (size_t)file->bytes[at + 9] << 8;
		if (record++ >= from_record)
			file->bytes[at + 16 + 36] ^= 0x10;
		at += 16 + len;
	}
}

/* Addresses that were made anonymous: no checksum fits. */
static void test_anonymous(void **state)
{
	struct film f;

	(void)state;
	film_start(&f, "snat", FILM_CLIENT_SIDE);
	act(&f);
	spoil(&f, 0);
	film_show(&f, SNAT);
	expect_well(&f);
	film_stop(&f);
}

/* Behind good ones they are no good. */
static void test_bad_sums(void **state)
{
	struct film f;

	(void)state;
	film_start(&f, "snat", FILM_CLIENT_SIDE);
	act(&f);
	spoil(&f, 8);
	f.bad_sums = true;
	film_show(&f, SNAT);
	film_expect(&f, "#1 alert bad-checksum");
	film_expect_not(&f, "#1 command PORT");
	film_expect_not(&f, "#1 data open related");
	film_stop(&f);
}

static void test_links(void **state)
{
	static const enum film_link links[] = { FILM_RAW, FILM_VLAN,
						FILM_COOKED2 };
	struct film f;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		film_start(&f, "snat", FILM_CLIENT_SIDE);
		f.link = links[i];
		act(&f);
		film_show(&f, SNAT);
		expect_well(&f);
		film_stop(&f);
	}
}

/* Both legs, nothing translated: everything once. */
static void test_twice(void **state)
{
	struct film f, once;

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		for (int i = 0; i < 2; i++) {
			struct film *at = i ? &once : &f;
			struct film_call data;

			film_start(at, v6 ? "v6" : "",
				   i ? FILM_CLIENT_SIDE : FILM_BOTH);
			at->link = FILM_COOKED2;
			film_login(at);
			film_play(at, v6 ? "> EPSV\n"
					   "< 229 ok (|||42000|)\n"
					 : "> PASV\n"
					   "< 227 ok (10,2,5,5,164,16)\n");
			data = film_passive(at, 45000, 42000);
			film_transfer(at, &data, CLIENT, 5000);
			data = film_passive(at, 45001, 42001);
			film_transfer(at, &data, CLIENT, 10);
			film_fin(at, &at->control);
			film_show(at, "");
		}
		assert_int_equal(f.counts.second_legs * 2, f.counts.frames);
		assert_int_equal(f.counts.frames, once.counts.frames * 2);
		/* All but the number of frames. */
		*strstr(f.story, "\nend ") = '\0';
		*strstr(once.story, "\nend ") = '\0';
		assert_string_equal(f.story, once.story);
		assert_int_equal(f.lefts, once.lefts);
		film_stop(&f);
		film_stop(&once);
	}
}

/* Only what one side says was captured: there is nothing to go by. */
static void test_one_direction(void **state)
{
	struct film f;

	(void)state;
	for (int from = CLIENT; from <= SERVER; from++) {
		struct film_segment s = { .flags = TCP_SYN };
		const char *const text =
			from == CLIENT ? "NOOP\r\n" : "200 ok\r\n";

		film_start(&f, "", FILM_CLIENT_SIDE);
		s.flags |= from == SERVER ? TCP_ACK : 0;
		film_segment(&f, &f.control, (enum side)from, &s);
		s = (struct film_segment){ 1, 1, TCP_ACK, text, strlen(text) };
		film_segment(&f, &f.control, (enum side)from, &s);
		film_show(&f, "");
		assert_int_equal(f.lefts, 2);
		/* The server alone is picked up, as the daemon would. */
		assert_int_equal(f.counts.mute, from == CLIENT);
		film_stop(&f);
	}
	/* A port that is only tried is no such thing. */
	film_start(&f, "", FILM_CLIENT_SIDE);
	film_open(&f, &f.control);
	film_fin(&f, &f.control);
	film_show(&f, "");
	assert_int_equal(f.counts.mute, 0);
	film_stop(&f);
}

/* --- cut short ---------------------------------------------------------------- */

/* Headers and a little: lines fit, data does not. */
static void test_snapped(void **state)
{
	struct film f;

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		struct film_call data;

		film_start(&f, v6 ? "v6" : "", FILM_CLIENT_SIDE);
		f.snap = 128;
		film_login(&f);
		film_play(&f, "> EPSV\n"
			      "< 229 ok (|||42000|)\n");
		data = film_passive(&f, 45000, 42000);
		film_transfer(&f, &data, SERVER, 3000);
		film_fin(&f, &f.control);
		film_show(&f, "");
		film_expect(&f, "#1 data open related");
		film_expect(&f, "#1 flow passive ");
		assert_non_null(strstr(f.story, "related cleartext 0/3000 \n"));
		film_expect(&f, "#1 session_close fin");
		/* They leave as long as they were. */
		assert_int_equal(f.lefts, f.counts.frames);
		film_stop(&f);
	}
}

/* A line whose end is missing: the session cannot be followed. */
static void test_snapped_line(void **state)
{
	struct film f;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	f.snap = 60;
	film_login(&f);
	film_play(&f, "> PASV\n"
		      "< 227 a text that is longer (10,2,5,5,164,16)\n"
		      "> NOOP\n"
		      "< 200 ok\n");
	film_show(&f, "");
	film_expect(&f, "#1 alert gap");
	film_expect_not(&f, "#1 pinhole open");
	assert_int_equal(f.counts.unfollowed, 1);
	film_stop(&f);
}

/* The file ends anywhere: what could be read is told, and nothing else. */
static void test_cut(void **state)
{
	struct film f;
	size_t whole;

	(void)state;
	film_start(&f, "snat", FILM_CLIENT_SIDE);
	act(&f);
	whole = f.file[0]->len;
	for (f.cut = 24; f.cut < whole; f.cut += 97) {
		film_show(&f, SNAT);
		film_expect(&f, "end ");
		free(f.story);
		f.story = NULL;
		while (f.lefts)
			free(f.left[--f.lefts]);
	}
	film_stop(&f);
}

/* --- fragments ------------------------------------------------------------------ */

/* An IPv4 packet in two pieces, the first one @at bytes of its payload long. */
static void send_pieces(struct film *f, const uint8_t *ip, size_t len,
			size_t at)
{
	const struct {
		size_t from, to;
	} part[2] = { { 0, at }, { at, len - 20 } };
	uint8_t piece[WIRE_PACKET_MAX];

	for (size_t i = 0; i < 2; i++) {
		const size_t size = part[i].to - part[i].from;
		const size_t fragment = (i == 0) << 13 | part[i].from / 8;

		memcpy(piece, ip, 20);
		memcpy(piece + 20, ip + 20 + part[i].from, size);
		piece[2] = (uint8_t)((size + 20) >> 8);
		piece[3] = (uint8_t)(size + 20);
		piece[6] = (uint8_t)(fragment >> 8);
		piece[7] = (uint8_t)fragment;
		film_raw(f, CLIENT, piece, size + 20);
		f->now += 1000;
	}
}

static void test_fragments(void **state)
{
	const char port[] = "PORT 10,1,4,4,19,137\r\n";
	uint8_t packet[WIRE_PACKET_MAX];
	struct film f;
	struct film_call data;
	size_t len;

	(void)state;
	film_start(&f, "snat", FILM_CLIENT_SIDE);
	film_login(&f);
	f.id++;
	len = film_build(&f, &f.control, CLIENT,
			 &(struct film_segment){ f.control.next[CLIENT],
						 f.control.next[SERVER],
						 TCP_ACK, port, strlen(port) },
			 CLIENT, packet);
	send_pieces(&f, packet, len, 24);
	f.control.next[CLIENT] += strlen(port);
	film_play(&f, "< 200 ok\n"
		      "> RETR x\n"
		      "< 150 here\n");
	data = film_active(&f, 5001, 5001);
	film_transfer(&f, &data, SERVER, 3000);
	film_play(&f, "< 226 done\n"
		      "> QUIT\n"
		      "< 221 bye\n");
	film_fin(&f, &f.control);
	film_show(&f, SNAT);
	expect_well(&f);
	film_stop(&f);
}

/* --- time ------------------------------------------------------------------------ */

/* A clock that is set back, by an hour or to the beginning of time, or is far
 * ahead once. */
static void test_time(void **state)
{
	static const int64_t jump[] = { -3600 * INT64_C(1000000),
					-INT64_C(1763892000000000),
					3 * INT64_C(1000000) };
	struct film f;
	struct film_call data, before;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(jump); i++) {
		film_start(&f, "", FILM_CLIENT_SIDE);
		film_login(&f);
		film_play(&f, "> PASV\n"
			      "< 227 ok (10,2,5,5,164,17)\n");
		before = film_passive(&f, 45001, 42001);
		film_open(&f, &before);
		film_play(&f, "> PASV\n"
			      "< 227 ok (10,2,5,5,164,16)\n");
		f.now += (uint64_t)jump[i];
		data = film_passive(&f, 45000, 42000);
		film_open(&f, &data);
		film_send(&f, &data, SERVER, "abc", 3);
		f.now -= (uint64_t)jump[i];
		film_send(&f, &data, SERVER, "def", 3);
		f.now += (uint64_t)jump[i];
		film_fin(&f, &data);
		film_fin(&f, &before);
		film_fin(&f, &f.control);
		film_show(&f, "");
		film_expect(&f, "#1 flow passive 10.1.4.4:45001 -> "
				"10.2.5.5:42001 related 0/0 \n");
		film_expect(&f, "#1 flow passive 10.1.4.4:45000 -> "
				"10.2.5.5:42000 related cleartext 0/6 \n");
		film_expect(&f, "#1 session_close fin");
		/* What leaves does so in order. */
		for (size_t k = 1; k < f.lefts; k++)
			assert_true(f.left_us[k] >= f.left_us[k - 1]);
		film_stop(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unfinished),
		cmocka_unit_test(test_anonymous),
		cmocka_unit_test(test_bad_sums),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_one_direction),
		cmocka_unit_test(test_snapped),
		cmocka_unit_test(test_snapped_line),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
