/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading and removing the rules, in a namespace of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/sets.h"
#include "netns.h"
#include "rules.h"

/* All rules and sets of the namespace, without counters and times. */
static char *snapshot(void)
{
	return rules_output("{ iptables-save; ip6tables-save; ipset save; } "
			    "2>/dev/null | sed -e '/^#/d' -e 's/\\[.*\\]//' "
			    "-e 's/ hashsize [0-9]*//' -e 's/ bucketsize.*//'");
}

static void loading_again_changes_nothing(void **state)
{
	struct ruleset plain = rules_default(), rich = rules_rich();
	char *once;

	netns_lab_of(state);
	rules_load(&plain);
	once = snapshot();
	assert_non_null(strstr(once, "-A POSTROUTING -p tcp"));
	rules_load(&plain);
	rules_assert_same(once, snapshot());
	/* Others take its place, and go again. */
	once = snapshot();
	rules_load(&rich);
	rich = rules_ftps();
	rules_load(&rich);
	rules_load(&rich);
	assert_int_equal(netns_count("iptables-save -t mangle | "
				     "grep -c -- '-j SALLYPORT'"),
			 2);
	rules_load(&plain);
	rules_assert_same(once, snapshot());
	rules_unload();
}

static void unloading_leaves_nothing(void **state)
{
	struct ruleset plain = rules_default();
	char *before;

	netns_lab_of(state);
	before = snapshot();
	rules_unload();
	rules_assert_same(before, snapshot());
	rules_load(&plain);
	rules_unload();
	rules_unload();
	assert_int_equal(netns_count("{ iptables-save; ip6tables-save; ipset "
				     "save; } | grep -ci sallyport"),
			 0);
}

/* Rules of the user's, some of which look like ours. */
static void user_rules(void)
{
	netns_sh("iptables -t mangle -N SALLYPORT2; "
		 "iptables -t mangle -A FORWARD -p tcp -j SALLYPORT2; "
		 "iptables -t mangle -A FORWARD -m comment --comment "
		 "'not -j SALLYPORT' -j ACCEPT; "
		 "iptables -t mangle -A SALLYPORT2 -j MARK --set-mark 7; "
		 "iptables -t raw -A PREROUTING -p udp -j LOG --log-prefix "
		 "'to -j SALLYPORT'; "
		 "ip6tables -A FORWARD -p tcp --dport 21 -j ACCEPT; "
		 "ipset create mine hash:ip; ipset add mine 10.0.0.1; "
		 "iptables -A INPUT -m set --match-set mine src -j DROP");
}

static void rules_of_others_are_untouched(void **state)
{
	struct ruleset plain = rules_default();
	char *before;

	netns_lab_of(state);
	/* So that the tables are there before and after. */
	rules_load(&plain);
	rules_unload();
	user_rules();
	before = snapshot();
	rules_load(&plain);
	rules_load(&plain);
	rules_unload();
	rules_assert_same(before, snapshot());
}

static void what_is_half_loaded_is_repaired(void **state)
{
	struct ruleset plain = rules_default();
	char *whole;

	netns_lab_of(state);
	rules_load(&plain);
	whole = snapshot();
	netns_sh("iptables -t mangle -D INPUT -p tcp -j SALLYPORT; "
		 "iptables -t mangle -A FORWARD -p tcp -j SALLYPORT; "
		 "iptables -t raw -I OUTPUT -p tcp -g SALLYPORT; "
		 "ip6tables -t raw -F; ip6tables -t raw -X SALLYPORT; "
		 "ip6tables -t mangle -F SALLYPORT; "
		 "ip6tables -t mangle -A SALLYPORT -j DROP; "
		 "ipset destroy " SETS_NAME_V6);
	rules_load(&plain);
	rules_assert_same(whole, snapshot());
	netns_sh("iptables -t mangle -D INPUT -p tcp -j SALLYPORT; "
		 "ip6tables -t raw -F; ip6tables -t raw -X SALLYPORT");
	rules_unload();
	assert_int_equal(netns_count("{ iptables-save; ip6tables-save; ipset "
				     "save; } | grep -ci sallyport"),
			 0);
}

static void open_pinholes_stay_open(void **state)
{
	struct ruleset plain = rules_default();

	netns_lab_of(state);
	rules_load(&plain);
	netns_sh("ipset add " SETS_NAME_V4 " 10.2.5.5,tcp:4000,10.1.4.4");
	rules_load(&plain);
	netns_sh("ipset -q test " SETS_NAME_V4 " 10.2.5.5,tcp:4000,10.1.4.4");
	rules_unload();
}

static void the_printed_script_does_the_same(void **state)
{
	struct ruleset rich = rules_rich();
	char *text = rules_printed(&rich, RULESET_IPTABLES), *loaded;
	FILE *sh;

	netns_lab_of(state);
	rules_load(&rich);
	loaded = snapshot();
	rules_unload();
	for (int i = 0; i < 2; i++) {
		sh = popen("sh", "w");
		assert_non_null(sh);
		fputs(text, sh);
		assert_int_equal(pclose(sh), 0);
	}
	rules_assert_same(loaded, snapshot());
	free(text);
	rules_unload();
}

/* The same with the older of the two iptables, where it is installed. */
static void legacy_iptables_does_as_well(void **state)
{
	struct ruleset rich = rules_rich();
	char dir[] = "/tmp/sallyport-legacy-XXXXXX", path[4096];
	char *old = strdup(getenv("PATH")), *once;

	netns_lab_of(state);
	if (system("command -v iptables-legacy >/dev/null && "
		   "iptables-legacy -t raw -S >/dev/null 2>&1") != 0) {
		print_message("skipped: no legacy iptables\n");
		free(old);
		skip();
	}
	assert_non_null(mkdtemp(dir));
	netns_sh("for f in iptables ip6tables; do for s in '' -save -restore; "
		 "do ln -s $(command -v $f-legacy$s) %s/$f$s; done; done",
		 dir);
	snprintf(path, sizeof(path), "%s:%s", dir, old);
	setenv("PATH", path, 1);
	rules_load(&rich);
	once = snapshot();
	rules_load(&rich);
	rules_assert_same(once, snapshot());
	assert_int_equal(netns_count("iptables-legacy-save | grep -c "
				     "'j SALLYPORT'"),
			 4);
	rules_unload();
	assert_int_equal(netns_count("{ iptables-legacy-save; ipset save; } | "
				     "grep -ci sallyport"),
			 0);
	setenv("PATH", old, 1);
	netns_sh("rm -r %s", dir);
	free(old);
}

static enum ruleset_result load_as_nobody(void)
{
	struct ruleset plain = rules_default();
	char text[RULESET_TEXT_MAX];
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (setuid(65534) < 0)
			_exit(99);
		_exit(ruleset_load(&plain, RULESET_ANY, text));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return (enum ruleset_result)WEXITSTATUS(status);
}

static void refusals_name_the_cure(void **state)
{
	struct ruleset plain = rules_default();
	char text[RULESET_TEXT_MAX];
	char *old;

	netns_lab_of(state);
	assert_int_equal(load_as_nobody(), RULESET_DENIED);
	old = strdup(getenv("PATH"));
	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(ruleset_load(&plain, RULESET_ANY, text),
			 RULESET_NO_PROGRAM);
	assert_non_null(strstr(text, "install the package iptables"));
	setenv("PATH", old, 1);
	free(old);
	rules_unload();
	plain.queues = 70000; /* past the last queue */
	assert_int_equal(ruleset_load(&plain, RULESET_ANY, text),
			 RULESET_REFUSED);
	assert_non_null(strstr(text, "iptables-restore failed: "));
	assert_null(strchr(text, '\n'));
	rules_unload();
	plain.queues = 1;
	netns_sh("ipset create " SETS_NAME_V4 " hash:ip");
	assert_int_equal(ruleset_load(&plain, RULESET_ANY, text),
			 RULESET_REFUSED);
	assert_non_null(strstr(text, "of another kind"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_lab_test(loading_again_changes_nothing),
		netns_lab_test(unloading_leaves_nothing),
		netns_lab_test(rules_of_others_are_untouched),
		netns_lab_test(what_is_half_loaded_is_repaired),
		netns_lab_test(open_pinholes_stay_open),
		netns_lab_test(the_printed_script_does_the_same),
		netns_lab_test(legacy_iptables_does_as_well),
		netns_lab_test(refusals_name_the_cure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
