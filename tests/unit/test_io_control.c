/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon is asked through, and what it tells: without a kernel's
 * queue, in one process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include <sallyport/event.h>

#include "cmd/daemon.h"
#include <sallyport/tls_handshake.h>

#include "cmd/daemon_journal.h"
#include "handshake.h"
#include "io/clock.h"
#include "io/control_server.h"
#include "io/control_socket.h"
#include "io/loop.h"
#include "io/notify.h"
#include "io/queue_counts.h"
#include "io/signals.h"
#include "report/ctl_table.h"
#include "support.h"

/* Longer than anything takes here even on a busy machine. */
#define PATIENCE_US (20u * 1000000)

/* Where the tests keep their sockets. */
static char directory[] = "/tmp/sallyport-test-XXXXXX";
static char path[64];

static int directory_make(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/socket", directory);
	return 0;
}

static int directory_remove(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory);
}

/* --- the socket's name ---------------------------------------------------------- */

static void test_listen_makes_a_private_socket(void **state)
{
	struct control_name name;
	struct stat st;
	int fd;

	(void)state;
	umask(0);
	assert_int_equal(control_listen(&name, path), CONTROL_FINE);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(control_connect(path, &fd), CONTROL_FINE);
	close(fd);
	control_unlisten(&name);
	control_unlisten(&name);
	assert_int_equal(lstat(path, &st), -1);
}

static void test_listen_refuses_a_living_daemon(void **state)
{
	struct control_name first, second;
	struct stat st;

	(void)state;
	assert_int_equal(control_listen(&first, path), CONTROL_FINE);
	assert_int_equal(control_listen(&second, path), CONTROL_BUSY);
	control_unlisten(&second);
	assert_int_equal(lstat(path, &st), 0);
	control_unlisten(&first);
}

static void test_listen_replaces_a_dead_daemons(void **state)
{
	struct control_name dead, living;
	int fd;

	(void)state;
	assert_int_equal(control_listen(&dead, path), CONTROL_FINE);
	close(dead.fd);
	assert_int_equal(control_connect(path, &fd), CONTROL_NO_DAEMON);
	assert_int_equal(control_listen(&living, path), CONTROL_FINE);
	assert_int_equal(control_connect(path, &fd), CONTROL_FINE);
	close(fd);
	control_unlisten(&living);
}

static void test_unlisten_leaves_what_is_not_ours(void **state)
{
	struct control_name ours, theirs;
	struct stat st;

	(void)state;
	assert_int_equal(control_listen(&ours, path), CONTROL_FINE);
	unlink(path);
	assert_int_equal(control_listen(&theirs, path), CONTROL_FINE);
	control_unlisten(&ours);
	assert_int_equal(lstat(path, &st), 0);
	control_unlisten(&theirs);
}

static void test_paths_that_cannot_be(void **state)
{
	char longest[CONTROL_PATH_MAX + 1];
	struct control_name name;
	int fd = creat(path, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(control_listen(&name, path), CONTROL_NOT_SOCKET);
	assert_int_equal(control_connect(path, &fd), CONTROL_NOT_SOCKET);
	unlink(path);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(control_listen(&name, longest), CONTROL_TOO_LONG);
	assert_int_equal(control_connect(longest, &fd), CONTROL_TOO_LONG);
	assert_int_equal(control_listen(&name, ""), CONTROL_TOO_LONG);
	assert_int_equal(control_listen(&name, "/nonexistent/socket"),
			 CONTROL_NO_DIRECTORY);
	assert_int_equal(control_listen(&name, "/dev/null/socket"),
			 CONTROL_NO_DIRECTORY);
	assert_int_equal(control_connect("/nonexistent/socket", &fd),
			 CONTROL_NO_DAEMON);
}

/* --- the server ------------------------------------------------------------------ */

/* A server that answers with parts: "LINE", then '.' so often, then the end. */
struct served {
	int loop;
	struct control_name name;
	struct control_server *server;
	unsigned int parts, gone;
	bool stay;
	char line[CONTROL_REQUEST_MAX + 1];
};

static bool more_dots(void *arg, struct control_peer *peer)
{
	struct served *s = arg;

	if (peer->at == s->parts)
		return false;
	peer->at++;
	peer->text = strdup(".");
	peer->len = 1;
	return true;
}

static void take_request(void *arg, struct control_peer *peer, struct span line)
{
	struct served *s = arg;

	memcpy(s->line, line.at, line.len);
	s->line[line.len] = '\0';
	peer->text = strdup("answer");
	peer->len = strlen(peer->text);
	peer->more = more_dots;
	peer->stay = s->stay;
}

static void take_gone(void *arg, struct control_peer *peer)
{
	struct served *s = arg;

	assert_true(peer->stay);
	s->gone++;
}

static void serve_start(struct served *s)
{
	const struct control_handler handler = { take_request, take_gone, s };

	*s = (struct served){ .loop = loop_open() };
	assert_true(s->loop >= 0);
	assert_int_equal(control_listen(&s->name, path), CONTROL_FINE);
	s->server = control_server_open(s->loop, s->name.fd, &handler);
	assert_non_null(s->server);
}

static void serve_stop(struct served *s)
{
	control_server_close(s->server);
	control_unlisten(&s->name);
	close(s->loop);
}

/* Run the loop until @fd has something to read; gives what there is, up to
 * its end if @to_end. */
static const char *serve_read(struct served *s, int fd, bool to_end)
{
	static char text[256];
	size_t len = 0;
	ssize_t n;

	for (int i = 0; i < 1000 && len < sizeof(text) - 1; i++) {
		assert_int_equal(loop_wait(s->loop, 10), 0);
		n = recv(fd, text + len, sizeof(text) - 1 - len, MSG_DONTWAIT);
		if (n > 0)
			len += (size_t)n;
		if (n == 0 || (n > 0 && !to_end))
			break;
	}
	text[len] = '\0';
	return text;
}

static int dial(void)
{
	int fd;

	assert_int_equal(control_connect(path, &fd), CONTROL_FINE);
	return fd;
}

static void test_server_answers_in_parts(void **state)
{
	struct served s;
	int fd;

	(void)state;
	serve_start(&s);
	s.parts = 3;
	fd = dial();
	assert_int_equal(control_request(fd, "question", false), 0);
	assert_string_equal(serve_read(&s, fd, true), "answer...");
	assert_string_equal(s.line, "question");
	assert_int_equal(s.gone, 0);
	close(fd);
	serve_stop(&s);
}

static void test_server_puts_a_request_together(void **state)
{
	struct served s;
	int fd;

	(void)state;
	serve_start(&s);
	fd = dial();
	assert_int_equal(send(fd, "ques", 4, 0), 4);
	assert_int_equal(loop_wait(s.loop, 1000), 0);
	assert_int_equal(loop_wait(s.loop, 1000), 0);
	assert_string_equal(s.line, "");
	assert_int_equal(send(fd, "tion\nrest", 9, 0), 9);
	assert_string_equal(serve_read(&s, fd, true), "answer");
	assert_string_equal(s.line, "question");
	close(fd);
	/* Without its newline, but with the end of what is sent. */
	fd = dial();
	assert_int_equal(send(fd, "last", 4, 0), 4);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_string_equal(serve_read(&s, fd, true), "answer");
	assert_string_equal(s.line, "last");
	close(fd);
	serve_stop(&s);
}

static void test_server_bounds_a_request(void **state)
{
	char line[2 * CONTROL_REQUEST_MAX];
	struct served s;
	int fd;

	(void)state;
	serve_start(&s);
	memset(line, 'x', sizeof(line));
	/* The longest that fits, its newline included. */
	line[CONTROL_REQUEST_MAX - 1] = '\n';
	fd = dial();
	assert_int_equal(send(fd, line, CONTROL_REQUEST_MAX, 0),
			 CONTROL_REQUEST_MAX);
	assert_string_equal(serve_read(&s, fd, true), "answer");
	assert_int_equal(strlen(s.line), CONTROL_REQUEST_MAX - 1);
	close(fd);
	/* One more is too long, which an empty line tells. */
	line[CONTROL_REQUEST_MAX - 1] = 'x';
	fd = dial();
	assert_int_equal(send(fd, line, sizeof(line), 0), sizeof(line));
	assert_string_equal(serve_read(&s, fd, true), "answer");
	assert_string_equal(s.line, "");
	close(fd);
	serve_stop(&s);
}

static void test_server_keeps_who_stays(void **state)
{
	struct served s;
	int fd;

	(void)state;
	serve_start(&s);
	s.stay = true;
	fd = dial();
	assert_int_equal(control_request(fd, "question", true), 0);
	assert_string_equal(serve_read(&s, fd, false), "answer");
	shutdown(fd, SHUT_WR); /* it may still read */
	for (int i = 0; i < 3; i++)
		assert_int_equal(loop_wait(s.loop, 1), 0);
	assert_int_equal(s.gone, 0);
	close(fd);
	for (int i = 0; i < 3 && s.gone == 0; i++)
		assert_int_equal(loop_wait(s.loop, 1000), 0);
	assert_int_equal(s.gone, 1);
	serve_stop(&s);
	assert_int_equal(s.gone, 1);
}

static void test_server_bounds_its_peers(void **state)
{
	int fd[CONTROL_PEERS_MAX], more;
	struct served s;

	(void)state;
	serve_start(&s);
	for (int i = 0; i < CONTROL_PEERS_MAX; i++) {
		fd[i] = dial();
		assert_int_equal(loop_wait(s.loop, 1000), 0);
	}
	more = dial();
	assert_string_equal(serve_read(&s, more, true),
			    "{\"error\": \"too many connections\"}\n");
	close(more);
	/* A place that becomes free serves again. */
	close(fd[0]);
	assert_int_equal(loop_wait(s.loop, 1000), 0);
	more = dial();
	assert_int_equal(control_request(more, "question", false), 0);
	assert_string_equal(serve_read(&s, more, true), "answer");
	close(more);
	control_server_tick(s.server); /* nobody is late yet */
	for (int i = 1; i < CONTROL_PEERS_MAX; i++)
		close(fd[i]);
	serve_stop(&s);
}

/* --- signals and the service manager ------------------------------------------- */

static void test_signals_come_as_numbers(void **state)
{
	int fd = signals_open();

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(signals_take(fd), 0);
	raise(SIGHUP);
	raise(SIGTERM);
	assert_int_equal(signals_take(fd), SIGHUP);
	assert_int_equal(signals_take(fd), SIGTERM);
	assert_int_equal(signals_take(fd), 0);
	raise(SIGPIPE); /* and we are still here */
	raise(SIGXFSZ);
	close(fd);
}

static void test_notify_sends_one_datagram(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char text[32];

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_send("READY=1"), 0);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	setenv("NOTIFY_SOCKET", path, 1);
	assert_int_equal(notify_send("READY=1"), 0);
	assert_int_equal(recv(fd, text, sizeof(text), MSG_DONTWAIT), 7);
	assert_memory_equal(text, "READY=1", 7);
	close(fd);
	unlink(path);
	assert_true(notify_send("READY=1") < 0);
	unsetenv("NOTIFY_SOCKET");
}

/* --- small parts ------------------------------------------------------------------ */

static void test_queue_counts(void **state)
{
	static const char text[] =
		"    3  27102     5 2 65531     7     8        9  1\n"
		"   30  27103     0 2 65531     0     0 4294967295  1\n"
		"   31  bad\n";
	struct queue_counts c;

	(void)state;
	assert_true(queue_counts_parse(span_str(text), 3, &c));
	assert_int_equal(c.waiting, 5);
	assert_int_equal(c.full_drops, 7);
	assert_int_equal(c.socket_drops, 8);
	assert_int_equal(c.packets, 9);
	assert_true(queue_counts_parse(span_str(text), 30, &c));
	assert_int_equal(c.packets, 4294967295);
	assert_false(queue_counts_parse(span_str(text), 31, &c));
	assert_false(queue_counts_parse(span_str(text), 0, &c));
	assert_false(queue_counts_parse(span_str(""), 0, &c));
}

static void test_tags_name_worker_and_packet(void **state)
{
	static const uint32_t ids[] = {
		1, 2, (1u << 26) - 1, 1u << 26, (1u << 26) + 1, 0xfffffff0, 0,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		for (unsigned int w = 0; w < CONFIG_WORKERS_MAX; w += 21) {
			uint32_t tag = daemon_tag(w, ids[i]);

			assert_int_equal(daemon_tag_worker(tag), w);
			/* Itself the last one, or 1000 came since, also where
			 * the kernel's count has wrapped. */
			assert_int_equal(daemon_tag_id(tag, ids[i]), ids[i]);
			assert_int_equal(daemon_tag_id(tag, ids[i] + 1000),
					 ids[i]);
			assert_int_equal(daemon_tag_id(tag,
						       ids[i] + (1u << 26) - 1),
					 ids[i]);
		}
}

/* --- the journal ------------------------------------------------------------------ */

static struct outcome outcome; /* too large for a stack */

static void add_command(struct journal *j, const char *verb, const char *arg)
{
	struct event *e = &outcome.event[0];

	*e = (struct event){ .type = EVENT_COMMAND, .session = 7 };
	e->command.verb = span_str(verb);
	e->command.arg = span_str(arg);
	e->command.has_arg = true;
	outcome.events = 1;
	journal_add(j, &outcome);
	journal_wake(j);
	/* A view's bytes may go when journal_add() returns. */
	e->command.verb = e->command.arg = (struct span){ NULL, 0 };
}

static void file_read(const char *file, char *text, size_t size)
{
	FILE *from = fopen(file, "r");
	size_t len;

	assert_non_null(from);
	len = fread(text, 1, size - 1, from);
	text[len] = '\0';
	fclose(from);
}

static void test_journal_writes_copies_in_order(void **state)
{
	char verb[16], want[64], text[4096], *at = text;
	struct journal *j;

	(void)state;
	assert_int_equal(journal_open(&j, path), 0);
	for (int i = 0; i < 20; i++) {
		snprintf(verb, sizeof(verb), "V%d", i);
		add_command(j, verb, "/dear");
	}
	journal_close(j);
	file_read(path, text, sizeof(text));
	for (int i = 0; i < 20; i++) {
		snprintf(want, sizeof(want),
			 "\"verb\":\"V%d\",\"arg\":\"/dear\"}\n", i);
		at = strstr(at, want);
		assert_non_null(at);
	}
	unlink(path);
}

/* What an event of TLS points into goes once it is added, the longest chain
 * that is taken included. */
static void test_journal_copies_what_tls_says(void **state)
{
	static uint8_t chain[TLS_MESSAGE_MAX];
	struct event *e = outcome.event;
	struct journal_counts counts;
	char name[] = "ftp.example.net", alpn[] = "ftp", text[4096];
	struct span body = handshake_message("tls12.server", TLS_CERTIFICATE);
	struct journal *j;

	(void)state;
	assert_int_equal(journal_open(&j, path), 0);
	for (int i = 0; i < 4; i++)
		e[i] = (struct event){ .type = EVENT_TLS, .session = 7 };
	e[0].tls.step = TLS_STEP_CLIENT_HELLO;
	e[0].tls.sni = e[1].tls.sni = e[2].tls.sni = span_str(name);
	e[0].tls.alpn = span_str(alpn);
	e[1].tls.step = e[2].tls.step = TLS_STEP_CERTIFICATE;
	memcpy(chain, body.at, body.len);
	e[1].tls.chain = span_of(chain, body.len);
	e[2].tls.chain = span_of(chain, sizeof(chain));
	e[3].type = EVENT_GRANT;
	e[3].grant.server_name = span_str(alpn);
	outcome.events = 4;
	journal_add(j, &outcome);
	memset(chain, 0, sizeof(chain));
	memset(name, 'x', sizeof(name));
	memset(alpn, 'x', sizeof(alpn));
	journal_counts(j, &counts);
	assert_int_equal(counts.lost, 0);
	journal_close(j);
	file_read(path, text, sizeof(text));
	assert_non_null(strstr(text, "\"sni\":\"ftp.example.net\","
				     "\"alpn\":\"ftp\""));
	assert_non_null(strstr(text, "CN=ftp.example.net"));
	assert_null(strstr(text, "name_mismatch"));
	assert_non_null(strstr(text, "\"reason\":\"a certificate cannot be "
				     "decoded\""));
	assert_non_null(strstr(text, "\"server_name\":\"ftp\""));
	unlink(path);
}

static void test_journal_serves_readers(void **state)
{
	struct journal_counts counts;
	char text[1024] = "";
	struct journal *j;
	int pair[2];
	ssize_t n;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(journal_open(&j, NULL), 0);
	assert_int_equal(journal_reader_add(j, pair[0]), 0);
	journal_counts(j, &counts);
	assert_int_equal(counts.readers, 1);
	add_command(j, "NOOP", "");
	n = recv(pair[1], text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	assert_non_null(strstr(text, "\"verb\":\"NOOP\""));
	assert_int_equal(text[n - 1], '\n');
	journal_reader_remove(j, pair[0]);
	journal_reader_remove(j, pair[0]);
	journal_counts(j, &counts);
	assert_int_equal(counts.readers, 0);
	journal_close(j);
	close(pair[0]);
	close(pair[1]);
}

static void test_journal_drops_a_slow_reader(void **state)
{
	struct journal_counts counts = { .readers = 1 };
	uint64_t until = clock_now_us() + PATIENCE_US;
	static char arg[8192];
	struct journal *j;
	int pair[2];

	(void)state;
	memset(arg, 'x', sizeof(arg) - 1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(journal_open(&j, NULL), 0);
	assert_int_equal(journal_reader_add(j, pair[0]), 0);
	/* In the end more than its buffer, however slow the thread is. */
	while (counts.readers > 0 && clock_now_us() < until) {
		add_command(j, "STOR", arg);
		journal_counts(j, &counts);
	}
	assert_int_equal(counts.readers, 0);
	/* It was shut down: what is there ends with the end. */
	while (recv(pair[1], arg, sizeof(arg), 0) > 0)
		;
	journal_close(j);
	close(pair[0]);
	close(pair[1]);
}

static void test_journal_bounds_its_readers(void **state)
{
	struct journal *j;

	(void)state;
	assert_int_equal(journal_open(&j, NULL), 0);
	/* No event comes, so nothing is sent to these. */
	for (int i = 0; i < CONTROL_PEERS_MAX; i++)
		assert_int_equal(journal_reader_add(j, 1000 + i), 0);
	assert_true(journal_reader_add(j, 999) < 0);
	journal_close(j);
}

static void test_journal_needs_a_file_it_can_write(void **state)
{
	struct journal *j = NULL;

	(void)state;
	assert_true(journal_open(&j, "/nonexistent/events") < 0);
	assert_null(j);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_true(journal_open(&j, path) < 0); /* nobody reads it */
	unlink(path);
}

static void test_journal_loses_what_the_disk_refuses(void **state)
{
	struct journal_counts counts = { .lost = 0 };
	uint64_t until = clock_now_us() + PATIENCE_US;
	struct journal *j;

	(void)state;
	assert_int_equal(journal_open(&j, "/dev/full"), 0);
	for (unsigned int i = 1; i <= 3; i++) {
		add_command(j, "NOOP", "");
		while (counts.lost < i && clock_now_us() < until) {
			sched_yield();
			journal_counts(j, &counts);
		}
		assert_int_equal(counts.lost, i);
		assert_int_equal(counts.log_failures, i);
	}
	journal_close(j);
}

/* --- tables --------------------------------------------------------------------- */

/* What @table prints of the JSON @answer. */
static const char *printed(void (*table)(FILE *to, const json_t *answer),
			   const char *answer)
{
	static char text[2048];
	FILE *to = fmemopen(text, sizeof(text), "w");
	json_t *json = json_loads(answer, 0, NULL);

	assert_non_null(json);
	table(to, json);
	fclose(to);
	json_decref(json);
	return text;
}

static void test_table_of_grants(void **state)
{
	(void)state;
	assert_string_equal(printed(ctl_table_grants, "{\"grants\":[]}"),
			    "no grants\n");
	assert_string_equal(
		printed(ctl_table_grants,
			"{\"grants\":[{\"session\":7,\"mode\":\"passive\","
			"\"from\":{\"addr\":\"10.1.4.4\"},\"to\":{\"addr\":"
			"\"fc00::5\"},\"ports\":\"42000-42999\",\"open\":2,"
			"\"most\":8}]}"),
		"SESSION  MODE     FROM      TO       PORTS        OPEN  "
		"MOST\n"
		"7        passive  10.1.4.4  fc00::5  42000-42999  2     "
		"8\n");
}

static void test_table_of_pinholes(void **state)
{
	(void)state;
	assert_string_equal(printed(ctl_table_pinholes, "{\"pinholes\":[]}"),
			    "no pinholes\n");
	assert_string_equal(
		printed(ctl_table_pinholes,
			"{\"pinholes\":[{\"id\":1,\"session\":22,\"state\":"
			"\"open\",\"mode\":\"active\",\"from\":{\"addr\":"
			"\"fc00::5\"},\"to\":{\"addr\":\"fc00::4\",\"port\":"
			"5001},\"target\":{\"addr\":\"10.1.4.4\",\"port\":5},"
			"\"expires_in_us\":61000000},{\"id\":2}]}"),
		"PINHOLE  SESSION  STATE  MODE    FROM     TO              "
		"TARGET      EXPIRES IN\n"
		"1        22       open   active  fc00::5  [fc00::4]:5001  "
		"10.1.4.4:5  1m01s\n"
		"2        -        -      -       -        -               "
		"-           -\n");
}

static void test_event_in_one_line(void **state)
{
	(void)state;
	assert_string_equal(
		printed(ctl_table_event,
			"{\"ts\":\"2026-11-23T10:15:42.123456Z\",\"event\":"
			"\"rewrite\",\"session\":7,\"client\":{\"addr\":"
			"\"10.1.4.4\",\"port\":40000},\"server\":{\"addr\":"
			"\"10.2.5.5\",\"port\":21},\"via\":\"PORT\",\"from\":"
			"{\"addr\":\"10.1.4.4\",\"port\":1},\"delta\":-2,"
			"\"accepted\":true}"),
		"10:15:42.123456Z #7 10.1.4.4:40000 > 10.2.5.5:21 rewrite via "
		"PORT from 10.1.4.4:1 delta -2 accepted yes\n");
	assert_string_equal(printed(ctl_table_event, "{}"), "- -\n");
	assert_string_equal(printed(ctl_table_event,
				    "{\"event\":\"tls\",\"san\":[\"a.example\","
				    "\"b.example\"],\"chain\":2}"),
			    "- tls san a.example,b.example chain 2\n");
}

static void test_stats_with_their_texts(void **state)
{
	(void)state;
	assert_string_equal(
		printed(ctl_table_stats,
			"{\"engine\":{\"packets\":3},\"daemon\":{\"lookups\":1}"
			","
			"\"events\":{\"lost\":0},\"queues\":[{\"queue\":9,"
			"\"waiting\":2}]}"),
		"           3  packets               packets seen\n"
		"           1  lookups               conntrack lookups\n"
		"           0  lost                  events lost on the way to "
		"their readers\n"
		"queue 9\n"
		"           2  waiting               packets without a verdict "
		"now\n");
}

/* --- the manual ------------------------------------------------------------------- */

static void test_the_manual_lists_every_alert(void **state)
{
	static char manual[1 << 17];
	size_t listed = 0;
	char item[64];

	(void)state;
	if (access("man/sallyport.8", R_OK) != 0) {
		print_message("skipped: not started where man/ is\n");
		skip();
	}
	file_read("man/sallyport.8", manual, sizeof(manual));
	for (int i = 0; i < ALERTS; i++) {
		snprintf(item, sizeof(item), "\n.It Ic %s Pq %s\n",
			 alert_name((enum alert)i),
			 severity_name(alert_severity((enum alert)i)));
		if (!strstr(manual, item))
			fail_msg("man/sallyport.8 lacks %s", item + 1);
	}
	for (const char *at = manual; (at = strstr(at, "\n.It Ic ")); at++)
		listed += strstr(at + 1, " Pq ") &&
			  strstr(at + 1, " Pq ") < strchr(at + 1, '\n');
	assert_int_equal(listed, ALERTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listen_makes_a_private_socket),
		cmocka_unit_test(test_listen_refuses_a_living_daemon),
		cmocka_unit_test(test_listen_replaces_a_dead_daemons),
		cmocka_unit_test(test_unlisten_leaves_what_is_not_ours),
		cmocka_unit_test(test_paths_that_cannot_be),
		cmocka_unit_test(test_server_answers_in_parts),
		cmocka_unit_test(test_server_puts_a_request_together),
		cmocka_unit_test(test_server_bounds_a_request),
		cmocka_unit_test(test_server_keeps_who_stays),
		cmocka_unit_test(test_server_bounds_its_peers),
		cmocka_unit_test(test_signals_come_as_numbers),
		cmocka_unit_test(test_notify_sends_one_datagram),
		cmocka_unit_test(test_queue_counts),
		cmocka_unit_test(test_tags_name_worker_and_packet),
		cmocka_unit_test(test_journal_writes_copies_in_order),
		cmocka_unit_test(test_journal_copies_what_tls_says),
		cmocka_unit_test(test_journal_serves_readers),
		cmocka_unit_test(test_journal_drops_a_slow_reader),
		cmocka_unit_test(test_journal_bounds_its_readers),
		cmocka_unit_test(test_journal_needs_a_file_it_can_write),
		cmocka_unit_test(test_journal_loses_what_the_disk_refuses),
		cmocka_unit_test(test_table_of_pinholes),
		cmocka_unit_test(test_table_of_grants),
		cmocka_unit_test(test_event_in_one_line),
		cmocka_unit_test(test_stats_with_their_texts),
		cmocka_unit_test(test_the_manual_lists_every_alert),
	};

	return cmocka_run_group_tests_name("io_control", tests, directory_make,
					   directory_remove);
}
