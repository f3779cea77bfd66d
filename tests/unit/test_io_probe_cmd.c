/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sallyport probe as a user sees it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "cmd/cmd.h"
#include "diverted.h"
#include "support.h"
#include "surveys.h"

#define ARGS_MAX 8

#define LOGIN LAB_USER ":" LAB_PASSWORD "@"

static char out[65536], err[65536];

/* Run `probe` with these words, up to NULL, which it may write to; what it
 * prints is in out and err. */
static int probe(char *word, ...)
{
	char *argv[ARGS_MAX] = { (char[]){ "probe" } };
	int argc = 1, saved_out, saved_err, status;
	FILE *to_out, *to_err;
	va_list words;

	va_start(words, word);
	for (; word; word = va_arg(words, char *))
		argv[argc++] = word;
	va_end(words);
	to_out = diverted(STDOUT_FILENO, &saved_out);
	to_err = diverted(STDERR_FILENO, &saved_err);
	optind = opterr = 0;
	status = cmd_probe(NULL, argc, argv);
	fflush(stdout);
	diverted_back(STDOUT_FILENO, saved_out, to_out, out, sizeof(out));
	diverted_back(STDERR_FILENO, saved_err, to_err, err, sizeof(err));
	return status;
}

/* The URL of a server that was just started as @spec has it; @login is "" or ends
 * in "@". */
static char *url_of(const struct server_spec *spec, const char *scheme,
		    const char *login)
{
	static char url[200];
	struct endpoint at = lab_start(spec);

	snprintf(url, sizeof(url), "%s://%s127.0.0.1:%u/", scheme, login,
		 at.port);
	return url;
}

static struct server_spec with_a_range(void)
{
	struct server_spec spec = lab_server_spec();

	spec.passive = (struct port_range){ 42000, 42999 };
	return spec;
}

static void test_well(void **state)
{
	struct server_spec spec = with_a_range();
	char *url = url_of(&spec, "ftpes", LOGIN);

	(void)state;
	assert_int_equal(probe("--active", url, NULL), EXIT_WELL);
	assert_string_equal(err, "");
	assert_non_null(strstr(out, "\nAll is well.\n"));
	assert_non_null(strstr(out, "\n  EPRT "));
	/* Nobody reads the password, not even in the list of processes. */
	assert_null(strstr(out, LAB_PASSWORD));
	assert_null(strstr(url, LAB_PASSWORD));
}

static void test_json(void **state)
{
	struct server_spec spec = with_a_range();
	json_t *json;

	(void)state;
	assert_int_equal(probe("-j", "--tls", "1.2",
			       url_of(&spec, "ftpes", LOGIN), NULL),
			 EXIT_WELL);
	json = json_loads(out, 0, NULL);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(json, "tls"), "version")),
			    "TLS 1.2");
	json_decref(json);
	/* One object, one line. */
	assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
}

static void test_the_answer_is_no(void **state)
{
	struct server_spec spec = with_a_range();

	(void)state;
	spec.role = lab_expired_role();
	assert_int_equal(probe(url_of(&spec, "ftpes", LOGIN), NULL),
			 EXIT_ANSWER_NO);
	assert_non_null(strstr(out, "has expired"));
	lab_stop(NULL);
	assert_int_equal(probe(url_of(&spec, "ftpes", LAB_USER ":wrong@"),
			       NULL),
			 EXIT_ANSWER_NO);
	assert_non_null(strstr(out, "STOPPED AT   login: refused: 530"));
	assert_string_equal(err, "");
}

static void test_a_stage_takes_no_longer(void **state)
{
	struct server_spec spec = with_a_range();

	(void)state;
	spec.fault.at = STAGE_GREETING;
	spec.fault.does = SERVER_STALLS;
	assert_int_equal(probe("--timeout", "1", url_of(&spec, "ftp", "me@"),
			       NULL),
			 EXIT_ANSWER_NO);
	assert_non_null(strstr(out, "STOPPED AT   greeting: timeout\n"));
}

static void test_the_password_of_the_environment(void **state)
{
	struct server_spec spec = with_a_range();

	(void)state;
	setenv("SALLYPORT_PASSWORD", LAB_PASSWORD, 1);
	assert_int_equal(probe(url_of(&spec, "ftp", LAB_USER "@"), NULL),
			 EXIT_WELL);
	lab_stop(NULL);
	/* The URL's own comes first. */
	assert_int_equal(probe(url_of(&spec, "ftp", LAB_USER ":wrong@"), NULL),
			 EXIT_ANSWER_NO);
	lab_stop(NULL);
	/* An anonymous login has one. */
	spec.user = "anonymous";
	spec.password = "anonymous@";
	assert_int_equal(probe(url_of(&spec, "ftp", ""), NULL), EXIT_WELL);
	unsetenv("SALLYPORT_PASSWORD");
}

static void test_bad_usage(void **state)
{
	static const struct {
		const char *word[4], *says;
	} bad[] = {
		{ { NULL }, "wants one URL" },
		{ { "ftp://h", "ftp://i" }, "wants one URL" },
		{ { "--nonsense", "ftp://h" }, "--nonsense" },
		{ { "--timeout" }, "--timeout" },
		{ { "--timeout", "0", "ftp://h" }, "1 to 300" },
		{ { "--timeout", "301", "ftp://h" }, "1 to 300" },
		{ { "--timeout", "1s", "ftp://h" }, "1 to 300" },
		{ { "--tls", "1.4", "ftp://h" }, "1.0, 1.1, 1.2 or 1.3" },
		{ { "http://me:secret@h" }, "begins with" },
		{ { "ftp://me:secret@h/x" }, "path" },
		{ { "-6", "ftp://me:secret@192.0.2.5" }, "other family" },
		{ { "-4", "ftp://me:secret@[::1]" }, "other family" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char word[3][40];
		char *given[3];

		for (size_t k = 0; k < 3; k++) {
			const char *w = bad[i].word[k];

			snprintf(word[k], sizeof(word[k]), "%s", w ? w : "");
			given[k] = w ? word[k] : NULL;
		}
		assert_int_equal(probe(given[0], given[1], given[2], NULL),
				 EXIT_BAD_INPUT);
		assert_non_null(strstr(err, "sallyport: probe: "));
		assert_non_null(strstr(err, bad[i].says));
		assert_null(strstr(err, "secret"));
		assert_string_equal(out, "");
	}
}

static void test_help(void **state)
{
	(void)state;
	assert_int_equal(probe("--help", NULL), EXIT_WELL);
	assert_non_null(strstr(out, "usage: sallyport probe "));
	assert_non_null(strstr(out, "ftpes://"));
}

#define peers_test(test) cmocka_unit_test_teardown(test, lab_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		peers_test(test_well),
		peers_test(test_json),
		peers_test(test_the_answer_is_no),
		peers_test(test_a_stage_takes_no_longer),
		peers_test(test_the_password_of_the_environment),
		cmocka_unit_test(test_bad_usage),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
