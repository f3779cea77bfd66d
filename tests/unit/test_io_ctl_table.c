/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sallyport ctl makes of answers: tables and lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include <jansson.h>

#include "report/ctl_table.h"

/* What @table prints of the JSON @answer. */
static const char *printed(void (*table)(FILE *to, const json_t *answer),
			   const char *answer)
{
	static char text[2048];
	FILE *to = fmemopen(text, sizeof(text), "w");
	json_t *json = json_loads(answer, 0, NULL);

	assert_non_null(json);
	table(to, json);
	fclose(to);
	json_decref(json);
	return text;
}

static void test_table_of_grants(void **state)
{
	(void)state;
	assert_string_equal(printed(ctl_table_grants, "{\"grants\":[]}"),
			    "no grants\n");
	assert_string_equal(
		printed(ctl_table_grants,
			"{\"grants\":[{\"session\":7,\"mode\":\"passive\","
			"\"from\":{\"addr\":\"10.1.4.4\"},\"to\":{\"addr\":"
			"\"fc00::5\"},\"ports\":\"42000-42999\",\"open\":2,"
			"\"most\":8}]}"),
		"SESSION  MODE     FROM      TO       PORTS        OPEN  "
		"MOST\n"
		"7        passive  10.1.4.4  fc00::5  42000-42999  2     "
		"8\n");
}

static void test_table_of_pinholes(void **state)
{
	(void)state;
	assert_string_equal(printed(ctl_table_pinholes, "{\"pinholes\":[]}"),
			    "no pinholes\n");
	assert_string_equal(
		printed(ctl_table_pinholes,
			"{\"pinholes\":[{\"id\":1,\"session\":22,\"state\":"
			"\"open\",\"mode\":\"active\",\"from\":{\"addr\":"
			"\"fc00::5\"},\"to\":{\"addr\":\"fc00::4\",\"port\":"
			"5001},\"target\":{\"addr\":\"10.1.4.4\",\"port\":5},"
			"\"expires_in_us\":61000000},{\"id\":2}]}"),
		"PINHOLE  SESSION  STATE  MODE    EXPIRES IN  FROM     TO     "
		"         TARGET\n"
		"1        22       open   active  1m01s       fc00::5  "
		"[fc00::4]:5001  10.1.4.4:5\n"
		"2        -        -      -       -           -        -      "
		"         -\n");
}

static void test_event_in_one_line(void **state)
{
	(void)state;
	assert_string_equal(
		printed(ctl_table_event,
			"{\"ts\":\"2026-11-23T10:15:42.123456Z\",\"event\":"
			"\"rewrite\",\"session\":7,\"client\":{\"addr\":"
			"\"10.1.4.4\",\"port\":40000},\"server\":{\"addr\":"
			"\"10.2.5.5\",\"port\":21},\"via\":\"PORT\",\"from\":"
			"{\"addr\":\"10.1.4.4\",\"port\":1},\"delta\":-2,"
			"\"accepted\":true}"),
		"10:15:42.123456Z #7 10.1.4.4:40000 > 10.2.5.5:21 rewrite via "
		"PORT from 10.1.4.4:1 delta -2 accepted yes\n");
	assert_string_equal(printed(ctl_table_event, "{}"), "- -\n");
	assert_string_equal(printed(ctl_table_event,
				    "{\"event\":\"tls\",\"san\":[\"a.example\","
				    "\"b.example\"],\"chain\":2}"),
			    "- tls san a.example,b.example chain 2\n");
}

static void test_stats_with_their_texts(void **state)
{
	(void)state;
	assert_string_equal(
		printed(ctl_table_stats,
			"{\"engine\":{\"packets\":3,\"pinholes_refused\":4,"
			"\"pinholes_refused_by_reason\":{\"port\":0,"
			"\"table\":4}},\"daemon\":{\"lookups\":1},"
			"\"events\":{\"lost\":0},\"queues\":[{\"queue\":9,"
			"\"waiting\":2}]}"),
		"engine\n"
		"           3  packets               packets seen\n"
		"           4  pinholes_refused      pinholes refused\n"
		"           4    table\n"
		"daemon\n"
		"           1  lookups               conntrack lookups\n"
		"events\n"
		"           0  lost                  events lost on the way to "
		"their readers\n"
		"queue 9\n"
		"           2  waiting               packets without a verdict "
		"now\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_of_pinholes),
		cmocka_unit_test(test_table_of_grants),
		cmocka_unit_test(test_event_in_one_line),
		cmocka_unit_test(test_stats_with_their_texts),
	};

	return cmocka_run_group_tests_name("io_ctl_table", tests, NULL, NULL);
}
