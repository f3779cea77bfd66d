/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon is asked through, without a daemon: the control socket's name,
 * and the server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/control_server.h"
#include "io/control_socket.h"
#include "io/loop.h"
#include "scratch.h"

static void test_listen_makes_a_private_socket(void **state)
{
	struct control_name name;
	struct stat st;
	int fd;

	(void)state;
	umask(0);
	assert_int_equal(control_listen(&name, scratch_path), CONTROL_FINE);
	assert_int_equal(lstat(scratch_path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(control_connect(scratch_path, &fd), CONTROL_FINE);
	close(fd);
	control_unlisten(&name);
	control_unlisten(&name);
	assert_int_equal(lstat(scratch_path, &st), -1);
}

static void test_listen_refuses_a_living_daemon(void **state)
{
	struct control_name first, second;
	struct stat st;

	(void)state;
	assert_int_equal(control_listen(&first, scratch_path), CONTROL_FINE);
	assert_int_equal(control_listen(&second, scratch_path), CONTROL_BUSY);
	control_unlisten(&second);
	assert_int_equal(lstat(scratch_path, &st), 0);
	control_unlisten(&first);
}

static void test_listen_replaces_a_dead_daemons(void **state)
{
	struct control_name dead, living;
	int fd;

	(void)state;
	assert_int_equal(control_listen(&dead, scratch_path), CONTROL_FINE);
	close(dead.fd);
	assert_int_equal(control_connect(scratch_path, &fd), CONTROL_NO_DAEMON);
	assert_int_equal(control_listen(&living, scratch_path), CONTROL_FINE);
	assert_int_equal(control_connect(scratch_path, &fd), CONTROL_FINE);
	close(fd);
	control_unlisten(&living);
}

static void test_unlisten_leaves_what_is_not_ours(void **state)
{
	struct control_name ours, theirs;
	struct stat st;

	(void)state;
	assert_int_equal(control_listen(&ours, scratch_path), CONTROL_FINE);
	unlink(scratch_path);
	assert_int_equal(control_listen(&theirs, scratch_path), CONTROL_FINE);
	control_unlisten(&ours);
	assert_int_equal(lstat(scratch_path, &st), 0);
	control_unlisten(&theirs);
}

static void test_paths_that_cannot_be(void **state)
{
	char longest[CONTROL_PATH_MAX + 1];
	struct control_name name;
	int fd = creat(scratch_path, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(control_listen(&name, scratch_path),
			 CONTROL_NOT_SOCKET);
	assert_int_equal(control_connect(scratch_path, &fd),
			 CONTROL_NOT_SOCKET);
	unlink(scratch_path);
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
	assert_int_equal(control_listen(&s->name, scratch_path), CONTROL_FINE);
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

	assert_int_equal(control_connect(scratch_path, &fd), CONTROL_FINE);
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
	};

	return cmocka_run_group_tests_name("io_control", tests, scratch_make,
					   scratch_remove);
}
