/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of one session: commands and replies, read and told (RFC 959 5).
 *
 * Each command waits in a queue for its final reply; what the reply means is
 * in ftp_reaction.c.
 */
#include "ftp_session.h"

#include <string.h>

#include <sallyport/telnet.h>

#include "endpoint.h"
#include "ftp_reaction.h"
#include "outcome.h"
#include "pinhole.h"
#include "random.h"
#include "refusal.h"
#include "session_table.h"
#include "session_tls.h"
#include "state.h"

static struct span plain_text(struct engine *e, struct session *s,
			      struct line *line)
{
	struct telnet_line t;

	if (span_find(line->text, 0xff) == line->text.len)
		return line->text;
	t = telnet_strip(line->text, e->plain);
	line->tainted = true;
	if (t.incomplete)
		session_doubt(e, s, ALERT_TELNET_EVASION);
	return (struct span){ e->plain, t.len };
}

static struct span upper(struct engine *e, struct span word)
{
	struct span copy = outcome_text(e, word);
	uint8_t *at = e->out->text + (copy.at - e->out->text);

	for (size_t i = 0; i < copy.len; i++)
		if (at[i] >= 'a' && at[i] <= 'z')
			at[i] = (uint8_t)(at[i] - 'a' + 'A');
	return copy;
}

/* --- commands --------------------------------------------------------- */

/* What has a name of its own need not be copied. */
static struct span verb_text(struct engine *e, const struct ftp_command *cmd)
{
	const char *name = ftp_verb_name(cmd->verb);

	return *name ? span_of(name, cmd->word.len) : upper(e, cmd->word);
}

static void tell_command(struct engine *e, const struct session *s,
			 const struct ftp_command *cmd)
{
	/* After 331 a word that is no command may be a lost password; and
	 * what stands in a line that is not FTP is anybody's guess. */
	bool lost = s->password_next &&
		    (cmd->verb == FTP_UNKNOWN || cmd->verb == FTP_NOT_FTP);
	bool secret =
		lost || cmd->verb == FTP_NOT_FTP || ftp_command_is_secret(cmd);
	struct event *ev = outcome_event(e, s, EVENT_COMMAND);

	ev->command.verb = lost ? span_str("***") : verb_text(e, cmd);
	ev->command.has_arg = cmd->has_arg;
	ev->command.secret = secret;
	ev->command.arg = secret ? span_str("***") : outcome_text(e, cmd->arg);
}

static bool has_pending(const struct session *s, enum ftp_verb verb)
{
	for (uint8_t i = 0; i < s->pending_count; i++)
		if (s->pending[(s->pending_at + i) % SESSION_PENDING_MAX]
			    .verb == verb)
			return true;
	return false;
}

static void push(struct engine *e, struct session *s, struct pending p)
{
	uint8_t at = (uint8_t)((s->pending_at + s->pending_count) %
			       SESSION_PENDING_MAX);

	if (s->pending_count == SESSION_PENDING_MAX) {
		session_doubt(e, s, ALERT_PIPELINE_OVERFLOW);
		return;
	}
	s->pending[at] = p;
	s->pending_count++;
}

static void remember_mechanism(struct session *s, struct span arg)
{
	arg = span_sub(arg, 0, SESSION_MECHANISM_MAX);
	memset(s->mechanism, 0, sizeof(s->mechanism));
	if (arg.len)
		memcpy(s->mechanism, arg.at, arg.len);
}

/* Which endpoint command this is; false for all others. */
static bool verb_via(enum ftp_verb verb, enum via *via)
{
	static const struct {
		enum ftp_verb verb;
		enum via via;
	} row[] = {
		{ FTP_PORT, VIA_PORT }, { FTP_EPRT, VIA_EPRT },
		{ FTP_LPRT, VIA_LPRT }, { FTP_PASV, VIA_PASV },
		{ FTP_EPSV, VIA_EPSV }, { FTP_LPSV, VIA_LPSV },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (row[i].verb == verb) {
			*via = row[i].via;
			return true;
		}
	}
	return false;
}

/* RFC 959 3.2: without an endpoint the default data ports are used. No
 * pinhole is made for that, but it is told. */
static void take_transfer(struct engine *e, struct session *s)
{
	if (!s->endpoint_named && s->read == READ_TRUSTED)
		alert_raise(e, s, ALERT_DEFAULT_DATA_PORT);
	s->endpoint_named = false;
}

/* A login in the clear at a server that should have TLS. */
static void compare_expectation(struct engine *e, struct session *s)
{
	const struct policy_server *server =
		policy_server_find(e->policy, &s->ends.server.addr);

	if (server && server->tls == SERVER_TLS_EXPECTED && !s->encrypted)
		alert_raise(e, s, ALERT_CLEARTEXT_LOGIN);
}

static void take_command(struct engine *e, struct session *s,
			 const struct ftp_command *cmd, const struct line *line,
			 bool refused)
{
	/* What the server reads instead has no meaning for the session. */
	struct pending p = { .verb = refused ? FTP_NOOP : (uint8_t)cmd->verb,
			     .refused = refused };
	enum via via;

	if (has_pending(s, FTP_AUTH))
		session_doubt(e, s, ALERT_INJECTION);
	if (cmd->verb == FTP_USER)
		compare_expectation(e, s);
	if (cmd->verb == FTP_HOST)
		s->host_hash = hash_text(e, cmd->arg);
	if (ftp_verb_transfers(cmd->verb))
		take_transfer(e, s);
	if (verb_via(cmd->verb, &via)) {
		p.all = cmd->verb == FTP_EPSV &&
			span_equal_nocase(cmd->arg, span_str("ALL"));
		s->endpoint_named |= !p.all;
		if (via_is_active(via))
			p.has_hole = endpoint_command(e, s, via, cmd->arg, line,
						      (size_t)(cmd->arg.at -
							       line->text.at));
	}
	push(e, s, p);
}

void ftp_line_from_client(struct engine *e, struct session *s,
			  const struct line *raw)
{
	struct line line = *raw;
	struct ftp_command cmd;
	bool first = !s->first_line_seen && !s->midstream;
	bool refused;

	line.text = plain_text(e, s, &line);
	if (!line.text.len)
		return; /* servers skip empty lines */
	cmd = ftp_command_parse(line.text);
	s->commands++;
	e->stats.commands++;
	s->first_line_seen = true;
	tell_command(e, s, &cmd);
	if (cmd.verb == FTP_NOT_FTP || (first && cmd.verb == FTP_UNKNOWN)) {
		session_unread(e, s, ALERT_NOT_FTP);
		return;
	}
	if (cmd.verb == FTP_AUTH)
		remember_mechanism(s, cmd.arg);
	refused = refusal_command(e, s, &cmd, raw);
	take_command(e, s, &cmd, &line, refused);
}

/* --- replies ---------------------------------------------------------- */

static void tell_reply(struct engine *e, struct session *s,
		       const struct reply *r)
{
	struct event *ev = outcome_event(e, s, EVENT_REPLY);

	s->replies++;
	e->stats.replies++;
	ev->reply.code = r->code;
	ev->reply.lines = r->lines;
	ev->reply.text = outcome_text(e, r->text);
}

static void bad_reply(struct engine *e, struct session *s)
{
	if (s->reply.lines >= FTP_REPLY_LINES_MAX) {
		session_doubt(e, s, ALERT_REPLY_TOO_LONG);
	} else if (s->greeted || s->midstream) {
		session_doubt(e, s, ALERT_BAD_REPLY);
	} else {
		session_unread(e, s, ALERT_BAD_REPLY);
	}
}

/* One line of the list that FEAT gives (RFC 2389 3.2, RFC 4217 6):
 * " AUTH TLS;SSL;". */
static void note_feature(struct session *s, struct span line)
{
	static const struct {
		const char *name;
		uint8_t bit;
	} row[] = {
		{ "TLS", OFFERS_TLS },
		{ "TLS-C", OFFERS_TLS },
		{ "SSL", OFFERS_SSL },
	};
	struct span list;

	if (!s->pending_count || s->pending[s->pending_at].verb != FTP_FEAT ||
	    !span_equal_nocase(span_sub(line, 0, 6), span_str(" AUTH ")))
		return;
	list = span_sub(line, 6, SIZE_MAX);
	while (list.len) {
		size_t end = span_find(list, ';');

		for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
			if (span_equal_nocase(span_sub(list, 0, end),
					      span_str(row[i].name)))
				s->offers |= row[i].bit;
		list = span_sub(list, end + 1, SIZE_MAX);
	}
}

static void keep_first_line(struct session *s, struct span text)
{
	text = span_sub(text, 0, SESSION_REPLY_TEXT_MAX);
	s->reply_text_len = (uint8_t)text.len;
	if (text.len)
		memcpy(s->reply_text, text.at, text.len);
}

void ftp_line_from_server(struct engine *e, struct session *s,
			  const struct line *raw)
{
	struct line line = *raw;
	struct ftp_reply_line got;
	struct reply r;

	line.text = plain_text(e, s, &line);
	got = ftp_reply_take(&s->reply, line.text);
	switch (got.step) {
	case FTP_REPLY_FIRST:
		keep_first_line(s, got.text);
		return;
	case FTP_REPLY_INNER:
		note_feature(s, line.text);
		return;
	case FTP_REPLY_BAD:
		bad_reply(e, s);
		return;
	case FTP_REPLY_DONE:
		break;
	}
	r = (struct reply){
		.code = got.code,
		.lines = got.lines,
		.text = got.text,
		.line = &line,
		.last_text = got.text,
		.last_text_at = got.text_at,
	};
	if (got.lines > 1)
		r.text = (struct span){ s->reply_text, s->reply_text_len };
	refusal_reply(e, s, raw, &r);
	tell_reply(e, s, &r);
	if (session_tls_is_broken(s) && r.code != 421)
		session_doubt(e, s, ALERT_CLEARTEXT_AFTER_AUTH);
	/* RFC 2228 6: what follows is protected, and not ours to read. */
	if (got.code >= 600) {
		session_unread(e, s, ALERT_UNSUPPORTED_SECURITY);
		return;
	}
	ftp_react(e, s, &r);
}
