/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters in Prometheus's text format: a golden text, and its grammar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <sallyport/engine.h>

#include "report/counts.h"
#include "report/prometheus.h"

/* The caller frees it. */
static char *printed(const json_t *answer)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	prometheus_stats(to, answer);
	assert_int_equal(fclose(to), 0);
	return text;
}

static void assert_printed(const char *answer, const char *wanted)
{
	json_t *json = json_loads(answer, 0, NULL);
	char *text;

	assert_non_null(json);
	text = printed(json);
	assert_string_equal(text, wanted);
	free(text);
	json_decref(json);
}

static void test_golden(void **state)
{
	(void)state;
	assert_printed(
		"{\"engine\":{\"sessions\":3,\"packets\":9007199254740993},"
		"\"daemon\":{\"lookups\":0},\"events\":{\"lost\":4},"
		"\"queues\":[{\"queue\":7,\"waiting\":2,\"full_drops\":40},"
		"{\"queue\":8,\"waiting\":5,\"full_drops\":2}]}",
		"# HELP sallyport_packets_total packets seen\n"
		"# TYPE sallyport_packets_total counter\n"
		"sallyport_packets_total 9007199254740993\n"
		"# HELP sallyport_sessions sessions open now\n"
		"# TYPE sallyport_sessions gauge\n"
		"sallyport_sessions 3\n"
		"# HELP sallyport_daemon_lookups_total conntrack lookups\n"
		"# TYPE sallyport_daemon_lookups_total counter\n"
		"sallyport_daemon_lookups_total 0\n"
		"# HELP sallyport_events_lost_total events lost on the way to "
		"their readers\n"
		"# TYPE sallyport_events_lost_total counter\n"
		"sallyport_events_lost_total 4\n"
		"# HELP sallyport_queue_waiting packets without a verdict now\n"
		"# TYPE sallyport_queue_waiting gauge\n"
		"sallyport_queue_waiting 7\n"
		"# HELP sallyport_queue_full_drops_total packets dropped, as "
		"the queue was full\n"
		"# TYPE sallyport_queue_full_drops_total counter\n"
		"sallyport_queue_full_drops_total 42\n");
}

static void test_what_is_missing_or_no_number_has_no_sample(void **state)
{
	(void)state;
	assert_printed("{}", "");
	assert_printed("{\"engine\":{\"packets\":\"3\",\"alerts\":null},"
		       "\"queues\":[{\"queue\":1},{\"packets\":2.5}]}",
		       "");
	assert_printed("{\"queues\":[{},{\"waiting\":1}]}",
		       "# HELP sallyport_queue_waiting packets without a "
		       "verdict now\n"
		       "# TYPE sallyport_queue_waiting gauge\n"
		       "sallyport_queue_waiting 1\n");
}

static void test_help_is_escaped(void **state)
{
	char text[64];
	FILE *to = fmemopen(text, sizeof(text), "w");

	(void)state;
	assert_non_null(to);
	prometheus_help(to, "a\\b\n\"c\"");
	fclose(to);
	assert_string_equal(text, "a\\\\b\\n\"c\"");
}

/* --- all of them ------------------------------------------------------------- */

static json_t *every_counter(void)
{
	json_t *engine = json_object(), *daemon = json_object();
	json_t *events = json_object(), *queue = json_object();

#define X(name, text) json_object_set_new(engine, #name, json_integer(1));
	ENGINE_STATS(X)
#undef X
#define X(name, text) json_object_set_new(daemon, #name, json_integer(1));
	DAEMON_COUNTS(X)
#undef X
#define X(name, text) json_object_set_new(events, #name, json_integer(1));
	JOURNAL_COUNTS(X)
#undef X
#define X(name, text) json_object_set_new(queue, #name, json_integer(1));
	QUEUE_COUNTS(X)
#undef X
	return json_pack("{s:o, s:o, s:o, s:[o]}", "engine", engine, "daemon",
			 daemon, "events", events, "queues", queue);
}

#define X(name, text) +1
#define EVERY \
	(ENGINE_STATS(X) DAEMON_COUNTS(X) JOURNAL_COUNTS(X) QUEUE_COUNTS(X))
enum { METRICS = EVERY };
#undef X

/* The three lines of a metric; the names in them must be one. */
#define NAME "(sallyport(_[a-z0-9]+)+)"
static const char *const line_form[] = {
	"^# HELP " NAME " ([^\\\\]|\\\\[\\\\n])+$",
	"^# TYPE " NAME " (counter|gauge)$",
	"^" NAME " (0|[1-9][0-9]*)$",
};
#define FORMS        (sizeof(line_form) / sizeof(line_form[0]))
#define NAME_MAX_LEN 80

static void name_of(size_t form, const char *line, char *name)
{
	regmatch_t match[2];
	regex_t re;

	assert_int_equal(regcomp(&re, line_form[form], REG_EXTENDED), 0);
	if (regexec(&re, line, 2, match, 0) != 0)
		fail_msg("not as the format says: %s", line);
	snprintf(name, NAME_MAX_LEN, "%.*s",
		 (int)(match[1].rm_eo - match[1].rm_so), line + match[1].rm_so);
	regfree(&re);
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), tail = strlen(end);

	return len >= tail && strcmp(text + len - tail, end) == 0;
}

/* HELP, TYPE and sample belong together, and a text that says "now" is that of
 * a level. */
static void check_metric(char *const line[FORMS], char *name)
{
	char other[NAME_MAX_LEN];
	bool counter = ends_with(line[1], " counter");
	bool left = strstr(line[0], "sessions that left the queue") != NULL;

	name_of(0, line[0], name);
	for (size_t form = 1; form < FORMS; form++) {
		name_of(form, line[form], other);
		assert_string_equal(other, name);
	}
	assert_int_equal(ends_with(name, "_total"), counter);
	assert_int_equal(ends_with(line[0], " now") || left, !counter);
}

static void test_every_counter_is_there_once_and_well_formed(void **state)
{
	static char seen[METRICS][NAME_MAX_LEN];
	json_t *answer = every_counter();
	char *text = printed(answer), *rest = text;
	size_t metrics = 0;

	(void)state;
	assert_true(ends_with(text, "\n"));
	for (; *rest; metrics++) {
		char *line[FORMS];

		for (size_t form = 0; form < FORMS; form++)
			line[form] = strsep(&rest, "\n");
		assert_in_range(metrics, 0, METRICS - 1);
		check_metric(line, seen[metrics]);
		for (size_t i = 0; i < metrics; i++)
			assert_string_not_equal(seen[i], seen[metrics]);
	}
	assert_int_equal(metrics, METRICS);
	free(text);
	json_decref(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(
			test_what_is_missing_or_no_number_has_no_sample),
		cmocka_unit_test(test_help_is_escaped),
		cmocka_unit_test(
			test_every_counter_is_there_once_and_well_formed),
	};

	return cmocka_run_group_tests_name("io_prometheus", tests, NULL, NULL);
}
