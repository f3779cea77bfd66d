/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An event, and how it is told as JSON and in a line for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/jsonl.h"
#include "report/text.h"
#include "told.h"

struct addr told_addr(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(span_str(text), &a), PARSE_OK);
	return a;
}

struct endpoint told_at(const char *addr, uint16_t port)
{
	return (struct endpoint){ told_addr(addr), port };
}

struct event told_event(enum event_type type)
{
	struct event e;

	memset(&e, 0, sizeof(e));
	e.type = type;
	e.at_us = 1763892942000007;
	e.session = 7;
	e.client = told_at("10.1.4.4", 40000);
	e.server = told_at("10.2.5.5", 21);
	return e;
}

void assert_told(const struct event *e, const char *json, const char *text)
{
	char *line = jsonl_format(e);

	assert_string_equal(line, json);
	free(line);
	line = text_format(e);
	assert_string_equal(line, text);
	free(line);
}
