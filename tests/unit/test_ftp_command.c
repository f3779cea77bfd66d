/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines: every registered word, what is no command, and secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ctype.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/ftp_command.h>

#include "support.h"

static enum ftp_verb verb_of(const char *line)
{
	struct span g = guarded_str(line);
	enum ftp_verb verb = ftp_command_parse(g).verb;

	guarded_free(g);
	return verb;
}

/* A word out of order in the table would be missed by the search. */
static void every_named_verb_is_found(void **state)
{
	(void)state;
	for (int verb = FTP_ABOR; verb < FTP_GREETING; verb++) {
		const char *name = ftp_verb_name(verb);

		assert_in_range(strlen(name), 3, 4);
		assert_int_equal(verb_of(name), verb);
	}
	assert_string_equal(ftp_verb_name(FTP_PORT), "PORT");
	assert_string_equal(ftp_verb_name(FTP_UNKNOWN), "");
	assert_string_equal(ftp_verb_name(FTP_NOT_FTP), "");
	assert_string_equal(ftp_verb_name(FTP_OTHER), "");
	assert_string_equal(ftp_verb_name(FTP_GREETING), "");
}

static void rfc50_registered_words_are_known(void **state)
{
	static const char *const other[] = {
		"ALGS", "XCUP",  "XCWD",    "XMKD",    "XPWD", "XRMD",
		"CLNT", "MFMT",  "MFCT",    "MFF",     "AVBL", "HASH",
		"RANG", "COMB",  "CSID",    "DSIZ",    "XCRC", "XMD5",
		"XSHA", "XSHA1", "XSHA256", "XSHA512", "MD5",  "MMD5",
		"RMDA", "THMB",  "CPSV",    "SSCN",    "PRET", "MACB",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(other); i++)
		assert_int_equal(verb_of(other[i]), FTP_OTHER);
	assert_int_equal(verb_of("LPRT 4,4"), FTP_LPRT);
	assert_int_equal(verb_of("LPSV"), FTP_LPSV);
}

static void rfc07_letter_case_does_not_matter(void **state)
{
	(void)state;
	assert_int_equal(verb_of("port 10,0,0,1,19,136"), FTP_PORT);
	assert_int_equal(verb_of("PoRt 10,0,0,1,19,136"), FTP_PORT);
	assert_int_equal(verb_of("auth TLS"), FTP_AUTH);
	assert_int_equal(verb_of("AUTH tls"), FTP_AUTH);
	assert_int_equal(verb_of("xsha256 f"), FTP_OTHER);
	assert_int_equal(verb_of("get / HTTP/1.1"), FTP_NOT_FTP);
}

static void not_ftp(void **state)
{
	static const char *const cases[] = {
		"GET / HTTP/1.1",
		"POST /x HTTP/1.1",
		"PUT /",
		"HEAD /",
		"DELETE /",
		"OPTIONS *",
		"TRACE /",
		"CONNECT a:1",
		"PATCH /",
		"PROPFIND /",
		"INVITE sip:a",
		"REGISTER sip:a",
		"DESCRIBE *",
		"EHLO x",
		"HELO x",
		"Host: example.com",
		"Content-Length: 5",
		" USER x",
		" ",
		"1234",
		"{",
		"\x16\x03\x01",
		"USER\tx",
		"\xffPORT 1",
		"PORT\xff 1",
		"SSH-2.0-x",
		"ABCDEFGHIJKLM",
		"RETR,x",
		"_x",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (verb_of(cases[i]) != FTP_NOT_FTP)
			fail_msg("'%s' passes for FTP", cases[i]);
	assert_int_equal(verb_of("HOST example.com"), FTP_HOST);
}

static void unknown_words(void **state)
{
	static const char *const cases[] = {
		"",
		"X",
		"P",
		"PO",
		"POR",
		"PORTX 1,2,3,4,5,6",
		"ABO",
		"ABORT",
		"ZZZZ",
		"A",
		"ABCDEFGHIJKL",
		"XSHA5123",
		"USER1",
		"REGISTERS",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(verb_of(cases[i]), FTP_UNKNOWN);
}

/* RFC 959 5.3.1: one space; all that follows belongs to the argument. */
static void rfc17_one_space(void **state)
{
	static const struct {
		const char *line, *word, *arg;
		bool has_arg;
	} cases[] = {
		{ "PASV", "PASV", "", false },
		{ "PASV ", "PASV", "", true },
		{ "EPRT |1|10.0.0.1|5000|", "EPRT", "|1|10.0.0.1|5000|", true },
		{ "EPRT  |1|10.0.0.1|5000|", "EPRT", " |1|10.0.0.1|5000|",
		  true },
		{ "retr a b  c ", "retr", "a b  c ", true },
		{ "", "", "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct span g = guarded_str(cases[i].line);
		struct ftp_command cmd = ftp_command_parse(g);

		assert_span(cmd.word, cases[i].word);
		assert_span(cmd.arg, cases[i].arg);
		assert_int_equal(cmd.has_arg, cases[i].has_arg);
		guarded_free(g);
	}
}

static void rfc16_adat_and_protected_commands(void **state)
{
	(void)state;
	assert_int_equal(verb_of("ADAT YII="), FTP_ADAT);
	assert_int_equal(verb_of("MIC YII="), FTP_MIC);
	assert_int_equal(verb_of("CONF YII="), FTP_CONF);
	assert_int_equal(verb_of("ENC YII="), FTP_ENC);
}

static void rfc21_epsv_arguments(void **state)
{
	static const char *const lines[] = { "EPSV 1", "EPSV 2", "EPSV ALL" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct ftp_command cmd = ftp_command_parse(span_str(lines[i]));

		assert_int_equal(cmd.verb, FTP_EPSV);
		assert_span(cmd.arg, lines[i] + 5);
	}
	assert_false(ftp_command_parse(span_str("EPSV")).has_arg);
}

static void rfc29_any_byte_in_an_argument(void **state)
{
	static const char line[] = "STOR a\0b\r\0c\xc3\xa9\x80";
	struct span g = guarded(line, sizeof(line) - 1);
	struct ftp_command cmd = ftp_command_parse(g);

	(void)state;
	assert_int_equal(cmd.verb, FTP_STOR);
	assert_true(span_equal(cmd.arg, span_of(line + 5, sizeof(line) - 6)));
	guarded_free(g);
}

static void transfers(void **state)
{
	static const char *const yes[] = { "RETR", "STOR", "STOU", "APPE",
					   "LIST", "NLST", "MLSD" };
	unsigned int count = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		assert_true(ftp_verb_transfers(verb_of(yes[i])));
	/* MLST answers on the control connection (RFC 3659 7.1). */
	assert_false(ftp_verb_transfers(verb_of("MLST")));
	for (int verb = 0; verb < FTP_VERBS; verb++)
		count += ftp_verb_transfers(verb);
	assert_int_equal(count, ARRAY_SIZE(yes));
}

static void secrets(void **state)
{
	static const struct {
		const char *line;
		bool secret;
		const char *word, *arg;
	} cases[] = {
		{ "PASS hunter2", true, "PASS", "hunter2" },
		{ "pass hunter2", true, "pass", "hunter2" },
		{ "PASS", true, "PASS", "" },
		{ "ACCT x", true, "ACCT", "x" },
		{ "ADAT YII=", true, "ADAT", "YII=" },
		/* Slips of the hand, still a password. */
		{ "PASSWORD hunter2", true, "PASS", "WORD hunter2" },
		{ "passhunter2", true, "pass", "hunter2" },
		{ "PASS\thunter2", true, "PASS", "\thunter2" },
		{ "PASS:hunter2", true, "PASS", ":hunter2" },
		{ "PASSalongpassword", true, "PASS", "alongpassword" },
		{ "PASV", false, "PASV", "" },
		{ "USER x", false, "USER", "x" },
		{ "PAS", false, "PAS", "" },
		{ " PASS x", false, "", "PASS x" },
		{ "", false, "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct span g = guarded_str(cases[i].line);
		struct ftp_command cmd = ftp_command_parse(g);

		assert_int_equal(ftp_command_is_secret(&cmd), cases[i].secret);
		assert_span(cmd.word, cases[i].word);
		assert_span(cmd.arg, cases[i].arg);
		assert_true(cmd.has_arg || cmd.arg.len == 0);
		guarded_free(g);
	}
}

/* While a line grows, "maybe" must hold until it is ruled out. */
static void every_prefix(void **state)
{
	static const char *const lines[] = { "PORT 10,0,0,1,19,136",
					     "eprt |1|10.0.0.1|5000|",
					     "LpRt 4,4,10,0,0,1,2,19,136" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		for (size_t len = 0; len <= strlen(lines[i]); len++) {
			struct span g = guarded(lines[i], len);
			size_t at = 99;

			assert_true(ftp_command_may_name_endpoint(g, &at));
			assert_int_equal(at, 5);
			guarded_free(g);
		}
}

static void attack24_the_keyword_counts_at_the_start_only(void **state)
{
	static const char *const no[] = {
		"X",         "PA",        "PASV",       "PORTX",     "PORTX 1",
		"PORT\t1",   "PORT,",     " PORT 1,2",  "XPORT 1,2", "EPSV",
		"EPRTT",     "LIST",      "USER PORT ", "227 ",      "\xff",
		"\xffPORT ", "P\xffORT ", "PO RT",      "PORT\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
		struct span g = guarded_str(no[i]);
		size_t at;

		if (ftp_command_may_name_endpoint(g, &at))
			fail_msg("'%s' may not name an endpoint", no[i]);
		guarded_free(g);
	}
	assert_int_equal(verb_of("RETR PORT 1,2,3,4,5,6"), FTP_RETR);
	assert_int_equal(verb_of(" PORT 1,2,3,4,5,6"), FTP_NOT_FTP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_named_verb_is_found),
		cmocka_unit_test(rfc07_letter_case_does_not_matter),
		cmocka_unit_test(rfc16_adat_and_protected_commands),
		cmocka_unit_test(rfc17_one_space),
		cmocka_unit_test(rfc21_epsv_arguments),
		cmocka_unit_test(rfc29_any_byte_in_an_argument),
		cmocka_unit_test(rfc50_registered_words_are_known),
		cmocka_unit_test(attack24_the_keyword_counts_at_the_start_only),
		cmocka_unit_test(not_ftp),
		cmocka_unit_test(unknown_words),
		cmocka_unit_test(transfers),
		cmocka_unit_test(secrets),
		cmocka_unit_test(every_prefix),
	};

	return cmocka_run_group_tests_name("ftp_command", tests, NULL, NULL);
}
