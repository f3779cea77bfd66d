/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data endpoints: what each of the six forms may say, and what it may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sallyport/hostport.h>

#include "hostport_sample.h"
#include "support.h"

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
	sample_check_all(samples, ARRAY_SIZE(samples));
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
	sample_check_all(samples, ARRAY_SIZE(samples));
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
	sample_check_all(samples, ARRAY_SIZE(samples));
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
	sample_check_all(samples, ARRAY_SIZE(samples));
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
	sample_check_all(samples, ARRAY_SIZE(samples));
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
		cmocka_unit_test(rfc17_eprt_grammar),
		cmocka_unit_test(rfc18_unknown_family),
		cmocka_unit_test(rfc50_long_forms),
		cmocka_unit_test(attack12_integer_tricks),
		cmocka_unit_test(the_wrong_way_round_is_refused),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("hostport", tests, NULL, NULL);
}
