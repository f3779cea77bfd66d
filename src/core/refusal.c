/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands that policy refuses before they reach the server.
 *
 *   tls.explicit: require   USER, PASS and ACCT in the clear
 *   tls.explicit: forbid    AUTH for TLS
 *
 * The server reads NOOP in the place of the command (RFC 6384 does the same),
 * and the client reads our reply in the place of the server's. So both ends
 * keep their count of commands and replies. To be able to do so whole lines
 * are withheld. Where that cannot be, because the session is not understood,
 * it is cut: a password is worth more than a connection.
 */
#include "refusal.h"

#include "forward.h"
#include "outcome.h"
#include "session_table.h"
#include "state.h"

/* What the server reads. It needs no login (RFC 959 4.1.3), and if the server
 * thinks otherwise that is a reply too. */
#define INSTEAD "NOOP"

static const struct refusal {
	enum policy_explicit_tls when;
	enum alert rule;
	uint16_t code;
	char text[HOSTPORT_TEXT_MAX];
} refusals[] = {
	/* RFC 959 5.4: not logged in. */
	{ TLS_REQUIRE, ALERT_CLEARTEXT_LOGIN, 530,
	  "530 This network requires TLS: send AUTH TLS before you log in." },
	/* RFC 2228 5.2: denied for policy reasons. */
	{ TLS_FORBID, ALERT_TLS_FORBIDDEN, 534,
	  "534 This network does not allow TLS here." },
};

static const struct refusal *in_force(const struct engine *e)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i].when == e->policy->explicit_tls)
			return &refusals[i];
	return NULL;
}

bool refusal_is_policy(const struct engine *e)
{
	return e->policy->explicit_tls != TLS_ALLOW;
}

static bool concerns(const struct refusal *r, const struct session *s,
		     const struct ftp_command *cmd)
{
	if (r->when == TLS_FORBID)
		return cmd->verb == FTP_AUTH && ftp_auth_is_tls(s);
	return cmd->verb == FTP_USER || ftp_command_is_secret(cmd);
}

static bool answers_refused(const struct session *s)
{
	return s->pending_count && s->pending[s->pending_at].refused;
}

bool refusal_may_edit(const struct engine *e, const struct session *s,
		      enum direction d)
{
	if (!refusal_is_policy(e))
		return false;
	return d == FROM_CLIENT || (!s->reply.code && answers_refused(s));
}

/* False if the line has left already, or there is no room for the edit. */
static bool replace(struct engine *e, struct session *s, enum direction d,
		    const struct line *raw, struct span text)
{
	struct stream *st = &s->side[d];

	if (s->read != READ_TRUSTED || seq_before(raw->seq, st->released) ||
	    !seqmap_has_room(&st->map, &e->edits))
		return false;
	forward_ask_liberal(e, s);
	seqmap_add(&st->map, &e->edits, raw->seq, (uint16_t)raw->text.len,
		   text);
	return true;
}

bool refusal_command(struct engine *e, struct session *s,
		     const struct ftp_command *cmd, const struct line *raw)
{
	const struct refusal *r = in_force(e);

	if (!r || !concerns(r, s, cmd))
		return false;
	e->stats.commands_refused++;
	alert_raise(e, s, r->rule);
	if (!replace(e, s, FROM_CLIENT, raw, span_str(INSTEAD)))
		session_cut(e, s);
	return true;
}

void refusal_reply(struct engine *e, struct session *s, const struct line *raw,
		   struct reply *r)
{
	const struct refusal *ours = in_force(e);
	struct span text;

	/* 421: the server leaves, and the client should know. A reload of the
	 * configuration may have taken the rule away. */
	if (!answers_refused(s) || r->code == 421 || !ours ||
	    ftp_reply_is_preliminary(r->code))
		return;
	text = span_str(ours->text);
	/* The first lines of a long reply have left already. */
	if (r->lines > 1 || !replace(e, s, FROM_SERVER, raw, text)) {
		session_cut(e, s);
		return;
	}
	r->code = ours->code;
	r->text = r->last_text = span_sub(text, 4, SIZE_MAX);
}

void refusal_in_clear(struct engine *e, struct session *s)
{
	if (e->policy->explicit_tls == TLS_REQUIRE)
		session_cut(e, s);
}

void session_cut(struct engine *e, struct session *s)
{
	if (s->cut)
		return;
	s->cut = true;
	e->stats.sessions_cut++;
}
