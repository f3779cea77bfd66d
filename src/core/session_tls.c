/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLS on the control connection (RFC 4217): its handshake is read, after that
 * its records are followed by their headers. See enum tls_phase for the life.
 *
 * What is read: both hellos, and the certificates where TLS 1.2 still shows
 * them. What is concluded: that the handshake finished (tls_finish.c), and
 * where records end and lines in the clear go on (CCC, REIN, a failed
 * handshake). Anything else in the place of a record is doubted.
 */
#include "session_tls.h"

#include <sallyport/tls_alert.h>

#include "ascii.h"
#include "grant.h"
#include "outcome.h"
#include "pinhole.h"
#include "refusal.h"
#include "session_handshake.h"
#include "session_table.h"
#include "state.h"
#include "tls_finish.h"

static void set_phase(struct engine *e, struct session *s, enum tls_phase phase)
{
	if (s->tls.phase == TLS_UP)
		e->stats.tls_sessions--;
	if (phase == TLS_UP)
		e->stats.tls_sessions++;
	s->tls.phase = (uint8_t)phase;
}

static void break_off(struct engine *e, struct session *s, enum tls_failure why)
{
	set_phase(e, s, TLS_BROKEN);
	e->stats.tls_failed_by[why]++;
}

/* It cannot be followed any more; its bytes are not looked at again. */
static void malformed(struct engine *e, struct session *s)
{
	handshake_forget(e, s);
	break_off(e, s, TLS_FAILED_MALFORMED);
	session_unread(e, s, ALERT_TLS_MALFORMED);
	refusal_in_clear(e, s); /* what comes now is not looked at */
}

void session_tls_begin(struct engine *e, struct session *s)
{
	/* What the client sent behind AUTH, before it could know the answer,
	 * may be read as the first thing under TLS (CVE-2011-1575). */
	if (s->side[FROM_CLIENT].line_at != s->side[FROM_CLIENT].next)
		session_doubt(e, s, ALERT_INJECTION);
	handshake_forget(e, s);
	s->tls = (struct tls_session){ .phase = TLS_AGREED };
	handshake_init(s);
	s->encrypted = true;
	s->side[FROM_CLIENT].tls = s->side[FROM_SERVER].tls = true;
}

void session_tls_end(struct engine *e, struct session *s, const char *reason)
{
	grant_close_all(e, s, reason);
	handshake_forget(e, s);
	if (s->tls.phase == TLS_UP)
		set_phase(e, s, TLS_BROKEN);
	session_tls_stay(e, s);
}

void session_tls_stay(struct engine *e, struct session *s)
{
	if (s->fast)
		e->stats.tls_fast--;
	s->fast = false;
}

bool session_tls_is_broken(const struct session *s)
{
	return s->tls.phase == TLS_BROKEN;
}

bool session_tls_looks_so(struct span bytes)
{
	struct tls_record r = { 0 };
	struct tls_piece piece;

	return bytes.len >= TLS_RECORD_HEADER &&
	       tls_record_take(&r, &bytes, &piece) == TLS_RECORD_PIECE;
}

/* --- records ------------------------------------------------------------------- */

static void fail(struct engine *e, struct session *s, enum direction d,
		 enum tls_failure why, const char *reason)
{
	struct event *ev = handshake_tell(e, s, TLS_STEP_FAILED);

	ev->tls.from_client = d == FROM_CLIENT;
	ev->tls.reason = reason;
	handshake_forget(e, s);
	break_off(e, s, why);
	session_untrust(e, s, UNTRUSTED_TLS);
}

static bool take_alert(struct engine *e, struct session *s, enum direction d,
		       const struct tls_piece *piece)
{
	struct tls_alert alert;
	const char *name;

	/* Two bytes are never worth two records or two segments to anybody. */
	if (tls_alert_parse(piece->body, &alert) != PARSE_OK)
		return false;
	name = tls_alert_name(alert.description);
	if (alert.level == TLS_ALERT_FATAL ||
	    alert.description == TLS_ALERT_CLOSE_NOTIFY)
		fail(e, s, d, TLS_FAILED_ALERT, name ? name : "unknown alert");
	return true;
}

/* No number is translated, and nothing waits here: the packets that come need
 * nothing of us (DESIGN 5: but then nobody sees a CCC). */
static void leave_queue(struct engine *e, struct session *s)
{
	struct action *a;

	if (!e->policy->fast_path || s->fast || s->nat_state != NAT_KNOWN)
		return;
	for (int d = FROM_CLIENT; d <= FROM_SERVER; d++)
		if (!seqmap_is_plain(&s->side[d].map) || s->side[d].held_count)
			return;
	s->fast = true;
	e->stats.tls_fast++;
	a = outcome_action(e, ACTION_FAST_PATH, s->id);
	a->ends = s->ends;
	a->mark.from = s->ends.client;
	a->mark.to = s->nat.server_public;
	a->mark.bits = e->policy->fast_mark;
}

static void established(struct engine *e, struct session *s)
{
	handshake_forget(e, s);
	set_phase(e, s, TLS_UP);
	e->stats.tls_established++;
	handshake_tell(e, s, TLS_STEP_ESTABLISHED);
	grant_open_all(e, s);
	leave_queue(e, s);
}

/* A record of the handshake, or before it. False if it has no place there. */
static bool take_early(struct engine *e, struct session *s, enum direction d,
		       const struct tls_piece *piece)
{
	bool first = s->tls.phase == TLS_AGREED && !s->tls.retried;

	switch (piece->type) {
	case TLS_HANDSHAKE:
		return tls_is_protected(s, d) ||
		       handshake_take(e, s, d, piece->body);
	case TLS_ALERT:
		return tls_is_protected(s, d) || take_alert(e, s, d, piece);
	case TLS_CHANGE_CIPHER_SPEC:
		s->tls.side[d].ccs = true;
		return !first;
	default:
		return !first;
	}
}

/* False if it cannot be read. */
static bool take_piece(struct engine *e, struct session *s, enum direction d,
		       const struct tls_piece *piece)
{
	if (s->tls.phase < TLS_UP && !take_early(e, s, d, piece))
		return false;
	s->tls.side[d].closing = tls_may_close(s, d, piece);
	if (piece->ends && s->tls.phase == TLS_CHOSEN &&
	    tls_finishes(s, d, piece))
		established(e, s);
	return true;
}

/* --- the end of records -------------------------------------------------------- */

/*
 * Lines in the clear behind a finished handshake: only where TLS was closed
 * before (RFC 4217 12.3, 13). A peer may leave its own close_notify out, but
 * not both.
 */
static void clear(struct engine *e, struct session *s)
{
	if (!s->tls.side[FROM_CLIENT].closing &&
	    !s->tls.side[FROM_SERVER].closing) {
		session_doubt(e, s, ALERT_CLEARTEXT_AFTER_AUTH);
		break_off(e, s, TLS_FAILED_CLEARTEXT);
		refusal_in_clear(e, s);
		return;
	}
	handshake_tell(e, s, TLS_STEP_CLEARED);
	grant_close_all(e, s, "back to cleartext");
	set_phase(e, s, TLS_CLEARED);
	e->stats.tls_cleared++;
	/* Replies to commands under TLS came under TLS. Who got here has logged
	 * in, or (REIN) will have to do so first, and will be seen doing it. */
	s->pending_count = 0;
	s->reply = (struct ftp_reply_state){ .code = 0 };
	s->logged_in = s->greeted = true;
	s->password_next = s->epsv_all = false;
}

/* In the middle of the handshake. The server may say 421 (RFC 4217 4.2, see
 * session_tls_is_broken()), and after that a client may say anything. */
static void give_up(struct engine *e, struct session *s, enum direction d)
{
	bool broken = s->tls.phase == TLS_BROKEN;

	if (!broken)
		fail(e, s, d, TLS_FAILED_CLEARTEXT, "cleartext came instead");
	if (d == FROM_CLIENT && !broken)
		session_doubt(e, s, ALERT_CLEARTEXT_AFTER_AUTH);
	if (d == FROM_CLIENT)
		refusal_in_clear(e, s);
}

static void leave_records(struct engine *e, struct session *s, enum direction d,
			  uint8_t first)
{
	struct stream *st = &s->side[d];
	bool line = d == FROM_CLIENT ? ascii_is_letter(first) || first == 0xff
				     : ascii_is_digit(first);

	if (!line || !tls_record_at_boundary(&s->tls.side[d].record)) {
		malformed(e, s);
		return;
	}
	st->tls = false;
	if (s->tls.phase == TLS_UP)
		clear(e, s);
	else if (s->tls.phase != TLS_CLEARED)
		give_up(e, s, d);
}

size_t session_tls_take(struct engine *e, struct session *s, enum direction d,
			struct span bytes)
{
	struct span rest = bytes;
	struct tls_piece piece;

	while (s->read != READ_OPAQUE) {
		switch (tls_record_take(&s->tls.side[d].record, &rest,
					&piece)) {
		case TLS_RECORD_PIECE:
			if (!take_piece(e, s, d, &piece))
				malformed(e, s);
			break;
		case TLS_RECORD_MORE:
			return bytes.len;
		case TLS_RECORD_SSLV2:
			break_off(e, s, TLS_FAILED_SSLV2);
			session_unread(e, s, ALERT_TLS_SSLV2);
			session_cut(e, s);
			break;
		case TLS_RECORD_NOT_TLS:
			leave_records(e, s, d, *rest.at);
			if (s->side[d].tls)
				break; /* malformed */
			return bytes.len - rest.len;
		}
	}
	return bytes.len;
}
