/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data endpoints: where they stand in a text, and written again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/hostport.h>

#include "hostport_sample.h"
#include "support.h"

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

		assert_int_equal(sample_parse(cases[i].via, text, &hp),
				 HOSTPORT_FINE);
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

			assert_int_equal(sample_parse(cases[i].via, g, &hp) ==
						 HOSTPORT_FINE,
					 n >= cases[i].fine_from);
			guarded_free(g);
		}
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
	assert_int_equal(sample_parse(via, s, &out), HOSTPORT_FINE);
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

		assert_int_equal(sample_parse(cases[i].via, s, &hp),
				 HOSTPORT_FINE);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attack13_longest_text_fits),
		cmocka_unit_test(attack13_places_past_255_and_65535),
		cmocka_unit_test(the_place_is_exact),
		cmocka_unit_test(every_prefix),
		cmocka_unit_test(parse_of_format_is_the_same),
		cmocka_unit_test(delimiters_survive),
		cmocka_unit_test(a_delimiter_that_no_longer_fits_is_replaced),
	};

	return cmocka_run_group_tests_name("hostport_format", tests, NULL,
					   NULL);
}
