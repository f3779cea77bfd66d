/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ladders of a replay: odd lines, when one is printed, and their bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "report/columns.h"
#include "report/ladder.h"
#include "report/ladder_draw.h"
#include "tale.h"
#include "told.h"

static struct ladder *start(struct tale *t)
{
	struct ladder *ladder;

	tale_begin(t);
	ladder = ladder_new(t->out);
	t->to = ladder_listener(ladder);
	return ladder;
}

/* --- forms of a rewritten line ---------------------------------------------- */

static void test_forms(void **state)
{
	static const struct {
		enum via via;
		const char *from, *to, *line;
	} form[] = {
		/* clang-format off */
		{ VIA_EPRT, "10.1.4.4", "203.0.113.1",
		  "|--- EPRT |1|10.1.4.4|50001| --------->|--- EPRT |1|203.0.113.1|50001| ------>|\n" },
		{ VIA_EPRT, "fc00:10:1:4:1234:5678:9abc:def0", "fc00::1",
		  "|--- EPRT |2|fc00:10:1:4:1234:567... ->|--- EPRT |2|fc00::1|50001| ---------->|\n" },
		{ VIA_LPRT, "10.1.4.4", "203.0.113.1",
		  "|--- LPRT 4,4,10,1,4,4,2,195,81 ------>|--- LPRT 4,4,203,0,113,1,2,195,81 --->|\n" },
		{ VIA_PASV, "10.2.5.5", "203.0.113.2",
		  "|<-- 227 (203,0,113,2,195,81) ---------|<-- 227 (10,2,5,5,195,81) ------------|\n" },
		{ VIA_EPSV, "10.2.5.5", "10.2.5.5",
		  "|<-- 229 (|||50001|) ------------------|<-- 229 (|||50001|) ------------------|\n" },
		{ VIA_LPSV, "10.2.5.5", "203.0.113.2",
		  "|<-- 228 (4,4,203,0,113,2,2,195,81) ---|<-- 228 (4,4,10,2,5,5,2,195,81) ------|\n" },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(form) / sizeof(form[0]); i++) {
		struct ladder *ladder;
		struct tale t;

		ladder = start(&t);
		tale_open(&t);
		if (via_is_active(form[i].via))
			tale_command(&t, via_name(form[i].via), "x");
		else
			tale_reply(&t, 227, "x");
		tale_rewrite(&t, form[i].via, form[i].from, form[i].to, 50001,
			     0);
		ladder_free(ladder);
		fflush(t.out);
		assert_non_null(strstr(t.text, form[i].line));
		tale_free(&t);
	}
}

/* A packet whose line was rewritten, and that was dropped nevertheless. */
static void test_dropped(void **state)
{
	struct ladder *ladder;
	struct tale t;

	(void)state;
	ladder = start(&t);
	tale_open(&t);
	tale_command(&t, "PORT", "10,1,4,4,195,81");
	tale_rewrite(&t, VIA_PORT, "10.1.4.4", "203.0.113.1", 50001, 3);
	tale_fate(&t, STORY_DROPPED, true, 22);
	ladder_free(ladder);
	fflush(t.out);
	assert_non_null(strstr(t.text,
			       "|--- PORT 10,1,4,4,195,81 ------------x|      "
			       "                                |\n"));
	tale_free(&t);
}

/* Addresses that do not fit beside each other. */
static void test_wide_head(void **state)
{
	struct ladder *ladder;
	struct tale t;

	(void)state;
	ladder = start(&t);
	t.client = told_at("fc00:1111:2222:3333:4444:5555:6666:7777", 40000);
	t.server = told_at("fc00:aaaa:bbbb:cccc:dddd:eeee:ffff:1111", 21);
	tale_open(&t);
	ladder_free(ladder);
	tale_expect(&t,
		    /* clang-format off */
		"session 1\n"
		"                    client                              gateway                             server\n"
		"                    [fc00:1111:2222:3333:4444:5555:6666:7777]:40000\n"
		"                                                       [fc00:aaaa:bbbb:cccc:dddd:eeee:ffff:1111]:21\n"
		" frame        time  |                                      |                                      |\n"
		"     1    0.000000  |  session [fc00:1111:2222:3333:4444:5555:6666:7777]:40000 > [fc00:aaaa:bbb...|\n"
		"                    |--------------------------------------|------------------------------------->|\n");
	/* clang-format on */
	tale_free(&t);
}

/* --- when a ladder is printed -------------------------------------------------- */

/* Not before the session's data connections are told, and then at once; what
 * comes later still has a place. */
static void test_late(void **state)
{
	const struct story_end end = { .frames = 1 };
	struct ladder *ladder;
	struct story_flow f;
	struct tale t;
	size_t len;

	(void)state;
	ladder = start(&t);
	tale_open(&t);
	tale_data(&t, false, 42017, NULL, true);
	tale_close(&t, "rst");
	f = tale_flow(&t, false, 42017, 4000);
	t.session = 2;
	tale_open(&t);
	tale_expect(&t, "");
	t.to.flow(t.to.arg, &f);
	tale_close(&t, "fin");
	fflush(t.out);
	assert_non_null(strstr(t.text, "4,000 bytes from the server"));
	assert_non_null(strstr(t.text, "session 1\n"));
	assert_null(strstr(t.text, "session 2\n"));
	len = t.size;
	f.related = false;
	f.reason = "the control connection was over";
	t.to.flow(t.to.arg, &f);
	t.to.end(t.to.arg, &end);
	fflush(t.out);
	assert_string_equal(
		t.text + len,
		/* clang-format off */
		"\n"
		"session 2\n"
		"                    client                              gateway                             server\n"
		"                    10.1.4.4:40000                                                      10.2.5.5:21\n"
		" frame        time  |                                      |                                      |\n"
		"     4    0.003000  |--- session 10.1.4.4:40000 > 10.2.5.5:21 ----------------------------------->|\n"
		"     5    0.004000  |--- session closed: both sides are done (FIN) -------------------------------|\n"
		"                    |                 [ 4 commands, 1 reply, 1 data connection ]                  |\n"
		"\n"
		"session 1, continued\n"
		"                    client                              gateway                             server\n"
		"                    10.1.4.4:40000                                                      10.2.5.5:21\n"
		" frame        time  |                                      |                                      |\n"
		"     -    0.002500  |  passive data 10.1.4.4:45000 > 10.2.5.5:42017, total                        |\n"
		"                    |=====================================x|                                      |\n"
		"                    |            [ would be stopped: the control connection was over ]            |\n"
		"                    |                       [ 4,000 bytes from the server ]                       |\n");
	/* clang-format on */
	len = t.size;
	ladder_free(ladder);
	fflush(t.out);
	assert_int_equal(t.size, len);
	tale_free(&t);
}

/* --- bounds ---------------------------------------------------------------------- */

/* One line of a reply is 100 bytes. */
#define LINE (LADDER_WIDTH + 1)

static void fill(struct tale *t, unsigned int replies)
{
	while (replies-- > 0)
		tale_reply(t, 220, "Ready.");
}

/* A ladder ends at its bound, says so, and still shows how its session ended.
 */
static void test_session_bound(void **state)
{
	const unsigned int fitting = LADDER_SESSION_MAX / LINE - 4;
	struct ladder *ladder;
	struct tale t;

	(void)state;
	ladder = start(&t);
	tale_open(&t);
	fill(&t, fitting + 1000);
	tale_close(&t, "fin");
	ladder_free(ladder);
	fflush(t.out);
	assert_true(t.size <= LADDER_SESSION_MAX + 10 * LINE);
	assert_true(t.size >= LADDER_SESSION_MAX);
	assert_non_null(
		strstr(t.text,
		       /* clang-format off */
		"--|\n"
		"                    |  [ 1000 steps are not drawn: a ladder ends at 1024 KiB, all that wait at ]  |\n"
		"                    |                          [ 64 MiB; see the table ]                          |\n"
		" 11483   11.482000  |--- session closed: both sides are done (FIN) -------------------------------|\n"));
	/* clang-format on */
	tale_free(&t);
}

/* All that wait have one bound together. */
static void test_total_bound(void **state)
{
	const unsigned int sessions = LADDER_TOTAL_MAX / LADDER_SESSION_MAX + 8;
	const struct story_end end = { .frames = 1 };
	struct ladder *ladder;
	struct tale t;
	unsigned int n = 0;

	(void)state;
	ladder = start(&t);
	for (t.session = 1; t.session <= sessions; t.session++) {
		tale_open(&t);
		fill(&t, LADDER_SESSION_MAX / LINE - 100);
	}
	tale_expect(&t, "");
	t.to.end(t.to.arg, &end);
	fflush(t.out);
	assert_true(t.size <= LADDER_TOTAL_MAX + sessions * 10 * LINE);
	for (const char *at = t.text; (at = strstr(at, "not drawn")); at++)
		n++;
	assert_int_equal(n, 8);
	ladder_free(ladder);
	tale_free(&t);
}

/* Nothing told, nothing printed. */
static void test_empty(void **state)
{
	struct ladder *ladder;
	struct tale t;

	(void)state;
	ladder = start(&t);
	ladder_free(ladder);
	tale_expect(&t, "");
	tale_free(&t);
	ladder_free(NULL);
}

/* No line is wider than it may be, whatever stands on it. */
static void test_width(void **state)
{
	struct ladder *ladder;
	struct tale t;

	(void)state;
	ladder = start(&t);
	tale_hostile(&t);
	tale_long(&t);
	tale_bounce(&t);
	tale_unmatched(&t);
	ladder_free(ladder);
	fflush(t.out);
	for (char *line = t.text, *end; (end = strchr(line, '\n'));
	     line = end + 1) {
		*end = '\0';
		assert_true(columns_of(line) <= LADDER_WIDTH);
	}
	tale_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_wide_head),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_session_bound),
		cmocka_unit_test(test_total_bound),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
