/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The summary of many sessions, and of what belongs to none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "report/summary.h"
#include "saga.h"
#include "told.h"

struct told_summary {
	struct saga saga;
	struct summary *summary;
};

static struct saga *begin(struct told_summary *s)
{
	saga_begin(&s->saga);
	s->summary = summary_new(s->saga.out);
	assert_non_null(s->summary);
	s->saga.to = summary_listener(s->summary);
	return &s->saga;
}

static char *end(struct told_summary *s)
{
	char *text = saga_end(&s->saga);

	summary_free(s->summary);
	return text;
}

static void assert_ends(struct told_summary *s, const char *text)
{
	char *got = end(s);

	assert_string_equal(got, text);
	free(got);
}

static void test_strays(void **state)
{
	struct told_summary s;
	struct saga *t = begin(&s);
	struct story_flow f = saga_passive(t, 42000);

	(void)state;
	f.related = false;
	f.reason = "no encrypted session of this pair";
	saga_flow(t, &f);
	f.to.port = 42001;
	saga_flow(t, &f);
	f.midstream = true;
	saga_flow(t, &f);
	f.midstream = false;
	f.related = true;
	saga_flow(t, &f);
	saga_alert(t, ALERT_FRAGMENT);
	assert_ends(&s, "\n"
			"without a session:\n"
			"  2 data connections, 10.1.4.4 > 10.2.5.5 port "
			"42000-42001; 200 bytes there, 4,000 back: no "
			"encrypted session of this pair\n"
			"  1 data connection, 10.1.4.4 > 10.2.5.5 port 42001; "
			"100 bytes there, 2,000 back: begun before the "
			"capture; no verdict\n"
			"  1 data connection, 10.1.4.4 > 10.2.5.5 port 42001; "
			"100 bytes there, 2,000 back: matched (related)\n"
			"  alerts:\n"
			"    1 warning fragment: A packet of the control "
			"connection is an IP fragment.\n"
			"\n"
			"total: 1,204 frames, 2025-11-23T10:15:42.000000Z to "
			"2025-11-23T10:20:42.000000Z (300.000 s)\n"
			"  0 sessions\n");
}

/* No more pairs of hosts than are told apart. */
static void test_many_strays(void **state)
{
	struct told_summary s;
	struct saga *t = begin(&s);
	struct story_flow f = saga_passive(t, 42000);
	char *text;

	(void)state;
	for (uint8_t i = 0; i < 100; i++) {
		f.from.addr.b[15] = i;
		saga_flow(t, &f);
	}
	text = end(&s);
	assert_int_equal(saga_count(text, "\n  1 data connection, "), 64);
	saga_assert_has(text,
			"\n  36 data connections between other hosts or for "
			"other reasons\n");
	free(text);
}

static void fine_session(struct saga *t)
{
	struct story_flow f;

	saga_session(t, "10.1.4.4", "10.2.5.5", 21);
	f = saga_passive(t, 42000);
	saga_flow(t, &f);
	saga_traffic(t, 100, 0, 0);
	saga_close(t, "fin");
}

/* Of many sessions only those are shown that somebody should look at. */
static void test_many(void **state)
{
	struct told_summary s;
	struct saga *t = begin(&s);

	(void)state;
	for (int i = 0; i < 150; i++) {
		if (i == 7 || i == 99) {
			saga_session(t, "10.1.4.9", "10.2.5.5", 21);
			saga_alert(t, ALERT_LOW_PORT);
			saga_close(t, "fin");
		} else {
			fine_session(t);
		}
	}
	assert_ends(&s,
		    "\n"
		    "session 8: 10.1.4.9:40008 > 10.2.5.5:21\n"
		    "  time: 2025-11-23T10:15:50.000000Z, 0.002 s; ended: both "
		    "sides are done (FIN)\n"
		    "  encryption: none\n"
		    "  alerts:\n"
		    "    1 warning low-port: The data port is below the "
		    "configured minimum.\n"
		    "\n"
		    "session 100: 10.1.4.9:40100 > 10.2.5.5:21\n"
		    "  time: 2025-11-23T10:17:22.000000Z, 0.002 s; ended: both "
		    "sides are done (FIN)\n"
		    "  encryption: none\n"
		    "  alerts:\n"
		    "    1 warning low-port: The data port is below the "
		    "configured minimum.\n"
		    "\n"
		    "148 sessions without trouble not shown one by one\n"
		    "\n"
		    "total: 1,204 frames, 2025-11-23T10:15:42.000000Z to "
		    "2025-11-23T10:20:42.000000Z (300.000 s)\n"
		    "  150 sessions: 150 followed, 2 with something to look "
		    "at, 150 in clear\n"
		    "  data connections: 148 matched (related); 14,800 bytes "
		    "to the server, 296,000 to the client\n"
		    "    of these: 148 passive\n"
		    "  data protection: 148 in clear\n"
		    "  alerts:\n"
		    "    2 warning low-port: The data port is below the "
		    "configured minimum.\n"
		    "  control: 8,880 packets, 592,000 bytes on the wire\n"
		    "    lines in clear: 14,800 bytes in 1,776 packets\n");
}

/*
 * More than there is room for: those with trouble stay, early and late ones;
 * what is told of one that has left still counts.
 */
static void test_more_than_fit(void **state)
{
	struct told_summary s;
	struct saga *t = begin(&s);
	struct story_flow f;
	char *text;

	(void)state;
	for (int i = 0; i < SUMMARY_SESSIONS_MAX + 5000; i++) {
		fine_session(t);
		if (i == 4 || i == SUMMARY_SESSIONS_MAX + 4000)
			saga_alert(t, ALERT_LOW_PORT);
	}
	f = saga_passive(t, 42000);
	f.session = 1;
	f.related = false;
	f.reason = "too late";
	saga_flow(t, &f);
	text = end(&s);
	assert_int_equal(saga_count(text, "\nsession "), 2);
	saga_assert_has(text, "\nsession 5: ");
	saga_assert_has(text, "\nsession 69537: ");
	saga_assert_has(text,
			"\n70,534 sessions without trouble not shown one by "
			"one\n");
	saga_assert_has(text,
			"  70,536 sessions: 70,536 followed, 2 with something "
			"to look at, 70,536 in clear\n");
	saga_assert_has(text,
			"  data connections: 70,536 matched (related); "
			"7,053,600 bytes to the server, 141,072,000 to the "
			"client\n");
	saga_assert_has(text, "    1 unmatched: too late\n");
	saga_assert_has(text, "    lines in clear: 7,053,600 bytes in 846,432 "
			      "packets\n");
	free(text);
}

/* Not even those with trouble all fit. */
static void test_more_trouble_than_fits(void **state)
{
	struct told_summary s;
	struct saga *t = begin(&s);
	char *text;

	(void)state;
	for (int i = 0; i < SUMMARY_SESSIONS_MAX + 100; i++) {
		saga_session(t, "10.1.4.4", "10.2.5.5", 21);
		saga_alert(t, ALERT_LOW_PORT);
		saga_close(t, "fin");
	}
	text = end(&s);
	assert_int_equal(saga_count(text, "\nsession "), SUMMARY_SHOW_MAX);
	saga_assert_has(text,
			"\n0 sessions without trouble not shown one by one\n"
			"64,536 sessions with something to look at not shown "
			"either\n");
	saga_assert_has(text,
			"  65,636 sessions: 65,636 followed, 65,536 with "
			"something to look at, 65,536 in clear, 100 for whose "
			"details there was no room\n");
	saga_assert_has(text, "    65,636 warning low-port: ");
	free(text);
}

/* One session with more kinds of trouble than are told apart. */
static void test_many_kinds(void **state)
{
	struct told_summary s;
	struct saga *t = begin(&s);
	char reason[32], *text;

	(void)state;
	saga_session(t, "10.1.4.4", "10.2.5.5", 21);
	for (uint16_t i = 0; i < 300; i++) {
		snprintf(reason, sizeof(reason), "reason %u\n", i);
		saga_unmatched(t, (uint16_t)(2 * i), reason);
	}
	text = end(&s);
	assert_int_equal(saga_count(text, "    1 unmatched: reason "), 32);
	saga_assert_has(text, "    1 unmatched: reason 31\\n\n");
	saga_assert_has(text,
			"  more alerts and refusals, of other kinds: 268\n");
	saga_assert_has(text, "    ports: passive 0, 2, 4, ");
	saga_assert_has(text, ", 60, 62, and more\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strays),
		cmocka_unit_test(test_many_strays),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_more_than_fit),
		cmocka_unit_test(test_more_trouble_than_fits),
		cmocka_unit_test(test_many_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
