/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal: every event in order, to a file and to readers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sallyport/event.h>
#include <sallyport/tls_handshake.h>

#include "cmd/daemon_journal.h"
#include "handshake.h"
#include "io/clock.h"
#include "io/control_server.h"
#include "scratch.h"
#include "support.h"

/* Longer than anything takes here even on a busy machine. */
#define PATIENCE_US (20u * 1000000)

static struct outcome outcome; /* too large for a stack */

static void add_command(struct journal *j, const char *verb, const char *arg)
{
	struct event *e = &outcome.event[0];

	*e = (struct event){ .type = EVENT_COMMAND, .session = 7 };
	e->command.verb = span_str(verb);
	e->command.arg = span_str(arg);
	e->command.has_arg = true;
	outcome.events = 1;
	journal_add(j, &outcome);
	journal_wake(j);
	/* A view's bytes may go when journal_add() returns. */
	e->command.verb = e->command.arg = (struct span){ NULL, 0 };
}

static struct journal *begin(const char *path)
{
	struct journal *j;

	assert_int_equal(journal_open(&j, path), 0);
	assert_int_equal(journal_start(j), 0);
	return j;
}

static void test_journal_writes_copies_in_order(void **state)
{
	char verb[16], want[64], *text, *at;
	struct journal *j;

	(void)state;
	j = begin(scratch_path);
	for (int i = 0; i < 20; i++) {
		snprintf(verb, sizeof(verb), "V%d", i);
		add_command(j, verb, "/dear");
	}
	journal_close(j);
	at = text = file_text(scratch_path);
	for (int i = 0; i < 20; i++) {
		snprintf(want, sizeof(want),
			 "\"verb\":\"V%d\",\"arg\":\"/dear\"}\n", i);
		at = strstr(at, want);
		assert_non_null(at);
	}
	free(text);
	unlink(scratch_path);
}

/* What an event of TLS points into goes once it is added, the longest chain
 * that is taken included. */
static void test_journal_copies_what_tls_says(void **state)
{
	static uint8_t chain[TLS_MESSAGE_MAX];
	struct event *e = outcome.event;
	struct journal_counts counts;
	char name[] = "ftp.example.net", alpn[] = "ftp", *text;
	struct span body = handshake_message("tls12.server", TLS_CERTIFICATE);
	struct journal *j;

	(void)state;
	j = begin(scratch_path);
	for (int i = 0; i < 4; i++)
		e[i] = (struct event){ .type = EVENT_TLS, .session = 7 };
	e[0].tls.step = TLS_STEP_CLIENT_HELLO;
	e[0].tls.sni = e[1].tls.sni = e[2].tls.sni = span_str(name);
	e[0].tls.alpn = span_str(alpn);
	e[1].tls.step = e[2].tls.step = TLS_STEP_CERTIFICATE;
	memcpy(chain, body.at, body.len);
	e[1].tls.chain = span_of(chain, body.len);
	e[2].tls.chain = span_of(chain, sizeof(chain));
	e[3].type = EVENT_GRANT;
	e[3].grant.server_name = span_str(alpn);
	outcome.events = 4;
	journal_add(j, &outcome);
	memset(chain, 0, sizeof(chain));
	memset(name, 'x', sizeof(name));
	memset(alpn, 'x', sizeof(alpn));
	journal_counts(j, &counts);
	assert_int_equal(counts.lost, 0);
	journal_close(j);
	text = file_text(scratch_path);
	assert_non_null(strstr(text, "\"sni\":\"ftp.example.net\","
				     "\"alpn\":\"ftp\""));
	assert_non_null(strstr(text, "CN=ftp.example.net"));
	assert_null(strstr(text, "name_mismatch"));
	assert_non_null(strstr(text, "\"reason\":\"a certificate cannot be "
				     "decoded\""));
	assert_non_null(strstr(text, "\"server_name\":\"ftp\""));
	free(text);
	unlink(scratch_path);
}

static void test_journal_serves_readers(void **state)
{
	struct journal_counts counts;
	char text[1024] = "";
	struct journal *j;
	int pair[2];
	ssize_t n;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	j = begin(NULL);
	assert_int_equal(journal_reader_add(j, pair[0]), 0);
	journal_counts(j, &counts);
	assert_int_equal(counts.readers, 1);
	add_command(j, "NOOP", "");
	n = recv(pair[1], text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	assert_non_null(strstr(text, "\"verb\":\"NOOP\""));
	assert_int_equal(text[n - 1], '\n');
	journal_reader_remove(j, pair[0]);
	journal_reader_remove(j, pair[0]);
	journal_counts(j, &counts);
	assert_int_equal(counts.readers, 0);
	journal_close(j);
	close(pair[0]);
	close(pair[1]);
}

static void test_journal_drops_a_slow_reader(void **state)
{
	struct journal_counts counts = { .readers = 1 };
	uint64_t until = clock_now_us() + PATIENCE_US;
	static char arg[8192];
	struct journal *j;
	int pair[2];

	(void)state;
	memset(arg, 'x', sizeof(arg) - 1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	j = begin(NULL);
	assert_int_equal(journal_reader_add(j, pair[0]), 0);
	/* In the end more than its buffer, however slow the thread is. */
	while (counts.readers > 0 && clock_now_us() < until) {
		add_command(j, "STOR", arg);
		journal_counts(j, &counts);
	}
	assert_int_equal(counts.readers, 0);
	/* It was shut down: what is there ends with the end. */
	while (recv(pair[1], arg, sizeof(arg), 0) > 0)
		;
	journal_close(j);
	close(pair[0]);
	close(pair[1]);
}

static void test_journal_bounds_its_readers(void **state)
{
	struct journal *j;

	(void)state;
	j = begin(NULL);
	/* No event comes, so nothing is sent to these. */
	for (int i = 0; i < CONTROL_PEERS_MAX; i++)
		assert_int_equal(journal_reader_add(j, 1000 + i), 0);
	assert_true(journal_reader_add(j, 999) < 0);
	journal_close(j);
}

static void test_journal_needs_a_file_it_can_write(void **state)
{
	struct journal *j = NULL;

	(void)state;
	assert_true(journal_open(&j, "/nonexistent/events") < 0);
	assert_null(j);
	assert_int_equal(mkfifo(scratch_path, 0600), 0);
	assert_true(journal_open(&j, scratch_path) < 0); /* nobody reads it */
	unlink(scratch_path);
}

static void test_journal_loses_what_the_disk_refuses(void **state)
{
	struct journal_counts counts = { .lost = 0 };
	uint64_t until = clock_now_us() + PATIENCE_US;
	struct journal *j;

	(void)state;
	j = begin("/dev/full");
	for (unsigned int i = 1; i <= 3; i++) {
		add_command(j, "NOOP", "");
		while (counts.lost < i && clock_now_us() < until) {
			sched_yield();
			journal_counts(j, &counts);
		}
		assert_int_equal(counts.lost, i);
		assert_int_equal(counts.log_failures, i);
	}
	journal_close(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_journal_writes_copies_in_order),
		cmocka_unit_test(test_journal_copies_what_tls_says),
		cmocka_unit_test(test_journal_serves_readers),
		cmocka_unit_test(test_journal_drops_a_slow_reader),
		cmocka_unit_test(test_journal_bounds_its_readers),
		cmocka_unit_test(test_journal_needs_a_file_it_can_write),
		cmocka_unit_test(test_journal_loses_what_the_disk_refuses),
	};

	return cmocka_run_group_tests_name("io_journal", tests, scratch_make,
					   scratch_remove);
}
