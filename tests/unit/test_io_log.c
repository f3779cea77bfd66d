/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times, the clock and the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/log.h"
#include "report/text.h"
#include "support.h"

static void test_time(void **state)
{
	static const struct {
		uint64_t us;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000000Z" },
		{ 951782400000000, "2000-02-29T00:00:00.000000Z" },
		{ 4294967296999999, "2106-02-07T06:28:16.999999Z" },
		{ 253402300799999999, "9999-12-31T23:59:59.999999Z" },
		{ 253402300800000000, "9999-12-31T23:59:59.999999Z" },
		{ UINT64_MAX, "9999-12-31T23:59:59.999999Z" },
	};
	char text[TEXT_TIME_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(text_time(cases[i].us, text), 27);
		assert_string_equal(text, cases[i].text);
	}
}

/* Never back, and within a second of the wall clock. */
static void test_clock(void **state)
{
	uint64_t last = clock_now_us();
	int64_t apart = (int64_t)(last / 1000000) - (int64_t)time(NULL);

	(void)state;
	assert_true(apart >= -1 && apart <= 1);
	for (int i = 0; i < 100000; i++) {
		uint64_t now = clock_now_us();

		assert_true(now >= last);
		last = now;
	}
}

/* As nobody sets the clock here, it is the one that never goes back. */
static void test_wall_clock(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(clock_wall_us(i), i);
}

/* What @level lets through to standard error, in @text. */
static void log_at(enum log_level level, char *text, size_t size)
{
	int fd[2], saved = dup(STDERR_FILENO);
	ssize_t len;

	assert_int_equal(pipe(fd), 0);
	dup2(fd[1], STDERR_FILENO);
	close(fd[1]);
	log_set_level(level);
	log_error("ftp", "e %d", 1);
	log_warn("ftp", "w");
	log_info("queue", "i");
	log_debug("queue", "%0*d", 2 * LOG_LINE_MAX, 7);
	dup2(saved, STDERR_FILENO);
	close(saved);
	len = read(fd[0], text, size - 1);
	assert_true(len > 0);
	text[len] = '\0';
	close(fd[0]);
}

static void test_log(void **state)
{
	char text[4 * LOG_LINE_MAX];

	(void)state;
	log_at(LOG_LEVEL_ERROR, text, sizeof(text));
	assert_string_equal(text, "sallyport: ftp: error: e 1\n");
	log_at(LOG_LEVEL_INFO, text, sizeof(text));
	assert_string_equal(text, "sallyport: ftp: error: e 1\n"
				  "sallyport: ftp: warning: w\n"
				  "sallyport: queue: info: i\n");
	log_at(LOG_LEVEL_DEBUG, text, sizeof(text));
	/* A line too long is cut, but it is still one line. */
	assert_int_equal(strlen(strstr(text, "sallyport: queue: debug: 0")),
			 LOG_LINE_MAX - 1);
	assert_int_equal(text[strlen(text) - 1], '\n');
}

/* Gathered lines look like the others, and go out together. */
static void test_log_batch(void **state)
{
	static struct log_batch b;
	char text[4 * LOG_LINE_MAX], want[2 * LOG_LINE_MAX];
	uint8_t nines[2 * LOG_LINE_MAX];
	int fd[2], saved = dup(STDERR_FILENO);
	ssize_t len;

	(void)state;
	memset(nines, '9', sizeof(nines));
	assert_int_equal(pipe(fd), 0);
	dup2(fd[1], STDERR_FILENO);
	log_set_level(LOG_LEVEL_INFO);
	log_batch_add(&b, LOG_LEVEL_WARNING, "event", span_str("one"), NULL, 0);
	log_batch_add(&b, LOG_LEVEL_DEBUG, "event", span_str("two"), NULL, 0);
	log_batch_add(&b, LOG_LEVEL_INFO, "event",
		      span_of(nines, sizeof(nines)), NULL, 0);
	log_batch_write(&b);
	log_batch_write(&b);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fd[1]);
	len = read(fd[0], text, sizeof(text) - 1);
	assert_true(len > 0);
	text[len] = '\0';
	close(fd[0]);
	snprintf(want, sizeof(want),
		 "sallyport: event: warning: one\n"
		 "sallyport: event: info: %.*s\n",
		 (int)(LOG_LINE_MAX - strlen("sallyport: event: info: \n")),
		 (char *)nines);
	assert_string_equal(text, want);
}

/* Nobody reads: a lock may be held here that packets wait for. */
static void test_log_never_waits(void **state)
{
	static char text[1 << 16];
	int fd[2], saved = dup(STDERR_FILENO);
	const int lines = 100, room = 2 * 4096; /* a page each for two writes */
	ssize_t len;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_true(fcntl(fd[1], F_SETPIPE_SZ, room) >= 0);
	dup2(fd[1], STDERR_FILENO);
	close(fd[1]);
	for (int i = 0; i < lines; i++)
		log_error("test", "%0500d", i);
	len = read(fd[0], text, sizeof(text));
	log_error("test", "again");
	assert_in_range(len, 500, room);
	text[len] = '\0';
	assert_non_null(strstr(text, "0000\n"));

	len = read(fd[0], text, sizeof(text) - 1);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fd[0]);
	assert_true(len > 0);
	text[len] = '\0';
	assert_non_null(strstr(text, "log: warning: nobody read it; "));
	assert_non_null(strstr(text, " lines were lost\nsallyport: test: "
				     "error: again\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_wall_clock),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_log_batch),
		cmocka_unit_test(test_log_never_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
