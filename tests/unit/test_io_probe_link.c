/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links and the lines on them, whatever pieces they come in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "lab/lines.h"
#include "lab/socket.h"
#include "support.h"

/* What is not there by then does not come. */
#define SHORT_MS 50

/* Two ends: a link and a descriptor to write into. */
static struct link pair(int *other)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
				    fd),
			 0);
	*other = fd[1];
	return link_over(fd[0]);
}

static void put(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static enum lines_result take(struct lines *b, struct link *l,
			      struct span *line, enum link_result *r)
{
	return lines_take(b, l, line, r, deadline_in(SHORT_MS));
}

static void assert_line(struct lines *b, struct link *l, const char *text)
{
	enum link_result r;
	struct span line;

	assert_int_equal(take(b, l, &line, &r), LINES_OK);
	assert_span(line, text);
}

static void test_lines(void **state)
{
	static struct lines b;
	enum link_result r;
	struct span line;
	struct link l;
	int other;

	(void)state;
	l = pair(&other);
	put(other, "220 one\r\n\r\n331 two\n\rthree\r\r\nfo");
	assert_line(&b, &l, "220 one");
	assert_line(&b, &l, "");
	assert_true(lines_left(&b, &l));
	assert_line(&b, &l, "331 two");
	assert_line(&b, &l, "\rthree\r");
	/* Half a line is there, and that is how it stays. */
	assert_true(lines_left(&b, &l));
	assert_int_equal(take(&b, &l, &line, &r), LINES_LINK);
	assert_int_equal(r, LINK_TIMEOUT);
	put(other, "ur\r\n");
	assert_line(&b, &l, "four");
	assert_false(lines_left(&b, &l));
	put(other, "no end");
	close(other);
	assert_int_equal(take(&b, &l, &line, &r), LINES_LINK);
	assert_int_equal(r, LINK_ENDED);
	link_close(&l);
}

/* A long piece and then byte by byte; more than the buffer holds in all. */
static void test_lines_in_pieces(void **state)
{
	static const char end[] = " fine\r\n";
	char text[201] = "250-", whole[256];
	static struct lines b;
	enum link_result r;
	struct span line;
	struct link l;
	int other;

	(void)state;
	l = pair(&other);
	memset(text + 4, 'x', sizeof(text) - 5);
	snprintf(whole, sizeof(whole), "%s fine", text);
	for (size_t i = 0; i < 2 * LINES_LINE_MAX / sizeof(text); i++) {
		put(other, text);
		for (size_t at = 0; at < sizeof(end) - 2; at++) {
			assert_int_equal(write(other, end + at, 1), 1);
			/* On a busy machine time may be up before a look. */
			do
				assert_int_equal(lines_take(&b, &l, &line, &r,
							    deadline_in(1)),
						 LINES_LINK);
			while (!lines_left(&b, &l));
		}
		put(other, "\n");
		assert_line(&b, &l, whole);
		assert_false(lines_left(&b, &l));
	}
	link_close(&l);
	close(other);
}

/* The longest line, and one that is longer by a byte. */
static void test_long_lines(void **state)
{
	static char text[LINES_LINE_MAX + 2];
	static struct lines b;
	enum link_result r;
	struct span line;
	struct link l;
	int other;

	(void)state;
	l = pair(&other);
	memset(text, 'a', sizeof(text) - 1);
	text[LINES_LINE_MAX - 2] = '\r';
	text[LINES_LINE_MAX - 1] = '\n';
	text[LINES_LINE_MAX] = '\0';
	put(other, text);
	assert_int_equal(take(&b, &l, &line, &r), LINES_OK);
	assert_int_equal(line.len, LINES_LINE_MAX - 2);
	text[LINES_LINE_MAX - 2] = 'a';
	text[LINES_LINE_MAX - 1] = '\r';
	text[LINES_LINE_MAX] = '\n';
	put(other, text);
	assert_int_equal(take(&b, &l, &line, &r), LINES_TOO_LONG);
	link_close(&l);
	close(other);
}

/* A deadline that has passed takes nothing, and none is overrun. */
static void test_deadlines(void **state)
{
	uint64_t begin = clock_now_us();
	struct link l;
	uint8_t byte;
	size_t n;
	int other;

	(void)state;
	l = pair(&other);
	assert_int_equal(link_read(&l, &byte, 1, &n, deadline_in(SHORT_MS)),
			 LINK_TIMEOUT);
	assert_true(clock_now_us() - begin >= SHORT_MS * DEADLINE_US_PER_MS);
	put(other, "x");
	assert_int_equal(link_read(&l, &byte, 1, &n, 0), LINK_TIMEOUT);
	assert_int_equal(link_read(&l, &byte, 1, &n, deadline_in(SHORT_MS)),
			 LINK_DONE);
	assert_int_equal(byte, 'x');
	link_close(&l);
	link_close(&l);
	close(other);
}

/* The other end does not read: writing ends all the same. */
static void test_write_to_who_does_not_read(void **state)
{
	static uint8_t much[4 << 20];
	struct link l;
	int other;

	(void)state;
	l = pair(&other);
	assert_int_equal(link_write(&l, span_of(much, sizeof(much)),
				    deadline_in(SHORT_MS)),
			 LINK_TIMEOUT);
	close(other);
	/* No SIGPIPE ends this process. */
	assert_int_equal(link_write(&l, span_of(much, 1),
				    deadline_in(SHORT_MS)),
			 LINK_BROKEN);
	assert_int_equal(l.error, EPIPE);
	link_close(&l);
}

static void test_finish(void **state)
{
	struct link l;
	char got[8];
	int other;

	(void)state;
	l = pair(&other);
	put(other, "the rest is dropped");
	/* It says its end at once, and waits for the other's. */
	assert_int_equal(link_finish(&l, deadline_in(SHORT_MS)), LINK_TIMEOUT);
	assert_int_equal(read(other, got, sizeof(got)), 0);
	close(other);
	assert_int_equal(link_finish(&l, deadline_in(SHORT_MS)), LINK_DONE);
	link_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_lines_in_pieces),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_write_to_who_does_not_read),
		cmocka_unit_test(test_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
