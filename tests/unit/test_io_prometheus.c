/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters in Prometheus's text format: a golden text, and its grammar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

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
		"{\"engine\":{\"sessions\":3,\"packets\":9007199254740993,"
		"\"tls_failed\":7,\"tls_failed_by_reason\":{\"alert\":7,"
		"\"memory\":0}},"
		"\"daemon\":{\"lookups\":0},\"events\":{\"lost\":4},"
		"\"queues\":[{\"queue\":7,\"waiting\":2,\"full_drops\":40},"
		"{\"queue\":8,\"waiting\":5,\"full_drops\":2}]}",
		"# HELP sallyport_sessions sessions open now\n"
		"# TYPE sallyport_sessions gauge\n"
		"sallyport_sessions 3\n"
		"# HELP sallyport_packets_total packets seen\n"
		"# TYPE sallyport_packets_total counter\n"
		"sallyport_packets_total 9007199254740993\n"
		"# HELP sallyport_tls_failed_total sessions whose TLS broke, "
		"in the handshake or after it\n"
		"# TYPE sallyport_tls_failed_total counter\n"
		"sallyport_tls_failed_total{reason=\"alert\"} 7\n"
		"sallyport_tls_failed_total{reason=\"memory\"} 0\n"
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
	assert_printed("{\"engine\":{\"packets\":\"3\",\"alerts\":null,"
		       "\"packets_dropped_by_reason\":{}},"
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

static void test_label_is_escaped(void **state)
{
	char text[64];
	FILE *to = fmemopen(text, sizeof(text), "w");

	(void)state;
	assert_non_null(to);
	prometheus_label(to, "a\\b\n\"c\"");
	fclose(to);
	assert_string_equal(text, "a\\\\b\\n\\\"c\\\"");
}

/* --- all of them ------------------------------------------------------------- */

/* An answer in which every counter is 1, and every family has a label that has
 * to be escaped. */
static json_t *every_counter(void)
{
	json_t *answer = json_object();

	for (size_t i = 0; i < count_group_count; i++) {
		const struct count_group *g = &count_groups[i];
		json_t *o = json_object();

		for (size_t j = 0; j < g->counts; j++) {
			const struct count *c = &g->count[j];
			char by[COUNT_BY_MAX];

			json_object_set_new(o, c->name, json_integer(1));
			if (!c->label)
				continue;
			count_by(c, by);
			json_object_set_new(o, by,
					    json_pack("{s:i, s:i}", "plain", 0,
						      "\"\\\n", 1));
		}
		json_object_set_new(answer, g->key, o);
	}
	return answer;
}

/* HELP, TYPE and the samples of a metric stand together; the names in them must
 * be one. */
#define NAME "(sallyport(_[a-z0-9]+)+)"
enum form { HELP, TYPE, SAMPLE, FORMS };
static const char *const line_form[FORMS] = {
	"^# HELP " NAME " ([^\\\\]|\\\\[\\\\n])+$",
	"^# TYPE " NAME " (counter|gauge)$",
	"^" NAME "(\\{[a-z_]+=\"([^\"\\\\]|\\\\[\\\\n\"])*\"\\})? "
	"(0|[1-9][0-9]*)$",
};
#define NAME_MAX_LEN 80
#define METRICS_MAX  200

/* Is @line of that form? Then @name is what it is about. */
static bool has_form(enum form form, const char *line, char *name)
{
	regmatch_t match[2];
	regex_t re;
	bool has;

	assert_int_equal(regcomp(&re, line_form[form], REG_EXTENDED), 0);
	has = regexec(&re, line, 2, match, 0) == 0;
	regfree(&re);
	if (has)
		snprintf(name, NAME_MAX_LEN, "%.*s",
			 (int)(match[1].rm_eo - match[1].rm_so),
			 line + match[1].rm_so);
	return has;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), tail = strlen(end);

	return len >= tail && strcmp(text + len - tail, end) == 0;
}

/* A text that says "now" is that of a level. */
static void check_head(const char *help, const char *type, char *name)
{
	char other[NAME_MAX_LEN];
	bool counter = ends_with(type, " counter");

	if (!has_form(HELP, help, name) || !has_form(TYPE, type, other))
		fail_msg("not as the format says: %s, %s", help, type);
	assert_string_equal(other, name);
	assert_int_equal(ends_with(name, "_total"), counter);
	assert_int_equal(ends_with(help, " now"), !counter);
}

/* Gives how many samples of @name there are at *@rest, and takes them. */
static size_t take_samples(char **rest, const char *name)
{
	size_t samples = 0;

	while (**rest && **rest != '#') {
		char *line = strsep(rest, "\n"), other[NAME_MAX_LEN];

		if (!has_form(SAMPLE, line, other))
			fail_msg("not as the format says: %s", line);
		assert_string_equal(other, name);
		samples++;
	}
	return samples;
}

static size_t metrics_expected(size_t *families)
{
	size_t metrics = 0;

	*families = 0;
	for (size_t i = 0; i < count_group_count; i++) {
		metrics += count_groups[i].counts;
		for (size_t j = 0; j < count_groups[i].counts; j++)
			*families += count_groups[i].count[j].label != NULL;
	}
	return metrics;
}

static void test_every_counter_is_there_once_and_well_formed(void **state)
{
	static char seen[METRICS_MAX][NAME_MAX_LEN];
	json_t *answer = every_counter();
	char *text = printed(answer), *rest = text;
	size_t metrics = 0, samples = 0, families;

	(void)state;
	assert_true(ends_with(text, "\n"));
	for (; *rest; metrics++) {
		char *help = strsep(&rest, "\n"), *type = strsep(&rest, "\n");

		assert_in_range(metrics, 0, METRICS_MAX - 1);
		check_head(help, type, seen[metrics]);
		samples += take_samples(&rest, seen[metrics]);
		for (size_t i = 0; i < metrics; i++)
			assert_string_not_equal(seen[i], seen[metrics]);
	}
	assert_int_equal(metrics, metrics_expected(&families));
	assert_int_equal(samples, metrics + families);
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
		cmocka_unit_test(test_label_is_escaped),
		cmocka_unit_test(
			test_every_counter_is_there_once_and_well_formed),
	};

	return cmocka_run_group_tests_name("io_prometheus", tests, NULL, NULL);
}
