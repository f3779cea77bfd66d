/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rule sets in a twin: the kernel says what works, and which rule stops the
 * rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "lab/twin.h"
#include "lab/twin_box.h"
#include "lab/twin_plan.h"
#include "support.h"

#define INSIDE  "-i eth1 -o eth0 "
#define OUTSIDE "-i eth0 -o eth1 "

#define HEAD                                                                \
	"*filter\n:INPUT ACCEPT\n:FORWARD DROP\n:OUTPUT ACCEPT\n"           \
	"-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n" \
	"-A FORWARD " INSIDE "-p tcp -m tcp --dport 21 -j ACCEPT\n"
#define HEAD_LINES 6

static struct rulefile file;
static struct twin_spec spec;
static struct twin_result *result;

static int load(const char *config)
{
	char *argv[] = { "rules", "--load", NULL };

	return cmd_rules(config, 2, argv);
}

static int run(const char *config)
{
	char *argv[] = { "run", NULL };

	return cmd_run(config, 1, argv);
}

static int forget(void **state)
{
	(void)state;
	rulefile_free(&file);
	twin_free(result);
	result = NULL;
	return 0;
}

/* The answers for IPv4 rules; skips the test where there are no namespaces. */
static void audit(const char *rules, bool with)
{
	struct twin_wish wish = { .rules = { &file } };
	uint32_t line;

	assert_int_equal(rulefile_parse(span_str(rules), &file, &line),
			 RULEFILE_OK);
	/* Or the other family would be looked at too. */
	assert_true(twin_prefix("10.1.4.1/24", &wish.port[0].at[TWIN_V4]));
	wish.port[0].has[TWIN_V4] = true;
	memcpy(wish.port[0].name, "eth1", 5);
	memcpy(wish.port[1].name, "eth0", 5);
	spec = (struct twin_spec){ .load = load, .run = with ? run : NULL };
	twin_plan(&wish, &spec);
	result = twin_run(&spec);
	assert_non_null(result);
	if (result->failure == TWIN_DENIED) {
		print_message("skip: %s\n", result->text);
		skip();
	}
	assert_string_equal(result->text, "");
	assert_int_equal(result->failure, TWIN_FINE);
}

static const struct twin_cell *cell(const struct twin_answers *a, int side,
				    enum client_tls tls, int way)
{
	const struct twin_cell *c = &a->cell[side][TWIN_V4][tls][way];

	assert_true(c->tried);
	return c;
}

static void works(const struct twin_cell *c)
{
	if (c->stop != TWIN_WORKS)
		fail_msg("stops at %s, kind %d, %s %s", twin_stop_name(c->stop),
			 c->cause.kind, c->cause.place.table,
			 c->cause.place.chain);
}

/* It stops there, and the rule on that line of the file decided. */
static void stops(const struct twin_cell *c, enum twin_stop stop,
		  enum twin_cause_kind kind, uint32_t line)
{
	assert_string_equal(twin_stop_name(c->stop), twin_stop_name(stop));
	assert_int_equal(c->cause.kind, kind);
	assert_int_not_equal(c->cause.rule, RULEFILE_NONE);
	assert_int_equal(file.rule[c->cause.rule].line, line);
}

static void test_a_policy_stops_what_no_rule_takes(void **state)
{
	const struct twin_answers *a;

	(void)state;
	audit(HEAD "COMMIT\n", false);
	a = &result->without;
	for (int way = 0; way < TWIN_WAYS; way++) {
		stops(cell(a, TWIN_INSIDE, CLIENT_FTP, way), TWIN_DATA_CONNECT,
		      TWIN_CAUSE_DROPPED, 3);
		stops(cell(a, TWIN_INSIDE, CLIENT_IMPLICIT, way), TWIN_CONTROL,
		      TWIN_CAUSE_DROPPED, 3);
		stops(cell(a, TWIN_OUTSIDE, CLIENT_EXPLICIT, way), TWIN_CONTROL,
		      TWIN_CAUSE_DROPPED, 3);
	}
	assert_false(result->with.there);
	assert_true(twin_blocked(a));
	assert_int_equal(result->opens, 0);
}

static void test_a_rule_in_a_chain_of_its_own(void **state)
{
	const struct twin_answers *a;

	(void)state;
	audit(HEAD ":SUB -\n"
		   "-A FORWARD -p tcp -j SUB\n"
		   "-A SUB -s 10.1.4.4/32 -p tcp -m tcp --dport 42000:42999 "
		   "-j REJECT\n"
		   "-A SUB -p tcp -m tcp --sport 20 -j ACCEPT\nCOMMIT\n",
	      false);
	a = &result->without;
	stops(cell(a, TWIN_INSIDE, CLIENT_EXPLICIT, TWIN_EPSV),
	      TWIN_DATA_CONNECT, TWIN_CAUSE_DROPPED, HEAD_LINES + 3);
	works(cell(a, TWIN_INSIDE, CLIENT_EXPLICIT, TWIN_PORT));
	works(cell(a, TWIN_INSIDE, CLIENT_FTP, TWIN_EPRT));
	/* Whoever comes from port 20 gets in. */
	assert_int_equal(result->opens, 1);
	assert_true(result->open[0].client);
	assert_int_equal(result->open[0].from_port, 20);
	assert_int_equal(file.rule[result->open[0].rule].line, HEAD_LINES + 4);
}

static void test_answers_that_do_not_come_back(void **state)
{
	(void)state;
	audit("*filter\n:FORWARD DROP\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n"
	      "-A FORWARD " INSIDE "-j ACCEPT\nCOMMIT\n",
	      false);
	stops(cell(&result->without, TWIN_INSIDE, CLIENT_FTP, TWIN_PASV),
	      TWIN_CONTROL, TWIN_CAUSE_DROPPED, 2);
}

static void test_login_that_is_dropped(void **state)
{
	(void)state;
	audit("*filter\n:FORWARD ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n"
	      "-A FORWARD -p tcp -m tcp --dport 21 -m string --string USER "
	      "--algo bm -j DROP\n"
	      "-A FORWARD -p tcp -m tcp --dport 21 -m string --string AUTH "
	      "--algo bm -j DROP\nCOMMIT\n",
	      false);
	if (result->unloadeds > 0) {
		print_message("skip: %s\n", result->unloaded[0].text);
		skip();
	}
	stops(cell(&result->without, TWIN_INSIDE, CLIENT_FTP, TWIN_PASV),
	      TWIN_LOGIN, TWIN_CAUSE_DROPPED, 5);
	stops(cell(&result->without, TWIN_INSIDE, CLIENT_EXPLICIT, TWIN_PASV),
	      TWIN_AUTH, TWIN_CAUSE_DROPPED, 6);
	works(cell(&result->without, TWIN_INSIDE, CLIENT_IMPLICIT, TWIN_PASV));
}

static void test_data_that_is_cut(void **state)
{
	(void)state;
	audit("*filter\n:FORWARD ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n"
	      "-A FORWARD " INSIDE "-p tcp -m tcp --dport 42000:42999 "
	      "! --tcp-flags SYN,PSH NONE -m length --length 500: -j DROP\n"
	      "COMMIT\n",
	      false);
	stops(cell(&result->without, TWIN_INSIDE, CLIENT_FTP, TWIN_EPSV),
	      TWIN_DATA_TRANSFER, TWIN_CAUSE_DROPPED, 5);
	works(cell(&result->without, TWIN_INSIDE, CLIENT_FTP, TWIN_EPRT));
}

#define MASQUERADE                                            \
	"*nat\n:POSTROUTING ACCEPT\n"                         \
	"-A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n" HEAD \
	"-A FORWARD " INSIDE "-j ACCEPT\nCOMMIT\n"

static void test_translation_leads_nowhere(void **state)
{
	const struct twin_answers *a;

	(void)state;
	audit(MASQUERADE, true);
	assert_string_equal(result->gate_text, "");
	a = &result->without;
	works(cell(a, TWIN_INSIDE, CLIENT_EXPLICIT, TWIN_PASV));
	stops(cell(a, TWIN_INSIDE, CLIENT_FTP, TWIN_PORT), TWIN_DATA_CONNECT,
	      TWIN_CAUSE_TRANSLATED, 3);
	/* Nothing leads to the server: what comes ends at the firewall. */
	assert_int_equal(
		cell(a, TWIN_OUTSIDE, CLIENT_FTP, TWIN_PASV)->cause.kind,
		TWIN_CAUSE_FIREWALL);
	/* With sallyport what can be read is translated too; the rest cannot
	 * be. */
	a = &result->with;
	works(cell(a, TWIN_INSIDE, CLIENT_FTP, TWIN_PORT));
	works(cell(a, TWIN_INSIDE, CLIENT_FTP, TWIN_EPRT));
	stops(cell(a, TWIN_INSIDE, CLIENT_IMPLICIT, TWIN_PORT),
	      TWIN_DATA_CONNECT, TWIN_CAUSE_TRANSLATED, 3);
}

static void test_sallyport_makes_all_of_it_work(void **state)
{
	(void)state;
	audit(HEAD "-A FORWARD -p tcp -m multiport --dports 21,990 "
		   "-j ACCEPT\nCOMMIT\n",
	      true);
	assert_string_equal(result->gate_text, "");
	assert_true(twin_blocked(&result->without));
	assert_true(result->with.there);
	for (int side = 0; side < 2; side++)
		for (int tls = 0; tls < TWIN_TLS; tls++)
			for (int way = 0; way < TWIN_WAYS; way++)
				works(cell(&result->with, side,
					   (enum client_tls)tls, way));
}

static void test_lines_that_cannot_be_loaded(void **state)
{
	(void)state;
	audit(HEAD "-A FORWARD -m nosuchmatch -j ACCEPT\n"
		   "-A FORWARD -M /bin/true -j ACCEPT\n"
		   "-A FORWARD -m set --match-set nosuch src -j ACCEPT\n"
		   "-A FORWARD -j NOSUCHCHAIN\n"
		   "-A FORWARD -p tcp -m tcp --dport 990 -j DROP\nCOMMIT\n",
	      false);
	assert_int_equal(result->unloadeds, 4);
	/* What was seen before, then what iptables found, one by one. */
	assert_int_equal(result->unloaded[0].line, HEAD_LINES + 2);
	assert_int_equal(result->unloaded[1].line, HEAD_LINES + 1);
	assert_int_equal(result->unloaded[2].line, HEAD_LINES + 3);
	assert_int_equal(result->unloaded[3].line, HEAD_LINES + 4);
	/* The rest counts, and keeps its line. */
	stops(cell(&result->without, TWIN_OUTSIDE, CLIENT_IMPLICIT, TWIN_EPSV),
	      TWIN_CONTROL, TWIN_CAUSE_DROPPED, HEAD_LINES + 5);
}

static void test_an_open_range_is_told(void **state)
{
	(void)state;
	audit(HEAD "-A FORWARD " OUTSIDE "-p tcp -m tcp --dport 42000:42999 "
		   "-j ACCEPT\nCOMMIT\n",
	      false);
	assert_int_equal(result->opens, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(result->open[i].ports.lo, 42000);
		assert_int_equal(result->open[i].ports.hi, 42999);
		assert_int_equal(file.rule[result->open[i].rule].line,
				 HEAD_LINES + 1);
	}
	assert_false(result->open[0].client);
	assert_true(result->open[1].client);
}

/* --- the box ------------------------------------------------------------------------ */

static void hang(void *arg)
{
	(void)arg;
	for (;;)
		pause();
}

static void leave_a_file(void *arg)
{
	FILE *to = fopen(TWIN_BOX_RUN "/sallyport-twin-test", "w");

	(void)arg;
	if (to)
		fclose(to);
}

static void die(void *arg)
{
	(void)arg;
	_exit(3);
}

static bool box_denied(enum twin_box_result got)
{
	if (got == TWIN_BOX_DENIED)
		print_message("skip: no namespaces\n");
	return got == TWIN_BOX_DENIED;
}

static void test_a_box_ends_in_time(void **state)
{
	int error;
	enum twin_box_result got = twin_box_run(hang, NULL, 1, &error);

	(void)state;
	if (box_denied(got))
		skip();
	assert_int_equal(got, TWIN_BOX_TIMEOUT);
	assert_int_equal(twin_box_run(die, NULL, 10, &error), TWIN_BOX_DIED);
}

static void test_a_box_leaves_nothing(void **state)
{
	struct stat st;
	int error;
	enum twin_box_result got = twin_box_run(leave_a_file, NULL, 10, &error);

	(void)state;
	if (box_denied(got))
		skip();
	assert_int_equal(got, TWIN_BOX_DONE);
	assert_int_not_equal(stat(TWIN_BOX_RUN "/sallyport-twin-test", &st), 0);
}

/* In the box: say that we are there, and stay. */
static void stay(void *arg)
{
	int to = *(int *)arg;

	if (write(to, "x", 1) == 1)
		hang(NULL);
}

/* The writing end of a pipe closes when the last process that has it ends. */
static void test_a_box_ends_with_its_maker(void **state)
{
	struct pollfd p = { .events = POLLIN };
	int ends[2], error;
	pid_t maker;
	char byte;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	maker = fork();
	if (maker == 0) {
		twin_box_run(stay, &ends[1], 60, &error);
		_exit(0);
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1) {
		print_message("skip: no namespaces\n");
		skip();
	}
	kill(maker, SIGKILL);
	assert_int_equal(waitpid(maker, NULL, 0), maker);
	p.fd = ends[0];
	assert_int_equal(poll(&p, 1, 5000), 1);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
}

#define live(test) cmocka_unit_test_teardown(test, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		live(test_a_policy_stops_what_no_rule_takes),
		live(test_a_rule_in_a_chain_of_its_own),
		live(test_answers_that_do_not_come_back),
		live(test_login_that_is_dropped),
		live(test_data_that_is_cut),
		live(test_translation_leads_nowhere),
		live(test_sallyport_makes_all_of_it_work),
		live(test_lines_that_cannot_be_loaded),
		live(test_an_open_range_is_told),
		cmocka_unit_test(test_a_box_ends_in_time),
		cmocka_unit_test(test_a_box_leaves_nothing),
		cmocka_unit_test(test_a_box_ends_with_its_maker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
