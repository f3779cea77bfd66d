/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scripted FTP and FTPS client: the control connection. */
#include "lab/client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sallyport/ftp_reply.h>

#include "lab/client_private.h"
#include "lab/socket.h"

/* --- stops ---------------------------------------------------------------------- */

bool client_stop(struct client *c, enum stage stage, enum stop_reason reason,
		 struct span text)
{
	struct stop *s = &c->stop;

	if (s->reason != STOP_NOT)
		return false;
	*s = (struct stop){ .stage = stage, .reason = reason };
	s->text_len = (uint16_t)(text.len < sizeof(s->text) ? text.len
							    : sizeof(s->text));
	memcpy(s->text, text.at, s->text_len);
	return false;
}

bool client_system(struct client *c, enum stage stage, int error)
{
	if (error == -ETIMEDOUT)
		return client_stop(c, stage, STOP_TIMEOUT, span_str(""));
	client_stop(c, stage, STOP_SYSTEM, span_str(""));
	c->stop.error = -error;
	return false;
}

bool client_link(struct client *c, enum stage stage, const struct link *l,
		 enum link_result result)
{
	static const enum stop_reason reason[] = {
		[LINK_TIMEOUT] = STOP_TIMEOUT,
		[LINK_ENDED] = STOP_CLOSED,
		[LINK_BROKEN] = STOP_BROKEN,
		[LINK_TLS] = STOP_TLS,
	};
	bool first = c->stop.reason == STOP_NOT;

	if (result == LINK_DONE)
		return true;
	client_stop(c, stage, reason[result],
		    span_str(result == LINK_TLS ? l->tls_error : ""));
	if (first && result == LINK_BROKEN)
		c->stop.error = l->error;
	return false;
}

bool client_refused(struct client *c, enum stage stage)
{
	bool first = c->stop.reason == STOP_NOT;
	struct span text = span_of(c->reply.text, c->reply.len);

	client_stop(c, stage, STOP_REFUSED,
		    span_sub(text, 0, span_find(text, '\n')));
	if (first)
		c->stop.code = c->reply.code;
	return false;
}

/* --- lines and replies -------------------------------------------------------------- */

static bool send_line(struct client *c, enum stage stage, const char *fmt,
		      va_list args)
{
	char line[CLIENT_COMMAND_MAX];
	int len = vsnprintf(line, sizeof(line) - 2, fmt, args);

	if (len < 0 || (size_t)len >= sizeof(line) - 2)
		return client_stop(c, stage, STOP_TOO_LONG,
				   span_str("the command is too long"));
	if (strpbrk(line, "\r\n"))
		return client_stop(c, stage, STOP_MALFORMED,
				   span_str("a line break in the command"));
	line[len] = '\r';
	line[len + 1] = '\n';
	return client_link(c, stage, &c->control,
			   link_write(&c->control,
				      span_of(line, (size_t)len + 2),
				      deadline_in(c->spec.times.reply)));
}

bool client_send(struct client *c, enum stage stage, const char *fmt, ...)
{
	va_list args;
	bool sent;

	va_start(args, fmt);
	sent = send_line(c, stage, fmt, args);
	va_end(args);
	return sent;
}

/* False: no room for it. */
static bool keep_line(struct client_reply *r, struct span text)
{
	bool first = r->lines == 0;

	if (r->len + !first + text.len > sizeof(r->text))
		return false;
	if (!first)
		r->text[r->len++] = '\n';
	memcpy(r->text + r->len, text.at, text.len);
	r->len += text.len;
	r->lines++;
	return true;
}

static bool read_line(struct client *c, enum stage stage, struct span *line,
		      uint64_t until)
{
	enum link_result result;

	switch (lines_take(&c->lines, &c->control, line, &result, until)) {
	case LINES_OK:
		return true;
	case LINES_TOO_LONG:
		return client_stop(c, stage, STOP_TOO_LONG,
				   span_str("a line has no end"));
	default:
		return client_link(c, stage, &c->control, result);
	}
}

bool client_read_reply(struct client *c, enum stage stage, uint64_t until)
{
	struct ftp_reply_state state = { 0, 0 };
	struct ftp_reply_line got;
	struct span line;

	c->reply.code = 0;
	c->reply.lines = 0;
	c->reply.len = 0;
	do {
		if (!read_line(c, stage, &line, until))
			return false;
		got = ftp_reply_take(&state, line);
		if (got.step == FTP_REPLY_BAD)
			return client_stop(c, stage, STOP_MALFORMED, line);
		if (!keep_line(&c->reply, got.text))
			return client_stop(c, stage, STOP_TOO_LONG,
					   span_str("the reply has no end"));
	} while (got.step != FTP_REPLY_DONE);
	c->reply.code = got.code;
	return true;
}

/* Preliminary replies are waited out within the same time. */
static bool read_final(struct client *c, enum stage stage)
{
	uint64_t until = deadline_in(c->spec.times.reply);

	do {
		if (!client_read_reply(c, stage, until))
			return false;
	} while (ftp_reply_is_preliminary(c->reply.code));
	return true;
}

static bool must_be_fine(struct client *c, enum stage stage)
{
	return ftp_reply_is_success(c->reply.code) || client_refused(c, stage);
}

bool client_ask(struct client *c, enum stage stage, const char *fmt, ...)
{
	va_list args;
	bool sent;

	va_start(args, fmt);
	sent = send_line(c, stage, fmt, args);
	va_end(args);
	return sent && read_final(c, stage);
}

bool client_command(struct client *c, enum stage stage, const char *fmt, ...)
{
	va_list args;
	bool sent;

	va_start(args, fmt);
	sent = send_line(c, stage, fmt, args);
	va_end(args);
	return sent && read_final(c, stage) && must_be_fine(c, stage);
}

/* --- the stages ---------------------------------------------------------------------- */

void client_open(struct client *c, const struct client_spec *spec)
{
	memset(c, 0, sizeof(*c));
	c->spec = *spec;
	c->control = LINK_CLOSED;
	c->data = LINK_CLOSED;
	c->listener = -1;
}

void client_close(struct client *c)
{
	link_close(&c->data);
	link_close(&c->control);
	if (c->listener >= 0)
		close(c->listener);
	c->listener = -1;
}

static bool secure(struct client *c)
{
	uint64_t until = deadline_in(c->spec.times.handshake);

	c->secured = client_link(c, STAGE_HANDSHAKE, &c->control,
				 link_secure(&c->control, c->spec.role,
					     c->spec.sni, NULL, until));
	return c->secured;
}

bool client_reach(struct client *c, enum stage stage,
		  const struct endpoint *from, const struct endpoint *to,
		  struct link *l)
{
	int fd = socket_connect(from, to, deadline_in(c->spec.times.connect));

	if (fd == -ETIMEDOUT)
		return client_stop(c, stage, STOP_TIMEOUT, span_str(""));
	if (fd < 0) {
		client_stop(c, stage, STOP_BROKEN, span_str(""));
		c->stop.error = -fd;
		return false;
	}
	*l = link_over(fd);
	return true;
}

bool client_connect(struct client *c)
{
	const struct endpoint *from = &c->spec.from;
	int error;

	if (addr_is_unspecified(&from->addr))
		from = NULL;
	if (!client_reach(c, STAGE_CONNECT, from, &c->spec.server, &c->control))
		return false;
	error = socket_local(c->control.fd, &c->local);
	if (error != 0)
		return client_system(c, STAGE_CONNECT, error);
	return c->spec.tls != CLIENT_IMPLICIT || secure(c);
}

bool client_greeting(struct client *c)
{
	return read_final(c, STAGE_GREETING) && must_be_fine(c, STAGE_GREETING);
}

bool client_auth(struct client *c)
{
	if (c->spec.tls != CLIENT_EXPLICIT)
		return true;
	if (!client_command(c, STAGE_AUTH, "AUTH TLS"))
		return false;
	/* RFC 4217 4: 234; another 2yz agrees on something else. */
	if (c->reply.code != 234)
		return client_refused(c, STAGE_AUTH);
	/* RFC 4217 12: what stands behind it in clear is somebody else's. */
	if (lines_left(&c->lines, &c->control))
		return client_stop(c, STAGE_HANDSHAKE, STOP_MALFORMED,
				   span_str("cleartext behind the 234"));
	return secure(c);
}

bool client_begin(struct client *c)
{
	return client_connect(c) && client_greeting(c) && client_auth(c);
}

bool client_login(struct client *c, const char *user, const char *password)
{
	if (!client_ask(c, STAGE_LOGIN, "USER %s", user))
		return false;
	/* 331: the password is wanted (RFC 959 5.4). */
	if (c->reply.code == 331 &&
	    !client_ask(c, STAGE_LOGIN, "PASS %s", password))
		return false;
	return must_be_fine(c, STAGE_LOGIN);
}

bool client_protect(struct client *c)
{
	if (c->spec.tls == CLIENT_FTP)
		return true;
	c->protected = client_command(c, STAGE_PBSZ, "PBSZ 0") &&
		       client_command(c, STAGE_PROT, "PROT P");
	return c->protected;
}

bool client_quit(struct client *c)
{
	return client_command(c, STAGE_QUIT, "QUIT");
}
