/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any segmentation of an FTPS conversation: lines with edits, AUTH, a real
 * handshake with its certificates, CCC, lines with edits again. Cut, reordered,
 * repeated and lost in every way that TCP allows, it must give the same events
 * and the same bytes at both ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "handshake.h"
#include "scene.h"
#include "support.h"
#include "tls_talk.h"
#include "ways.h"

static const struct wire_options both4 = { .snat = true, .dnat = true };
static const struct wire_options both6 = { .v6 = true,
					   .snat = true,
					   .dnat = true };

/* The family makes no difference to records; one way of so many shows it. */
#define V6_EACH 16

struct turn {
	enum side from;
	const char *text;   /* as sent; NULL: that many records */
	const char *public; /* as received; NULL: the same */
	size_t records;     /* of the recorded stream */
};

/* One handshake of tests/unit/tls, in the order in which its flights came.
 * Both streams end with a close_notify. */
struct recorded {
	const char *name;
	struct turn flight[8];
};

static const struct recorded recorded[] = {
	{ "tls12",
	  { { CLIENT, NULL, NULL, 1 },
	    { SERVER, NULL, NULL, 4 },
	    { CLIENT, NULL, NULL, 3 },
	    { SERVER, NULL, NULL, 4 },
	    { CLIENT, NULL, NULL, 1 },
	    { SERVER, NULL, NULL, 1 } } },
	{ "tls12-client-cert",
	  { { CLIENT, NULL, NULL, 1 },
	    { SERVER, NULL, NULL, 5 },
	    { CLIENT, NULL, NULL, 5 },
	    { SERVER, NULL, NULL, 4 },
	    { CLIENT, NULL, NULL, 1 },
	    { SERVER, NULL, NULL, 1 } } },
	{ "tls13",
	  { { CLIENT, NULL, NULL, 1 },
	    { SERVER, NULL, NULL, 6 },
	    { CLIENT, NULL, NULL, 2 },
	    { SERVER, NULL, NULL, 3 },
	    { CLIENT, NULL, NULL, 1 },
	    { SERVER, NULL, NULL, 1 } } },
};

static const struct turn before[] = {
	{ SERVER, "220 ready\r\n", NULL, 0 },
	{ CLIENT, "USER ftpuser\r\n", NULL, 0 },
	{ SERVER, "331 password?\r\n", NULL, 0 },
	{ CLIENT, "PASS secret\r\n", NULL, 0 },
	{ SERVER, "230 in\r\n", NULL, 0 },
	{ CLIENT, "LPRT 4,4,10,1,4,4,2,20,3\r\n",
	  "LPRT 4,4,203,0,113,100,2,20,3\r\n", 0 },
	{ SERVER, "200 ok\r\n", NULL, 0 },
	{ CLIENT, "LPSV\r\n", NULL, 0 },
	{ SERVER, "228 Long (4,4,10,2,5,5,2,164,17)\r\n",
	  "228 Long (4,4,198,51,100,200,2,164,17)\r\n", 0 },
	{ CLIENT, "AUTH TLS\r\n", NULL, 0 },
	{ SERVER, "234 go\r\n", NULL, 0 },
};

static const struct turn behind[] = {
	{ CLIENT, "PWD\r\n", NULL, 0 },
	{ SERVER, "257 here\r\n", NULL, 0 },
	{ CLIENT, "PORT 10,1,4,4,19,137\r\n", "PORT 203,0,113,100,19,137\r\n",
	  0 },
	{ SERVER, "200 ok\r\n", NULL, 0 },
	{ CLIENT, "PASV\r\n", NULL, 0 },
	{ SERVER, "227 ok (10,2,5,5,164,16)\r\n",
	  "227 ok (198,51,100,200,164,16)\r\n", 0 },
};

/* Over IPv6 lines with edits have another form. */
static const struct turn before6[] = {
	{ SERVER, "220 ready\r\n", NULL, 0 },
	{ CLIENT, "USER ftpuser\r\n", NULL, 0 },
	{ SERVER, "230 in\r\n", NULL, 0 },
	{ CLIENT, "EPRT |2|fc00:10:1:4::4|5001|\r\n",
	  "EPRT |2|2001:db8:203:113::100|5001|\r\n", 0 },
	{ SERVER, "200 ok\r\n", NULL, 0 },
	{ CLIENT, "AUTH TLS\r\n", NULL, 0 },
	{ SERVER, "234 go\r\n", NULL, 0 },
};

static const struct turn behind6[] = {
	{ CLIENT, "EPRT |2|fc00:10:1:4::4|5002|\r\n",
	  "EPRT |2|2001:db8:203:113::100|5002|\r\n", 0 },
	{ SERVER, "200 ok\r\n", NULL, 0 },
};

/* The streams of a handshake, and what both receivers must have in the end. */
struct talk {
	const struct recorded *recorded;
	struct span stream[2];
	uint8_t bytes[2][HANDSHAKE_STREAM_MAX];
	uint8_t want[2][2 * HANDSHAKE_STREAM_MAX];
	size_t want_len[2];
};

static void load(struct talk *t, const struct recorded *r)
{
	static const char *const end[2] = { "client", "server" };
	char name[64];

	memset(t, 0, sizeof(*t));
	t->recorded = r;
	for (int i = 0; i < 2; i++) {
		struct span s;

		snprintf(name, sizeof(name), "%s.%s", r->name, end[i]);
		s = handshake_stream(name);
		memcpy(t->bytes[i], s.at, s.len);
		t->stream[i] = span_of(t->bytes[i], s.len);
	}
}

/* The next @n records of @from. */
static struct span records(struct talk *t, enum side from, size_t n)
{
	struct span *s = &t->stream[from];
	struct span part;
	size_t len = 0;

	while (n--) {
		assert_true(len + TLS_RECORD_HEADER <= s->len);
		len += TLS_RECORD_HEADER + (size_t)s->at[len + 3] * 256 +
		       s->at[len + 4];
	}
	part = span_sub(*s, 0, len);
	assert_int_equal(part.len, len);
	*s = span_sub(*s, len, SIZE_MAX);
	return part;
}

/* The bytes of @turn go into their sender's stream. */
static void write_turn(struct wire *w, struct talk *t, const struct turn *turn)
{
	struct span sent = turn->text ? span_str(turn->text)
				      : records(t, turn->from, turn->records);
	struct span got = turn->public ? span_str(turn->public) : sent;
	size_t *len = &t->want_len[!turn->from];

	assert_true(*len + got.len <= sizeof(t->want[0]));
	memcpy(t->want[!turn->from] + *len, got.at, got.len);
	*len += got.len;
	wire_write(w, turn->from, sent.at, sent.len);
}

static void play(struct wire *w, struct talk *t, const struct turn *turn,
		 size_t turns, way_fn *way, unsigned int n)
{
	for (size_t i = 0; i < turns; i++) {
		struct wire_end *e = &w->end[turn[i].from];
		size_t a = e->stream_len;

		write_turn(w, t, &turn[i]);
		if (e->stream_len == a)
			return; /* the end of a table */
		way(w, turn[i].from, a, e->stream_len, n);
		w->hold_acks = false;
		wire_pump(w, turn[i].from);
	}
}

static void expect_all(const struct wire *w, const struct talk *t)
{
	for (enum side to = CLIENT; to <= SERVER; to++) {
		struct span got = wire_received(w, to);

		assert_int_equal(got.len, t->want_len[to]);
		assert_memory_equal(got.at, t->want[to], got.len);
	}
	wire_expect_settled(w);
}

static void start(struct wire *w, const struct wire_options *o, unsigned int n)
{
	wire_start(w, o);
	scene_configure(w);
	w->timestamps = n % 2;
	wire_connect(w);
}

static void converse(struct wire *w, struct talk *t,
		     const struct wire_options *o, way_fn *way, unsigned int n)
{
	start(w, o, n);
	if (o->v6)
		play(w, t, before6, ARRAY_SIZE(before6), way, n);
	else
		play(w, t, before, ARRAY_SIZE(before), way, n);
	play(w, t, t->recorded->flight, ARRAY_SIZE(t->recorded->flight), way,
	     n);
	if (o->v6)
		play(w, t, behind6, ARRAY_SIZE(behind6), way, n);
	else
		play(w, t, behind, ARRAY_SIZE(behind), way, n);
	expect_all(w, t);
}

/* The events, which every other way must repeat. */
static char *reference(const struct recorded *r, const struct wire_options *o)
{
	static struct talk t;
	struct wire w;
	char *log;

	load(&t, r);
	converse(&w, &t, o, way_whole, 0);
	assert_int_equal(wire_logged(&w, "tls client_hello"), 1);
	assert_int_equal(wire_logged(&w, "tls server_hello"), 1);
	assert_int_equal(wire_logged(&w, "tls certificate"),
			 strcmp(r->name, "tls13") == 0   ? 0
			 : strcmp(r->name, "tls12") == 0 ? 1
							 : 3);
	assert_int_equal(wire_logged(&w, "tls established"), 1);
	assert_int_equal(wire_logged(&w, "grant open passive"), 1);
	assert_int_equal(wire_logged(&w, "tls cleared"), 1);
	assert_int_equal(wire_logged(&w, "rewrite"), o->v6 ? 2 : 4);
	scene_expect_quiet(&w);
	log = strdup(w.log);
	assert_non_null(log);
	scene_stop(&w);
	return log;
}

static void same(const struct recorded *r, const struct wire_options *o,
		 way_fn *way, unsigned int n, const char *log)
{
	static struct talk t;
	struct wire w;

	load(&t, r);
	converse(&w, &t, o, way, n);
	if (strcmp(w.log, log) != 0)
		fail_msg("%s n=%u\n--- want\n%s--- got\n%s", r->name, n, log,
			 w.log);
	scene_stop(&w);
}

static void same_for(way_fn *way, unsigned int from, unsigned int to)
{
	for (size_t i = 0; i < ARRAY_SIZE(recorded); i++) {
		char *log4 = reference(&recorded[i], &both4);
		char *log6 = reference(&recorded[i], &both6);

		for (unsigned int n = from; n < to; n++) {
			same(&recorded[i], &both4, way, n, log4);
			if (n % V6_EACH == from % V6_EACH)
				same(&recorded[i], &both6, way, n, log6);
		}
		free(log4);
		free(log6);
	}
}

/* Every record's header in five segments, the rest in one. */
static void by_headers(struct wire *w, enum side from, size_t a, size_t b,
		       unsigned int n)
{
	const uint8_t *s = w->end[from].stream;
	bool text = s[a] >= '0';

	(void)n;
	while (a < b) {
		size_t end = text ? b : a + 5 + s[a + 3] * 256u + s[a + 4];

		for (size_t i = 0; i < 5 && a < end; i++, a++)
			wire_segment(w, from, a, a + 1);
		if (a < end)
			wire_segment(w, from, a, end);
		a = end;
	}
}

static void whole(void **state)
{
	(void)state;
	same_for(way_whole, 0, 2);
}

static void one_byte_at_a_time(void **state)
{
	(void)state;
	same_for(way_bytes, 0, 2);
}

static void headers_in_five(void **state)
{
	(void)state;
	same_for(by_headers, 0, 2);
}

/* The longest flight is of some 700 bytes. */
static void cut_at_every_byte(void **state)
{
	(void)state;
	same_for(way_cut, 1, 740);
}

static void reordered(void **state)
{
	(void)state;
	same_for(way_backwards, 1, 60);
}

static void duplicated(void **state)
{
	(void)state;
	same_for(way_twice, 1, 30);
}

static void other_boundaries(void **state)
{
	(void)state;
	same_for(way_again, 1, 40);
}

static void lost_behind_the_engine(void **state)
{
	(void)state;
	same_for(way_lossy, 0, 90);
}

static void random_mixture(void **state)
{
	(void)state;
	same_for(way_random, 1, 150);
}

/* Numbers that pass 2^32 at many places of the conversation. */
static void sequence_numbers_wrap(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(recorded); i++) {
		char *log = reference(&recorded[i], &both4);

		for (uint32_t n = 1; n < 1500; n += 13) {
			struct wire_options o = both4;

			o.client_isn = 0u - n;
			o.server_isn = 0u - n;
			same(&recorded[i], &o, n % 2 ? way_cut : way_again,
			     n % 17 + 1, log);
		}
		free(log);
	}
}

/* --- what lines and records share a segment ------------------------------------ */

/* Turns @a and @b of one sender, of which the receiver has acknowledged
 * nothing, travel together. */
static void together(struct wire *w, enum side from, size_t at)
{
	wire_segment(w, from, at, w->end[from].stream_len);
	w->hold_acks = false;
	wire_pump(w, from);
}

/* The 234 is sent again with the ServerHello behind it; AUTH with the
 * ClientHello: their first copies were lost, or their ACKs. */
static void last_line_with_first_record(void **state)
{
	static struct talk t;

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(recorded); i++) {
		const struct recorded *r = &recorded[i / 2];
		char *log = reference(r, &both4);
		size_t lines = ARRAY_SIZE(before), at[2];
		struct wire w;

		load(&t, r);
		start(&w, &both4, 0);
		play(&w, &t, before, lines - 2, way_whole, 0);
		at[CLIENT] = w.end[CLIENT].stream_len;
		at[SERVER] = w.end[SERVER].stream_len;
		/* Either these bytes get lost, or what acknowledges them. */
		w.hold_acks = true;
		for (size_t n = 0; n < 2; n++) {
			enum side from = before[lines - 2 + n].from;

			write_turn(&w, &t, &before[lines - 2 + n]);
			w.lose_next = i % 2;
			wire_segment(&w, from, at[from],
				     w.end[from].stream_len);
		}
		for (size_t n = 0; n < 2; n++) {
			write_turn(&w, &t, &r->flight[n]);
			together(&w, r->flight[n].from, at[r->flight[n].from]);
		}
		play(&w, &t, r->flight + 2, 6, way_whole, 0);
		play(&w, &t, behind, ARRAY_SIZE(behind), way_whole, 0);
		expect_all(&w, &t);
		assert_string_equal(w.log, log);
		scene_stop(&w);
		free(log);
	}
}

/* close_notify and the first line behind it, cut everywhere. */
static void close_with_first_line(void **state)
{
	static struct talk t;

	(void)state;
	for (size_t i = 0; i < 60 * ARRAY_SIZE(recorded); i++) {
		const struct recorded *r = &recorded[i / 60];
		struct wire w;

		load(&t, r);
		start(&w, &both4, 0);
		play(&w, &t, before, ARRAY_SIZE(before), way_whole, 0);
		play(&w, &t, r->flight, 4, way_whole, 0);
		for (size_t n = 0; n < 2; n++) {
			enum side from = r->flight[4 + n].from;
			size_t at = w.end[from].stream_len;

			write_turn(&w, &t, &r->flight[4 + n]);
			write_turn(&w, &t, &behind[n]);
			way_cut(&w, from, at, w.end[from].stream_len,
				(unsigned int)(i % 60));
			wire_pump(&w, from);
		}
		play(&w, &t, behind + 2, ARRAY_SIZE(behind) - 2, way_whole, 0);
		expect_all(&w, &t);
		assert_int_equal(wire_logged(&w, "tls cleared"), 1);
		assert_int_equal(wire_logged(&w, "command PWD"), 1);
		assert_int_equal(wire_logged(&w, "reply 257"), 1);
		assert_int_equal(wire_logged(&w, "rewrite"), 4);
		scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(one_byte_at_a_time),
		cmocka_unit_test(headers_in_five),
		cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(reordered),
		cmocka_unit_test(duplicated),
		cmocka_unit_test(other_boundaries),
		cmocka_unit_test(lost_behind_the_engine),
		cmocka_unit_test(random_mixture),
		cmocka_unit_test(sequence_numbers_wrap),
		cmocka_unit_test(last_line_with_first_record),
		cmocka_unit_test(close_with_first_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
