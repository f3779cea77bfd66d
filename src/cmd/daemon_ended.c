/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections that end without a packet coming by here: data connections, and
 * control connections that left the queue. Conntrack tells; where its socket
 * overflowed it is asked, connection by connection.
 */
#include "cmd/daemon.h"

#include "io/clock.h"

void daemon_ended(struct daemon *d, const struct conntrack_end *end)
{
	uint64_t now;

	pthread_mutex_lock(&d->lock);
	now = clock_now_us();
	if (end->control)
		engine_control_closed(d->engine, &end->ends, now, d->hand.out);
	else if (end->gone)
		engine_data_closed(d->engine, &end->from, &end->to,
				   end->has_bytes, end->bytes_from,
				   end->bytes_to, now, d->hand.out);
	else
		engine_data_over(d->engine, &end->from, &end->to, end->reset,
				 now, d->hand.out);
	daemon_settle(d, &d->hand, now);
	pthread_mutex_unlock(&d->lock);
	hand_give(d, &d->hand, d->hand.out);
	journal_wake(d->journal);
}

void daemon_ends_lost(struct daemon *d)
{
	pthread_mutex_lock(&d->lock);
	d->recheck.due = true;
	pthread_mutex_unlock(&d->lock);
}

void daemon_ends_missed(struct daemon *d)
{
	d->recheck.due = d->recheck.all = true;
}

/*
 * One step of a walk. 64 looks into the kernel take less than a millisecond,
 * and with this pause between them they are a few per cent of one CPU. What
 * need not be looked up costs next to nothing.
 */
#define LOOKS_MAX 64
#define ROWS_MAX  4096
#define PAUSE_US  10000u

static enum conntrack_result look(struct daemon *d, const struct endpoint *from,
				  const struct endpoint *to, uint32_t mark)
{
	d->count.rechecks++;
	return conntrack_alive(d->conntrack, from, to, mark);
}

static void done(struct daemon *d, uint64_t now)
{
	daemon_settle(d, &d->hand, now);
	hand_give(d, &d->hand, d->hand.out);
}

static void recheck_session(struct daemon *d, const struct session_info *s,
			    uint64_t now)
{
	enum conntrack_result result =
		look(d, &s->ends.client, &s->nat.server_public,
		     s->fast ? d->config->policy.fast_mark : 0);

	if (result != CONNTRACK_MISSING && result != CONNTRACK_OVER)
		return;
	if (s->fast)
		engine_control_closed(d->engine, &s->ends, now, d->hand.out);
	else
		engine_control_missed(d->engine, &s->ends, now, d->hand.out);
	done(d, now);
}

static void recheck_data(struct daemon *d, const struct pinhole_info *h,
			 uint64_t now)
{
	const struct endpoint from = { h->key.from, h->from_port };
	enum conntrack_result result =
		look(d, &from, &h->key.to, d->config->policy.connmark);

	if (result == CONNTRACK_OVER)
		engine_data_over(d->engine, &from, &h->key.to, false, now,
				 d->hand.out);
	else if (result == CONNTRACK_MISSING)
		engine_data_closed(d->engine, &from, &h->key.to, false, 0, 0,
				   now, d->hand.out);
	else
		return;
	done(d, now);
}

/* Both give false at the end of their table. */

static bool walk_sessions(struct daemon *d, uint64_t now)
{
	struct session_info s;
	int looks = 0;

	for (int i = 0; i < ROWS_MAX && looks < LOOKS_MAX; i++) {
		if (!engine_next_session(d->engine, &d->recheck.at, &s))
			return false;
		if (!s.fast && !(d->recheck.all && s.nat_known))
			continue;
		looks++;
		recheck_session(d, &s, now);
	}
	return true;
}

static bool walk_data(struct daemon *d, uint64_t now)
{
	struct pinhole_info h;
	int looks = 0;

	for (int i = 0; i < ROWS_MAX && looks < LOOKS_MAX; i++) {
		if (!engine_next_pinhole(d->engine, &d->recheck.at, &h))
			return false;
		if (h.from_port == 0)
			continue;
		looks++;
		recheck_data(d, &h, now);
	}
	return true;
}

uint64_t daemon_recheck(struct daemon *d, uint64_t now)
{
	struct recheck *r = &d->recheck;

	if (r->walk == RECHECK_REST && !r->due)
		return ENGINE_NEVER;
	if (now < r->next_us)
		return r->next_us;
	if (r->walk == RECHECK_REST)
		*r = (struct recheck){ .walk = RECHECK_SESSIONS,
				       .all = r->all };
	r->next_us = now + PAUSE_US;
	if (r->walk == RECHECK_SESSIONS && !walk_sessions(d, now)) {
		r->walk = RECHECK_DATA;
		r->at = 0;
	} else if (r->walk == RECHECK_DATA && !walk_data(d, now)) {
		r->walk = RECHECK_REST;
		r->all = false;
	}
	return r->next_us;
}
