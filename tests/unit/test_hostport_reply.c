/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data endpoints: found in the free text of replies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/hostport.h>

#include "hostport_sample.h"
#include "support.h"

static void rfc09_227_needs_no_parentheses(void **state)
{
	static const char *const fine[] = {
		"Entering Passive Mode (1,2,3,4,5,6).",
		"Entering Passive Mode (1,2,3,4,5,6)",
		"=1,2,3,4,5,6",
		"Entering Passive Mode 1,2,3,4,5,6",
		"Entering Passive Mode 1,2,3,4,5,6.",
		"v2 mode (1,2,3,4,5,6)",
		"v2, 3rd mode (1,2,3,4,5,6)",
		"1,2,3,4,5,6",
		"(1,2,3,4,5,6",
		"Mode [1,2,3,4,5,6] until 12:30",
		"\xef\xbc\x88"
		"1,2,3,4,5,6"
		"\xef\xbc\x89",
		"1,000 users (1,2,3,4,5,6) of 1,234,567",
	};
	static const char *const missing[] = {
		"Logout.", "",   "Entering Passive Mode",   "v2", "1",
		"1,",      ",1", "see page 5, chapter two", "()", ",,,,,",
	};
	static const char *const malformed[] = {
		"1,2",
		"(1,2,3,4,5)",
		"(1,2,3,4,5,6,7)",
		"1,2,3,4,5,6,",
		",1,2,3,4,5,6",
		"1.1,2,3,4,5,6",
		"-1,2,3,4,5,6",
		"+1,2,3,4,5,6",
		"0x1,2,3,4,5,6",
		"1, 2, 3, 4, 5, 6",
		"1 ,2,3,4,5,6",
		"1,,2,3,4,5,6",
		"(1,2,3,4,5,6,)",
		"(256,2,3,4,5,6)",
		"(1,2,3,4,5,06)",
		"(1,2,+3,4,5,6)",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fine); i++)
		sample_check(&(struct sample){ VIA_PASV, fine[i], HOSTPORT_FINE,
					       "1.2.3.4:1286" });
	for (size_t i = 0; i < ARRAY_SIZE(missing); i++)
		sample_check(&(struct sample){ VIA_PASV, missing[i],
					       HOSTPORT_MISSING, NULL });
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++)
		sample_check(&(struct sample){ VIA_PASV, malformed[i],
					       HOSTPORT_MALFORMED, NULL });
}

/* Each text shows different endpoints to clients that search differently. */
static void two_readings_are_none(void **state)
{
	static const struct sample samples[] = {
		{ VIA_PASV, "(1,2,3,4,5,6) (1,2,3,4,5,7)", HOSTPORT_AMBIGUOUS,
		  NULL },
		{ VIA_PASV, "(1,2,3,4,5,6) (1,2,3,4,5,6)", HOSTPORT_AMBIGUOUS,
		  NULL },
		/* scanf() takes the first of these. */
		{ VIA_PASV, "1,2,3,4,5,006 (9,9,9,9,9,9)", HOSTPORT_AMBIGUOUS,
		  NULL },
		{ VIA_PASV, "1, 2, 3, 4, 5, 6 (9,9,9,9,9,9)",
		  HOSTPORT_AMBIGUOUS, NULL },
		{ VIA_PASV, "1,+2,3,4,5,6 (9,9,9,9,9,9)", HOSTPORT_AMBIGUOUS,
		  NULL },
		{ VIA_PASV, "(9,9,9,9,9,9) 1,2,3,4,5,6,7", HOSTPORT_AMBIGUOUS,
		  NULL },
		{ VIA_PASV, "(9,9,9,9,9,9) x1,2,3,4,5,6", HOSTPORT_AMBIGUOUS,
		  NULL },
		{ VIA_PASV, "(256,1,1,1,1,1) 1,2,3,4,5,6,7", HOSTPORT_MALFORMED,
		  NULL },
		{ VIA_LPSV, "(4,4,10,0,0,1,2,19,136) (4,4,10,0,0,2,2,19,136)",
		  HOSTPORT_AMBIGUOUS, NULL },
		{ VIA_LPSV, "(4,4,10,0,0,1,2,19,136) (4,4,10,0,0,1,2,19,06)",
		  HOSTPORT_AMBIGUOUS, NULL },
		{ VIA_EPSV, "(|||5000|) (|||5001|)", HOSTPORT_AMBIGUOUS, NULL },
		{ VIA_EPSV, "(|||5000|) (|||5000|)", HOSTPORT_AMBIGUOUS, NULL },
		{ VIA_EPSV, "(|||5000|) (!!!5000!)", HOSTPORT_AMBIGUOUS, NULL },
		/* Without its end, with fields, with blanks. */
		{ VIA_EPSV, "(|||5000| (|||5001|)", HOSTPORT_AMBIGUOUS, NULL },
		{ VIA_EPSV, "(|x|y|5000|) (|||5001|)", HOSTPORT_AMBIGUOUS,
		  NULL },
		{ VIA_EPSV, "(||| 5000|) (|||5001|)", HOSTPORT_AMBIGUOUS,
		  NULL },
		{ VIA_EPSV, "(|||5001|) (|||05000|)", HOSTPORT_AMBIGUOUS,
		  NULL },
	};

	(void)state;
	sample_check_all(samples, ARRAY_SIZE(samples));
}

/* A NUL ends the text for some clients, and a bare CR may. */
static void cut_texts_are_refused(void **state)
{
	static const char nul[] = "1\0,2,3,4,5,6 (9,9,9,9,9,9)";
	static const char cr[] = "(9,9,9,9,9,9)\r";
	struct hostport hp;

	(void)state;
	assert_int_equal(hostport_parse_reply(VIA_PASV,
					      span_of(nul, sizeof(nul) - 1),
					      &hp),
			 HOSTPORT_MALFORMED);
	assert_int_equal(hostport_parse_reply(VIA_PASV, span_str(cr), &hp),
			 HOSTPORT_MALFORMED);
}

static void rfc19_229_grammar(void **state)
{
	static const struct sample samples[] = {
		{ VIA_EPSV, "Entering Extended Passive Mode (|||40000|)",
		  HOSTPORT_FINE, "[::]:40000" },
		{ VIA_EPSV, "ok (!!!40000!)", HOSTPORT_FINE, "[::]:40000" },
		{ VIA_EPSV, "ok (aaa40000a).", HOSTPORT_FINE, "[::]:40000" },
		{ VIA_EPSV, "((((40000()", HOSTPORT_FINE, "[::]:40000" },
		{ VIA_EPSV, "()))40000))", HOSTPORT_FINE, "[::]:40000" },
		{ VIA_EPSV, "v2 (server 7) mode (|||1|)", HOSTPORT_FINE,
		  "[::]:1" },
		{ VIA_EPSV, "(|||65535|)", HOSTPORT_FINE, "[::]:65535" },
		{ VIA_EPSV, "", HOSTPORT_MISSING, NULL },
		{ VIA_EPSV, "Logout.", HOSTPORT_MISSING, NULL },
		{ VIA_EPSV, "Extended (see help)", HOSTPORT_MISSING, NULL },
		{ VIA_EPSV, "|||40000|", HOSTPORT_MISSING, NULL },
		{ VIA_EPSV, "(40000)", HOSTPORT_MISSING, NULL },
		{ VIA_EPSV, "(||||)", HOSTPORT_MISSING, NULL },
		{ VIA_EPSV, "(|1|10.0.0.1|40000|)", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPSV, "(|2|fc00::1|40000|)", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPSV, "(|||40000)", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPSV, "(|||40000|", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPSV, "(|||40000!)", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPSV, "(|||40000||)", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPSV, "(|||40000| )", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPSV, "(||||40000|)", HOSTPORT_MALFORMED, NULL },
		/* 32 and 127 are no delimiters, nor is a digit. */
		{ VIA_EPSV, "(   40000 )", HOSTPORT_MISSING, NULL },
		{ VIA_EPSV, "(\177\177\17740000\177)", HOSTPORT_MISSING, NULL },
		{ VIA_EPSV, "(111400001)", HOSTPORT_MISSING, NULL },
	};

	(void)state;
	sample_check_all(samples, ARRAY_SIZE(samples));
}

static void a_thicket_of_parentheses_is_refused(void **state)
{
	char text[64];
	struct hostport hp;

	(void)state;
	memset(text, '(', sizeof(text));
	assert_int_equal(hostport_parse_reply(VIA_EPSV,
					      span_of(text, sizeof(text)), &hp),
			 HOSTPORT_MALFORMED);
	memcpy(text, "(|||5000|)", 10);
	assert_int_equal(hostport_parse_reply(VIA_EPSV,
					      span_of(text, sizeof(text)), &hp),
			 HOSTPORT_AMBIGUOUS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc09_227_needs_no_parentheses),
		cmocka_unit_test(rfc19_229_grammar),
		cmocka_unit_test(two_readings_are_none),
		cmocka_unit_test(cut_texts_are_refused),
		cmocka_unit_test(a_thicket_of_parentheses_is_refused),
	};

	return cmocka_run_group_tests_name("hostport_reply", tests, NULL, NULL);
}
