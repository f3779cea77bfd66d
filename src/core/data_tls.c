/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first payload of data connections whose server requires TLS on them.
 *
 * The FTP client is the TLS client, whoever made the TCP connection (RFC 4217
 * 7), and a TLS client speaks first. So the first payload must come from the
 * FTP client and be a ClientHello: then the kernel passes the rest by itself.
 * Anything else is dropped, for as long as the connection lasts.
 */
#include "data_tls.h"

#include <string.h>

#include <sallyport/packet.h>
#include <sallyport/tls_handshake.h>
#include <sallyport/tls_record.h>

#include "change.h"
#include "outcome.h"
#include "pinhole.h"
#include "random.h"
#include "session_table.h"
#include "state.h"

static struct endpoint initiator(const struct hole *h)
{
	return (struct endpoint){ h->key.from, h->used_port };
}

/* Where packets are queued, both directions show the real addresses. */
static uint64_t hash_of(const struct engine *e, const struct hole *h)
{
	const struct endpoint from = initiator(h);

	return hash_two(e, &from, &h->target);
}

void data_watch(struct engine *e, struct hole *h, const struct packet *syn)
{
	const struct policy_server *server =
		policy_server_find(e->policy, &h->ends.server.addr);

	if (!server || server->data != DATA_REQUIRE_TLS)
		return;
	h->watch = (struct data_watch){ .on = true };
	if (!h->active) {
		h->watch.synced = true;
		h->watch.next = syn->seq + 1;
	}
	h->mark |= e->policy->data_mark;
	table_insert(&e->by_flow, hash_of(e, h), hole_index(e, h));
}

void data_watch_again(struct engine *e, struct hole *h, struct action *a)
{
	table_insert(&e->by_flow, hash_of(e, h), hole_index(e, h));
	a->mark.from = initiator(h);
	a->mark.to = h->key.to;
	a->mark.bits = e->policy->data_mark;
}

void data_unwatch(struct engine *e, struct hole *h)
{
	if (h->watch.on)
		table_remove(&e->by_flow, hash_of(e, h), hole_index(e, h));
	h->watch.on = false;
}

/* The watched connection that @p is of; @by_client: its FTP client sent it. */
static struct hole *find(struct engine *e, const struct packet *p,
			 bool *by_client)
{
	uint64_t hash = hash_two(e, &p->src, &p->dst);

	for (uint32_t i = table_first(&e->by_flow, hash); i != NIL;
	     i = table_next(&e->by_flow, i)) {
		struct hole *h = pool_at(&e->holes, i);
		const struct endpoint from = initiator(h);
		bool forth = endpoint_equal(&p->src, &from) &&
			     endpoint_equal(&p->dst, &h->target);
		bool back = endpoint_equal(&p->dst, &from) &&
			    endpoint_equal(&p->src, &h->target);

		if (forth || back) {
			*by_client = h->active ? back : forth;
			return h;
		}
	}
	return NULL;
}

static void judge(struct engine *e, struct hole *h, bool tls)
{
	enum direction d;
	struct session *s =
		session_find(e, &h->ends.client, &h->ends.server, &d);
	struct action *a;

	h->watch.tls = tls ? DATA_TLS_YES : DATA_TLS_NO;
	if (!tls) {
		e->stats.data_cleartext++;
		if (s && s->id == h->session_id)
			alert_raise(e, s, ALERT_CLEARTEXT_DATA);
		return;
	}
	data_unwatch(e, h);
	a = outcome_action(e, ACTION_DATA_PASS, h->session_id);
	a->ends = h->ends;
	a->mark.from = initiator(h);
	a->mark.to = h->key.to;
	a->mark.bits = e->policy->data_mark;
}

static bool is_client_hello(const uint8_t head[DATA_TLS_HEAD])
{
	return head[0] == TLS_HANDSHAKE && head[1] == 3 &&
	       head[DATA_TLS_HEAD - 1] == TLS_CLIENT_HELLO;
}

/* The first copy of each byte is what counts; another one must be the same. */
static bool says_the_same(const struct data_watch *w, const struct packet *p)
{
	struct span payload = packet_payload(p);
	uint32_t from = w->next - w->have - p->seq;

	for (uint32_t i = 0; i < w->have; i++)
		if (from + i < payload.len &&
		    payload.at[from + i] != w->head[i])
			return false;
	return true;
}

/* Read on in the client's first bytes; false if @p may not pass. */
static bool read_head(struct engine *e, struct hole *h, const struct packet *p)
{
	struct data_watch *w = &h->watch;
	struct span fresh;

	/* Not in order: it will come again. */
	if (seq_before(w->next, p->seq) || !says_the_same(w, p))
		return false;
	fresh = span_sub(packet_payload(p), w->next - p->seq,
			 DATA_TLS_HEAD - w->have);
	if (fresh.len)
		memcpy(w->head + w->have, fresh.at, fresh.len);
	w->have = (uint8_t)(w->have + fresh.len);
	w->next += (uint32_t)fresh.len;
	if (w->have == DATA_TLS_HEAD)
		judge(e, h, is_client_hello(w->head));
	return w->tls != DATA_TLS_NO;
}

static bool may_pass(struct engine *e, struct hole *h, const struct packet *p,
		     bool by_client)
{
	struct data_watch *w = &h->watch;

	if (!packet_payload(p).len)
		return true;
	if (w->tls == DATA_TLS_NO)
		return false;
	if (!by_client) {
		/* Something for the client before its hello. */
		judge(e, h, false);
		return false;
	}
	return w->synced && read_head(e, h, p);
}

bool data_syn_may_pass(struct engine *e, const struct packet *syn)
{
	const struct hole *h;

	if (!packet_payload(syn).len)
		return true;
	/* TCP Fast Open (RFC 7413 4.2): payload that could not be judged. The
	 * initiator tries again without it. */
	h = hole_find_used(e, &syn->src, &syn->dst);
	return !h || !h->watch.on;
}

bool data_payload(struct engine *e, const struct packet *p, uint32_t tag)
{
	bool by_client;
	struct hole *h = find(e, p, &by_client);

	if (!h)
		return false;
	if (p->flags & TCP_SYN || packet_payload(p).len)
		hole_changed(e, h);
	/* The client's SYN-ACK in active mode. */
	if (by_client && p->flags & TCP_SYN) {
		h->watch.synced = true;
		h->watch.next = p->seq + 1;
	}
	if (may_pass(e, h, p, by_client))
		outcome_accept(e, tag);
	else
		outcome_drop(e, tag,
			     h->watch.tls == DATA_TLS_NO ? DROP_DATA_CLEARTEXT
							 : DROP_DATA_ORDER);
	return true;
}
