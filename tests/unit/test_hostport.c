/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data endpoints: the six forms, read, found in replies, and written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/hostport.h>

#include "support.h"

struct sample {
	enum via via;
	const char *text;
	enum hostport_error error;
	const char *endpoint; /* as endpoint_format() writes it */
};

static enum hostport_error parse(enum via via, struct span text,
				 struct hostport *out)
{
	return via_is_active(via) ? hostport_parse_arg(via, text, out)
				  : hostport_parse_reply(via, text, out);
}

static void check(const struct sample *s)
{
	struct span g = guarded_str(s->text);
	struct hostport hp, untouched;
	char text[ENDPOINT_TEXT_MAX];
	enum hostport_error error;

	memset(&hp, 0xa5, sizeof(hp));
	untouched = hp;
	error = parse(s->via, g, &hp);
	if (error != s->error)
		fail_msg("%s '%s' is %s", via_name(s->via), s->text,
			 hostport_reason(error));
	if (error == HOSTPORT_FINE) {
		endpoint_format(&hp.endpoint, text);
		assert_string_equal(text, s->endpoint);
		assert_int_equal(hp.via, s->via);
		assert_int_equal(hp.has_addr, s->via != VIA_EPSV);
		assert_in_range(hp.len, 1, g.len);
		assert_in_range(hp.at, 0, g.len - hp.len);
	} else {
		assert_memory_equal(&hp, &untouched, sizeof(hp));
	}
	guarded_free(g);
}

static void check_all(const struct sample *samples, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(&samples[i]);
}

static void rfc01_six_decimals(void **state)
{
	static const struct sample samples[] = {
		{ VIA_PORT, "10,0,0,1,19,136", HOSTPORT_FINE, "10.0.0.1:5000" },
		{ VIA_PORT, "0,0,0,0,0,1", HOSTPORT_FINE, "0.0.0.0:1" },
		{ VIA_PORT, "255,255,255,255,255,255", HOSTPORT_FINE,
		  "255.255.255.255:65535" },
		{ VIA_PORT, "", HOSTPORT_MALFORMED, NULL },
		{ VIA_PORT, "10,0,0,1,19", HOSTPORT_MALFORMED, NULL },
		{ VIA_PORT, "10,0,0,1,19,", HOSTPORT_MALFORMED, NULL },
		{ VIA_PORT, "10,0,0,1,19,136,1", HOSTPORT_MALFORMED, NULL },
		{ VIA_PORT, "10,0,0,1,19,136 ", HOSTPORT_MALFORMED, NULL },
		{ VIA_PORT, " 10,0,0,1,19,136", HOSTPORT_MALFORMED, NULL },
		{ VIA_PORT, "10, 0,0,1,19,136", HOSTPORT_MALFORMED, NULL },
		{ VIA_PORT, "(10,0,0,1,19,136)", HOSTPORT_MALFORMED, NULL },
		{ VIA_PORT, "10.0.0.1,19,136", HOSTPORT_MALFORMED, NULL },
		{ VIA_PORT, "10,0,0,1,19,136\r", HOSTPORT_MALFORMED, NULL },
		{ VIA_PORT, "10,,0,1,19,136", HOSTPORT_MALFORMED, NULL },
		{ VIA_PORT, "10,0,0,1,0,0", HOSTPORT_MALFORMED, NULL },
		{ VIA_PASV, "(0,0,0,0,195,80)", HOSTPORT_FINE,
		  "0.0.0.0:50000" },
	};

	(void)state;
	check_all(samples, ARRAY_SIZE(samples));
}

static void attack12_integer_tricks(void **state)
{
	static const struct sample samples[] = {
		{ VIA_PORT, "010,0,0,1,19,136", HOSTPORT_MALFORMED, NULL },
		{ VIA_PORT, "10,0,0,1,256,1", HOSTPORT_MALFORMED, NULL },
		{ VIA_PORT, "266,0,0,1,19,136", HOSTPORT_MALFORMED, NULL },
		{ VIA_PORT, "10,0,0,1,19,392", HOSTPORT_MALFORMED, NULL },
		{ VIA_PORT, "10,0,0,1,-1,136", HOSTPORT_MALFORMED, NULL },
		{ VIA_PORT, "10,0,0,1,+1,136", HOSTPORT_MALFORMED, NULL },
		{ VIA_PORT, "10,0,0,1,0x1,136", HOSTPORT_MALFORMED, NULL },
		{ VIA_PORT, "10,0,0,1,00,136", HOSTPORT_MALFORMED, NULL },
		{ VIA_PORT, "4294967306,0,0,1,19,136", HOSTPORT_MALFORMED,
		  NULL },
		{ VIA_PORT, "18446744073709551626,0,0,1,19,136",
		  HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "|1|10.0.0.1|65557|", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "|1|10.0.0.1|65536|", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "|1|10.0.0.1|0|", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "|1|10.0.0.1|05000|", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "|1|10.0.0.1|-5|", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "|1|10.0.0.1||", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "|01|10.0.0.1|5000|", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "|65537|10.0.0.1|5000|", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "|1|010.0.0.1|5000|", HOSTPORT_MALFORMED, NULL },
		{ VIA_LPRT, "4,4,10,0,0,1,2,019,136", HOSTPORT_MALFORMED,
		  NULL },
		{ VIA_LPRT, "260,4,10,0,0,1,2,19,136", HOSTPORT_MALFORMED,
		  NULL },
		{ VIA_PASV, "(10,0,0,1,256,1)", HOSTPORT_MALFORMED, NULL },
		{ VIA_PASV, "(010,0,0,1,19,136)", HOSTPORT_MALFORMED, NULL },
		{ VIA_PASV, "(10,0,0,1,0,0)", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPSV, "(|||65536|)", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPSV, "(|||0|)", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPSV, "(|||021|)", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPSV, "(|||-1|)", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPSV, "(|||99999999999999999999|)", HOSTPORT_MALFORMED,
		  NULL },
	};

	(void)state;
	check_all(samples, ARRAY_SIZE(samples));
}

static void rfc17_eprt_grammar(void **state)
{
	static const struct sample samples[] = {
		{ VIA_EPRT, "|1|10.0.0.1|5000|", HOSTPORT_FINE,
		  "10.0.0.1:5000" },
		{ VIA_EPRT, "!1!10.0.0.1!5000!", HOSTPORT_FINE,
		  "10.0.0.1:5000" },
		{ VIA_EPRT, "~1~10.0.0.1~5000~", HOSTPORT_FINE,
		  "10.0.0.1:5000" },
		{ VIA_EPRT, "a1a10.0.0.1a5000a", HOSTPORT_FINE,
		  "10.0.0.1:5000" },
		{ VIA_EPRT, "|2|fc00:10:1:4::4|5000|", HOSTPORT_FINE,
		  "[fc00:10:1:4::4]:5000" },
		{ VIA_EPRT, "g2gfc00::1g5000g", HOSTPORT_FINE,
		  "[fc00::1]:5000" },
		{ VIA_EPRT, "|2|64:ff9b::1.2.3.4|5000|", HOSTPORT_FINE,
		  "[64:ff9b::102:304]:5000" },
		/* A character of the address cannot part the fields. */
		{ VIA_EPRT, ".1.10.0.0.1.5000.", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, ":2:fc00::1:5000:", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "a2afc00::1a5000a", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "F2F10::1F5000F", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, ".2.10::1.5000.", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "1110.0.0.1150001", HOSTPORT_MALFORMED, NULL },
		/* 32 and 127 are just outside the range. */
		{ VIA_EPRT, " 1 10.0.0.1 5000 ", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "\1771\17710.0.0.1\1775000\177", HOSTPORT_MALFORMED,
		  NULL },
		{ VIA_EPRT, "", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "|", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "||10.0.0.1|5000|", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "|1|10.0.0.1|5000", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "|1|10.0.0.1|5000||", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "|1|10.0.0.1|5000| ", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "|1|10.0.0.1!5000|", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, " |1|10.0.0.1|5000|", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "|1||5000|", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "|1|fc00::1|5000|", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "|2|10.0.0.1|5000|", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "|2|fe80::1%eth0|5000|", HOSTPORT_MALFORMED, NULL },
		{ VIA_EPRT, "|2|::ffff:10.0.0.1|5000|", HOSTPORT_MALFORMED,
		  NULL },
		{ VIA_EPRT, "|2|::ffff:a00:1|5000|", HOSTPORT_MALFORMED, NULL },
	};

	(void)state;
	check_all(samples, ARRAY_SIZE(samples));
}

static void rfc18_unknown_family(void **state)
{
	static const struct sample samples[] = {
		{ VIA_EPRT, "|3|10.0.0.1|5000|", HOSTPORT_FAMILY, NULL },
		{ VIA_EPRT, "|0|10.0.0.1|5000|", HOSTPORT_FAMILY, NULL },
		{ VIA_EPRT, "|65535|x|5000|", HOSTPORT_FAMILY, NULL },
		{ VIA_LPRT, "16,4,10,0,0,1,2,19,136", HOSTPORT_FAMILY, NULL },
		{ VIA_LPRT, "0,0,2,19,136", HOSTPORT_FAMILY, NULL },
	};

	(void)state;
	check_all(samples, ARRAY_SIZE(samples));
}

static void rfc50_long_forms(void **state)
{
	static const struct sample samples[] = {
		{ VIA_LPRT, "4,4,10,0,0,1,2,19,136", HOSTPORT_FINE,
		  "10.0.0.1:5000" },
		{ VIA_LPRT, "6,16,252,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,2,19,136",
		  HOSTPORT_FINE, "[fc00::1]:5000" },
		{ VIA_LPSV,
		  "Entering Long Passive Mode (4,4,10,0,0,1,2,19,136)",
		  HOSTPORT_FINE, "10.0.0.1:5000" },
		{ VIA_LPSV, "=6,16,252,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,2,19,136",
		  HOSTPORT_FINE, "[fc00::1]:5000" },
		{ VIA_LPRT, "4,4,10,0,0,1,2,19,136,0", HOSTPORT_MALFORMED,
		  NULL },
		{ VIA_LPRT, "4,3,10,0,0,2,19,136", HOSTPORT_MALFORMED, NULL },
		{ VIA_LPRT, "4,16,10,0,0,1,2,19,136", HOSTPORT_MALFORMED,
		  NULL },
		{ VIA_LPRT, "6,4,10,0,0,1,2,19,136", HOSTPORT_MALFORMED, NULL },
		{ VIA_LPRT, "4,4,10,0,0,1,3,0,19,136", HOSTPORT_MALFORMED,
		  NULL },
		{ VIA_LPRT, "4,4,10,0,0,1,3,19,136", HOSTPORT_MALFORMED, NULL },
		{ VIA_LPRT, "4,4,10,0,0,1,1,19", HOSTPORT_MALFORMED, NULL },
		{ VIA_LPRT, "4,4,10,0,0,1,2,0,0", HOSTPORT_MALFORMED, NULL },
		{ VIA_LPRT, "4", HOSTPORT_MALFORMED, NULL },
		{ VIA_LPRT, "", HOSTPORT_MALFORMED, NULL },
		/* IPv4-mapped in family 6 */
		{ VIA_LPRT,
		  "6,16,0,0,0,0,0,0,0,0,0,0,255,255,10,0,0,1,2,19,136",
		  HOSTPORT_MALFORMED, NULL },
		{ VIA_LPSV, "(16,4,10,0,0,1,2,19,136)", HOSTPORT_MALFORMED,
		  NULL },
		{ VIA_LPSV, "(4,4,10,0,0,1,2,19)", HOSTPORT_MALFORMED, NULL },
		{ VIA_LPSV, "Logout.", HOSTPORT_MISSING, NULL },
	};

	(void)state;
	check_all(samples, ARRAY_SIZE(samples));
}

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
		check(&(struct sample){ VIA_PASV, fine[i], HOSTPORT_FINE,
					"1.2.3.4:1286" });
	for (size_t i = 0; i < ARRAY_SIZE(missing); i++)
		check(&(struct sample){ VIA_PASV, missing[i], HOSTPORT_MISSING,
					NULL });
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++)
		check(&(struct sample){ VIA_PASV, malformed[i],
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
	check_all(samples, ARRAY_SIZE(samples));
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
	check_all(samples, ARRAY_SIZE(samples));
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

/* at and len mark what a rewrite replaces: no more and no less. */
static void the_place_is_exact(void **state)
{
	static const struct {
		enum via via;
		const char *text, *endpoint;
	} cases[] = {
		{ VIA_PORT, "1,2,3,4,5,6", "1,2,3,4,5,6" },
		{ VIA_EPRT, "|1|1.2.3.4|5|", "|1|1.2.3.4|5|" },
		{ VIA_LPRT, "4,4,1,2,3,4,2,5,6", "4,4,1,2,3,4,2,5,6" },
		{ VIA_PASV, "v2 mode (1,2,3,4,5,6).", "1,2,3,4,5,6" },
		{ VIA_EPSV, "(v2) ok (|||5|).", "|||5|" },
		{ VIA_LPSV, "ok 4,4,1,2,3,4,2,5,6.", "4,4,1,2,3,4,2,5,6" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct span text = span_str(cases[i].text);
		struct hostport hp;

		assert_int_equal(parse(cases[i].via, text, &hp), HOSTPORT_FINE);
		assert_span(span_sub(text, hp.at, hp.len), cases[i].endpoint);
	}
}

/* A line that is cut off must not pass for a shorter one. */
static void every_prefix(void **state)
{
	static const struct {
		enum via via;
		const char *text;
		size_t fine_from; /* shortest prefix that is an endpoint */
	} cases[] = {
		{ VIA_PORT, "10,0,0,1,19,136", 13 },
		{ VIA_EPRT, "|1|10.0.0.1|5000|", 17 },
		{ VIA_EPRT, "|2|fc00:10:1:4::4|5000|", 23 },
		{ VIA_LPRT, "4,4,10,0,0,1,2,19,136", 19 },
		{ VIA_PASV, "ok (10,0,0,1,19,136).", 17 },
		{ VIA_EPSV, "ok (|||40000|).", 14 },
		{ VIA_LPSV, "ok (4,4,10,0,0,1,2,19,136).", 23 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t n = 0; n <= strlen(cases[i].text); n++) {
			struct span g = guarded(cases[i].text, n);
			struct hostport hp;

			assert_int_equal(parse(cases[i].via, g, &hp) ==
						 HOSTPORT_FINE,
					 n >= cases[i].fine_from);
			guarded_free(g);
		}
}

static void the_wrong_way_round_is_refused(void **state)
{
	struct span list = span_str("1,2,3,4,5,6");
	struct hostport hp;

	(void)state;
	assert_int_equal(hostport_parse_arg(VIA_PASV, list, &hp),
			 HOSTPORT_MALFORMED);
	assert_int_equal(hostport_parse_reply(VIA_PORT, list, &hp),
			 HOSTPORT_MALFORMED);
}

static struct endpoint random_endpoint(uint64_t *seed, bool v4)
{
	uint64_t zeros = random_next(seed);
	struct endpoint e;
	uint8_t b[16];

	for (int i = 0; i < 16; i++)
		b[i] = zeros >> i & 1 ? (uint8_t)random_next(seed) : 0;
	b[0] |= 1; /* so that no IPv6 address looks IPv4-mapped */
	e.addr = v4 ? addr_v4(b) : addr_v6(b);
	e.port = (uint16_t)(random_next(seed) % 65535 + 1);
	return e;
}

/* Put @text where the parser expects it; gives the whole. */
static struct span wrap(enum via via, const char *text, size_t len,
			char out[128])
{
	const char *before = via_is_active(via) ? "" : "v2 ok (";
	size_t head = strlen(before), tail = via_is_active(via) ? 0 : 2;

	memcpy(out, before, head);
	memcpy(out + head, text, len);
	memcpy(out + head + len, ").", tail);
	return span_of(out, head + len + tail);
}

static void round_trip_one(enum via via, const struct endpoint *e,
			   uint8_t delimiter)
{
	struct hostport in = { .via = via,
			       .endpoint = *e,
			       .delimiter = delimiter },
			out;
	char text[HOSTPORT_TEXT_MAX], whole[128];
	size_t len = hostport_format(&in, text);
	bool v4 = addr_is_v4(&e->addr);
	struct span s;

	if (!v4 && (via == VIA_PORT || via == VIA_PASV)) {
		assert_int_equal(len, 0);
		return;
	}
	s = wrap(via, text, len, whole);
	assert_int_equal(parse(via, s, &out), HOSTPORT_FINE);
	assert_int_equal(out.endpoint.port, e->port);
	if (via != VIA_EPSV)
		assert_true(addr_equal(&out.endpoint.addr, &e->addr));
	assert_int_equal(out.len, len);
	assert_memory_equal(s.at + out.at, text, len);
}

static void parse_of_format_is_the_same(void **state)
{
	uint64_t seed = 42;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct endpoint e = random_endpoint(&seed, i & 1);

		for (enum via via = VIA_PORT; via <= VIA_LPSV; via++)
			round_trip_one(via, &e, (uint8_t)random_next(&seed));
	}
}

static void delimiters_survive(void **state)
{
	static const struct {
		enum via via;
		const char *text;
	} cases[] = {
		{ VIA_EPRT, "!1!10.0.0.1!5000!" },
		{ VIA_EPRT, "a1a10.0.0.1a5000a" },
		{ VIA_EPRT, "#2#fc00::1#5000#" },
		{ VIA_EPSV, "!!!40000!" },
		{ VIA_EPSV, "aaa40000a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[HOSTPORT_TEXT_MAX], whole[128];
		struct span s = wrap(cases[i].via, cases[i].text,
				     strlen(cases[i].text), whole);
		struct hostport hp;

		assert_int_equal(parse(cases[i].via, s, &hp), HOSTPORT_FINE);
		assert_int_equal(hp.delimiter, cases[i].text[0]);
		assert_span(span_of(text, hostport_format(&hp, text)),
			    cases[i].text);
	}
}

/* Translated to the other family, a letter could stand in the address. */
static void a_delimiter_that_no_longer_fits_is_replaced(void **state)
{
	uint64_t seed = 7;
	struct hostport hp;
	char text[HOSTPORT_TEXT_MAX];

	(void)state;
	assert_int_equal(hostport_parse_arg(VIA_EPRT,
					    span_str("a1a10.0.0.1a5000a"), &hp),
			 HOSTPORT_FINE);
	hp.endpoint = random_endpoint(&seed, false);
	assert_in_range(hostport_format(&hp, text), 1, HOSTPORT_TEXT_MAX);
	assert_int_equal(text[0], '|');
}

static void attack13_longest_text_fits(void **state)
{
	uint8_t ones[16];
	struct hostport hp = { .via = VIA_LPRT };
	char text[HOSTPORT_TEXT_MAX + 1];

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	memset(text, 'x', sizeof(text));
	hp.endpoint.addr = addr_v6(ones);
	hp.endpoint.port = 65535;
	assert_int_equal(hostport_format(&hp, text), 78);
	assert_memory_equal(text + 69, "2,255,255x", 10);
	hp.via = VIA_EPRT;
	assert_int_equal(hostport_format(&hp, text), 49);
}

/* Places around what a byte and a half-word can count (CVE-2026-34956). */
static void attack13_places_past_255_and_65535(void **state)
{
	static const size_t places[] = { 254,   255,   256,   257,
					 65534, 65535, 65536, 65537 };
	static const char list[] = "(10,0,0,1,19,136)";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		size_t size = places[i] + sizeof(list) - 1;
		char *text = malloc(size);
		struct hostport hp;
		struct span g;

		assert_non_null(text);
		memset(text, 'x', size);
		memcpy(text + places[i] - 1, list, sizeof(list) - 1);
		g = guarded(text, size);
		assert_int_equal(hostport_parse_reply(VIA_PASV, g, &hp),
				 HOSTPORT_FINE);
		assert_int_equal(hp.at, places[i]);
		assert_int_equal(hp.len, sizeof(list) - 3);
		guarded_free(g);
		free(text);
	}
}

static void names(void **state)
{
	static const char *const via[] = { "PORT", "EPRT", "LPRT",
					   "PASV", "EPSV", "LPSV" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(via); i++) {
		assert_string_equal(via_name(i), via[i]);
		assert_int_equal(via_is_active(i), i < 3);
	}
	assert_string_equal(hostport_reason(HOSTPORT_MISSING), "missing");
	assert_string_equal(hostport_reason(HOSTPORT_MALFORMED), "malformed");
	assert_string_equal(hostport_reason(HOSTPORT_AMBIGUOUS), "ambiguous");
	assert_string_equal(hostport_reason(HOSTPORT_FAMILY), "unknown-family");
	assert_string_equal(hostport_reason(HOSTPORT_FINE), "fine");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc01_six_decimals),
		cmocka_unit_test(rfc09_227_needs_no_parentheses),
		cmocka_unit_test(rfc17_eprt_grammar),
		cmocka_unit_test(rfc18_unknown_family),
		cmocka_unit_test(rfc19_229_grammar),
		cmocka_unit_test(rfc50_long_forms),
		cmocka_unit_test(attack12_integer_tricks),
		cmocka_unit_test(attack13_longest_text_fits),
		cmocka_unit_test(attack13_places_past_255_and_65535),
		cmocka_unit_test(two_readings_are_none),
		cmocka_unit_test(cut_texts_are_refused),
		cmocka_unit_test(a_thicket_of_parentheses_is_refused),
		cmocka_unit_test(the_place_is_exact),
		cmocka_unit_test(every_prefix),
		cmocka_unit_test(the_wrong_way_round_is_refused),
		cmocka_unit_test(parse_of_format_is_the_same),
		cmocka_unit_test(delimiters_survive),
		cmocka_unit_test(a_delimiter_that_no_longer_fits_is_replaced),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("hostport", tests, NULL, NULL);
}
