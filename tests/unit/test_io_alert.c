/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alerts: each as it is told, and in the manual. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "report/jsonl.h"
#include "report/text.h"
#include "support.h"
#include "told.h"

/* Each rule appears under its own name, severity and text. */
static void test_alerts(void **state)
{
	(void)state;
	for (unsigned int rule = 0; rule < ALERTS; rule++) {
		struct event e = told_event(EVENT_ALERT);
		enum severity severity = alert_severity(rule);
		char *line;
		json_t *json;

		e.alert.rule = rule;
		line = jsonl_format(&e);
		json = json_loads(line, 0, NULL);
		assert_string_equal(json_string_value(
					    json_object_get(json, "rule")),
				    alert_name(rule));
		assert_string_equal(json_string_value(
					    json_object_get(json, "severity")),
				    severity_name(severity));
		assert_string_equal(json_string_value(
					    json_object_get(json, "text")),
				    alert_text(rule));
		json_decref(json);
		free(line);
		line = text_format(&e);
		assert_non_null(strstr(line, alert_name(rule)));
		assert_non_null(strstr(line, alert_text(rule)));
		free(line);
	}
}

static void test_the_manual_lists_every_alert(void **state)
{
	size_t listed = 0;
	char *manual, item[64];

	(void)state;
	if (access("man/sallyport.8", R_OK) != 0) {
		print_message("skipped: not started where man/ is\n");
		skip();
	}
	manual = file_text("man/sallyport.8");
	for (int i = 0; i < ALERTS; i++) {
		snprintf(item, sizeof(item), "\n.It Ic %s Pq %s\n",
			 alert_name((enum alert)i),
			 severity_name(alert_severity((enum alert)i)));
		if (!strstr(manual, item))
			fail_msg("man/sallyport.8 lacks %s", item + 1);
	}
	for (const char *at = manual; (at = strstr(at, "\n.It Ic ")); at++)
		listed += strstr(at + 1, " Pq ") &&
			  strstr(at + 1, " Pq ") < strchr(at + 1, '\n');
	assert_int_equal(listed, ALERTS);
	free(manual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alerts),
		cmocka_unit_test(test_the_manual_lists_every_alert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
