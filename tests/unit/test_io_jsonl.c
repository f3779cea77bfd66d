/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events of the control connection, as JSON lines and as lines for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/jsonl.h"
#include "report/text.h"
#include "told.h"

static void test_session_open(void **state)
{
	struct event e = told_event(EVENT_SESSION_OPEN);

	(void)state;
	assert_told(&e,
		    JSON_HEAD("session_open") ",\"implicit_tls\":false,"
					      "\"midstream\":false}",
		    TEXT_HEAD "session_open");
	e.session_open.implicit_tls = e.session_open.midstream = true;
	assert_told(&e,
		    JSON_HEAD("session_open") ",\"implicit_tls\":true,"
					      "\"midstream\":true}",
		    TEXT_HEAD "session_open implicit-tls midstream");
}

static void test_command(void **state)
{
	struct event e = told_event(EVENT_COMMAND);

	(void)state;
	e.command.verb = span_str("PASV");
	assert_told(&e, JSON_HEAD("command") ",\"verb\":\"PASV\"}",
		    TEXT_HEAD "command PASV");
	e.command.verb = span_str("RETR");
	e.command.has_arg = true;
	assert_told(&e, JSON_HEAD("command") ",\"verb\":\"RETR\",\"arg\":\"\"}",
		    TEXT_HEAD "command RETR ");
	e.command.arg = span_of("a\"\xff\n\0", 5);
	assert_told(&e,
		    JSON_HEAD(
			    "command") ",\"verb\":\"RETR\","
				       "\"arg\":\"a\\\"\\\\xff\\\\n\\\\x00\"}",
		    TEXT_HEAD "command RETR a\"\\xff\\n\\x00");
}

/* Even if the engine forgot to mask it. */
static void test_secret(void **state)
{
	struct event e = told_event(EVENT_COMMAND);

	(void)state;
	e.command.verb = span_str("PASS");
	e.command.has_arg = e.command.secret = true;
	e.command.arg = span_str("hunter2");
	assert_told(&e,
		    JSON_HEAD("command") ",\"verb\":\"PASS\",\"arg\":\"***\"}",
		    TEXT_HEAD "command PASS ***");
}

static void test_reply(void **state)
{
	struct event e = told_event(EVENT_REPLY);

	(void)state;
	e.reply.code = 230;
	e.reply.text = span_str("caf\xc3\xa9\r");
	e.reply.lines = 1;
	assert_told(
		&e,
		JSON_HEAD(
			"reply") ",\"code\":230,\"text\":\"caf\xc3\xa9\\\\r\","
				 "\"lines\":1}",
		TEXT_HEAD "reply 230 caf\xc3\xa9\\r");
	e.reply.text = span_str("");
	e.reply.lines = 3;
	assert_told(&e,
		    JSON_HEAD(
			    "reply") ",\"code\":230,\"text\":\"\",\"lines\":3}",
		    TEXT_HEAD "reply 230  (3 lines)");
}

static void test_auth(void **state)
{
	struct event e = told_event(EVENT_AUTH);

	(void)state;
	e.auth.mechanism = span_str("TLS");
	e.auth.code = 234;
	e.auth.accepted = true;
	assert_told(&e,
		    JSON_HEAD("auth") ",\"mechanism\":\"TLS\",\"code\":234,"
				      "\"accepted\":true}",
		    TEXT_HEAD "auth TLS accepted (234)");
}

static void test_session_close(void **state)
{
	struct event e = told_event(EVENT_SESSION_CLOSE);

	(void)state;
	e.session_close.reason = "fin";
	e.session_close.commands = 5;
	e.session_close.replies = 6;
	e.session_close.data_connections = 1;
	e.session_close.duration_us = 1000042;
	assert_told(
		&e,
		JSON_HEAD("session_close") ",\"reason\":\"fin\",\"commands\":5,"
					   "\"replies\":6,"
					   "\"data_connections\":1,"
					   "\"tls\":false,"
					   "\"duration_us\":1000042}",
		TEXT_HEAD "session_close: fin (5 commands, 6 replies, 1 data "
			  "connections, 1.000042 s)");
}

/* What belongs to no session names none. */
static void test_no_session(void **state)
{
	struct event e = told_event(EVENT_ALERT);
	char *line;

	(void)state;
	e.session = 0;
	memset(&e.client, 0, sizeof(e.client));
	memset(&e.server, 0, sizeof(e.server));
	e.alert.rule = ALERT_FRAGMENT;
	line = jsonl_format(&e);
	assert_null(strstr(line, "session"));
	assert_null(strstr(line, "client"));
	assert_null(strstr(line, "server"));
	free(line);
}

static void test_session_restore(void **state)
{
	struct event e = told_event(EVENT_SESSION_RESTORE);

	(void)state;
	e.session_restore.opened_us = 1000042;
	e.session_restore.tls = true;
	assert_told(
		&e,
		JSON_HEAD("session_restore") ",\"opened\":"
					     "\"1970-01-01T00:00:01.000042Z\","
					     "\"trusted\":false,\"tls\":true}",
		TEXT_HEAD "session_restore TLS not trusted");
}

/* Whole lines, and a device that takes none is noticed. */
static void test_write(void **state)
{
	struct event e = told_event(EVENT_SESSION_OPEN);
	FILE *full = fopen("/dev/full", "w");
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(jsonl_write(to, &e), 0);
	text_write(to, &e);
	fclose(to);
	assert_string_equal(
		text,
		JSON_HEAD("session_open") ",\"implicit_tls\":false,"
					  "\"midstream\":false}\n" TEXT_HEAD
					  "session_open\n");
	free(text);
	setvbuf(full, NULL, _IONBF, 0);
	assert_int_equal(jsonl_write(full, &e), ENOSPC);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_session_open),
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_secret),
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_auth),
		cmocka_unit_test(test_session_close),
		cmocka_unit_test(test_session_restore),
		cmocka_unit_test(test_no_session),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
