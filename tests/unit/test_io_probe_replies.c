/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the scripted client makes of replies that no proper server gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/lines.h"
#include "lab/socket.h"
#include "lab_peers.h"
#include "support.h"

#define REPLIES_MAX 4

static pid_t running;

/* In a process of its own: a greeting, and a reply to each line. */
static void answer(int listener, const char *const reply[REPLIES_MAX])
{
	uint64_t until = deadline_in(10000);
	static struct lines lines;
	enum link_result r;
	struct endpoint peer;
	struct span line;
	struct link l;

	l = link_over(socket_accept(listener, &peer, until));
	for (int i = 0; i < REPLIES_MAX && reply[i]; i++) {
		if (i > 0 &&
		    lines_take(&lines, &l, &line, &r, until) != LINES_OK)
			break;
		link_write(&l, span_str(reply[i]), until);
	}
	link_finish(&l, until);
}

static struct client_spec canned(const char *const reply[REPLIES_MAX],
				 enum client_tls tls)
{
	struct endpoint at = netns_endpoint("127.0.0.1", 0);
	int listener = socket_listen(&at);

	assert_true(listener >= 0);
	assert_int_equal(socket_local(listener, &at), 0);
	running = fork();
	if (running == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		answer(listener, reply);
		_exit(EXIT_SUCCESS);
	}
	close(listener);
	return lab_client_spec(&at, tls);
}

static int stop_canned(void **state)
{
	(void)state;
	if (running > 0) {
		kill(running, SIGKILL);
		waitpid(running, NULL, 0);
	}
	running = 0;
	return 0;
}

/* What is asked behind the greeting. */
static bool ask_login(struct client *c)
{
	return client_login(c, "me", "secret");
}

static bool ask_epsv(struct client *c)
{
	return client_passive(c, VIA_EPSV);
}

static bool ask_pasv(struct client *c)
{
	return client_passive(c, VIA_PASV);
}

static bool ask_port(struct client *c)
{
	return client_active(c, VIA_PORT);
}

static bool ask_list(struct client *c)
{
	struct client_transfer t = { .command = "LIST" };
	char room[10];

	t.bytes = room;
	t.size = sizeof(room);
	return client_active(c, VIA_EPRT) && client_transfer(c, &t);
}

static const struct {
	const char *reply[REPLIES_MAX];
	bool (*ask)(struct client *c); /* NULL: client_auth() */
	enum stage stage;
	enum stop_reason reason;
	uint16_t code;
} cases[] = {
	/* Greetings. */
	{ { "120 Soon\r\n220 Now\r\n", "230 In\r\n" }, ask_login, 0, 0, 0 },
	{ { "220-One\r\n 220 two\r\n221 no\r\n220 Three\n", "230 In\r\n" },
	  ask_login,
	  0,
	  0,
	  0 },
	{ { "500 Go away\r\n" }, ask_login, STAGE_GREETING, STOP_REFUSED, 500 },
	{ { "\r\n" }, ask_login, STAGE_GREETING, STOP_MALFORMED, 0 },
	{ { "SSH-2.0-OpenSSH\r\n" },
	  ask_login,
	  STAGE_GREETING,
	  STOP_MALFORMED,
	  0 },
	{ { "220 no line end" }, ask_login, STAGE_GREETING, STOP_CLOSED, 0 },
	/* Logins. */
	{ { "220 Hi\r\n", "331 And?\r\n", "202 Well\r\n" },
	  ask_login,
	  0,
	  0,
	  0 },
	{ { "220 Hi\r\n", "331 And?\r\n", "332 And?\r\n" },
	  ask_login,
	  STAGE_LOGIN,
	  STOP_REFUSED,
	  332 },
	{ { "220 Hi\r\n", "332 Account?\r\n" },
	  ask_login,
	  STAGE_LOGIN,
	  STOP_REFUSED,
	  332 },
	{ { "220 Hi\r\n", "421 Full\r\n" },
	  ask_login,
	  STAGE_LOGIN,
	  STOP_REFUSED,
	  421 },
	/* AUTH: 234 and nothing else begins a handshake. */
	{ { "220 Hi\r\n", "200 Okay\r\n" },
	  NULL,
	  STAGE_AUTH,
	  STOP_REFUSED,
	  200 },
	{ { "220 Hi\r\n", "334 Data\r\n" },
	  NULL,
	  STAGE_AUTH,
	  STOP_REFUSED,
	  334 },
	/* Endpoints. */
	{ { "220 Hi\r\n", "229 Fine (|||1024|)\r\n" }, ask_epsv, 0, 0, 0 },
	{ { "220 Hi\r\n", "229 Fine (|||0|)\r\n" },
	  ask_epsv,
	  STAGE_ENDPOINT,
	  STOP_MALFORMED,
	  229 },
	{ { "220 Hi\r\n", "229 Fine\r\n" },
	  ask_epsv,
	  STAGE_ENDPOINT,
	  STOP_MALFORMED,
	  229 },
	{ { "220 Hi\r\n", "227 (127,0,0,1,4,0)\r\n" },
	  ask_epsv,
	  STAGE_ENDPOINT,
	  STOP_REFUSED,
	  227 },
	{ { "220 Hi\r\n", "200 (|||1024|)\r\n" },
	  ask_epsv,
	  STAGE_ENDPOINT,
	  STOP_REFUSED,
	  200 },
	{ { "220 Hi\r\n", "227 127,0,0,1,4,0\r\n" }, ask_pasv, 0, 0, 0 },
	{ { "220 Hi\r\n", "227 (127,0,0,256,4,0)\r\n" },
	  ask_pasv,
	  STAGE_ENDPOINT,
	  STOP_MALFORMED,
	  227 },
	{ { "220 Hi\r\n", "227 (127,0,0,1,0,0)\r\n" },
	  ask_pasv,
	  STAGE_ENDPOINT,
	  STOP_MALFORMED,
	  227 },
	{ { "220 Hi\r\n", "150 Wait\r\n200 Fine\r\n" }, ask_port, 0, 0, 0 },
	/* Transfers without a connection. */
	{ { "220 Hi\r\n", "200 Fine\r\n", "425 Cannot\r\n" },
	  ask_list,
	  STAGE_DATA_CONNECT,
	  STOP_REFUSED,
	  425 },
	{ { "220 Hi\r\n", "200 Fine\r\n", "150 Soon\r\n425 Not\r\n" },
	  ask_list,
	  STAGE_DATA_CONNECT,
	  STOP_REFUSED,
	  425 },
	{ { "220 Hi\r\n", "200 Fine\r\n", "550 No\r\n" },
	  ask_list,
	  STAGE_TRANSFER,
	  STOP_REFUSED,
	  550 },
	{ { "220 Hi\r\n", "200 Fine\r\n", "226 Done\r\n" },
	  ask_list,
	  STAGE_TRANSFER,
	  STOP_REFUSED,
	  226 },
	{ { "220 Hi\r\n", "200 Fine\r\n", "150 Soon\r\n" },
	  ask_list,
	  STAGE_DATA_CONNECT,
	  STOP_CLOSED,
	  0 },
};

static void test_replies(void **state)
{
	static struct client c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool auth = !cases[i].ask, fine;
		struct client_spec spec =
			canned(cases[i].reply,
			       auth ? CLIENT_EXPLICIT : CLIENT_FTP);

		client_open(&c, &spec);
		fine = client_begin(&c) && (auth || cases[i].ask(&c));
		client_close(&c);
		stop_canned(NULL);
		if (c.stop.code != cases[i].code ||
		    c.stop.reason != cases[i].reason)
			print_error("case %zu\n", i);
		assert_stop(&c.stop, cases[i].stage, cases[i].reason);
		assert_int_equal(c.stop.code, cases[i].code);
		assert_int_equal(fine, cases[i].reason == STOP_NOT);
	}
}

/* The lines of a reply, as FEAT has them. */
static void test_the_text_of_a_reply(void **state)
{
	static const char *const reply[REPLIES_MAX] = {
		"220 Hi\r\n", "211-Features\r\n EPSV\r\n\r\n211 End\r\n"
	};
	struct client_spec spec = canned(reply, CLIENT_FTP);
	static struct client c;

	(void)state;
	client_open(&c, &spec);
	assert_true(client_begin(&c));
	assert_true(client_ask(&c, STAGE_FEAT, "FEAT"));
	assert_int_equal(c.reply.code, 211);
	assert_int_equal(c.reply.lines, 4);
	assert_span(span_of(c.reply.text, c.reply.len),
		    "Features\n EPSV\n\nEnd");
	client_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_replies, stop_canned),
		cmocka_unit_test_teardown(test_the_text_of_a_reply,
					  stop_canned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
