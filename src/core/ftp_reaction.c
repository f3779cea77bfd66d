/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a reply means (RFC 959 5.4).
 *
 * It answers the command at the head of the session's queue; preliminary
 * replies (1yz) leave that there. The table `reaction` says what follows from
 * a final one. So an endpoint in a reply counts only if it answers the
 * command that asked for it.
 */
#include "ftp_reaction.h"

#include "endpoint.h"
#include "outcome.h"
#include "pinhole.h"
#include "session_table.h"
#include "session_tls.h"
#include "state.h"

static void on_greeting(struct engine *e, struct session *s,
			const struct pending *p, const struct reply *r)
{
	(void)p;
	/* 4yz and 5yz: "too many users", and the like. */
	if (r->code == 220)
		s->greeted = true;
	else if (r->code < 400)
		session_doubt(e, s, ALERT_BAD_REPLY);
}

/* 230 and its like: logged in. 331, 332: more words to come. */
static void on_login(struct engine *e, struct session *s,
		     const struct pending *p, const struct reply *r)
{
	(void)p;
	s->password_next = r->code == 331 || r->code == 332;
	if (s->password_next) {
		s->logged_in = false;
	} else if (ftp_reply_is_success(r->code)) {
		e->stats.logins_accepted += !s->logged_in;
		s->logged_in = true;
	} else {
		e->stats.logins_refused += !s->logged_in;
	}
}

/* RFC 959 4.1.1: back to the state after connecting. */
static void on_rein(struct engine *e, struct session *s,
		    const struct pending *p, const struct reply *r)
{
	(void)p;
	if (!ftp_reply_is_success(r->code))
		return;
	s->logged_in = false;
	s->epsv_all = false;
	s->endpoint_named = false;
	hole_close_all(e, s, true, "REIN");
}

/* RFC 7151 3: a server that does not know HOST has taken no name. */
static void on_host(struct engine *e, struct session *s,
		    const struct pending *p, const struct reply *r)
{
	(void)e;
	(void)p;
	if (!ftp_reply_is_success(r->code))
		s->host_hash = 0;
}

bool ftp_auth_is_tls(const struct session *s)
{
	static const char *const name[] = { "TLS", "SSL", "TLS-C", "TLS-P" };
	struct span m = span_str(s->mechanism);

	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		if (span_equal_nocase(m, span_str(name[i])))
			return true;
	return false;
}

/* Does the server have what it refused? Then somebody between may have said no
 * in its place (RFC 4217 4.1 lets clients go on in the clear). */
static bool is_stripped(const struct engine *e, const struct session *s)
{
	const struct policy_server *server =
		policy_server_find(e->policy, &s->ends.server.addr);
	struct span m = span_str(s->mechanism);

	/* SSL is the name of old; servers that know the new one refuse it. */
	if (span_equal_nocase(m, span_str("SSL")))
		return s->offers & OFFERS_SSL;
	return s->offers & OFFERS_TLS ||
	       (server && server->tls == SERVER_TLS_EXPECTED);
}

static void auth_refused(struct engine *e, struct session *s)
{
	if (ftp_auth_is_tls(s) && is_stripped(e, s))
		session_doubt(e, s, ALERT_TLS_STRIPPED);
}

/* RFC 2228 3: 234 ends the exchange, 334 asks for ADAT. RFC 4217 4.1: for TLS
 * it is 234 and only 234. Everything else leaves the session in the clear. */
static void on_auth(struct engine *e, struct session *s,
		    const struct pending *p, const struct reply *r)
{
	bool tls = ftp_auth_is_tls(s);
	bool accepted = r->code == 234 || (!tls && r->code == 334);
	struct event *ev = outcome_event(e, s, EVENT_AUTH);

	(void)p;
	ev->auth.mechanism = outcome_text(e, span_str(s->mechanism));
	ev->auth.code = r->code;
	ev->auth.accepted = accepted;
	if (!accepted) {
		e->stats.auth_refused++;
		auth_refused(e, s);
		return;
	}
	e->stats.auth_accepted++;
	/* RFC 2228 3: whoever was logged in must log in again. */
	s->logged_in = false;
	hole_close_all(e, s, true, "AUTH");
	if (tls)
		session_tls_begin(e, s);
	else
		session_unread(e, s, ALERT_UNSUPPORTED_SECURITY);
}

static void on_active(struct engine *e, struct session *s,
		      const struct pending *p, const struct reply *r)
{
	struct hole *h = p->has_hole ? hole_first_asked(e, s) : NULL;

	if (h)
		endpoint_answered(e, s, h, ftp_reply_is_success(r->code));
}

/* RFC 2428 4: after EPSV ALL nothing but EPSV opens a data connection. */
static void on_passive(struct engine *e, struct session *s,
		       const struct pending *p, const struct reply *r)
{
	static const struct {
		enum ftp_verb verb;
		uint16_t code;
		enum via via;
	} row[] = {
		{ FTP_PASV, 227, VIA_PASV },
		{ FTP_EPSV, 229, VIA_EPSV },
		{ FTP_LPSV, 228, VIA_LPSV },
	};

	if (p->all) {
		s->epsv_all |= ftp_reply_is_success(r->code);
		return;
	}
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (row[i].verb == p->verb && row[i].code == r->code)
			endpoint_reply(e, s, row[i].via, r->last_text, r->line,
				       r->last_text_at, r->lines);
}

/* The transfer is over, so its endpoint is used up (RFC 959 3.3). */
static void on_transfer(struct engine *e, struct session *s,
			const struct pending *p, const struct reply *r)
{
	(void)p;
	if (ftp_reply_is_success(r->code))
		hole_close_all(e, s, false, "transfer complete");
}

static void on_abor(struct engine *e, struct session *s,
		    const struct pending *p, const struct reply *r)
{
	(void)p;
	if (ftp_reply_is_success(r->code))
		hole_close_all(e, s, false, "ABOR");
}

static void on_quit(struct engine *e, struct session *s,
		    const struct pending *p, const struct reply *r)
{
	(void)p;
	if (ftp_reply_is_success(r->code))
		hole_close_all(e, s, true, "QUIT");
}

typedef void reaction_fn(struct engine *, struct session *,
			 const struct pending *, const struct reply *);

static reaction_fn *const reaction[FTP_VERBS] = {
	[FTP_GREETING] = on_greeting, [FTP_USER] = on_login,
	[FTP_PASS] = on_login,        [FTP_ACCT] = on_login,
	[FTP_REIN] = on_rein,         [FTP_AUTH] = on_auth,
	[FTP_HOST] = on_host,         [FTP_PORT] = on_active,
	[FTP_EPRT] = on_active,       [FTP_LPRT] = on_active,
	[FTP_PASV] = on_passive,      [FTP_EPSV] = on_passive,
	[FTP_LPSV] = on_passive,      [FTP_RETR] = on_transfer,
	[FTP_STOR] = on_transfer,     [FTP_STOU] = on_transfer,
	[FTP_APPE] = on_transfer,     [FTP_LIST] = on_transfer,
	[FTP_NLST] = on_transfer,     [FTP_MLSD] = on_transfer,
	[FTP_ABOR] = on_abor,         [FTP_QUIT] = on_quit,
};

/* An endpoint that answers nothing of the kind: echoed text, or worse. */
static bool is_unrequested(const struct reply *r, const struct pending *p)
{
	return (r->code == 227 && p->verb != FTP_PASV) ||
	       (r->code == 228 && p->verb != FTP_LPSV) ||
	       (r->code == 229 && (p->verb != FTP_EPSV || p->all));
}

void ftp_react(struct engine *e, struct session *s, const struct reply *r)
{
	struct pending p = { .verb = FTP_UNKNOWN };

	if (ftp_reply_is_preliminary(r->code))
		return;
	if (s->pending_count) {
		p = s->pending[s->pending_at];
		s->pending_at =
			(uint8_t)((s->pending_at + 1) % SESSION_PENDING_MAX);
		s->pending_count--;
	} else if (r->code != 421) {
		/* 421 may come at any time (RFC 959 5.4). */
		alert_raise(e, s, ALERT_UNSOLICITED_REPLY);
	}
	if (is_unrequested(r, &p))
		alert_raise(e, s, ALERT_UNREQUESTED_REPLY);
	if (reaction[p.verb])
		reaction[p.verb](e, s, &p, r);
}
