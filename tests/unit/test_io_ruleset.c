/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of the rules, against the files in rules/. `make golden` has this
 * program write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rules.h"
#include "support.h"

/* With SALLYPORT_GOLDEN in the environment the file is written instead. */
static void assert_printed(const struct ruleset *rules,
			   enum ruleset_language language, const char *path)
{
	char *text = rules_printed(rules, language), *expected;

	if (getenv("SALLYPORT_GOLDEN")) {
		FILE *to = fopen(path, "w");

		assert_non_null(to);
		fputs(text, to);
		fclose(to);
	}
	expected = file_text(path);
	assert_string_equal(text, expected);
	free(expected);
	free(text);
}

static void text_is_as_in_the_files(void **state)
{
	struct ruleset plain = rules_default(), rich = rules_rich(), ftps;

	(void)state;
	assert_printed(&plain, RULESET_IPTABLES,
		       "rules/iptables-default.rules");
	assert_printed(&plain, RULESET_ANY, "rules/iptables-default.rules");
	assert_printed(&plain, RULESET_NFT, "rules/nft-default.rules");
	assert_printed(&rich, RULESET_IPTABLES, "rules/iptables-rich.rules");
	assert_printed(&rich, RULESET_NFT, "rules/nft-rich.rules");
	ftps = rules_ftps();
	assert_printed(&ftps, RULESET_IPTABLES, "rules/iptables-ftps.rules");
	assert_printed(&ftps, RULESET_NFT, "rules/nft-ftps.rules");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_as_in_the_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
