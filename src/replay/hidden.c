/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From packets to bytes (stream.c), from TLS to what it hides (tls/decrypt.c),
 * from there to lines and events (hidden_talk.c).
 *
 * Each direction of a session speaks lines or TLS. It goes over to TLS where a
 * line should begin and a record does: the types of records are control
 * characters, with which no FTP line begins, and a client that sends its hello
 * in the same segment as AUTH is understood like one that waits for the 234.
 * It goes back to lines where the decryptor says that TLS has ended, which may
 * be at another place in each direction (RFC 4217 12: CCC).
 *
 * A session that cannot be read further is remembered for its reason alone.
 */
#include "replay/hidden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sallyport/tls_record.h>

#include "replay/hidden_handshake.h"
#include "replay/hidden_talk.h"
#include "replay/hidden_verdict.h"
#include "replay/stream.h"

/* As many as there may be sessions, by default; their numbers are in a row, so
 * each has a place of its own. */
#define BUCKETS 65536

#define NOT_BEGUN   "the beginning of its TLS handshake was not captured"
#define TOO_MANY    "too many encrypted sessions at once to decrypt them all"
#define HALF_RECORD "its last record is not whole"
#define NO_MEMORY   "no memory to decrypt it"

struct session;

/* One direction; the argument of its stream. */
struct way {
	struct session *session;
	enum decrypt_side from;
	struct tcpstream stream;
	bool tls;    /* it speaks TLS now */
	bool closed; /* and did so before, under the same decryptor */
};

struct session {
	struct session *next; /* in its bucket */
	struct hidden *hidden;
	struct way way[2]; /* by enum decrypt_side */
	struct hidden_talk talk;
	struct decryptor *tls; /* NULL: none, or it has ended */
	bool midstream;
	bool encrypted; /* it spoke TLS once */
	bool unread;
	char why[DECRYPT_TEXT_MAX]; /* unread: the reason */
};

struct hidden {
	const struct keylog *log;
	const struct config *config;
	const struct listener *to;
	struct tcpstream_pool pool;
	struct hidden_scratch scratch;
	struct hidden_counts counts;
	size_t sessions, decryptors;
	struct session *bucket[BUCKETS];
};

/* --- TLS -------------------------------------------------------------- */

static void note_encrypted(struct session *s)
{
	s->hidden->counts.encrypted += !s->encrypted;
	s->encrypted = true;
}

/* Nothing is freed here: streams and decryptor may be at work. */
static void give_up(struct session *s, const char *why)
{
	if (s->unread)
		return;
	s->unread = true;
	s->hidden->counts.unread++;
	snprintf(s->why, sizeof(s->why), "%s", why);
	tcpstream_mute(&s->way[DECRYPT_CLIENT].stream);
	tcpstream_mute(&s->way[DECRYPT_SERVER].stream);
}

static void end_tls(struct session *s)
{
	if (!s->tls)
		return;
	decrypt_free(s->tls);
	s->tls = NULL;
	s->hidden->decryptors--;
	for (int from = 0; from < 2; from++)
		s->way[from].tls = s->way[from].closed = false;
}

/* Gets what was encrypted. */
static void take_plain(void *arg, enum decrypt_side from, uint8_t type,
		       struct span bytes)
{
	struct session *s = arg;

	if (type == TLS_HANDSHAKE)
		hidden_handshake(&s->talk, s->tls, from, bytes);
	if (type != TLS_APPLICATION_DATA)
		return;
	while (bytes.len)
		hidden_talk_take(&s->talk, from, &bytes, true);
}

/* Only a hello of the client begins a connection. */
static bool may_begin(const struct session *s, enum decrypt_side from,
		      uint8_t type)
{
	return from == DECRYPT_CLIENT && type == TLS_HANDSHAKE &&
	       (!s->midstream || s->talk.auth);
}

static bool new_tls(struct session *s)
{
	struct hidden *h = s->hidden;

	if (h->decryptors >= HIDDEN_TLS_MAX) {
		give_up(s, TOO_MANY);
		return false;
	}
	s->tls = decrypt_new(h->log, take_plain, s);
	if (!s->tls) {
		give_up(s, NO_MEMORY);
		return false;
	}
	h->decryptors++;
	hidden_talk_forget(&s->talk);
	return true;
}

/* A record of @type begins where @w spoke lines. */
static void begin_tls(struct session *s, struct way *w, uint8_t type)
{
	note_encrypted(s);
	if (w->closed)
		end_tls(s); /* AUTH again behind CCC */
	if (!s->tls && !may_begin(s, w->from, type))
		give_up(s, NOT_BEGUN);
	else if (s->tls || new_tls(s))
		w->tls = true;
	hidden_talk_turn(&s->talk, w->from);
}

static void take_tls(struct session *s, struct way *w, struct span *bytes)
{
	char why[DECRYPT_TEXT_MAX];

	switch (decrypt_take(s->tls, w->from, bytes)) {
	case DECRYPT_OK:
		return;
	case DECRYPT_CLOSED:
		w->tls = false;
		w->closed = true;
		hidden_talk_turn(&s->talk, w->from);
		if (s->way[!w->from].closed)
			end_tls(s);
		return;
	default:
		decrypt_explain(decrypt_status(s->tls), why);
		give_up(s, why);
	}
}

/* --- bytes ------------------------------------------------------------ */

static bool is_record(uint8_t first)
{
	return first >= TLS_CHANGE_CIPHER_SPEC && first <= TLS_APPLICATION_DATA;
}

static void take_bytes(void *arg, const struct story_place *place,
		       struct span bytes)
{
	struct way *w = arg;
	struct session *s = w->session;

	s->talk.place = *place;
	while (bytes.len && !s->unread) {
		if (w->tls)
			take_tls(s, w, &bytes);
		else if (hidden_talk_at_start(&s->talk, w->from) &&
			 is_record(bytes.at[0]))
			begin_tls(s, w, bytes.at[0]);
		else
			hidden_talk_take(&s->talk, w->from, &bytes, false);
	}
}

static void take_lost(void *arg, const struct story_place *place, uint32_t len)
{
	struct way *w = arg;
	struct session *s = w->session;
	char why[DECRYPT_TEXT_MAX];

	(void)place;
	if (!w->tls) {
		hidden_talk_lost(&s->talk, w->from);
		return;
	}
	snprintf(why, sizeof(why),
		 "%u bytes of the %s were not captured, and TLS cannot be read "
		 "behind a gap",
		 len, w->from == DECRYPT_CLIENT ? "client" : "server");
	give_up(s, why);
}

static void take_end(void *arg, const struct story_place *place)
{
	struct way *w = arg;
	struct session *s = w->session;

	(void)place;
	if (w->tls && !decrypt_at_boundary(s->tls, w->from))
		give_up(s, HALF_RECORD);
}

static const struct tcpstream_reader reader = { take_bytes, take_lost,
						take_end };

/* --- sessions --------------------------------------------------------- */

static struct session *find(const struct hidden *h, uint64_t id)
{
	struct session *s = h->bucket[id % BUCKETS];

	while (s && s->talk.session != id)
		s = s->next;
	return s;
}

/* What only a session that is read needs. */
static void let_go(struct session *s)
{
	end_tls(s);
	tcpstream_clear(&s->way[DECRYPT_CLIENT].stream);
	tcpstream_clear(&s->way[DECRYPT_SERVER].stream);
	hidden_talk_clear(&s->talk);
}

static struct session *new_session(struct hidden *h,
				   const struct hidden_packet *p)
{
	struct session **bucket = &h->bucket[p->session % BUCKETS];
	struct session *s;

	if (h->sessions >= h->config->limits.sessions)
		return NULL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->hidden = h;
	s->midstream = p->midstream;
	s->talk.config = h->config;
	s->talk.to = h->to;
	s->talk.scratch = &h->scratch;
	s->talk.ends = (struct ends){ p->client, p->server };
	s->talk.nat = hidden_nat(h->config, &s->talk.ends);
	s->talk.session = p->session;
	for (int from = 0; from < 2; from++) {
		struct way *w = &s->way[from];

		w->session = s;
		w->from = (enum decrypt_side)from;
		tcpstream_init(&w->stream, &h->pool, &reader, w);
	}
	s->next = *bucket;
	*bucket = s;
	h->sessions++;
	return s;
}

const char *hidden_packet(struct hidden *h, const struct hidden_packet *p)
{
	struct session *s = find(h, p->session);
	enum decrypt_side from =
		p->from_client ? DECRYPT_CLIENT : DECRYPT_SERVER;
	const struct tcpsegment seg = { p->packet->seq, p->packet->flags,
					packet_payload(p->packet), p->cut };

	if (!s)
		s = new_session(h, p);
	if (!s || s->unread)
		return NULL;
	if (p->nat)
		s->talk.nat = *p->nat;
	if (p->packet->flags & TCP_ACK)
		tcpstream_acked(&s->way[!from].stream, &p->place,
				p->packet->ack);
	tcpstream_take(&s->way[from].stream, &p->place, &seg);
	if (!s->unread)
		return NULL;
	let_go(s);
	return s->why;
}

const char *hidden_unread(const struct hidden *h, uint64_t session)
{
	const struct session *s = find(h, session);

	return s && s->unread ? s->why : NULL;
}

void hidden_close(struct hidden *h, uint64_t session)
{
	struct session **link = &h->bucket[session % BUCKETS];
	struct session *s;

	while (*link && (*link)->talk.session != session)
		link = &(*link)->next;
	s = *link;
	if (!s)
		return;
	*link = s->next;
	h->sessions--;
	let_go(s);
	free(s);
}

struct hidden_counts hidden_counts(const struct hidden *h)
{
	return h->counts;
}

struct hidden *hidden_new(const struct keylog *log, const struct config *config,
			  const struct listener *to)
{
	struct hidden *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->log = log;
	h->config = config;
	h->to = to;
	h->pool.max = TCPSTREAM_POOL_MAX;
	return h;
}

void hidden_free(struct hidden *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while (h->bucket[i])
			hidden_close(h, h->bucket[i]->talk.session);
	explicit_bzero(&h->scratch, sizeof(h->scratch));
	free(h);
}
