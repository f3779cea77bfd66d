/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sallyport check as a user sees it. */
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

#include "cmd/cmd.h"
#include "diverted.h"
#include "support.h"

#define FILES "tests/unit/config/"

static char out[65536], err[65536];

/* Run the command; what it prints is in out and err. */
static int check(const char *config, char *option)
{
	char *argv[] = { (char[]){ "check" }, option, NULL };
	int saved_out, saved_err, status;
	FILE *to_out = diverted(STDOUT_FILENO, &saved_out);
	FILE *to_err = diverted(STDERR_FILENO, &saved_err);

	optind = opterr = 0;
	status = cmd_check(config, option ? 2 : 1, argv);
	fflush(stdout);
	diverted_back(STDOUT_FILENO, saved_out, to_out, out, sizeof(out));
	diverted_back(STDERR_FILENO, saved_err, to_err, err, sizeof(err));
	return status;
}

static void assert_says(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("'%s' is not in: %s", what, text);
}

static void test_meaning(void **state)
{
	(void)state;
	assert_int_equal(check(FILES "example.yaml", NULL), EXIT_WELL);
	assert_string_equal(err, "");
	assert_says(out, FILES "example.yaml is good.");
	assert_says(out, "explicit FTPS ports: 21\n");
	assert_says(out, "Implicit FTPS ports: 990\n");
	assert_says(out, "NFQUEUE 0, one worker; up to 4096 packets");
	assert_says(out, "daemon is down, packets pass");
	assert_says(out, "waits 60 s");
	assert_says(out, "lab: 10.2.5.5, fc00:10:2:5::5\n");
	assert_says(out, "AUTH TLS is left to client and server");
	assert_says(out, "A handshake older than TLS 1.2 raises");
	assert_says(out, "Encrypted sessions stay in the queue");
	assert_says(out, "passive ports 42000-42999: a client may connect");
	assert_says(out, "may connect from port 20 or 989 to\n"
			 "      ports 1024-65535 of a client");
	assert_says(out, "8 data connections open at once, 600 new ones");
	assert_null(strstr(out, "Warnings"));
	assert_says(out, "65536 sessions, 1024 of one client");
	assert_says(out, "10.1.4.0/24 goes out as 203.0.113.1");
}

static void test_other_meaning(void **state)
{
	(void)state;
	assert_int_equal(check(FILES "good-full.yaml", NULL), EXIT_WELL);
	assert_says(out, "Implicit FTPS ports: none\n");
	assert_says(out, "NFQUEUE 65472 to 65535, 64 workers");
	assert_says(out, "daemon is down, control connections and queued SYNs "
			 "are dropped");
	assert_says(out, "AUTH TLS is required on the FTP ports");
	assert_says(out, "Encrypted sessions leave the queue and get "
			 "conntrack mark 0x4");
	assert_says(out, "data connections that are not TLS are dropped");
	assert_says(out, "home: 192.168.1.0/24, 192.168.7.1; tells servers "
			 "203.0.113.9\n    ports 50000-50100: ");
	assert_says(out, "a control port or to 3306, 5000-5100.");
	assert_says(out, "may open before login");
	assert_says(out, "from its data port");
	assert_says(out, "mark 0xfffffff0");
	assert_says(out, "outside known as 203.0.113.5, 2001:db8::5");
	assert_says(out, "passive ports not told");
	assert_says(out, "active mode refused\n");
}

static void test_warnings(void **state)
{
	(void)state;
	assert_int_equal(check(FILES "doubtful.yaml", NULL), EXIT_WELL);
	assert_says(out, "\nWarnings\n  server 'none': without passive-ports "
			 "and with active mode refused");
	assert_says(out, "server 'half': tls is expected, but without "
			 "passive-ports");
	assert_says(out, "server 'half': tls is expected, but tls.explicit "
			 "forbids it");
	assert_says(out, "client 'second': shares ports");
	assert_null(strstr(out, "client 'first'"));
	assert_null(strstr(out, "server 'whole'"));
}

/* What the tables take is what the engine asks for, and is never nothing. */
static void test_memory(void **state)
{
	(void)state;
	assert_int_equal(check(FILES "good-empty.yaml", NULL), EXIT_WELL);
	assert_says(out, "memory: ");
	assert_null(strstr(out, "memory: 0.0 MiB"));
}

static void test_problems(void **state)
{
	(void)state;
	assert_int_equal(check(FILES "bad-no-ports.yaml", NULL),
			 EXIT_BAD_INPUT);
	assert_string_equal(out, "");
	assert_string_equal(
		err,
		FILES "bad-no-ports.yaml:3: control.ports: and "
		      "control.implicit-tls-ports are both empty; list "
		      "at least one port\n"
		      "sallyport: check: 1 problem in the configuration: " FILES
		      "bad-no-ports.yaml\n");
	assert_int_equal(check("/nonexistent", NULL), EXIT_BAD_INPUT);
	assert_says(err, "/nonexistent: does not exist");
	assert_int_equal(check("/proc/self/mem", NULL), EXIT_SYSTEM);
	assert_says(err, "sallyport: check: cannot read the configuration");
}

static void test_options(void **state)
{
	char help[] = "--help", print[] = "--print", bad[] = "--pri\nnt",
	     word[] = "word";

	(void)state;
	assert_int_equal(check(NULL, help), EXIT_WELL);
	assert_says(out, "usage: sallyport [-c FILE] check");
	assert_int_equal(check(FILES "good-empty.yaml", print), EXIT_WELL);
	assert_says(out, "control:\n  ports: [21] # FTP");
	assert_int_equal(check(NULL, bad), EXIT_BAD_INPUT);
	assert_string_equal(err, "sallyport: check: option is not known or "
				 "lacks its argument: '--pri\\nnt'; see "
				 "sallyport check --help\n");
	assert_int_equal(check(NULL, word), EXIT_BAD_INPUT);
	assert_says(err, "takes no arguments");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meaning),
		cmocka_unit_test(test_other_meaning),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_problems),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
