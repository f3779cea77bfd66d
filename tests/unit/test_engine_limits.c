/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bounds of lines, replies and packets: what still fits, what does not, and
 * that the bytes themselves arrive in any case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/ftp_reply.h>

#include "scene.h"
#include "support.h"

#define SECOND 1000000ull

static const struct wire_options plain = { .v6 = false };
static const struct wire_options snat = { .snat = true };

/* --- lines and replies ---------------------------------------------------------- */

/* A line of @len characters and its end, in pieces of @piece bytes. */
static void say_line(struct wire *w, enum side from, size_t len,
		     const char *end, size_t piece)
{
	size_t at = w->end[from].stream_len, size = len + strlen(end);
	char *line = malloc(size + 1);

	assert_non_null(line);
	memset(line, 'x', len);
	memcpy(line, from == CLIENT ? "SITE " : "200 ", from == CLIENT ? 5 : 4);
	memcpy(line + len, end, strlen(end));
	wire_write(w, from, line, size);
	free(line);
	for (size_t i = 0; i < size; i += piece)
		wire_segment(w, from, at + i,
			     at + (i + piece < size ? i + piece : size));
	wire_pump(w, from);
}

static void line_of(enum side from, size_t len, bool fits)
{
	static const size_t piece[] = { 60000, 1460, 100 };
	static const uint32_t bound[] = { ENGINE_LINE_MIN, 4096,
					  ENGINE_LINE_MAX };

	for (size_t b = 0; b < ARRAY_SIZE(bound); b++) {
		for (size_t i = 0; i < ARRAY_SIZE(piece); i++) {
			struct wire w;

			scene_start(&w, &(struct wire_options){
						.snat = true,
						.line_length = bound[b] });
			if (from == SERVER)
				scene_play(&w, "> NOOP");
			say_line(&w, from, bound[b] + len, "\r\n", piece[i]);
			if (from == CLIENT)
				scene_play(&w, "< 200 ok");
			assert_int_equal(scene_trusted(&w), fits);
			if (!fits)
				scene_expect_alert(&w, "line-too-long");
			assert_int_equal(w.end[!from].received,
					 w.end[from].stream_len);
			scene_stop(&w);
		}
	}
}

static void line_length(void **state)
{
	(void)state;
	line_of(CLIENT, 0, true);
	line_of(CLIENT, 1, false);
	line_of(SERVER, 0, true);
	line_of(SERVER, 1, false);
}

static void reply_with_too_many_lines(void **state)
{
	size_t lines = FTP_REPLY_LINES_MAX;
	char *text = malloc(3 * lines);
	struct wire w;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < lines; i++)
		memcpy(text + 3 * i, " \r\n", 3);
	/* Just as many as are allowed: "211-", n - 2 and "211 ". */
	scene_begin(&w, &plain, "> STAT\n< 211-x");
	w.mss = 60000;
	wire_write(&w, SERVER, text, 3 * (lines - 2));
	wire_pump(&w, SERVER);
	scene_play(&w, "< 211 y");
	scene_expect_quiet(&w);
	assert_int_equal(wire_logged(&w, "reply 211 x [65536]"), 1);
	/* One more. */
	scene_play(&w, "> STAT\n< 211-x");
	wire_write(&w, SERVER, text, 3 * (lines - 1));
	wire_pump(&w, SERVER);
	scene_expect_quiet(&w);
	scene_play(&w, "< 211 y\n> PASV\n< 227 (10,2,5,5,164,16)");
	scene_expect_refused(&w, "reply-too-long");
	assert_int_equal(w.end[CLIENT].received, w.end[SERVER].stream_len);
	free(text);
	scene_stop(&w);
}

static void pipelining(void **state)
{
	struct wire w;
	const unsigned int bound = 32;

	(void)state;
	for (unsigned int extra = 0; extra < 2; extra++) {
		scene_begin(&w, &snat, "> NOOP\n< 200 ok");
		for (unsigned int i = 1; i < bound + extra; i++)
			scene_play(&w, "> NOOP");
		scene_play(&w, "> PORT 10,1,4,4,19,137");
		for (unsigned int i = 1; i < bound + extra; i++)
			scene_play(&w, "< 200 ok");
		scene_expect_open(&w, 0);
		scene_play(&w, "< 200 port");
		scene_expect_open(&w, extra ? 0 : 1);
		assert_int_equal(w.actions[ACTION_PINHOLE_ADD], !extra);
		assert_int_equal(scene_trusted(&w), !extra);
		if (extra)
			scene_expect_alert(&w, "pipeline-overflow");
		else
			scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

/* --- packets that wait ------------------------------------------------------------ */

/* Write @n segments of @len bytes (lines "SITE xx..") behind a missing one of
 * six bytes, and send them in order. Gives the stream offset of the hole. */
static size_t send_behind_hole(struct wire *w, unsigned int n, size_t len)
{
	size_t hole = w->end[CLIENT].stream_len;
	char *line = malloc(len);

	assert_non_null(line);
	memset(line, 'x', len);
	memcpy(line, "SITE ", 5);
	memcpy(line + len - 2, "\r\n", 2);
	wire_write(w, CLIENT, "NOOP\r\n", 6);
	for (unsigned int i = 0; i < n; i++)
		wire_write(w, CLIENT, line, len);
	for (unsigned int i = 0; i < n; i++)
		wire_segment(w, CLIENT, hole + 6 + i * len,
			     hole + 6 + (i + 1) * len);
	free(line);
	return hole;
}

static void held_packets(void **state)
{
	static const struct {
		unsigned int n;
		size_t len;
		unsigned int held;
	} row[] = {
		{ 16, 20, 16 }, { 17, 20, 16 }, /* sixteen packets */
		{ 8, 4056, 8 },                 /* 8 * (4056 + 40) = 32 KiB */
		{ 9, 4056, 8 }, { 8, 4057, 7 },
	};
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		size_t hole;

		scene_start(&w, &plain);
		hole = send_behind_hole(&w, row[i].n, row[i].len);
		assert_int_equal(scene_stats(&w).packets_held, row[i].held);
		assert_int_equal(scene_stats(&w).packets_dropped,
				 row[i].n - row[i].held);
		assert_int_equal(wire_logged(&w, "command SITE"), 0);
		wire_segment(&w, CLIENT, hole, hole + 6);
		assert_int_equal(wire_logged(&w, "command SITE"), row[i].held);
		wire_pump(&w, CLIENT);
		assert_int_equal(wire_logged(&w, "command SITE"), row[i].n);
		assert_int_equal(w.end[SERVER].received,
				 w.end[CLIENT].stream_len);
		if (row[i].n == row[i].held)
			scene_expect_quiet(&w);
		else
			scene_expect_alert(&w, "hold-overflow");
		assert_true(scene_trusted(&w));
		scene_stop(&w);
	}
}

static void held_for_two_seconds(void **state)
{
	struct wire w;
	uint64_t since;
	size_t hole;

	(void)state;
	scene_start(&w, &plain);
	hole = send_behind_hole(&w, 3, 20);
	since = w.now;
	assert_true(engine_tick(w.engine, w.now, w.out) <= since + 2 * SECOND);
	assert_int_equal(w.out->verdicts, 0);
	wire_wait(&w, 2 * SECOND - 100);
	assert_int_equal(scene_stats(&w).packets_dropped, 0);
	wire_wait(&w, 200);
	assert_int_equal(scene_stats(&w).packets_dropped, 3);
	wire_expect_settled(&w);
	/* All of it is sent again, and still understood. */
	(void)hole;
	wire_pump(&w, CLIENT);
	assert_int_equal(wire_logged(&w, "command SITE"), 3);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* What is held is given back when its session ends. */
static void held_when_the_session_ends(void **state)
{
	struct wire w;

	(void)state;
	scene_start(&w, &plain);
	send_behind_hole(&w, 5, 20);
	wire_rst(&w, SERVER);
	wire_wait(&w, 3 * SECOND);
	wire_expect_settled(&w);
	scene_stop(&w);
	scene_start(&w, &plain);
	send_behind_hole(&w, 5, 20);
	scene_stop(&w);
}

/* --- what one packet may cause -------------------------------------------------------- */

/* 64 KiB of @line in one packet, translated; all of it arrives, @times @long
 * or shorter than what was sent. */
static void flood_of(const char *line, const char *public, size_t limit)
{
	size_t len = strlen(line), n = limit / len, size = n * len;
	char *text = malloc(size + 1);
	struct wire w;
	size_t at;

	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		memcpy(text + i * len, line, len);
	scene_start(&w, &(struct wire_options){ .snat = true, .mss = 65495 });
	at = w.end[CLIENT].stream_len;
	wire_write(&w, CLIENT, text, size);
	wire_segment(&w, CLIENT, at, at + size);
	assert_true(w.end[CLIENT].acked > at);
	wire_pump(&w, CLIENT);
	/* At first the endpoints are rewritten, later no longer. */
	assert_true(w.end[SERVER].received - at >= size);
	assert_true(w.end[SERVER].received - at <= n * strlen(public));
	assert_true(scene_holes(&w, "asked") <= 32);
	wire_expect_settled(&w);
	free(text);
	scene_stop(&w);
}

static void packets_full_of_lines(void **state)
{
	static const char *const line[] = { "NOOP\r\n",  "\n",
					    "x\n",       "\r\n",
					    "PASV\r\n",  "USER a\r\n",
					    "PORT 1\r\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(line); i++)
		flood_of(line[i], line[i], 65495);
	flood_of("PORT 10,1,4,4,19,137\r\n", "PORT 203,0,113,100,19,137\r\n",
		 65495);
	flood_of("EPRT |1|10.1.4.4|5001|\r\n",
		 "EPRT |1|203.0.113.100|5001|\r\n", 20000);
}

/* 64 KiB of replies, some of which open something, to as many commands. */
static void packet_full_of_replies(void **state)
{
	struct wire w;
	char text[65536] = "";
	size_t at, len = 0;

	(void)state;
	scene_start(&w, &(struct wire_options){ .dnat = true, .mss = 65495 });
	for (int i = 0; i < 32; i++)
		scene_play(&w, "> PASV");
	while (len < 65000)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"227 (10,2,5,5,164,%zu)\r\n",
					len / 30 % 256);
	at = w.end[SERVER].stream_len;
	wire_write(&w, SERVER, text, len);
	wire_segment(&w, SERVER, at, at + len);
	assert_true(w.end[SERVER].acked > at);
	wire_pump(&w, SERVER);
	scene_expect_open(&w, 1);
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 32);
	scene_expect_alert(&w, "unrequested-reply");
	scene_stop(&w);
}

/* Sequence numbers wrap (RFC 9293 3.4): at every place of a conversation that
 * has withheld bytes, an ACK of our own, and FINs. */
static void wrap_of_numbers(void **state)
{
	struct wire w;

	(void)state;
	for (uint32_t before = 0; before < 120; before++) {
		size_t at;

		scene_start(&w, &(struct wire_options){
					.snat = true,
					.dnat = true,
					.client_isn = 0xffffffff - before,
					.server_isn = 0xffffffff - before });
		at = w.end[CLIENT].stream_len;
		wire_write(&w, CLIENT, "PORT 10,1,4,4,19,137\r\n", 22);
		for (int i = 0; i < 3; i++)
			wire_segment(&w, CLIENT, at, at + 9);
		assert_int_equal(w.end[CLIENT].acked, at + 9);
		wire_pump(&w, CLIENT);
		scene_play(&w, "< 200 ok\n> PASV");
		at = w.end[SERVER].stream_len;
		wire_write(&w, SERVER, "227 (10,2,5,5,164,16)\r\n", 23);
		for (int i = 0; i < 3; i++)
			wire_segment(&w, SERVER, at, at + 9);
		assert_int_equal(w.end[SERVER].acked, at + 9);
		wire_pump(&w, SERVER);
		scene_expect_last(&w, CLIENT,
				  "227 (198,51,100,200,164,16)\r\n");
		scene_expect_open(&w, 1);
		wire_fin(&w, CLIENT);
		wire_fin(&w, SERVER);
		assert_int_equal(wire_logged(&w, "session_close fin"), 1);
		scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_length),
		cmocka_unit_test(reply_with_too_many_lines),
		cmocka_unit_test(pipelining),
		cmocka_unit_test(held_packets),
		cmocka_unit_test(held_for_two_seconds),
		cmocka_unit_test(held_when_the_session_ends),
		cmocka_unit_test(packets_full_of_lines),
		cmocka_unit_test(packet_full_of_replies),
		cmocka_unit_test(wrap_of_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
