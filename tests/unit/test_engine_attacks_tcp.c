/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attacks with segments: cuts, overlaps, forged numbers, bytes that go another
 * way. Numbers as in test_engine_attacks.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"
#include "support.h"

#define CLIENT4 "10.1.4.4"
#define SERVER4 "10.2.5.5"

static const struct wire_options plain4 = { .v6 = false };
static const struct wire_options dnat4 = { .dnat = true };

/* Every cut of a reply line, so that each part of it starts a segment. */
static void attack05_segment_start(void **state)
{
	static const char reply[] =
		"550 no such file: 227 Entering Passive Mode "
		"(10,2,5,5,164,16)\r\n";
	static const char command[] = "SITE PORT 10,1,4,4,19,137\r\n";
	size_t at;

	(void)state;
	for (size_t cut = 1; cut < strlen(reply); cut++) {
		struct wire w;

		scene_start(&w, &dnat4);
		at = w.end[CLIENT].stream_len;
		wire_write(&w, CLIENT, command, strlen(command));
		wire_segment(&w, CLIENT, at, at + cut % strlen(command));
		wire_pump(&w, CLIENT);
		at = w.end[SERVER].stream_len;
		wire_write(&w, SERVER, reply, strlen(reply));
		wire_segment(&w, SERVER, at, at + cut);
		wire_pump(&w, SERVER);
		assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 0);
		scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

/* The same sequence numbers again, with other bytes. */
static void overlap(enum side from, const char *first, size_t len,
		    const char *second)
{
	struct wire w;
	size_t at;

	scene_start(&w, &plain4);
	if (from == SERVER)
		scene_play(&w, "> PASV");
	w.hold_acks = true;
	at = w.end[from].stream_len;
	wire_write(&w, from, first, strlen(first));
	wire_segment(&w, from, at, at + len);
	wire_forge(&w, from, at, second, 0);
	w.hold_acks = false;
	wire_pump(&w, from);
	if (from == CLIENT)
		scene_play(&w, "< 200 ok");
	scene_expect_refused(&w, "overlap-conflict");
	assert_false(scene_trusted(&w));
	scene_stop(&w);
}

static void attack06_conflicting_overlap(void **state)
{
	(void)state;
	/* Wholly before, and overlapping into what is new. */
	overlap(CLIENT, "PORT 10,1,4,4,19,137\r\n", 10, "PORT 10,9,");
	overlap(CLIENT, "PORT 10,1,4,4,19,137\r\n", 10,
		"PORT 10,9,4,4,19,137\r\n");
	overlap(SERVER, "227 (10,2,5,5,164,16)\r\n", 7,
		"227 (11,2,5,5,164,16)\r\n");
	overlap(SERVER, "227 (10,2,5,5,164,16)\r\n", 12, "227 (11,2,");
}

/* A conflict closes what was open. */
static void attack06_conflict_closes(void **state)
{
	struct wire w;

	(void)state;
	scene_start(&w, &plain4);
	scene_ask(&w, VIA_PASV, SERVER4, 42000);
	scene_expect_open(&w, 1);
	w.hold_acks = true;
	wire_write(&w, CLIENT, "LIST\r\n", 6);
	wire_segment(&w, CLIENT, w.end[CLIENT].stream_len - 6,
		     w.end[CLIENT].stream_len);
	wire_forge(&w, CLIENT, w.end[CLIENT].stream_len - 6, "NLST\r\n", 0);
	scene_expect_open(&w, 0);
	scene_expect_alert(&w, "overlap-conflict");
	assert_int_equal(wire_logged(&w, "pinhole close"), 1);
	scene_stop(&w);
}

/* A reply from somebody who does not know the sequence numbers. */
static void attack07_spoofed_reply(void **state)
{
	static const long distance[] = { 1,          1000,  70000,
					 0x40000000, -1000, -0x40000000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(distance); i++) {
		struct wire w;
		size_t at;

		scene_start(&w, &plain4);
		scene_play(&w, "> PASV");
		at = w.end[SERVER].stream_len;
		wire_forge(&w, SERVER, at + (size_t)distance[i],
			   "227 (10,2,5,5,164,16)\r\n", 0);
		assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 0);
		wire_wait(&w, 3000000);
		wire_expect_settled(&w);
		w.end[SERVER].sent_max = at;
		scene_stop(&w);
	}
}

/* Whoever does not know the sequence numbers cannot make bytes pass for
 * acknowledged either: nothing is doubted. */
static void attack07_spoofed_ack(void **state)
{
	struct wire w;
	struct wire_tcp ack = { .flags = TCP_ACK };

	(void)state;
	scene_start(&w, &plain4);
	scene_ask(&w, VIA_PASV, SERVER4, 42000);
	for (int from = CLIENT; from <= SERVER; from++) {
		ack.src = w.end[from].at;
		ack.dst = w.end[!from].at;
		ack.seq = w.end[from].isn + 0x20000000;
		ack.ack = w.end[!from].isn + 0x30000000;
		w.end[!from].sent_max += 0x40000000;
		wire_tcp(&w, &ack);
		w.end[!from].sent_max -= 0x40000000;
		w.end[!from].acked = w.end[!from].stream_len;
	}
	scene_expect_open(&w, 1);
	scene_ask(&w, VIA_PASV, SERVER4, 42001);
	scene_expect_open(&w, 1);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* Bytes went past the engine: by another way, or while it was not asked. */
static void attack21_gap(void **state)
{
	struct wire w;

	(void)state;
	scene_start(&w, &plain4);
	scene_ask(&w, VIA_PASV, SERVER4, 42000);
	wire_write(&w, CLIENT, "NOOP\r\nPORT 10,1,4,4,19,137\r\n", 28);
	w.end[SERVER].received += 6;
	w.end[CLIENT].sent_max += 6;
	wire_segment(&w, SERVER, w.end[SERVER].stream_len,
		     w.end[SERVER].stream_len);
	scene_expect_open(&w, 0);
	scene_expect_alert(&w, "gap");
	assert_false(scene_trusted(&w));
	wire_segment(&w, CLIENT, w.end[CLIENT].stream_len - 22,
		     w.end[CLIENT].stream_len);
	scene_play(&w, "< 200 ok\n< 200 ok");
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 1);
	scene_stop(&w);
}

/* A FIN that only the firewall believes: nothing behind it counts. */
static void attack21_behind_fin(void **state)
{
	struct wire w;
	size_t at;

	(void)state;
	scene_start(&w, &plain4);
	at = w.end[CLIENT].stream_len;
	wire_forge(&w, CLIENT, at, "", TCP_FIN);
	w.end[SERVER].fin_received = false;
	scene_ask(&w, VIA_PORT, CLIENT4, 5001);
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 0);
	scene_expect_open(&w, 0);
	scene_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attack05_segment_start),
		cmocka_unit_test(attack06_conflicting_overlap),
		cmocka_unit_test(attack06_conflict_closes),
		cmocka_unit_test(attack07_spoofed_reply),
		cmocka_unit_test(attack07_spoofed_ack),
		cmocka_unit_test(attack21_gap),
		cmocka_unit_test(attack21_behind_fin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
