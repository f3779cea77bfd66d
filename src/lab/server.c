/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scripted FTP and FTPS server: sessions, and all commands but those that
 * have to do with data connections. */
#include "lab/server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/server_private.h"
#include "lab/socket.h"

/* Any time would do: whoever started it ends it. */
#define HOUR_MS 3600000

/* Longest reply: an IPv6 address or a user's name, and some words. */
#define REPLY_MAX 1024

bool server_say(struct session_state *s, const char *fmt, ...)
{
	char line[REPLY_MAX];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(line, sizeof(line) - 2, fmt, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(line) - 2)
		return false;
	line[len] = '\r';
	line[len + 1] = '\n';
	return link_write(&s->control, span_of(line, (size_t)len + 2),
			  deadline_in(SERVER_PATIENCE_MS)) == LINK_DONE;
}

/* --- faults -------------------------------------------------------------------- */

/* How each stage says no. */
static const char *const refusal[STAGES] = {
	[STAGE_GREETING] = "421 Too many connections",
	[STAGE_FEAT] = "500 Unknown command",
	[STAGE_AUTH] = "530 Please login with USER and PASS",
	[STAGE_LOGIN] = "530 Login incorrect",
	[STAGE_PBSZ] = "503 Bad sequence of commands",
	[STAGE_PROT] = "536 PROT P is not supported",
	[STAGE_TYPE] = "504 Unknown type",
	[STAGE_ENDPOINT] = "500 Unknown command",
	[STAGE_DATA_CONNECT] = "425 Cannot open data connection",
	[STAGE_DATA_HANDSHAKE] = "522 TLS failed",
	[STAGE_TRANSFER] = "550 No such file",
};

void server_stall(struct session_state *s)
{
	uint64_t until = deadline_in(SERVER_PATIENCE_MS);
	uint8_t dropped[LINES_LINE_MAX];
	size_t n;

	while (link_read(&s->control, dropped, sizeof(dropped), &n, until) ==
	       LINK_DONE)
		;
}

static void repeat(struct session_state *s, const char *line)
{
	while (server_say(s, "%s", line))
		;
}

bool server_goes_on(struct session_state *s, enum stage stage, bool *on)
{
	*on = false;
	if (s->spec->fault.at != stage)
		return true;
	switch (s->spec->fault.does) {
	case SERVER_GOES_ON:
	case SERVER_INJECTS:
		return true;
	case SERVER_REFUSES:
		*on = server_say(s, "%s", refusal[stage]) &&
		      stage != STAGE_GREETING;
		break;
	case SERVER_QUITS:
		server_say(s, "%s", refusal[stage]);
		break;
	case SERVER_CUTS:
		break;
	case SERVER_STALLS:
		server_stall(s);
		break;
	case SERVER_BABBLES:
		server_say(s, "<html>not FTP at all</html>");
		server_stall(s);
		break;
	case SERVER_FLOODS:
		repeat(s, "211-and so on");
		break;
	case SERVER_DAWDLES:
		repeat(s, "120 Soon");
		break;
	}
	return false;
}

/* --- the handshake ---------------------------------------------------------------- */

/* The answer to a ClientHello. */
static bool refuse_handshake(struct session_state *s)
{
	/* alert, TLS 1.2, two bytes: fatal, handshake_failure (RFC 5246 7.2) */
	static const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 40 };
	uint8_t hello[LINES_LINE_MAX];
	size_t n;

	link_read(&s->control, hello, sizeof(hello), &n,
		  deadline_in(SERVER_PATIENCE_MS));
	link_write(&s->control, span_of(alert, sizeof(alert)),
		   deadline_in(SERVER_PATIENCE_MS));
	server_stall(s);
	return false;
}

static bool secure(struct session_state *s)
{
	bool on;

	if (s->spec->fault.at == STAGE_HANDSHAKE &&
	    s->spec->fault.does == SERVER_REFUSES)
		return refuse_handshake(s);
	if (!server_goes_on(s, STAGE_HANDSHAKE, &on))
		return on;
	s->secured = link_secure(&s->control, s->spec->role, NULL, NULL,
				 deadline_in(SERVER_PATIENCE_MS)) == LINK_DONE;
	return s->secured;
}

/* --- commands --------------------------------------------------------------------- */

static bool do_auth(struct session_state *s, const struct ftp_command *cmd)
{
	bool injects = s->spec->fault.at == STAGE_AUTH &&
		       s->spec->fault.does == SERVER_INJECTS;
	bool on;

	if (!server_goes_on(s, STAGE_AUTH, &on))
		return on;
	if (!s->spec->role || s->secured)
		return server_say(s, "502 AUTH is not for here");
	if (!span_equal_nocase(cmd->arg, span_str("TLS")))
		return server_say(s, "504 AUTH TLS is all there is");
	/* RFC 4217 12: nothing in clear may stand behind it. */
	return !lines_left(&s->lines, &s->control) &&
	       server_say(s,
			  injects ? "234 Go on\r\n230 Welcome" : "234 Go on") &&
	       secure(s);
}

static bool is(const char *wanted, struct span given)
{
	return !wanted || span_equal(span_str(wanted), given);
}

static bool do_user(struct session_state *s, const struct ftp_command *cmd)
{
	bool on;

	if (!server_goes_on(s, STAGE_LOGIN, &on))
		return on;
	s->named = is(s->spec->user, cmd->arg);
	return server_say(s, "331 Password, please");
}

static bool do_pass(struct session_state *s, const struct ftp_command *cmd)
{
	s->logged_in = s->named && is(s->spec->password, cmd->arg);
	s->named = false;
	return server_say(s,
			  s->logged_in ? "230 Welcome" : "530 Login incorrect");
}

static bool do_feat(struct session_state *s, const struct ftp_command *cmd)
{
	bool on;

	(void)cmd;
	if (!server_goes_on(s, STAGE_FEAT, &on))
		return on;
	return server_say(s, "211-Features:\r\n%s EPRT\r\n EPSV\r\n UTF8",
			  s->spec->role ? " AUTH TLS\r\n PBSZ\r\n PROT\r\n"
					: "") &&
	       server_say(s, "211 End");
}

static bool do_pbsz(struct session_state *s, const struct ftp_command *cmd)
{
	bool on;

	(void)cmd;
	if (!server_goes_on(s, STAGE_PBSZ, &on))
		return on;
	s->buffer_size = s->secured;
	return server_say(s, s->secured ? "200 PBSZ=0" : "503 AUTH first");
}

static bool do_prot(struct session_state *s, const struct ftp_command *cmd)
{
	bool on;

	if (!server_goes_on(s, STAGE_PROT, &on))
		return on;
	if (!s->buffer_size)
		return server_say(s, "503 PBSZ first");
	s->protected = span_equal_nocase(cmd->arg, span_str("P"));
	if (!s->protected && !span_equal_nocase(cmd->arg, span_str("C")))
		return server_say(s, "504 P or C");
	return server_say(s, "200 Protection set");
}

static bool do_type(struct session_state *s, const struct ftp_command *cmd)
{
	bool on;

	(void)cmd;
	if (!server_goes_on(s, STAGE_TYPE, &on))
		return on;
	return server_say(s, "200 Type set");
}

static bool do_quit(struct session_state *s, const struct ftp_command *cmd)
{
	(void)cmd;
	server_say(s, "221 Good bye");
	link_finish(&s->control, deadline_in(SERVER_PATIENCE_MS));
	return false;
}

static const struct {
	enum ftp_verb verb;
	server_handler *run;
	bool login; /* only after it */
} commands[] = {
	{ FTP_AUTH, do_auth, false },
	{ FTP_USER, do_user, false },
	{ FTP_PASS, do_pass, false },
	{ FTP_FEAT, do_feat, false },
	{ FTP_PBSZ, do_pbsz, false },
	{ FTP_PROT, do_prot, false },
	{ FTP_QUIT, do_quit, false },
	{ FTP_TYPE, do_type, true },
	{ FTP_EPSV, server_passive, true },
	{ FTP_PASV, server_passive, true },
	{ FTP_EPRT, server_port, true },
	{ FTP_PORT, server_port, true },
	{ FTP_LIST, server_transfer, true },
	{ FTP_RETR, server_transfer, true },
	{ FTP_STOR, server_transfer, true },
};

static bool obey(struct session_state *s, const struct ftp_command *cmd)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (commands[i].verb != cmd->verb)
			continue;
		if (commands[i].login && !s->logged_in)
			return server_say(s, "530 Please login");
		return commands[i].run(s, cmd);
	}
	return server_say(s, "502 Not implemented");
}

/* --- sessions ---------------------------------------------------------------------- */

static bool greet(struct session_state *s)
{
	bool on;

	if (s->spec->implicit && !secure(s))
		return false;
	return server_goes_on(s, STAGE_GREETING, &on)
		       ? server_say(s, "220 scripted server")
		       : on;
}

static void converse(struct session_state *s)
{
	struct ftp_command cmd;
	enum link_result r;
	struct span line;

	if (!greet(s))
		return;
	while (lines_take(&s->lines, &s->control, &line, &r,
			  deadline_in(SERVER_PATIENCE_MS)) == LINES_OK) {
		cmd = ftp_command_parse(line);
		if (!obey(s, &cmd))
			return;
	}
}

static void serve_one(int fd, const struct endpoint *peer,
		      const struct server_spec *spec)
{
	struct session_state s = { .spec = spec,
				   .control = link_over(fd),
				   .peer = *peer,
				   .listener = -1,
				   .file = malloc(SERVER_FILE_MAX) };

	if (s.file && socket_local(fd, &s.local) == 0)
		converse(&s);
	free(s.file);
	server_forget_data(&s);
	link_close(&s.control);
}

/* --- processes --------------------------------------------------------------------- */

/* In a new process: see to it that it does not outlive the one that made it.
 * False: that is gone already. */
static bool depend_on(pid_t parent)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

/* A process for each session: one that waits for a data connection which a
 * firewall has dropped keeps no other waiting. */
static void serve(int listener, const struct server_spec *spec)
{
	pid_t self = getpid();
	struct endpoint peer;
	int fd;

	signal(SIGCHLD, SIG_IGN); /* nobody waits for them */
	do {
		fd = socket_accept(listener, &peer, deadline_in(HOUR_MS));
		if (fd < 0)
			continue;
		if (fork() == 0) {
			close(listener);
			if (depend_on(self))
				serve_one(fd, &peer, spec);
			_exit(EXIT_SUCCESS);
		}
		close(fd);
	} while (fd >= 0 || fd == -ETIMEDOUT);
}

int server_start(struct server *s, const struct server_spec *spec)
{
	int listener = socket_listen(&spec->at);
	pid_t self = getpid();
	int error = listener < 0 ? listener : socket_local(listener, &s->at);

	if (error != 0) {
		if (listener >= 0)
			close(listener);
		return error;
	}
	s->pid = fork();
	error = errno;
	if (s->pid == 0) {
		if (depend_on(self))
			serve(listener, spec);
		_exit(EXIT_FAILURE);
	}
	close(listener);
	return s->pid < 0 ? -error : 0;
}

void server_stop(struct server *s)
{
	kill(s->pid, SIGKILL);
	while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		;
}
