/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands and replies, paired.
 *
 * Injected lines (bytes between AUTH and the handshake) are read by some
 * servers and thrown away by others, so the pairing may be off behind them. A
 * 227, 228 or 229 sets it right again: it answers the first PASV, LPSV or EPSV
 * that waits. Nothing is opened by what is told here.
 */
#include "replay/hidden_talk.h"

#include <string.h>

#include <sallyport/hostport.h>
#include <sallyport/telnet.h>

#include "replay/hidden_verdict.h"

/* --- telling ---------------------------------------------------------- */

void hidden_talk_tell(const struct hidden_talk *t, struct event *ev)
{
	const struct story_note note = { t->place, ev, true };

	ev->at_us = t->place.at_us;
	ev->session = t->session;
	ev->client = t->ends.client;
	ev->server = t->ends.server;
	if (t->to->note)
		t->to->note(t->to->arg, &note);
}

static void raise(const struct hidden_talk *t, enum alert rule)
{
	struct event ev = { .type = EVENT_ALERT, .alert.rule = rule };

	hidden_talk_tell(t, &ev);
}

static void tell_endpoint(const struct hidden_talk *t,
			  const struct hostport *hp, const char *reason)
{
	struct event ev = {
		.type = EVENT_ENDPOINT,
		.endpoint = { .via = hp->via,
			      .endpoint = hp->endpoint,
			      .accepted = !reason,
			      .reason = reason },
	};

	hidden_talk_tell(t, &ev);
}

static struct span upper(struct hidden_talk *t, struct span word)
{
	uint8_t *out = t->scratch->verb;

	for (size_t i = 0; i < word.len; i++) {
		uint8_t c = word.at[i];

		out[i] = c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
	}
	return span_of(out, word.len);
}

/* Masked as the engine does it: behind a 331 a word that is no command may be
 * a lost password, and a line that is not FTP anything. */
static void tell_command(struct hidden_talk *t, const struct ftp_command *cmd)
{
	bool lost = t->password_next &&
		    (cmd->verb == FTP_UNKNOWN || cmd->verb == FTP_NOT_FTP);
	bool secret =
		lost || cmd->verb == FTP_NOT_FTP || ftp_command_is_secret(cmd);
	struct event ev = {
		.type = EVENT_COMMAND,
		.command = { .verb = lost ? span_str("***")
					  : upper(t, cmd->word),
			     .arg = secret ? span_str("***") : cmd->arg,
			     .has_arg = cmd->has_arg,
			     .secret = secret },
	};

	hidden_talk_tell(t, &ev);
}

/* --- endpoints -------------------------------------------------------- */

static void take_endpoint(const struct hidden_talk *t,
			  enum hostport_error error, struct hostport *hp)
{
	static const enum alert rule[] = {
		[HOSTPORT_MISSING] = ALERT_MALFORMED_ENDPOINT,
		[HOSTPORT_MALFORMED] = ALERT_MALFORMED_ENDPOINT,
		[HOSTPORT_AMBIGUOUS] = ALERT_AMBIGUOUS_ENDPOINT,
		[HOSTPORT_FAMILY] = ALERT_FAMILY_MISMATCH,
	};
	struct hidden_verdict verdict;

	if (error != HOSTPORT_FINE) {
		tell_endpoint(t, hp, hostport_reason(error));
		raise(t, rule[error]);
		return;
	}
	if (!hp->has_addr)
		hp->endpoint.addr = t->ends.server.addr;
	hidden_judge(&t->config->policy, &t->ends, &t->nat, hp, &verdict);
	tell_endpoint(t, hp, verdict.through ? NULL : verdict.why);
	if (verdict.rule != ALERTS)
		raise(t, verdict.rule);
}

static void take_active(const struct hidden_talk *t,
			const struct ftp_command *cmd)
{
	static const struct {
		enum ftp_verb verb;
		enum via via;
	} row[] = {
		{ FTP_PORT, VIA_PORT },
		{ FTP_EPRT, VIA_EPRT },
		{ FTP_LPRT, VIA_LPRT },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct hostport hp = { .via = row[i].via };

		if (row[i].verb == cmd->verb)
			take_endpoint(t,
				      hostport_parse_arg(hp.via, cmd->arg, &hp),
				      &hp);
	}
}

/* In a reply of many lines peers may disagree on which one counts. */
static void take_passive(const struct hidden_talk *t, enum via via,
			 struct span text, uint32_t lines)
{
	struct hostport hp = { .via = via };
	enum hostport_error error = hostport_parse_reply(via, text, &hp);

	if (error == HOSTPORT_FINE && lines > 1)
		error = HOSTPORT_AMBIGUOUS;
	take_endpoint(t, error, &hp);
}

/* --- commands --------------------------------------------------------- */

static struct hidden_pending *pending(struct hidden_talk *t, uint8_t i)
{
	return &t->pending[(t->pending_at + i) % HIDDEN_PENDING_MAX];
}

static void drop_pending(struct hidden_talk *t, uint8_t n)
{
	t->pending_at = (uint8_t)((t->pending_at + n) % HIDDEN_PENDING_MAX);
	t->pending_count = (uint8_t)(t->pending_count - n);
}

static void push(struct hidden_talk *t, const struct ftp_command *cmd,
		 bool hidden)
{
	if (t->pending_count == HIDDEN_PENDING_MAX) {
		if (hidden)
			raise(t, ALERT_PIPELINE_OVERFLOW);
		drop_pending(t, 1);
	}
	*pending(t, t->pending_count++) = (struct hidden_pending){
		.verb = (uint8_t)cmd->verb,
		.all = cmd->verb == FTP_EPSV &&
		       span_equal_nocase(cmd->arg, span_str("ALL")),
	};
}

static void client_line(struct hidden_talk *t, struct span line, bool hidden)
{
	struct ftp_command cmd;

	if (!line.len)
		return; /* servers skip empty lines */
	cmd = ftp_command_parse(line);
	t->auth |= cmd.verb == FTP_AUTH && !hidden;
	push(t, &cmd, hidden);
	if (!hidden)
		return;
	tell_command(t, &cmd);
	if (cmd.verb == FTP_NOT_FTP)
		raise(t, ALERT_NOT_FTP);
	take_active(t, &cmd);
}

/* --- replies ---------------------------------------------------------- */

struct passive {
	uint16_t code;
	enum ftp_verb verb;
	enum via via;
};

static const struct passive *passive_of(uint16_t code)
{
	static const struct passive row[] = {
		{ 227, FTP_PASV, VIA_PASV },
		{ 228, FTP_LPSV, VIA_LPSV },
		{ 229, FTP_EPSV, VIA_EPSV },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (row[i].code == code)
			return &row[i];
	return NULL;
}

/* How many commands wait up to the one that @p answers; 0: nobody asked. */
static uint8_t asked(struct hidden_talk *t, const struct passive *p)
{
	for (uint8_t i = 0; i < t->pending_count; i++)
		if (pending(t, i)->verb == p->verb && !pending(t, i)->all)
			return (uint8_t)(i + 1);
	return 0;
}

/* The verb that a final reply answers; FTP_GREETING if no command waits. */
static uint8_t answered(struct hidden_talk *t)
{
	uint8_t verb;

	if (!t->pending_count)
		return FTP_GREETING;
	verb = pending(t, 0)->verb;
	drop_pending(t, 1);
	return verb;
}

static void note_login(struct hidden_talk *t, uint8_t verb, uint16_t code)
{
	if (code == 331 || code == 332)
		t->password_next = true;
	else if (verb == FTP_USER || verb == FTP_PASS || verb == FTP_ACCT ||
		 verb == FTP_REIN)
		t->password_next = false;
}

static void take_final(struct hidden_talk *t, const struct ftp_reply_line *got,
		       bool hidden)
{
	const struct passive *p = passive_of(got->code);
	uint8_t n = p ? asked(t, p) : 0;

	if (n) {
		drop_pending(t, n);
		if (hidden)
			take_passive(t, p->via, got->text, got->lines);
		return;
	}
	note_login(t, answered(t), got->code);
	if (p && hidden)
		raise(t, ALERT_UNREQUESTED_REPLY);
}

static void tell_reply(const struct hidden_talk *t,
		       const struct ftp_reply_line *got)
{
	struct event ev = {
		.type = EVENT_REPLY,
		.reply = { .code = got->code,
			   .text = got->text,
			   .lines = got->lines },
	};

	if (got->lines > 1)
		ev.reply.text = span_of(t->text, t->text_len);
	hidden_talk_tell(t, &ev);
}

static void server_line(struct hidden_talk *t, struct span line, bool hidden)
{
	struct ftp_reply_line got = ftp_reply_take(&t->reply, line);
	struct span text = span_sub(got.text, 0, sizeof(t->text));

	switch (got.step) {
	case FTP_REPLY_FIRST:
		t->text_len = (uint8_t)text.len;
		if (text.len)
			memcpy(t->text, text.at, text.len);
		return;
	case FTP_REPLY_INNER:
		return;
	case FTP_REPLY_BAD:
		if (hidden)
			raise(t, t->reply.lines >= FTP_REPLY_LINES_MAX
					 ? ALERT_REPLY_TOO_LONG
					 : ALERT_BAD_REPLY);
		return;
	case FTP_REPLY_DONE:
		break;
	}
	t->auth |= got.code == 234 && !hidden;
	if (hidden)
		tell_reply(t, &got);
	if (!ftp_reply_is_preliminary(got.code))
		take_final(t, &got, hidden);
}

/* --- lines ------------------------------------------------------------ */

/* @line is whole, with its end. */
static void read_line(struct hidden_talk *t, enum decrypt_side from,
		      struct span line, bool hidden)
{
	line.len--;
	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	if (span_find(line, 0xff) < line.len)
		line = span_of(t->scratch->plain,
			       telnet_strip(line, t->scratch->plain).len);
	if (from == DECRYPT_CLIENT)
		client_line(t, line, hidden);
	else
		server_line(t, line, hidden);
}

/* Is the line with @part too long to be read? Nothing may come of it. */
static bool overlong(struct hidden_talk *t, struct hidden_line *l,
		     struct span part, bool hidden)
{
	if (l->len + part.len <= t->config->limits.line_length + 2u)
		return false;
	if (hidden)
		raise(t, ALERT_LINE_TOO_LONG);
	hidden_line_cut(l, true);
	return true;
}

void hidden_talk_take(struct hidden_talk *t, enum decrypt_side from,
		      struct span *bytes, bool hidden)
{
	struct hidden_line *l = &t->line[from];
	size_t end = span_find(*bytes, '\n');
	bool whole = end < bytes->len;
	struct span part = span_sub(*bytes, 0, end + whole);

	*bytes = span_sub(*bytes, part.len, SIZE_MAX);
	if (!l->skip && !overlong(t, l, part, hidden)) {
		if (whole && !l->len)
			read_line(t, from, part, hidden);
		else if (!hidden_line_keep(l, part))
			hidden_line_cut(l, true);
		else if (whole)
			read_line(t, from, span_of(l->at, l->len), hidden);
	}
	if (whole)
		hidden_line_cut(l, false);
}

bool hidden_talk_at_start(const struct hidden_talk *t, enum decrypt_side from)
{
	return !t->line[from].len && !t->line[from].skip;
}

void hidden_talk_lost(struct hidden_talk *t, enum decrypt_side from)
{
	hidden_line_cut(&t->line[from], true);
	if (from == DECRYPT_SERVER)
		t->reply = (struct ftp_reply_state){ 0 };
	hidden_talk_forget(t);
}

void hidden_talk_turn(struct hidden_talk *t, enum decrypt_side from)
{
	hidden_line_cut(&t->line[from], false);
	if (from == DECRYPT_SERVER)
		t->reply = (struct ftp_reply_state){ 0 };
}

void hidden_talk_forget(struct hidden_talk *t)
{
	t->pending_at = t->pending_count = 0;
}

void hidden_talk_clear(struct hidden_talk *t)
{
	hidden_line_free(&t->line[DECRYPT_CLIENT]);
	hidden_line_free(&t->line[DECRYPT_SERVER]);
	hidden_talk_forget(t);
}
