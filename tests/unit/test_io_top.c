/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ctl top makes of two samples, as text and as JSON. No terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ctl_top.h"
#include "report/top.h"
#include "support.h"

#define S 1000000ull

static const struct top_look all = { .order = TOP_BUSIEST,
				     .tables = (1u << TOP_TABLES) - 1,
				     .lately = 10,
				     .rows = 2 };

static json_t *json(const char *text)
{
	json_t *o = json_loads(text, 0, NULL);

	assert_non_null(o);
	return o;
}

/* An answer with sessions 7, 8 and 9 that have said so many lines. */
static json_t *sessions(int seven, int eight, int nine)
{
	static const char form[] =
		"{s:i, s:{s:s, s:i}, s:{s:s, s:i}, s:s, s:I, s:I, s:i, s:i, "
		"s:i}";
	const int lines[] = { seven, eight, nine };
	json_t *list = json_array();

	for (int i = 2; i >= 0; i--)
		json_array_append_new(list,
				      json_pack(form, "session", 7 + i,
						"client", "addr", "10.1.4.4",
						"port", 40000 + i, "server",
						"addr", "10.2.5.5", "port", 21,
						"state", "ready", "age_us",
						(json_int_t)(60 * S), "idle_us",
						(json_int_t)S, "commands",
						lines[i], "replies", 0,
						"data_connections", 3 - i));
	return json_pack("{s:o}", "sessions", list);
}

static struct top_answers first(void)
{
	return (struct top_answers){
		.status = json("{\"version\":\"1.2\",\"pid\":42,"
			       "\"uptime_us\":61000000}"),
		.stats = json("{\"engine\":{\"sessions\":3,\"packets\":100,"
			      "\"commands\":5,\"alerts_by_rule\":{\"bounce\":"
			      "4,\"gap\":0}},\"queues\":[{\"waiting\":1,"
			      "\"full_drops\":0},{\"waiting\":2,"
			      "\"full_drops\":0}]}"),
		.sessions = sessions(1, 2, 3),
		.pinholes = json("{\"pinholes\":[]}"),
		.grants = json("{\"grants\":[]}"),
	};
}

static struct top_answers second(void)
{
	struct top_answers a = first();

	json_decref(a.stats);
	a.stats = json("{\"engine\":{\"sessions\":3,\"packets\":150,"
		       "\"commands\":5,\"alerts_by_rule\":{\"bounce\":5,"
		       "\"gap\":2}},\"queues\":[{\"waiting\":0,"
		       "\"full_drops\":3},{\"waiting\":0,\"full_drops\":1}]}");
	json_decref(a.sessions);
	a.sessions = sessions(1, 12, 4);
	json_decref(a.pinholes);
	a.pinholes = json("{\"pinholes\":[{\"id\":1,\"session\":7,\"state\":"
			  "\"open\",\"mode\":\"passive\",\"from\":{\"addr\":"
			  "\"10.1.4.4\"},\"to\":{\"addr\":\"10.2.5.5\","
			  "\"port\":42000},\"expires_in_us\":5000000}]}");
	return a;
}

/* Two samples, two seconds apart. */
static struct top *two(void)
{
	struct top *t = top_new();
	struct top_answers a = first();

	assert_non_null(t);
	top_sample(t, &a, 10 * S);
	a = second();
	top_sample(t, &a, 12 * S);
	return t;
}

static char *printed(const struct top *t, const struct top_look *look)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	top_print(to, t, look);
	assert_int_equal(fclose(to), 0);
	return text;
}

static void test_text(void **state)
{
	struct top *t = two();
	char *text = printed(t, &all);

	(void)state;
	assert_string_equal(
		text,
		"sallyport 1.2, process 42, running for 1m01s\n"
		"sessions 3  encrypted 0  pinholes 0  grants 0  data 0  held 0"
		"  queued 0\n"
		"Per second\n"
		"packets              25.0  sessions_opened         -  "
		"packets_dropped         -\n"
		"commands              0.0  sessions_closed         -  "
		"packets_held            -\n"
		"replies                 -  logins_refused          -  "
		"sessions_refused        -\n"
		"rewrites                -  pinholes_opened         -  "
		"pinholes_refused        -\n"
		"retransmissions         -  pinholes_used           -  "
		"grants_refused          -\n"
		"actions                 -  grants_used             -  "
		"data_unmatched          -\n"
		"events_lost             -  queue_full            2.0  "
		"socket_full             -\n"
		"Lately\n"
		"       0 s ago        2  alerts: gap\n"
		"       0 s ago        1  alerts: bounce\n"
		"SESSION  CLIENT          SERVER       STATE  AGE    IDLE  "
		"LINES/S  DATA\n"
		"8        10.1.4.4:40001  10.2.5.5:21  ready  1m00s  1s    5.0 "
		"     2\n"
		"9        10.1.4.4:40002  10.2.5.5:21  ready  1m00s  1s    0.5 "
		"     1\n"
		"and 1 more\n"
		"PINHOLE  SESSION  STATE  MODE     EXPIRES IN  FROM      TO   "
		"           TARGET\n"
		"1        7        open   passive  5s          10.1.4.4  "
		"10.2.5.5:42000  -\n"
		"no grants\n");
	free(text);
	top_free(t);
}

static const char *first_session(const struct top *t, enum top_order order)
{
	static char row[256];
	struct top_look look = { .order = order,
				 .tables = 1u << TOP_SESSIONS,
				 .rows = 1 };
	char *text = printed(t, &look), *at = strstr(text, "\nSESSION ");

	assert_non_null(at);
	snprintf(row, sizeof(row), "%s", strchr(at + 1, '\n') + 1);
	free(text);
	return row;
}

static void test_orders(void **state)
{
	struct top *t = two();

	(void)state;
	assert_int_equal(*first_session(t, TOP_BUSIEST), '8');
	assert_int_equal(*first_session(t, TOP_NEWEST), '9');
	assert_int_equal(*first_session(t, TOP_DATA), '7');
	top_free(t);
}

/* Rates need two samples of one process. */
static void test_no_rates_without_a_sample_before(void **state)
{
	struct top *t = top_new();
	struct top_answers a = first();
	char *text;

	(void)state;
	top_sample(t, &a, 10 * S);
	text = printed(t, &all);
	assert_non_null(strstr(text, "packets                 -  "));
	assert_non_null(strstr(text, "\nnothing was refused or dropped"));
	free(text);
	a = second();
	json_object_set_new(a.status, "pid", json_integer(43));
	top_sample(t, &a, 12 * S);
	text = printed(t, &all);
	assert_non_null(strstr(text, "packets                 -  "));
	assert_non_null(strstr(text, "\nnothing was refused or dropped"));
	free(text);
	top_free(t);
}

static void test_json(void **state)
{
	struct top *t = two();
	json_t *o = top_json(t, &all);
	const json_t *rates = json_object_get(o, "rates"), *row;

	(void)state;
	assert_non_null(o);
	assert_true(json_real_value(
			    json_object_get(json_object_get(rates, "engine"),
					    "packets")) == 25.0);
	assert_true(json_real_value(
			    json_object_get(json_object_get(rates, "queues"),
					    "full_drops")) == 2.0);
	assert_null(
		json_object_get(json_object_get(rates, "engine"), "sessions"));
	assert_int_equal(json_array_size(json_object_get(o, "sessions")), 2);
	row = json_array_get(json_object_get(o, "sessions"), 0);
	assert_true(json_real_value(json_object_get(row, "lines_per_second")) ==
		    5.0);
	row = json_array_get(json_object_get(o, "lately"), 0);
	assert_string_equal(json_string_value(json_object_get(row, "label")),
			    "gap");
	assert_int_equal(json_integer_value(json_object_get(row, "count")), 2);
	json_decref(o);
	top_free(t);
}

/* Nothing that an answer holds can move the cursor. */
static void test_text_is_printable(void **state)
{
	struct top *t = top_new();
	struct top_answers a = first();
	char *text;

	(void)state;
	json_object_set_new(a.status, "version",
			    json_string("\x1b[2J\xc3\xa9\n\r"));
	top_sample(t, &a, S);
	text = printed(t, &all);
	for (const char *p = text; *p; p++)
		assert_true(*p == '\n' || (*p >= ' ' && *p <= '~'));
	free(text);
	top_free(t);
}

/* A list of kinds that went wrong is bounded; the oldest is forgotten. */
static void test_troubles_are_bounded(void **state)
{
	struct top *t = top_new();
	struct top_look look = { .lately = 1000 };
	size_t lines = 0;
	char *text;

	(void)state;
	for (int i = 0; i < 200; i++) {
		struct top_answers a = first();
		char rule[16];

		snprintf(rule, sizeof(rule), "rule-%d", i);
		json_object_set_new(json_object_get(json_object_get(a.stats,
								    "engine"),
						    "alerts_by_rule"),
				    rule, json_integer(1));
		top_sample(t, &a, S * (uint64_t)(i + 1));
	}
	text = printed(t, &look);
	assert_non_null(strstr(text, "alerts: rule-199\n"));
	assert_null(strstr(text, "alerts: rule-100\n"));
	for (const char *p = text; (p = strstr(p, " s ago ")); p++)
		lines++;
	assert_int_equal(lines, 64);
	free(text);
	top_free(t);
}

static void test_sessions_are_not_asked_for_without_bound(void **state)
{
	json_t *few = json("{\"engine\":{\"sessions\":16384}}");
	json_t *many = json("{\"engine\":{\"sessions\":16385}}");

	(void)state;
	assert_true(top_lists_sessions(few));
	assert_false(top_lists_sessions(many));
	assert_true(top_lists_sessions(NULL));
	json_decref(few);
	json_decref(many);
}

static void test_numbers_of_the_command_line(void **state)
{
	static const char *const bad[] = { "",   "0",     "0.05", "3601",
					   "-1", "1e1",   "inf",  " 1",
					   "1 ", "1.2.3", ".5",   "0x10",
					   "nan" };
	static const char *const bad_count[] = {
		"", "0", "-1", "1.5", "x", "99999999999999999999999"
	};
	uint64_t n;

	(void)state;
	assert_true(ctl_top_interval("0.1", &n));
	assert_int_equal(n, 100000);
	assert_true(ctl_top_interval("3600", &n));
	assert_int_equal(n, 3600 * S);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(ctl_top_interval(bad[i], &n));
	assert_true(ctl_top_count("12", &n));
	assert_int_equal(n, 12);
	for (size_t i = 0; i < ARRAY_SIZE(bad_count); i++)
		assert_false(ctl_top_count(bad_count[i], &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_no_rates_without_a_sample_before),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_text_is_printable),
		cmocka_unit_test(test_troubles_are_bounded),
		cmocka_unit_test(test_sessions_are_not_asked_for_without_bound),
		cmocka_unit_test(test_numbers_of_the_command_line),
	};

	return cmocka_run_group_tests_name("io_top", tests, NULL, NULL);
}
