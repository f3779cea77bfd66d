/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every call of the engine that changes it, and what its outcome asks for. */
#include "cmd/daemon.h"

#include "io/clock.h"
#include "io/log.h"

static const char *const action_purpose[] = {
	[ACTION_LIBERAL] = "to let changed numbers pass",
	[ACTION_PINHOLE_ADD] = "to open a pinhole",
	[ACTION_PINHOLE_DEL] = "to close a pinhole",
	[ACTION_DATA_CREATE] = "to let a data connection in",
	[ACTION_INJECT] = "to send a packet",
	[ACTION_DATA_PASS] = "to let a data connection leave the queue",
	[ACTION_FAST_PATH] = "to let an encrypted session leave the queue",
};

static void complain(struct daemon *d, const struct action *a, const char *why)
{
	if (daemon_complains(d, COMPLAINT_ACTION))
		log_warn("kernel", "refused %s for session %llu: %s",
			 action_purpose[a->type],
			 (unsigned long long)a->session, why);
}

/* Tell the engine that @a failed, and do what it says then. What fails now was
 * to undo something, and nothing more can be done about it. */
static void undo(struct daemon *d, struct hand *h, const struct action *a,
		 uint64_t now)
{
	engine_action_failed(d->engine, a, now, h->again);
	for (size_t i = 0; i < h->again->actions; i++) {
		const struct action *b = &h->again->action[i];
		const char *why = daemon_act(d, b);

		if (why)
			complain(d, b, why);
	}
	journal_add(d->journal, h->again);
	hand_give(d, h, h->again);
}

/* What it sends in another's name nobody can take back. */
static bool sends(const struct outcome *out)
{
	for (size_t i = 0; i < out->actions; i++)
		if (out->action[i].type == ACTION_INJECT)
			return true;
	return false;
}

/*
 * Carry out the actions of h->out, then hand its events on: when somebody
 * reads that a pinhole is open, it is. What failed is undone only when all are
 * carried out, so that nothing is done after it was undone. The lock is held.
 */
void daemon_settle(struct daemon *d, struct hand *h, uint64_t now)
{
	const char *why[OUTCOME_ACTIONS_MAX];
	const size_t actions = h->out->actions;

	if (sends(h->out))
		daemon_state_save(d);
	for (size_t i = 0; i < actions; i++)
		why[i] = daemon_act(d, &h->out->action[i]);
	journal_add(d->journal, h->out);
	for (size_t i = 0; i < actions; i++) {
		if (!why[i])
			continue;
		complain(d, &h->out->action[i], why[i]);
		undo(d, h, &h->out->action[i], now);
	}
	daemon_state_save(d);
}

static void answer_nat(struct daemon *d, const struct ends *ask)
{
	struct nat_view view;
	enum conntrack_result result =
		conntrack_lookup(d->conntrack, ask, &view);

	d->count.lookups++;
	d->count.lookups_searched = conntrack_searches(d->conntrack);
	engine_nat(d->engine, ask, result == CONNTRACK_FINE ? &view : NULL);
	if (result == CONNTRACK_FINE)
		return;
	d->count.lookups_missing++;
	if (daemon_complains(d, COMPLAINT_LOOKUP))
		log_warn("kernel",
			 "a session's translation is not known, it opens "
			 "nothing: %s",
			 conntrack_why(result));
}

void daemon_packet(struct daemon *d, struct hand *h, struct span packet,
		   uint32_t tag)
{
	uint64_t now;

	pthread_mutex_lock(&d->lock);
	now = clock_now_us();
	if (engine_packet(d->engine, packet, tag, now, h->out) ==
	    ENGINE_ASK_NAT) {
		answer_nat(d, &h->out->ask);
		engine_packet(d->engine, packet, tag, now, h->out);
	}
	daemon_settle(d, h, now);
	pthread_mutex_unlock(&d->lock);
	hand_give(d, h, h->out);
}

uint64_t daemon_tick(struct daemon *d)
{
	uint64_t now, next, again;

	pthread_mutex_lock(&d->lock);
	now = clock_now_us();
	again = daemon_recheck(d, now);
	next = engine_tick(d->engine, now, d->hand.out);
	daemon_settle(d, &d->hand, now);
	pthread_mutex_unlock(&d->lock);
	hand_give(d, &d->hand, d->hand.out);
	journal_wake(d->journal);
	return again < next ? again : next;
}

void daemon_shutdown(struct daemon *d)
{
	bool more;

	do {
		uint64_t now;

		pthread_mutex_lock(&d->lock);
		now = clock_now_us();
		more = engine_shutdown(d->engine, now, d->hand.out);
		daemon_settle(d, &d->hand, now);
		pthread_mutex_unlock(&d->lock);
		hand_give(d, &d->hand, d->hand.out);
		journal_wake(d->journal);
	} while (more);
}
