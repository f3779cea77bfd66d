/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of one direction, in order, cut into lines or TLS records.
 *
 * A segment boundary means nothing here: lines are found in the stream, which
 * is fed with the bytes that were not seen before. What was seen before must
 * come again unchanged (the first copy wins) for as long as it is not
 * acknowledged. Bytes that are ahead of the stream wait in hold.c.
 *
 * The end of a line that might name an endpoint which must be rewritten is
 * withheld until the line is whole; see struct stream.
 */
#include "stream.h"

#include <string.h>

#include <sallyport/tls_handshake.h>

#include "ftp_session.h"
#include "grant.h"
#include "outcome.h"
#include "pinhole.h"
#include "refusal.h"
#include "session_table.h"
#include "session_tls.h"
#include "state.h"

/* Enough of a line's start to tell whether it may name an endpoint: "EPRT "
 * or "227 " and some more. */
#define LINE_START 16

/* What one direction may keep when chunks are scarce: ten lines of a usual
 * reply. */
#define STORE_SHARE 1024

void stream_sync(struct engine *e, struct stream *st, uint32_t seq,
		 bool at_line_start)
{
	store_reset(&st->store, &e->chunks, seq);
	st->next = st->una = st->released = st->line_at = st->forged = seq;
	st->synced = true;
	st->confirmed = false;
	st->skip = !at_line_start;
	st->urgent = false;
}

/* Forget what is acknowledged and belongs to no unfinished line. */
static void trim(struct engine *e, const struct session *s, struct stream *st)
{
	uint32_t low = s->read == READ_OPAQUE ? st->una
					      : seq_min(st->una, st->line_at);

	store_trim(&st->store, &e->chunks, low);
}

void stream_let_go(struct stream *st)
{
	/* Bytes that were withheld stay in the store until they are
	 * acknowledged: forward.c still has to deliver them. */
	st->released = st->next;
}

static void line_end(struct stream *st)
{
	st->line_at = st->next;
	st->skip = false;
	st->urgent = false;
}

/* When half of all chunks are taken, who has much gets no more, so that who
 * has little is not harmed. */
bool stream_has_share(const struct engine *e, const struct store *st)
{
	return e->chunks.used < e->chunks.count / 2 || st->len < STORE_SHARE;
}

/* Add @bytes, which follow st->next, to what is kept. */
static bool keep(struct engine *e, struct stream *st, struct span bytes)
{
	if (!st->store.len)
		st->store.at = st->next;
	return st->store.at + st->store.len == st->next &&
	       stream_has_share(e, &st->store) &&
	       store_append(&st->store, &e->chunks, bytes);
}

/* Take @bytes as read. What does not fit into the store is not remembered,
 * nor what follows, until all before it is acknowledged. */
static void remember(struct engine *e, struct session *s, struct stream *st,
		     struct span bytes)
{
	if (s->read != READ_OPAQUE && !keep(e, st, bytes)) {
		session_doubt(e, s, ALERT_BUFFER_OVERFLOW);
		st->skip = true;
	}
	st->next += (uint32_t)bytes.len;
	if (s->read != READ_TRUSTED)
		st->released = st->next;
	if (st->skip)
		st->line_at = st->next;
}

/* The line that @part ends, whole: in @part itself, or gathered. False if its
 * beginning was not remembered. */
static bool gather(struct engine *e, const struct stream *st, struct span part,
		   struct span *line)
{
	size_t before = st->next - st->line_at;

	*line = part;
	if (!before)
		return true;
	if (store_copy(&st->store, &e->chunks, st->line_at, before, e->line) <
	    before)
		return false;
	memcpy(e->line + before, part.at, part.len);
	*line = (struct span){ e->line, before + part.len };
	return true;
}

/* Over the bound: nobody reads such a line, and nothing may come of it. */
static bool overlong(struct engine *e, struct session *s, struct stream *st,
		     size_t len)
{
	if (st->next - st->line_at + len <= e->limits.line_length + 2u)
		return false;
	session_doubt(e, s, ALERT_LINE_TOO_LONG);
	st->skip = true;
	return true;
}

static struct span without_end(struct span line)
{
	size_t len = line.len - 1;

	if (len && line.at[len - 1] == '\r')
		len--;
	return span_sub(line, 0, len);
}

/* One whole line: @part is what the packet adds to it. */
static void take_line(struct engine *e, struct session *s, enum direction d,
		      struct span part)
{
	struct stream *st = &s->side[d];
	struct line line = { .seq = st->line_at, .tainted = st->urgent };
	bool skipped = st->skip || overlong(e, s, st, part.len) ||
		       !gather(e, st, part, &line.text);

	remember(e, s, st, part);
	line_end(st);
	if (skipped)
		return;
	line.text = without_end(line.text);
	if (d == FROM_CLIENT)
		ftp_line_from_client(e, s, &line);
	else
		ftp_line_from_server(e, s, &line);
}

/* Where must the stream stop until the line at line_at is whole? */
static uint32_t withhold_from(struct engine *e, const struct session *s,
			      enum direction d)
{
	const struct stream *st = &s->side[d];
	size_t at, len = st->next - st->line_at;
	uint8_t start[LINE_START];
	struct span begin;
	bool may;

	if (!len || st->skip || st->tls || !session_may_edit(e, s, d))
		return st->next;
	if (refusal_may_edit(e, s, d))
		return st->line_at;
	if (!session_is_translated(s, d))
		return st->next;
	len = store_copy(&st->store, &e->chunks, st->line_at,
			 len < LINE_START ? len : LINE_START, start);
	begin = (struct span){ start, len };
	if (d == FROM_CLIENT)
		may = ftp_command_may_name_endpoint(begin, &at);
	else
		may = !s->reply.code && ftp_reply_may_name_endpoint(begin, &at);
	return may ? seq_min(st->line_at + (uint32_t)at, st->next) : st->next;
}

/* Read TLS records at the start of @fresh; gives how many bytes they are. 0 with
 * the direction still in TLS: no more can be told now, as in read_lines(). */
static size_t read_records(struct engine *e, struct session *s,
			   enum direction d, struct span fresh, bool urgent)
{
	struct stream *st = &s->side[d];
	size_t n;

	if (!outcome_has_room(e, TLS_MESSAGE_MAX))
		return 0;
	/* RFC 4217 has no place for them: what the receiver makes of such a
	 * byte, in the stream or beside it, cannot be known here. */
	if (urgent)
		session_doubt(e, s, ALERT_TLS_URGENT);
	n = session_tls_take(e, s, d, fresh);
	remember(e, s, st, span_sub(fresh, 0, n));
	st->line_at = st->next;
	return n;
}

/* Read @fresh, new bytes in order. May stop early, at a line's end, where no
 * more can be told or edited: what is left counts as not seen yet, does not
 * leave the gateway, and is sent again. */
static void read_lines(struct engine *e, struct session *s, enum direction d,
		       struct span fresh, bool urgent)
{
	struct stream *st = &s->side[d];

	while (fresh.len && s->read != READ_OPAQUE) {
		size_t n;

		if (st->tls) {
			n = read_records(e, s, d, fresh, urgent);
			if (!n && st->tls)
				return;
			fresh = span_sub(fresh, n, SIZE_MAX);
			continue;
		}
		n = span_find(fresh, '\n') + 1;
		if (!outcome_has_room(e, e->limits.line_length) ||
		    (seqmap_is_full(&st->map) && session_may_edit(e, s, d)))
			return;
		st->urgent |= urgent;
		if (n > fresh.len)
			break;
		take_line(e, s, d, span_sub(fresh, 0, n));
		fresh = span_sub(fresh, n, SIZE_MAX);
	}
	if (!fresh.len)
		return;
	if (s->read != READ_OPAQUE && !st->skip)
		overlong(e, s, st, fresh.len);
	remember(e, s, st, fresh);
}

static void take_fin(struct engine *e, struct session *s, enum direction d)
{
	struct stream *st = &s->side[d];

	/* The line will never be whole: let go what is withheld of it, if that
	 * cannot be a login. */
	if (d == FROM_CLIENT && seq_before(st->released, st->next))
		refusal_in_clear(e, s);
	st->fin = true;
	st->next++;
	st->released = st->line_at = st->next;
	hole_close_all(e, s, true, "control connection closing");
	grant_close_all(e, s, "control connection closing");
}

/* Bytes before @seq went by without being seen here. */
static void jump_to(struct engine *e, struct session *s, struct stream *st,
		    uint32_t seq)
{
	/* Where the next record starts is not known then; the next line is. */
	if (s->read != READ_OPAQUE && st->tls)
		session_unread(e, s, ALERT_GAP);
	else if (s->read != READ_OPAQUE)
		session_doubt(e, s, ALERT_GAP);
	/* Where numbers differ, the receiver has taken them for others: the two
	 * ends will not understand each other again. */
	if (!seqmap_is_plain(&st->map))
		session_cut(e, s);
	stream_sync(e, st, seq, false);
}

static enum fate take_known(struct engine *e, struct session *s,
			    enum direction d, const struct packet *p)
{
	struct stream *st = &s->side[d];

	e->stats.retransmissions++;
	if (s->read != READ_TRUSTED)
		return FATE_FORWARD;
	if (!store_same(&st->store, &e->chunks, p->seq, packet_payload(p))) {
		session_doubt(e, s, ALERT_OVERLAP_CONFLICT);
		return FATE_DROP;
	}
	return FATE_FORWARD;
}

/* Reads what is new in @p, whose first byte is not ahead of the stream. */
static enum fate take_in_order(struct engine *e, struct session *s,
			       enum direction d, const struct packet *p)
{
	struct stream *st = &s->side[d];
	struct span payload = packet_payload(p);
	uint32_t known = st->next - p->seq;

	if (known && take_known(e, s, d, p) == FATE_DROP)
		return FATE_DROP;
	if (seq_before(p->seq + packet_seq_len(p), st->next))
		return FATE_FORWARD;
	if (st->fin) {
		if (p->seq + packet_seq_len(p) != st->next)
			jump_to(e, s, st, p->seq + packet_seq_len(p));
		return FATE_FORWARD;
	}
	read_lines(e, s, d, span_sub(payload, known, SIZE_MAX),
		   p->flags & TCP_URG);
	st->released = seq_max(st->released, withhold_from(e, s, d));
	if (p->flags & TCP_FIN && p->seq + (uint32_t)payload.len == st->next)
		take_fin(e, s, d);
	trim(e, s, st);
	return FATE_FORWARD;
}

enum fate stream_take(struct engine *e, struct session *s, enum direction d,
		      const struct packet *p)
{
	struct stream *st = &s->side[d];
	uint32_t len = packet_seq_len(p);

	if (!st->synced)
		stream_sync(e, st, p->seq, false);
	if (!len)
		return FATE_FORWARD;
	if (seq_before(st->next, p->seq)) {
		/* What we acknowledged for the receiver we still owe it. */
		if (s->read == READ_TRUSTED || seq_before(st->una, st->forged))
			return FATE_HOLD;
		jump_to(e, s, st, p->seq);
	}
	return take_in_order(e, s, d, p);
}

void stream_acked(struct engine *e, struct session *s, enum direction d,
		  uint32_t ack)
{
	struct stream *st = &s->side[d];
	uint32_t old = seqmap_backward(&st->map, &e->edits, ack);

	if (!st->synced)
		stream_sync(e, st, old, false);
	if (seq_before(st->next, old))
		jump_to(e, s, st, old);
	st->confirmed |= !seq_before(old, st->una);
	if (!seq_before(st->una, old))
		return;
	st->una = old;
	seqmap_fold(&st->map, &e->edits, old);
	trim(e, s, st);
}
