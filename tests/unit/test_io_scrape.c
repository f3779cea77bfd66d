/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The server for counters: what it answers, and what no peer can do to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/loop.h"
#include "io/scrape.h"
#include "lab/socket.h"

#define TEXT  "# HELP a b\n# TYPE a gauge\na 1\n"
#define CLOSE "Connection: close\r\n"

static int loop;
static struct scrape *server;
static struct endpoint at;
static unsigned int asked;
static bool no_memory;

static char *text(void *arg, size_t *len)
{
	assert_ptr_equal(arg, &at);
	asked++;
	*len = sizeof(TEXT) - 1;
	return no_memory ? NULL : strdup(TEXT);
}

static int setup(void **state)
{
	const struct scrape_handler handler = { text, "text/test", &at };
	int fd;

	(void)state;
	at = (struct endpoint){ addr_v4((const uint8_t[]){ 127, 0, 0, 1 }), 0 };
	asked = 0;
	no_memory = false;
	loop = loop_open();
	fd = scrape_listen(&at);
	if (loop < 0 || fd < 0 || socket_local(fd, &at) < 0)
		return -1;
	server = scrape_open(loop, fd, &handler);
	return server ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	scrape_close(server);
	close(loop);
	return 0;
}

static int dial(const char *request)
{
	int fd = socket_connect(NULL, &at, deadline_in(5000));
	ssize_t len = (ssize_t)strlen(request);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, request, (size_t)len), len);
	return fd;
}

/* Does the server's end come, and what before it? @fd is closed then. */
static bool ends(int fd, char *got, size_t room)
{
	uint64_t until = deadline_in(5000);
	ssize_t n = 1;
	size_t len = 0;

	while (n != 0 && !deadline_passed(until)) {
		assert_int_equal(loop_wait(loop, 10), 0);
		n = read(fd, got + len, room - 1 - len);
		if (n > 0)
			len += (size_t)n;
		else if (n < 0 && errno != EAGAIN)
			n = 0;
	}
	got[len] = '\0';
	close(fd);
	return n == 0;
}

static const char *answer(const char *request)
{
	static char got[4096];

	assert_true(ends(dial(request), got, sizeof(got)));
	return got;
}

static void assert_has(const char *whole, const char *part)
{
	if (!strstr(whole, part))
		fail_msg("no '%s' in '%s'", part, whole);
}

static void test_metrics(void **state)
{
	const char *got =
		answer("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");

	(void)state;
	assert_int_equal(strncmp(got, "HTTP/1.1 200 OK\r\n", 17), 0);
	assert_has(got, "Content-Type: text/test\r\n");
	assert_has(got, CLOSE);
	assert_has(got, "\r\n\r\n" TEXT);
	assert_int_equal(asked, 1);
	answer("GET /metrics?x=y HTTP/1.0\r\n\r\n");
	assert_int_equal(asked, 2);
}

static void test_one_request_a_connection(void **state)
{
	(void)state;
	answer("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
	       "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(asked, 1);
}

static void test_nothing_else(void **state)
{
	static const struct {
		const char *request, *status;
	} cases[] = {
		{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", " 404 " },
		{ "GET /metrics/ HTTP/1.1\r\nHost: a\r\n\r\n", " 404 " },
		{ "GET /../metrics HTTP/1.1\r\nHost: a\r\n\r\n", " 404 " },
		{ "POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1"
		  "\r\n\r\nx",
		  " 405 " },
		{ "POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: "
		  "99999999999\r\n\r\nx",
		  " 405 " },
		{ "HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n", " 405 " },
		{ "DELETE /metrics HTTP/1.1\r\nHost: a\r\n\r\n", " 405 " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *got = answer(cases[i].request);

		assert_has(got, cases[i].status);
		assert_has(got, CLOSE);
		if (strcmp(cases[i].status, " 405 ") == 0)
			assert_has(got, "Allow: GET\r\n");
	}
	assert_int_equal(asked, 0);
}

static void test_no_memory_for_the_text(void **state)
{
	(void)state;
	no_memory = true;
	assert_has(answer("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"), " 503 ");
}

static void test_what_is_no_http(void **state)
{
	static char long_line[65536];
	char got[4096];
	int fd;

	(void)state;
	answer("\x16\x03\x01\r\n\r\n");
	answer("USER anonymous\r\n\r\n");
	memset(long_line, 'a', sizeof(long_line) - 1);
	memcpy(long_line, "GET /", 5);
	fd = socket_connect(NULL, &at, deadline_in(5000));
	assert_true(write(fd, long_line, sizeof(long_line) - 1) > 0);
	assert_true(ends(fd, got, sizeof(got)));
	assert_int_equal(asked, 0);
	assert_has(answer("GET /metrics HTTP/1.0\r\n\r\n"), " 200 ");
}

/* Peers that do nothing, or send a byte now and then, keep others out only for
 * a while. */
static void test_slow_peers_cost_their_place_for_a_while(void **state)
{
	static char got[4096];
	int slow[SCRAPE_PEERS_MAX], waiting;

	(void)state;
	for (size_t i = 0; i < SCRAPE_PEERS_MAX; i++)
		slow[i] = dial("GET /metr");
	waiting = dial("GET /metrics HTTP/1.0\r\n\r\n");
	for (int i = 0; i < 50; i++)
		loop_wait(loop, 2);
	assert_int_equal(asked, 0);
	scrape_tick(server, clock_now_us());
	assert_int_equal(write(slow[0], "i", 1), 1);
	assert_int_equal(loop_wait(loop, 10), 0);
	assert_int_equal(asked, 0);
	scrape_tick(server, clock_now_us() + SCRAPE_PATIENCE_US);
	for (size_t i = 0; i < SCRAPE_PEERS_MAX; i++)
		assert_true(ends(slow[i], got, sizeof(got)));
	assert_true(ends(waiting, got, sizeof(got)));
	assert_has(got, " 200 ");
	assert_int_equal(asked, 1);
}

static void test_peers_that_leave_free_their_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3 * SCRAPE_PEERS_MAX; i++) {
		close(dial(""));
		assert_int_equal(loop_wait(loop, 1000), 0);
	}
	assert_has(answer("GET /metrics HTTP/1.0\r\n\r\n"), " 200 ");
}

/* The library does not see an end that comes along with bytes. */
static void test_peers_that_leave_halfway_free_their_place_later(void **state)
{
	static char got[4096];
	int waiting;

	(void)state;
	for (size_t i = 0; i < SCRAPE_PEERS_MAX; i++)
		close(dial("GET /metr"));
	waiting = dial("GET /metrics HTTP/1.0\r\n\r\n");
	for (int i = 0; i < 50; i++)
		loop_wait(loop, 2);
	scrape_tick(server, clock_now_us() + SCRAPE_PATIENCE_US);
	assert_true(ends(waiting, got, sizeof(got)));
	assert_has(got, " 200 ");
}

static void test_it_sleeps_where_nobody_asks(void **state)
{
	uint64_t before;

	(void)state;
	answer("GET /metrics HTTP/1.0\r\n\r\n");
	scrape_tick(server, clock_now_us());
	before = clock_now_us();
	assert_int_equal(loop_wait(loop, 50), 0);
	assert_true(clock_now_us() - before >= 49000);
}

static void test_addresses_that_cannot_be(void **state)
{
	/* RFC 5737: nobody's. */
	const struct endpoint foreign = {
		addr_v4((const uint8_t[]){ 192, 0, 2, 1 }), 9742
	};
	struct endpoint six = { addr_v6((const uint8_t[16]){ [15] = 1 }), 0 };
	int fd;

	(void)state;
	assert_int_equal(scrape_listen(&foreign), -EADDRNOTAVAIL);
	assert_int_equal(scrape_listen(&at), -EADDRINUSE);
	fd = scrape_listen(&six);
	if (fd == -EADDRNOTAVAIL || fd == -EAFNOSUPPORT)
		skip();
	assert_true(fd >= 0);
	assert_int_equal(socket_local(fd, &six), 0);
	close(fd);
}

static void test_null_is_fine(void **state)
{
	(void)state;
	scrape_tick(NULL, 0);
	scrape_close(NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_metrics),
		TEST(test_one_request_a_connection),
		TEST(test_nothing_else),
		TEST(test_no_memory_for_the_text),
		TEST(test_what_is_no_http),
		TEST(test_slow_peers_cost_their_place_for_a_while),
		TEST(test_peers_that_leave_free_their_place),
		TEST(test_peers_that_leave_halfway_free_their_place_later),
		TEST(test_it_sleeps_where_nobody_asks),
		TEST(test_addresses_that_cannot_be),
		cmocka_unit_test(test_null_is_fine),
	};

	return cmocka_run_group_tests_name("io_scrape", tests, NULL, NULL);
}
