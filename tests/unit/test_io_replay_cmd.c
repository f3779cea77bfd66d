/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sallyport replay as a user sees it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/progress.h"
#include "io/capture.h"
#include "scratch.h"
#include "diverted.h"
#include "support.h"

#define ARGS_MAX 8

#define GET     "pcaps/ftp-active-get-v4.pcap"
#define PUT     "pcaps/ftp-passive-put-v4.pcap"
#define FTPS    "pcaps/ftps-passive-get-v4.pcap"
#define FTPS_K  "pcaps/ftps-passive-get-v4.keylog"
#define DOUBTED "pcaps/injection-command-vsftpd.pcap"

static char out[1 << 20], err[65536];

/* --- running it ----------------------------------------------------------- */

static size_t out_len;

static int run(const char *config, int argc, char **argv)
{
	FILE *to_out, *to_err;
	int saved_out, saved_err, status;

	fflush(stdout);
	to_out = diverted(STDOUT_FILENO, &saved_out);
	to_err = diverted(STDERR_FILENO, &saved_err);
	optind = opterr = 0;
	status = cmd_replay(config, argc, argv);
	fflush(stdout);
	out_len = diverted_back(STDOUT_FILENO, saved_out, to_out, out,
				sizeof(out));
	diverted_back(STDERR_FILENO, saved_err, to_err, err, sizeof(err));
	return status;
}

/* `replay` with these words, up to NULL. */
static int replay(const char *word, ...)
{
	char *argv[ARGS_MAX] = { (char[]){ "replay" } };
	int argc = 1, status;
	va_list words;

	va_start(words, word);
	for (; word; word = va_arg(words, const char *))
		argv[argc++] = strdup(word);
	va_end(words);
	status = run(NULL, argc, argv);
	while (argc > 1)
		free(argv[--argc]);
	return status;
}

static void write_scratch(const void *bytes, size_t len)
{
	FILE *to = fopen(scratch_path, "wb");

	assert_non_null(to);
	assert_int_equal(fwrite(bytes, 1, len, to), len);
	fclose(to);
}

static size_t size_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return (size_t)st.st_size;
}

static size_t lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void expect_one_line(const char *end)
{
	assert_int_equal(lines(err), 1);
	assert_int_equal(strncmp(err, "sallyport: replay: ", 19), 0);
	if (!strstr(err, end))
		fail_msg("no \"%s\" in: %s", end, err);
}

/* --- what is printed -------------------------------------------------------- */

static void test_table(void **state)
{
	(void)state;
	assert_int_equal(replay(GET, NULL), EXIT_WELL);
	assert_string_equal(err, "");
	assert_non_null(strstr(out, "USER ftpuser"));
	assert_non_null(strstr(out, "PASS ***"));
	assert_non_null(strstr(out, "\nsession 1: "));
	assert_non_null(strstr(out, "\ntotal: "));
}

static void test_ladder(void **state)
{
	(void)state;
	assert_int_equal(replay("-l", GET, NULL), EXIT_WELL);
	assert_string_equal(err, "");
	assert_non_null(strstr(out, "gateway"));
	assert_non_null(strstr(out, "\ntotal: "));
}

static void test_suggest(void **state)
{
	(void)state;
	assert_int_equal(replay("--suggest", FTPS, NULL), EXIT_WELL);
	assert_non_null(strstr(out, "servers:"));
	assert_non_null(strstr(out, "10.2.5.5"));
}

/* Every line is an object; the times do not go back. */
static void test_json(void **state)
{
	const char *at;
	char before[64] = "";
	size_t n = 0;

	(void)state;
	assert_int_equal(replay("--json", GET, PUT, NULL), EXIT_WELL);
	assert_string_equal(err, "");
	for (at = out; *at; at = strchr(at, '\n') + 1) {
		const size_t len = strcspn(at, "\n");
		json_t *json = json_loadb(at, len, 0, NULL);
		const char *ts;

		assert_non_null(json);
		ts = json_string_value(json_object_get(json, "ts"));
		assert_non_null(ts);
		assert_true(strcmp(ts, before) >= 0);
		snprintf(before, sizeof(before), "%s", ts);
		assert_non_null(json_object_get(json, "event"));
		json_decref(json);
		n++;
	}
	assert_true(n > 20);
	assert_null(strstr(out, "sallyport\"")); /* the lab's password */
}

static void test_keylog(void **state)
{
	(void)state;
	assert_int_equal(replay("-k", FTPS_K, FTPS, NULL), EXIT_WELL);
	assert_string_equal(err, "");
	assert_non_null(strstr(out, "PROT P"));
	/* Another session's. */
	assert_int_equal(replay("-k", "pcaps/ftps-resumed-tls12-v4.keylog",
				FTPS, NULL),
			 EXIT_WELL);
	assert_non_null(strstr(err, "the key log"));
	assert_null(strstr(out, "PROT P"));
	assert_int_equal(replay("-k", "/dev/null", FTPS, NULL), EXIT_WELL);
	assert_non_null(strstr(err, "no secrets in the key log"));
}

static void test_not_followed(void **state)
{
	(void)state;
	assert_int_equal(replay(DOUBTED, NULL), EXIT_ANSWER_NO);
	assert_non_null(strstr(out, "injection"));
}

/* --- bad input ---------------------------------------------------------------- */

static void test_usage(void **state)
{
	(void)state;
	assert_int_equal(replay(NULL), EXIT_BAD_INPUT);
	expect_one_line("a capture is missing");
	assert_int_equal(replay("--nonsense", GET, NULL), EXIT_BAD_INPUT);
	expect_one_line("--nonsense");
	assert_int_equal(replay("-w", NULL), EXIT_BAD_INPUT);
	expect_one_line("'-w'");
	assert_int_equal(replay("-j", "-l", GET, NULL), EXIT_BAD_INPUT);
	expect_one_line("one of --json, --ladder and --suggest");
	assert_int_equal(replay("-l", "-s", GET, NULL), EXIT_BAD_INPUT);
	assert_int_equal(out_len, 0);
	/* The same twice is no contradiction. */
	assert_int_equal(replay("-j", "-j", GET, NULL), EXIT_WELL);
}

static void test_help(void **state)
{
	(void)state;
	assert_int_equal(replay("--help", NULL), EXIT_WELL);
	assert_string_equal(err, "");
	assert_non_null(strstr(out, "usage: sallyport "));
	assert_non_null(strstr(out, "--keylog"));
}

static void test_no_file(void **state)
{
	(void)state;
	assert_int_equal(replay("/nonexistent/x.pcap", NULL), EXIT_BAD_INPUT);
	expect_one_line(": /nonexistent/x.pcap");
	assert_int_equal(replay(GET, "pcaps", NULL), EXIT_BAD_INPUT);
	expect_one_line(": pcaps");
	assert_int_equal(replay("-k", "/nonexistent/k", GET, NULL),
			 EXIT_BAD_INPUT);
	expect_one_line(": /nonexistent/k");
	/* A name is as good as network text. */
	assert_int_equal(replay("a\nb\033[2J", NULL), EXIT_BAD_INPUT);
	expect_one_line("a\\nb");
	assert_null(strchr(err, '\033'));
	assert_int_equal(out_len, 0);
}

static void test_no_capture(void **state)
{
	(void)state;
	write_scratch("this is no capture at all", 25);
	assert_int_equal(replay(scratch_path, NULL), EXIT_BAD_INPUT);
	expect_one_line(scratch_path);
	write_scratch("", 0);
	assert_int_equal(replay(scratch_path, NULL), EXIT_BAD_INPUT);
	expect_one_line(scratch_path);
	assert_int_equal(out_len, 0);
}

/* What could be read is printed; then the offset. */
static void test_damaged(void **state)
{
	char *bytes = file_text(GET);
	char *whole;

	(void)state;
	assert_int_equal(replay(GET, NULL), EXIT_WELL);
	whole = strdup(out);
	write_scratch(bytes, size_of(GET) - 10);
	assert_int_equal(replay(scratch_path, NULL), EXIT_BAD_INPUT);
	expect_one_line("damaged at byte ");
	assert_non_null(strstr(err, scratch_path));
	/* All but the last packet, which says nothing. */
	*strstr(whole, "session closed") = '\0';
	assert_int_equal(strncmp(out, whole, strlen(whole) - 80), 0);
	assert_non_null(strstr(out, "\ntotal: "));
	/* Damage is said before doubt. */
	assert_int_equal(replay(scratch_path, DOUBTED, NULL), EXIT_BAD_INPUT);
	free(whole);
	free(bytes);
}

static void test_bad_config(void **state)
{
	char *argv[] = { (char[]){ "replay" }, (char[]){ GET }, NULL };

	(void)state;
	write_scratch("nonsense: 1\n", 12);
	assert_int_equal(run(scratch_path, 2, argv), EXIT_BAD_INPUT);
	assert_non_null(strstr(err, ":1: "));
	assert_int_equal(out_len, 0);
	write_scratch("control:\n  ports: [2121]\n", 25);
	assert_int_equal(run(scratch_path, 2, argv), EXIT_WELL);
	assert_null(strstr(out, "USER"));
}

/* --- standard input, standard output ------------------------------------------- */

static void test_stdin(void **state)
{
	int saved = dup(STDIN_FILENO), fd = open(GET, O_RDONLY);
	char *whole;

	(void)state;
	assert_int_equal(replay(GET, NULL), EXIT_WELL);
	whole = strdup(out);
	dup2(fd, STDIN_FILENO);
	assert_int_equal(replay("-", NULL), EXIT_WELL);
	assert_string_equal(out, whole);
	assert_int_equal(replay("-", "-", NULL), EXIT_BAD_INPUT);
	dup2(saved, STDIN_FILENO);
	close(saved);
	close(fd);
	free(whole);
}

static size_t packets_of(const char *path)
{
	char why[CAPTURE_WHY_MAX];
	struct capture_packet p;
	struct capture *c;
	size_t n = 0;

	assert_int_equal(capture_open(path, &c, why), 0);
	while (capture_next(c, &p) == CAPTURE_PACKET)
		n++;
	assert_null(capture_damage(c));
	capture_close(c);
	return n;
}

static void test_write(void **state)
{
	char *bytes;

	(void)state;
	unlink(scratch_path);
	assert_int_equal(replay("-w", scratch_path, GET, NULL), EXIT_WELL);
	assert_non_null(strstr(out, "USER ftpuser"));
	assert_int_equal(packets_of(scratch_path), packets_of(GET));
	bytes = file_text(scratch_path);
	/* The same as standard output, and nothing else there. */
	assert_int_equal(replay("-j", "-w", "-", GET, NULL), EXIT_WELL);
	assert_string_equal(err, "");
	assert_int_equal(out_len, size_of(scratch_path));
	assert_memory_equal(out, bytes, out_len);
	free(bytes);
}

static void test_write_fails(void **state)
{
	(void)state;
	assert_int_equal(replay("-w", "/nonexistent/x.pcap", GET, NULL),
			 EXIT_SYSTEM);
	expect_one_line("/nonexistent/x.pcap");
	assert_int_equal(replay("-w", "/dev/full", GET, NULL), EXIT_SYSTEM);
	expect_one_line("cannot write (No space left on device): /dev/full");
}

/* The capture itself is not the place to write to. */
static void test_write_over(void **state)
{
	char *bytes = file_text(GET);
	const size_t len = size_of(GET);
	char *after;

	(void)state;
	write_scratch(bytes, len);
	assert_int_equal(replay("-w", scratch_path, PUT, scratch_path, NULL),
			 EXIT_BAD_INPUT);
	expect_one_line("cannot write what is being read: ");
	assert_int_equal(replay("-k", FTPS_K, "-w", "./" FTPS_K, FTPS, NULL),
			 EXIT_BAD_INPUT);
	assert_true(size_of(FTPS_K) > 0);
	assert_int_equal(size_of(scratch_path), len);
	after = file_text(scratch_path);
	assert_memory_equal(after, bytes, len);
	free(after);
	free(bytes);
}

/* Nobody reads what is printed: main() says so, in one line. */
static void closed_pipe(const char *option)
{
	char word[16];
	char *argv[] = { (char[]){ "replay" }, word, (char[]){ GET }, NULL };
	int saved = dup(STDOUT_FILENO), ends[2];
	FILE *to_err;
	int saved_err, argc = 3;

	snprintf(word, sizeof(word), "%s", option);
	if (!*option) {
		argv[1] = argv[2];
		argc = 2;
	}
	fflush(stdout);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
	to_err = diverted(STDERR_FILENO, &saved_err);
	optind = opterr = 0;
	cmd_replay(NULL, argc, argv);
	assert_true(fflush(stdout) != 0 || ferror(stdout));
	clearerr(stdout);
	diverted_back(STDERR_FILENO, saved_err, to_err, err, sizeof(err));
	dup2(saved, STDOUT_FILENO);
	close(saved);
	assert_string_equal(err, "");
}

static void test_closed_pipe(void **state)
{
	(void)state;
	closed_pipe("");
	closed_pipe("--json");
	closed_pipe("-w-");
}

/* --- how far it has come ---------------------------------------------------------- */

static void test_progress(void **state)
{
	const struct capture_progress small = { 5, 10 };
	const struct capture_progress half = { PROGRESS_SIZE_MIN,
					       2 * PROGRESS_SIZE_MIN };
	const struct capture_progress pipe_in = { PROGRESS_SIZE_MIN, 0 };
	struct progress p = progress_start();
	FILE *to_err;
	int saved;

	(void)state;
	to_err = diverted(STDERR_FILENO, &saved);
	/* No terminal here. */
	assert_false(p.on && isatty(STDOUT_FILENO));
	p = (struct progress){ .on = false };
	progress_show(&p, half);
	progress_end(&p);
	p = (struct progress){ .on = true };
	progress_show(&p, small);
	assert_false(p.shown);
	progress_show(&p, half);
	assert_true(p.shown);
	progress_show(&p, half); /* too soon */
	p.drawn_us = 0;
	progress_show(&p, pipe_in);
	progress_end(&p);
	progress_end(&p);
	diverted_back(STDERR_FILENO, saved, to_err, err, sizeof(err));
	assert_string_equal(err,
			    "\r[####################                    ]  "
			    "50 %  32 of 64 MiB\r32 MiB read\r\033[K");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_ladder),
		cmocka_unit_test(test_suggest),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_keylog),
		cmocka_unit_test(test_not_followed),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_no_capture),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_bad_config),
		cmocka_unit_test(test_stdin),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_fails),
		cmocka_unit_test(test_write_over),
		cmocka_unit_test(test_closed_pipe),
		cmocka_unit_test(test_progress),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
