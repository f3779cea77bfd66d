/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The library of rule sets in rules/audit: each NAME.rules (and NAME.rules6) or
 * NAME.nft has its answer in NAME.expected, for root and for an ordinary user.
 * Its line "# audit: ..." has the options; "# needs: ..." says what a kernel may
 * lack.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit_run.h"
#include "support.h"

#define DIRECTORY "rules/audit"
#define MARK      "# audit: "
#define NEEDS     "# needs: "

/* An ordinary user, on Debian "nobody". */
#define SOMEBODY 65534

/* Names are short. */
#define NAME_MAX_HERE    100
#define PATH_MAX_HERE    200
#define OPTIONS_MAX_HERE 400

/* The options in the file's mark, which @options keeps. */
static size_t options(const char *text, char options[OPTIONS_MAX_HERE],
		      char *argv[], size_t count)
{
	const char *at = strstr(text, MARK);

	assert_non_null(at);
	at += strlen(MARK);
	snprintf(options, OPTIONS_MAX_HERE, "%.*s", (int)strcspn(at, "\n"), at);
	for (char *word = strtok(options, " "); word;
	     word = strtok(NULL, " ")) {
		assert_true(count + 1 < AUDIT_ARGS_MAX);
		argv[count++] = word;
	}
	return count;
}

/* Does this kernel lack what the file needs? Then says so. */
static bool is_missing(const char *path, const char *text, const char *out)
{
	const char *needs = strstr(text, NEEDS);
	const char *why = strstr(out, "\nCould not be loaded here\n");

	if (!needs || !why)
		return false;
	needs += strlen(NEEDS);
	print_message("skip: %s needs %.*s: %.200s\n", path,
		      (int)strcspn(needs, "\n"), needs, why + 1);
	return true;
}

/* What is advised was tried: nothing broke, and no rule stops anything any
 * more. */
static void keeps_its_word(const char *path, const char *out)
{
	const char *changes = strstr(out, "\nSmallest changes\n"), *checked;

	if (!changes)
		return;
	checked = strstr(changes, "\n  checked: ");
	if ((strstr(changes, "\n  add") || strstr(changes, "\n  drop")) &&
	    (!checked || strstr(checked, "\n      but ")))
		fail_msg("%s:%s", path, changes);
}

/* Without what came of the changes, which --unchecked leaves out. */
static void cut_checked(char *text)
{
	char *at = strstr(text, "\n  checked: ");

	if (at)
		at[1] = '\0';
}

static void compare(const char *path, const char *expected, const char *got,
		    uid_t uid)
{
	FILE *to;

	if (getenv("SALLYPORT_GOLDEN") && uid == 0) {
		to = fopen(path, "w");
		assert_non_null(to);
		fputs(got, to);
		fclose(to);
		return;
	}
	if (strcmp(expected, got) != 0)
		fail_msg("%s has:\n%s\nand not:\n%s", path, expected, got);
}

/* Of NAME.rules or NAME.nft; @suffix is the difference. */
static void check(const char *name, const char *suffix, uid_t uid)
{
	bool nft = strcmp(suffix, ".nft") == 0;
	char rules[PATH_MAX_HERE], rules6[PATH_MAX_HERE],
		expected[PATH_MAX_HERE], path[PATH_MAX_HERE];
	char *argv[AUDIT_ARGS_MAX] = { "audit", nft ? "--nft" : "--rules",
				       rules };
	struct audit_run r;
	size_t count = 3;
	char *text, *want, words[OPTIONS_MAX_HERE];

	snprintf(rules, sizeof(rules), "%.99s%s", name, suffix);
	snprintf(rules6, sizeof(rules6), "%.99s.rules6", name);
	snprintf(expected, sizeof(expected), DIRECTORY "/%.99s.expected", name);
	snprintf(path, sizeof(path), DIRECTORY "/%.99s%s", name, suffix);
	text = file_text(path);
	count = options(text, words, argv, count);
	snprintf(path, sizeof(path), DIRECTORY "/%.99s.rules6", name);
	if (access(path, R_OK) == 0) {
		argv[count++] = "--rules6";
		argv[count++] = rules6;
	}
	/* Once is enough. */
	if (uid != 0)
		argv[count++] = "--unchecked";
	assert_true(count < AUDIT_ARGS_MAX);
	argv[count] = NULL;
	audit_run(&r, uid, DIRECTORY, argv);
	if (audit_run_denied(&r))
		skip();
	if (access(expected, R_OK) != 0)
		assert_non_null(getenv("SALLYPORT_GOLDEN"));
	want = access(expected, R_OK) == 0 ? file_text(expected) : NULL;
	assert_string_equal(r.err, "");
	snprintf(path, sizeof(path), DIRECTORY "/%.99s%s", name, suffix);
	if (uid != 0 && want)
		cut_checked(want);
	if (!is_missing(path, text, r.out))
		compare(expected, want, r.out, uid);
	if (uid == 0)
		keeps_its_word(path, r.out);
	free(want);
	free(text);
	audit_run_free(&r);
}

static void check_all(const char *suffix, size_t least, uid_t uid)
{
	char name[NAME_MAX_HERE];
	glob_t found;

	snprintf(name, sizeof(name), DIRECTORY "/*%s", suffix);
	assert_int_equal(glob(name, 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= least);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *base = found.gl_pathv[i] + strlen(DIRECTORY "/");

		snprintf(name, sizeof(name), "%.*s",
			 (int)(strlen(base) - strlen(suffix)), base);
		check(name, suffix, uid);
	}
	globfree(&found);
}

static void check_both(uid_t uid)
{
	check_all(".rules", 11, uid);
	check_all(".nft", 5, uid);
}

static void test_each_has_its_answer(void **state)
{
	(void)state;
	check_both(0);
}

static void test_an_ordinary_user_gets_it_too(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("skip: not root\n");
		skip();
	}
	check_both(SOMEBODY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_has_its_answer),
		cmocka_unit_test(test_an_ordinary_user_gets_it_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
