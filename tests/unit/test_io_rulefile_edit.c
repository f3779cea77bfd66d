/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rule files with a few rules more, or less. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lab/rulefile_edit.h"
#include "support.h"

#define IPTABLES                                          \
	"*filter\n:FORWARD DROP [0:0]\n:FTP - [0:0]\n"    \
	"-A FORWARD -j FTP\n-A FTP -p tcp --dport 21 -j " \
	"ACCEPT\n-A FTP -j DROP\nCOMMIT\n"
#define NFT                                                     \
	"table inet fw {\n\tchain forward {\n"                  \
	"\t\ttype filter hook forward priority filter; policy " \
	"drop;\n\t\ttcp dport {\n\t\t21,\n\t\t990 } accept\n"   \
	"\t\tcounter drop\n\t}\n\n\tchain empty {\n\t}\n}\n"

static void parse(const char *text, bool nft, struct rulefile *out)
{
	uint32_t line;

	assert_int_equal(nft ? rulefile_parse_nft(span_str(text), out, &line)
			     : rulefile_parse(span_str(text), out, &line),
			 RULEFILE_OK);
}

static void gives(const char *text, bool nft, const struct rule_edit *edit,
		  size_t count, const char *want)
{
	struct rulefile f;
	size_t len;
	char *got;

	parse(text, nft, &f);
	got = rulefile_edited(&f, edit, count, &len);
	assert_non_null(got);
	assert_int_equal(strlen(got), len);
	assert_string_equal(got, want);
	free(got);
	rulefile_free(&f);
}

/* Rules count from 0 in the order of the file, policies among them. */
static void test_rules_come_and_go(void **state)
{
	const struct rule_edit edits[] = {
		{ .rule = 4, .chain = 1, .text = "-A FTP -j LOG" },
		{ .rule = RULEFILE_NONE, .chain = 0, .text = "-A FORWARD 1" },
		{ .rule = RULEFILE_NONE, .chain = 0, .text = "-A FORWARD 2" },
		{ .remove = true, .rule = 3 },
	};

	(void)state;
	gives(IPTABLES, false, NULL, 0, IPTABLES);
	gives(IPTABLES, false, edits, ARRAY_SIZE(edits),
	      "*filter\n:FORWARD DROP [0:0]\n:FTP - [0:0]\n"
	      "-A FORWARD -j FTP\n-A FORWARD 1\n-A FORWARD 2\n"
	      "#-A FTP -p tcp --dport 21 -j ACCEPT\n-A FTP -j LOG\n"
	      "-A FTP -j DROP\nCOMMIT\n");
}

static void test_a_chain_without_rules(void **state)
{
	const struct rule_edit edit = { .rule = RULEFILE_NONE,
					.chain = 0,
					.text = "-A FORWARD 1" };

	(void)state;
	gives("*filter\n:FORWARD DROP [0:0]\nCOMMIT\n", false, &edit, 1,
	      "*filter\n:FORWARD DROP [0:0]\n-A FORWARD 1\nCOMMIT\n");
}

/* nat's PREROUTING, in the table or with it. */
static void test_a_table_that_is_not_there(void **state)
{
	const struct rule_edit edits[] = {
		{ .rule = RULEFILE_NONE,
		  .chain = RULEFILE_NONE,
		  .family = "ip",
		  .text = "-A PREROUTING 1" },
		{ .rule = RULEFILE_NONE,
		  .chain = RULEFILE_NONE,
		  .family = "ip",
		  .text = "-A PREROUTING 2" },
	};

	(void)state;
	gives("*filter\n:FORWARD DROP\nCOMMIT\n", false, edits, 2,
	      "*filter\n:FORWARD DROP\nCOMMIT\n"
	      "*nat\n-A PREROUTING 1\n-A PREROUTING 2\nCOMMIT\n");
	gives("*nat\n:POSTROUTING ACCEPT\n-A POSTROUTING -j MASQUERADE\n"
	      "COMMIT\n",
	      false, edits, 1,
	      "*nat\n:POSTROUTING ACCEPT\n-A POSTROUTING -j MASQUERADE\n"
	      "-A PREROUTING 1\nCOMMIT\n");
}

static void test_nft(void **state)
{
	const struct rule_edit edits[] = {
		/* All of its lines. */
		{ .remove = true, .rule = 1 },
		{ .rule = 2, .chain = 0, .text = "tcp dport 21 accept" },
		{ .rule = RULEFILE_NONE,
		  .chain = 0,
		  .text = "tcp dport 990 accept" },
		{ .rule = RULEFILE_NONE,
		  .chain = RULEFILE_NONE,
		  .family = "ip6",
		  .text = "tcp dport 21 dnat to fc00::1" },
	};
	struct rulefile f;
	size_t len;
	char *got;

	(void)state;
	gives(NFT, true, NULL, 0, NFT);
	gives(NFT, true, edits, ARRAY_SIZE(edits),
	      "table inet fw {\n\tchain forward {\n"
	      "\t\ttype filter hook forward priority filter; policy drop;\n"
	      "#\t\ttcp dport {\n#\t\t21,\n#\t\t990 } accept\n"
	      "tcp dport 21 accept\n\t\tcounter drop\ntcp dport 990 accept\n"
	      "\t}\n\n\tchain empty {\n\t}\n}\n"
	      "table ip6 sallyport-advice {\n\tchain prerouting {\n"
	      "\t\ttype nat hook prerouting priority dstnat; policy accept;\n"
	      "\t\ttcp dport 21 dnat to fc00::1\n\t}\n}\n");
	/* What comes out is a rule file again. */
	parse(NFT, true, &f);
	got = rulefile_edited(&f, edits, ARRAY_SIZE(edits), &len);
	rulefile_free(&f);
	parse(got, true, &f);
	assert_int_equal(f.rules, 6);
	rulefile_free(&f);
	free(got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules_come_and_go),
		cmocka_unit_test(test_a_chain_without_rules),
		cmocka_unit_test(test_a_table_that_is_not_there),
		cmocka_unit_test(test_nft),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
