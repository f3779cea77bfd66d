/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loading and removing nft's rules, in a namespace of the test's own. Where the
 * kernel's nft cannot queue, loading must fail and change nothing; tests/vm has
 * a kernel where it can.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "netns.h"
#include "rules.h"

#define TABLE "inet sallyport"

/* A pinhole, as nft takes it. */
#define PINHOLE "{ 10.2.5.5 . 4000 . 10.1.4.4 }"

/* All rules of the namespace, without the time that elements have left. */
static char *snapshot(void)
{
	return rules_output("nft list ruleset | sed 's/ expires [0-9hms]*//'; "
			    "ipset list -n");
}

static enum ruleset_result load(const struct ruleset *rules)
{
	char text[RULESET_TEXT_MAX] = "";
	enum ruleset_result result = ruleset_load(rules, RULESET_NFT, text);

	if (result != RULESET_FINE)
		print_message("%s\n", text);
	return result;
}

/* A table and a set that look like ours, and are not. */
static void user_rules(void)
{
	netns_sh(
		"nft 'table inet sallyport2 { set sallyport4 { type ipv4_addr; "
		"}; chain control { type filter hook forward priority raw; "
		"tcp dport 21 accept; }; }; table ip sallyport { chain "
		"prerouting { type filter hook prerouting priority raw; "
		"counter packets 0 bytes 0 accept; }; }'");
}

/* --- any kernel ------------------------------------------------------------------- */

static void unloading_leaves_what_is_not_ours(void **state)
{
	struct ruleset plain = rules_default();
	char text[RULESET_TEXT_MAX], *before;

	netns_lab_of(state);
	user_rules();
	before = snapshot();
	assert_int_equal(ruleset_unload(RULESET_NFT, text), RULESET_FINE);
	rules_load_nft_sets(&plain);
	assert_int_equal(ruleset_unload(RULESET_NFT, text), RULESET_FINE);
	assert_int_equal(ruleset_unload(RULESET_NFT, text), RULESET_FINE);
	rules_assert_same(before, snapshot());
}

static void one_language_at_a_time(void **state)
{
	struct ruleset plain = rules_default();
	char text[RULESET_TEXT_MAX], *before;

	netns_lab_of(state);
	assert_int_equal(ruleset_load(&plain, RULESET_IPTABLES, text),
			 RULESET_FINE);
	before = snapshot();
	assert_int_equal(ruleset_load(&plain, RULESET_NFT, text),
			 RULESET_TWICE);
	assert_non_null(strstr(text, "loaded for iptables"));
	assert_non_null(strstr(text, "rules --unload"));
	rules_assert_same(before, snapshot());
	assert_int_equal(ruleset_unload(RULESET_ANY, text), RULESET_FINE);
	rules_load_nft_sets(&plain);
	before = snapshot();
	assert_int_equal(ruleset_load(&plain, RULESET_IPTABLES, text),
			 RULESET_TWICE);
	assert_non_null(strstr(text, "loaded for nft"));
	rules_assert_same(before, snapshot());
	/* Both, by hand: no language is the right one. */
	netns_sh("ipset create sallyport6 hash:ip,port,ip family inet6");
	for (int l = RULESET_ANY; l <= RULESET_NFT; l++)
		assert_int_equal(ruleset_load(&plain, l, text), RULESET_TWICE);
	assert_non_null(strstr(text, "loaded for iptables"));
	assert_int_equal(ruleset_unload(RULESET_ANY, text), RULESET_FINE);
	assert_int_equal(netns_count("{ nft list ruleset; ipset list -n; } | "
				     "grep -c -i sallyport"),
			 0);
}

/* A gateway without iptables has none of its rules. */
static void unloading_needs_no_iptables(void **state)
{
	struct ruleset plain = rules_default();
	char text[RULESET_TEXT_MAX], *path = strdup(getenv("PATH"));
	enum ruleset_result result;

	netns_lab_of(state);
	rules_load_nft_sets(&plain);
	setenv("PATH", "/nonexistent", 1);
	result = ruleset_unload(RULESET_ANY, text);
	setenv("PATH", path, 1);
	free(path);
	assert_int_equal(result, RULESET_FINE);
	assert_int_equal(netns_count("nft list tables | wc -l"), 0);
}

static void nobody_is_told_the_cure(void **state)
{
	struct ruleset plain = rules_default();
	char text[RULESET_TEXT_MAX];
	pid_t child;
	int status;

	netns_lab_of(state);
	child = fork();
	if (child == 0) {
		if (setuid(65534) < 0 ||
		    ruleset_load(&plain, RULESET_NFT, text) != RULESET_DENIED ||
		    !strstr(text, "run as root"))
			_exit(1);
		_exit(ruleset_unload(RULESET_NFT, text) != RULESET_DENIED);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* --- a kernel whose nft cannot queue ------------------------------------------------- */

static void a_kernel_that_cannot_is_named(void **state)
{
	struct ruleset plain = rules_default();
	char text[RULESET_TEXT_MAX], *before;

	netns_lab_of(state);
	user_rules();
	before = snapshot();
	assert_int_equal(ruleset_load(&plain, RULESET_NFT, text),
			 RULESET_REFUSED);
	assert_non_null(strstr(text, "cannot queue on this kernel"));
	assert_non_null(strstr(text, "nft_queue"));
	assert_non_null(strstr(text, "--format iptables"));
	assert_null(strchr(text, '\n'));
	rules_assert_same(before, snapshot());
}

/* Also where a part was there before. */
static void what_cannot_load_changes_nothing(void **state)
{
	struct ruleset plain = rules_default(), rich = rules_rich();
	char *before;

	netns_lab_of(state);
	rules_load_nft_sets(&plain);
	netns_sh("nft add element " TABLE " sallyport4 '" PINHOLE "'");
	before = snapshot();
	assert_int_equal(load(&plain), RULESET_REFUSED);
	assert_int_equal(load(&rich), RULESET_REFUSED);
	rules_assert_same(before, snapshot());
}

/* --- a kernel whose nft can ------------------------------------------------------------ */

static void loading_again_changes_nothing(void **state)
{
	struct ruleset plain = rules_default(), rich = rules_rich(),
		       ftps = rules_ftps();
	char *once;

	netns_lab_of(state);
	assert_int_equal(load(&plain), RULESET_FINE);
	once = snapshot();
	assert_non_null(strstr(once, "queue flags bypass to 0"));
	assert_int_equal(load(&plain), RULESET_FINE);
	rules_assert_same(once, snapshot());
	/* Others take its place, and go again. */
	once = snapshot();
	assert_int_equal(load(&rich), RULESET_FINE);
	assert_int_equal(load(&ftps), RULESET_FINE);
	assert_int_equal(netns_count("nft list ruleset | grep -c '^table'"), 1);
	assert_int_equal(load(&plain), RULESET_FINE);
	rules_assert_same(once, snapshot());
}

static void any_keeps_to_what_is_loaded(void **state)
{
	struct ruleset plain = rules_default();
	char text[RULESET_TEXT_MAX], *once;

	netns_lab_of(state);
	assert_int_equal(load(&plain), RULESET_FINE);
	once = snapshot();
	assert_int_equal(ruleset_load(&plain, RULESET_ANY, text), RULESET_FINE);
	rules_assert_same(once, snapshot());
}

static void open_pinholes_stay_open(void **state)
{
	struct ruleset plain = rules_default(), ftps = rules_ftps();

	netns_lab_of(state);
	assert_int_equal(load(&plain), RULESET_FINE);
	netns_sh("nft add element " TABLE " sallyport4 '" PINHOLE "'");
	assert_int_equal(load(&plain), RULESET_FINE);
	assert_int_equal(load(&ftps), RULESET_FINE);
	netns_sh("nft get element " TABLE " sallyport4 '" PINHOLE "' "
		 ">/dev/null");
	/* But for sets of another size. */
	plain.pinholes = 100;
	assert_int_equal(load(&plain), RULESET_FINE);
	assert_int_equal(netns_count("nft list set " TABLE " sallyport4 | "
				     "sed -n 's/.*size //p'"),
			 200);
}

static void what_is_half_loaded_is_repaired(void **state)
{
	struct ruleset plain = rules_default();
	char *whole;

	netns_lab_of(state);
	assert_int_equal(load(&plain), RULESET_FINE);
	whole = snapshot();
	netns_sh("nft 'flush chain " TABLE " first_packet; "
		 "delete set " TABLE " sallyport6; "
		 "insert rule " TABLE " control drop; "
		 "delete chain " TABLE " prerouting'");
	assert_int_equal(load(&plain), RULESET_FINE);
	/* In whatever order the parts are now. */
	netns_sh("nft delete table " TABLE);
	assert_int_equal(load(&plain), RULESET_FINE);
	rules_assert_same(whole, snapshot());
	/* This cannot be put right where it is. */
	whole = snapshot();
	netns_sh("nft 'delete chain " TABLE " input; add chain " TABLE
		 " input { type filter hook forward priority 0; policy drop; "
		 "}'");
	assert_int_equal(load(&plain), RULESET_FINE);
	rules_assert_same(whole, snapshot());
}

static void rules_of_others_are_untouched(void **state)
{
	struct ruleset plain = rules_default();
	char text[RULESET_TEXT_MAX], *before;

	netns_lab_of(state);
	user_rules();
	before = snapshot();
	assert_int_equal(load(&plain), RULESET_FINE);
	assert_int_equal(load(&plain), RULESET_FINE);
	assert_int_equal(ruleset_unload(RULESET_ANY, text), RULESET_FINE);
	rules_assert_same(before, snapshot());
}

static void the_printed_text_does_the_same(void **state)
{
	struct ruleset rules[] = { rules_default(), rules_rich() };

	netns_lab_of(state);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		char *text = rules_printed(&rules[i], RULESET_NFT), *loaded;

		assert_int_equal(load(&rules[i]), RULESET_FINE);
		loaded = snapshot();
		netns_sh("nft delete table " TABLE);
		for (int j = 0; j < 2; j++) {
			FILE *nft = popen("nft -f -", "w");

			assert_non_null(nft);
			fputs(text, nft);
			assert_int_equal(pclose(nft), 0);
		}
		rules_assert_same(loaded, snapshot());
		free(text);
	}
}

static bool nft_queues(void)
{
	if (!netns_possible())
		return false;
	close(netns_new());
	return system("nft 'table inet t { chain c { queue; }; }' "
		      "2>/dev/null") == 0;
}

int main(void)
{
#define ON_ANY                                               \
	netns_lab_test(unloading_leaves_what_is_not_ours),   \
		netns_lab_test(one_language_at_a_time),      \
		netns_lab_test(unloading_needs_no_iptables), \
		netns_lab_test(nobody_is_told_the_cure)

	const struct CMUnitTest cannot[] = {
		ON_ANY,
		netns_lab_test(a_kernel_that_cannot_is_named),
		netns_lab_test(what_cannot_load_changes_nothing),
	};
	const struct CMUnitTest can[] = {
		ON_ANY,
		netns_lab_test(loading_again_changes_nothing),
		netns_lab_test(any_keeps_to_what_is_loaded),
		netns_lab_test(open_pinholes_stay_open),
		netns_lab_test(what_is_half_loaded_is_repaired),
		netns_lab_test(rules_of_others_are_untouched),
		netns_lab_test(the_printed_text_does_the_same),
	};

	if (rules_are_nft() || nft_queues())
		return cmocka_run_group_tests(can, NULL, NULL);
	return cmocka_run_group_tests(cannot, NULL, NULL);
}
