/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration file and its problems. The files in tests/unit/config say
 * themselves what is wrong with them: "#! TEXT" at the end of a line demands a
 * problem on that line that holds TEXT, once for each "#!"; there must be no
 * others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/config.h"
#include "support.h"

#define FILES "tests/unit/config/"

static struct problems problems;

static enum config_result load(struct config *c, const char *text)
{
	return config_load_bytes(c, span_str(text), &problems);
}

static void show_problems(const char *path)
{
	for (size_t i = 0; i < problems.count; i++)
		print_error("%s:%u: %s\n", path, problems.item[i].line,
			    problems.item[i].text);
}

/* Take one problem on @line that holds @text off the list. */
static bool take_problem(unsigned int line, const char *text)
{
	for (size_t i = 0; i < problems.count; i++) {
		struct problem *p = &problems.item[i];

		if (p->line != line || !strstr(p->text, text))
			continue;
		p->line = UINT_MAX;
		return true;
	}
	return false;
}

/* Check every "#! TEXT" of one line; gives how many there were. */
static size_t check_marks(const char *path, unsigned int line, char *text)
{
	size_t marks = 0;
	char *mark = strstr(text, "#! ");

	while (mark) {
		char *after = strstr(mark + 3, " #! ");

		if (after)
			*after = '\0';
		if (!take_problem(line, mark + 3)) {
			show_problems(path);
			fail_msg("%s:%u: no such problem: %s", path, line,
				 mark + 3);
		}
		marks++;
		mark = after ? after + 1 : NULL;
	}
	return marks;
}

/* A file has exactly the problems that it says. */
static void check_file(const char *path)
{
	struct config c;
	size_t marks = 0;
	char *text = file_text(path);
	enum config_result result = config_load(&c, path, true, &problems);
	unsigned int line = 0;
	char *rest = text;

	for (char *at = strsep(&rest, "\n"); at; at = strsep(&rest, "\n"))
		marks += check_marks(path, ++line, at);
	if (marks != problems.count)
		show_problems(path);
	assert_int_equal(marks, problems.count);
	assert_int_equal(result, marks ? CONFIG_BAD : CONFIG_OK);
	free(text);
	config_free(&c);
}

static void check_files(const char *pattern, size_t least)
{
	glob_t found;

	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= least);
	for (size_t i = 0; i < found.gl_pathc; i++)
		check_file(found.gl_pathv[i]);
	globfree(&found);
}

static void test_good_files(void **state)
{
	(void)state;
	check_files(FILES "good-*.yaml", 6);
}

static void test_bad_files(void **state)
{
	(void)state;
	check_files(FILES "bad-*.yaml", 10);
}

static void test_problems_bounded(void **state)
{
	struct config c;
	char text[8 * (PROBLEMS_MAX + 10)] = "";

	(void)state;
	for (unsigned int i = 0; i < PROBLEMS_MAX + 6; i++)
		snprintf(text + strlen(text), 8, "x%03u:\n", i);
	assert_int_equal(load(&c, text), CONFIG_BAD);
	assert_int_equal(problems.count, PROBLEMS_MAX);
	assert_int_equal(problems.more, 6);
	assert_int_equal(problems.item[PROBLEMS_MAX - 1].line, PROBLEMS_MAX);
}

/* Problems of values and of contradictions come in the file's order. */
static void test_problems_sorted(void **state)
{
	struct config c;

	(void)state;
	assert_int_equal(load(&c, "control: {ports: [990]}\nqueue: {x: 1}\n"),
			 CONFIG_BAD);
	assert_int_equal(problems.count, 2);
	assert_int_equal(problems.item[0].line, 1);
	assert_int_equal(problems.item[1].line, 2);
}

/* "servers:" with @count entries that do not overlap; the caller frees. */
static char *many_servers(unsigned int count)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	fputs("servers:\n", to);
	for (unsigned int i = 0; i < count; i++)
		fprintf(to, "- {name: s%u, address: [10.0.%u.%u]}\n", i,
			i / 256, i % 256);
	fclose(to);
	return text;
}

static void test_servers_bound(void **state)
{
	struct config c;
	char *text = many_servers(CONFIG_SERVERS_MAX);

	(void)state;
	assert_int_equal(load(&c, text), CONFIG_OK);
	assert_int_equal(c.policy.servers, CONFIG_SERVERS_MAX);
	assert_string_equal(c.policy.server[CONFIG_SERVERS_MAX - 1].name,
			    "s255");
	config_free(&c);
	free(text);
	text = many_servers(CONFIG_SERVERS_MAX + 3);
	assert_int_equal(load(&c, text), CONFIG_BAD);
	assert_int_equal(problems.count, 1);
	assert_int_equal(problems.item[0].line, CONFIG_SERVERS_MAX + 2);
	assert_string_equal(
		problems.item[0].text,
		"servers: has more than 256 entries; leave some out");
	free(text);
}

/* @bytes comments in a new file; gives how config_load() takes it. */
static enum config_result load_sized(size_t bytes)
{
	char path[] = "/tmp/sallyport-test-XXXXXX";
	char *text = malloc(bytes);
	int fd = mkstemp(path);
	enum config_result result;
	struct config c;

	assert_true(fd >= 0);
	memset(text, '#', bytes);
	assert_int_equal(write(fd, text, bytes), bytes);
	close(fd);
	result = config_load(&c, path, true, &problems);
	unlink(path);
	free(text);
	config_free(&c);
	return result;
}

static void test_file_bound(void **state)
{
	(void)state;
	assert_int_equal(load_sized(CONFIG_FILE_MAX), CONFIG_OK);
	assert_int_equal(load_sized(CONFIG_FILE_MAX + 1), CONFIG_BAD);
	assert_int_equal(problems.item[0].line, 0);
	assert_non_null(strstr(problems.item[0].text, "1048576 bytes"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_files),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_problems_bounded),
		cmocka_unit_test(test_problems_sorted),
		cmocka_unit_test(test_servers_bound),
		cmocka_unit_test(test_file_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
