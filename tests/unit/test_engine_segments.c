/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any segmentation: one conversation, cut, reordered, repeated and lost in
 * every way that TCP allows, must give the same events and the same rewritten
 * bytes at both ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support.h"
#include "ways.h"
#include "wire.h"

struct turn {
	enum side from;
	const char *text;   /* as sent */
	const char *public; /* as received; NULL: the same */
};

/* Every kind of endpoint, refusals, multi-line replies, long and short. */
static const struct turn talk_v4[] = {
	{ SERVER, "220-hello\r\n227 not one (1,2,3,4,5,6)\r\n220 ready\r\n",
	  NULL },
	{ CLIENT, "USER ftpuser\r\n", NULL },
	{ SERVER, "331 password?\r\n", NULL },
	{ CLIENT, "PASS secret\r\n", NULL },
	{ SERVER, "230 in\r\n", NULL },
	{ CLIENT, "PASV\r\n", NULL },
	{ SERVER, "227 Entering Passive Mode (10,2,5,5,164,16).\r\n",
	  "227 Entering Passive Mode (198,51,100,200,164,16).\r\n" },
	{ CLIENT, "LIST\r\n", NULL },
	{ SERVER, "150 here\r\n226 done\r\n", NULL },
	{ CLIENT, "PORT 10,1,4,4,19,137\r\n", "PORT 203,0,113,100,19,137\r\n" },
	{ SERVER, "200 ok\r\n", NULL },
	{ CLIENT, "EPRT |1|10.1.4.4|6001|\r\n",
	  "EPRT |1|203.0.113.100|6001|\r\n" },
	{ SERVER, "522 Use (2)\r\n", NULL },
	{ CLIENT, "EPSV\r\n", NULL },
	{ SERVER, "229 ok (|||42001|)\r\n", NULL },
	/* pipelined, more than one edit in flight */
	{ CLIENT, "PORT 10,1,4,4,20,1\r\nNOOP\r\nport 10,1,4,4,20,2\r\n",
	  "PORT 203,0,113,100,20,1\r\nNOOP\r\n"
	  "port 203,0,113,100,20,2\r\n" },
	{ SERVER, "200 a\r\n200 b\r\n200 c\r\n", NULL },
	{ CLIENT, "LPRT 4,4,10,1,4,4,2,20,3\r\n",
	  "LPRT 4,4,203,0,113,100,2,20,3\r\n" },
	{ SERVER, "200 d\r\n", NULL },
	{ CLIENT, "LPSV\r\n", NULL },
	{ SERVER, "228 Long (4,4,10,2,5,5,2,164,17)\r\n",
	  "228 Long (4,4,198,51,100,200,2,164,17)\r\n" },
	{ CLIENT, "QUIT\r\n", NULL },
	{ SERVER, "221 bye\r\n", NULL },
};

static const struct turn talk_v6[] = {
	{ SERVER, "220 ready\r\n", NULL },
	{ CLIENT, "USER ftpuser\r\n", NULL },
	{ SERVER, "331 password?\r\n", NULL },
	{ CLIENT, "PASS secret\r\n", NULL },
	{ SERVER, "230 in\r\n", NULL },
	{ CLIENT, "EPRT |2|fc00:10:1:4::4|5001|\r\n",
	  "EPRT |2|2001:db8:203:113::100|5001|\r\n" },
	{ SERVER, "200 ok\r\n", NULL },
	{ CLIENT, "EPSV\r\n", NULL },
	{ SERVER, "229 Extended (|||42000|)\r\n", NULL },
	{ CLIENT, "LPRT 6,16,252,0,0,16,0,1,0,4,0,0,0,0,0,0,0,4,2,20,3\r\n",
	  "LPRT 6,16,32,1,13,184,2,3,1,19,0,0,0,0,0,0,1,0,2,20,3\r\n" },
	{ SERVER, "200 ok\r\n", NULL },
};

static const struct turn *talk(bool v6, size_t *turns)
{
	*turns = v6 ? ARRAY_SIZE(talk_v6) : ARRAY_SIZE(talk_v4);
	return v6 ? talk_v6 : talk_v4;
}

/* What both receivers must have in the end. */
static void expect_rewritten(const struct wire *w, bool v6)
{
	static char want[2][8192];
	size_t turns;
	const struct turn *t = talk(v6, &turns);

	want[CLIENT][0] = want[SERVER][0] = '\0';
	for (size_t i = 0; i < turns; i++)
		strcat(want[!t[i].from], t[i].public ? t[i].public : t[i].text);
	wire_expect(w, CLIENT, want[CLIENT]);
	wire_expect(w, SERVER, want[SERVER]);
}

static void converse(struct wire *w, const struct wire_options *o, way_fn *send,
		     unsigned int n)
{
	size_t turns;
	const struct turn *t = talk(o->v6, &turns);

	wire_start(w, o);
	w->timestamps = n % 2;
	wire_connect(w);
	for (size_t i = 0; i < turns; i++) {
		struct wire_end *e = &w->end[t[i].from];
		size_t a = e->stream_len;

		wire_write(w, t[i].from, t[i].text, strlen(t[i].text));
		send(w, t[i].from, a, e->stream_len, n);
		w->hold_acks = false;
		wire_pump(w, t[i].from);
	}
	expect_rewritten(w, o->v6);
	wire_expect_settled(w);
}

/* The events, which every other way must repeat. */
static char *reference(const struct wire_options *o)
{
	struct wire w;
	char *log;

	converse(&w, o, way_whole, 0);
	log = strdup(w.log);
	assert_non_null(log);
	assert_int_equal(wire_logged(&w, "rewrite"), o->v6 ? 2 : 7);
	assert_int_equal(wire_logged(&w, "alert"), 0);
	wire_stop(&w);
	return log;
}

static const struct wire_options both[2] = {
	{ .snat = true, .dnat = true },
	{ .snat = true, .dnat = true, .v6 = true },
};

static void same_for(way_fn *send, unsigned int from, unsigned int to)
{
	for (int v6 = 0; v6 < 2; v6++) {
		char *log = reference(&both[v6]);

		for (unsigned int n = from; n < to; n++) {
			struct wire w;

			converse(&w, &both[v6], send, n);
			if (strcmp(w.log, log) != 0)
				fail_msg("n=%u v6=%d\n--- want\n%s--- got\n%s",
					 n, v6, log, w.log);
			wire_stop(&w);
		}
		free(log);
	}
}

/* --- the ways ------------------------------------------------------------- */

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

static void cut_at_every_byte(void **state)
{
	(void)state;
	same_for(way_cut, 1, 60);
}

static void reordered(void **state)
{
	(void)state;
	same_for(way_backwards, 1, 30);
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
	same_for(way_lossy, 0, 10);
}

static void random_mixture(void **state)
{
	(void)state;
	same_for(way_random, 1, 300);
}

/* Numbers that pass 2^32 at every byte of the conversation. */
static void sequence_numbers_wrap(void **state)
{
	char *log = reference(&both[0]);

	(void)state;
	for (uint32_t n = 1; n < 330; n++) {
		struct wire_options o = both[0];
		struct wire w;

		o.client_isn = 0u - n;
		o.server_isn = 0u - n;
		converse(&w, &o, n % 2 ? way_cut : way_again, n % 17 + 1);
		assert_string_equal(w.log, log);
		wire_stop(&w);
	}
	free(log);
}

/* Untranslated: not one packet may change, and none is withheld. */
static void routed_packets_are_untouched(void **state)
{
	struct wire w;
	struct engine_stats st;

	(void)state;
	wire_start(&w, &(struct wire_options){ 0 });
	wire_connect(&w);
	for (size_t i = 0; i < ARRAY_SIZE(talk_v4); i++) {
		enum side from = talk_v4[i].from;
		size_t a = w.end[from].stream_len;

		wire_write(&w, from, talk_v4[i].text, strlen(talk_v4[i].text));
		for (size_t at = a; at < w.end[from].stream_len; at++) {
			wire_segment(&w, from, at, at + 1);
			assert_int_equal(wire_received(&w, !from).len, at + 1);
		}
	}
	engine_stats(w.engine, &st);
	assert_int_equal(st.packets_rewritten, 0);
	assert_int_equal(w.actions[ACTION_LIBERAL], 0);
	assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 7);
	wire_stop(&w);
}

/* A sender with Nagle's algorithm: after a first small piece nothing follows
 * until that is acknowledged, so what is withheld must not stop it. */
static void nagle_at_every_byte(void **state)
{
	(void)state;
	for (size_t cut = 1; cut < 22; cut++) {
		static const char port[] = "PORT 10,1,4,4,19,137\r\n";
		struct wire w;
		size_t at;

		wire_start(&w, &both[0]);
		wire_connect(&w);
		wire_login(&w);
		at = w.end[CLIENT].stream_len;
		wire_write(&w, CLIENT, port, strlen(port));
		wire_segment(&w, CLIENT, at, at + cut);
		while (w.end[CLIENT].acked < at + cut)
			wire_segment(&w, CLIENT, w.end[CLIENT].acked, at + cut);
		/* The rest is lost once and repeated with its own bounds. */
		w.lose_next = true;
		wire_segment(&w, CLIENT, at + cut, w.end[CLIENT].stream_len);
		wire_pump(&w, CLIENT);
		wire_expect(&w, SERVER,
			    "USER ftpuser\r\nPASS secret\r\n"
			    "PORT 203,0,113,100,19,137\r\n");
		wire_say(&w, SERVER, "200 ok\r\n");
		assert_int_equal(w.actions[ACTION_PINHOLE_ADD], 1);
		assert_int_equal(wire_logged(&w, "alert"), 0);
		wire_stop(&w);
	}
}

/* A line that was withheld but turns out to need no edit. */
static void withheld_in_vain(void **state)
{
	static const char *const line[] = {
		"PORT nonsense\r\n",
		"PORT 10,9,9,9,19,137\r\n",
		"PORT 203,0,113,100,19,137\r\n",
		"EPRT |1|10.1.4.4|70000|\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(line); i++) {
		struct wire w;
		size_t at;

		wire_start(&w, &both[0]);
		wire_connect(&w);
		wire_login(&w);
		at = w.end[CLIENT].stream_len;
		wire_write(&w, CLIENT, line[i], strlen(line[i]));
		way_bytes(&w, CLIENT, at, w.end[CLIENT].stream_len, 0);
		assert_int_equal(wire_received(&w, SERVER).len,
				 w.end[CLIENT].stream_len);
		wire_stop(&w);
	}
}

/* FIN ends the wait for the rest of a line. */
static void fin_releases_what_is_withheld(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &both[0]);
	wire_connect(&w);
	wire_login(&w);
	wire_write(&w, CLIENT, "PORT 10,1", 9);
	wire_segment(&w, CLIENT, w.end[CLIENT].acked, w.end[CLIENT].stream_len);
	wire_fin(&w, CLIENT);
	wire_expect(&w, SERVER, "USER ftpuser\r\nPASS secret\r\nPORT 10,1");
	assert_true(w.end[SERVER].fin_received);
	wire_expect_settled(&w);
	wire_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(one_byte_at_a_time),
		cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(reordered),
		cmocka_unit_test(duplicated),
		cmocka_unit_test(other_boundaries),
		cmocka_unit_test(lost_behind_the_engine),
		cmocka_unit_test(random_mixture),
		cmocka_unit_test(sequence_numbers_wrap),
		cmocka_unit_test(routed_packets_are_untouched),
		cmocka_unit_test(nagle_at_every_byte),
		cmocka_unit_test(withheld_in_vain),
		cmocka_unit_test(fin_releases_what_is_withheld),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
