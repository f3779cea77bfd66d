/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's actions, carried out in the kernel. */
#include "cmd/daemon.h"

#include <string.h>

#include "io/clock.h"

/* Each gives NULL, or why the kernel refused. */

static const char *act_liberal(struct daemon *d, const struct action *a)
{
	enum conntrack_result result =
		conntrack_liberal(d->conntrack, &a->liberal.from,
				  &a->liberal.to);

	return result == CONNTRACK_FINE ? NULL : conntrack_why(result);
}

static const char *act_pinhole_add(struct daemon *d, const struct action *a)
{
	enum sets_result result =
		sets_add(d->sets, &a->hole.key, a->hole.timeout_us);

	return result == SETS_FINE ? NULL : sets_text(result);
}

static const char *act_pinhole_del(struct daemon *d, const struct action *a)
{
	enum sets_result result = sets_del(d->sets, &a->hole.key);

	return result == SETS_FINE ? NULL : sets_text(result);
}

/*
 * A server that reuses its port (RFC 959 3.2: always 20) towards the same port
 * of the client meets the entry of the last connection, which conntrack keeps
 * for two minutes after its end. The SYN says that this one is over.
 */
static const char *act_data_create(struct daemon *d, const struct action *a)
{
	enum conntrack_result result =
		conntrack_data_create(d->conntrack, &a->data);

	if (result == CONNTRACK_EXISTS &&
	    conntrack_data_delete(d->conntrack, &a->data) == CONNTRACK_FINE) {
		d->count.entries_replaced++;
		result = conntrack_data_create(d->conntrack, &a->data);
	}
	return result == CONNTRACK_FINE ? NULL : conntrack_why(result);
}

static const char *act_inject(struct daemon *d, const struct action *a)
{
	int error = inject_send(&d->inject, a->inject.bytes);

	return error == 0 ? NULL : strerror(-error);
}

static const char *act_mark(struct daemon *d, const struct action *a,
			    uint32_t value)
{
	enum conntrack_result result =
		conntrack_mark(d->conntrack, &a->mark.from, &a->mark.to,
			       a->mark.bits, value);

	return result == CONNTRACK_FINE ? NULL : conntrack_why(result);
}

static const char *act_data_pass(struct daemon *d, const struct action *a)
{
	return act_mark(d, a, 0);
}

static const char *act_fast_path(struct daemon *d, const struct action *a)
{
	return act_mark(d, a, a->mark.bits);
}

const char *daemon_act(struct daemon *d, const struct action *a)
{
	static const char *(*const act[ACTIONS])(struct daemon * d,
						 const struct action *a) = {
		[ACTION_LIBERAL] = act_liberal,
		[ACTION_PINHOLE_ADD] = act_pinhole_add,
		[ACTION_PINHOLE_DEL] = act_pinhole_del,
		[ACTION_DATA_CREATE] = act_data_create,
		[ACTION_INJECT] = act_inject,
		[ACTION_DATA_PASS] = act_data_pass,
		[ACTION_FAST_PATH] = act_fast_path,
	};

	const char *why = act[a->type](d, a);

	d->count.actions_by[a->type]++;
	if (why)
		d->count.action_failures_by[a->type]++;
	return why;
}

bool daemon_complains(struct daemon *d, enum complaint about)
{
	uint64_t now = clock_now_us();
	uint64_t due = atomic_load(&d->complaint_due[about]);

	return now >= due &&
	       atomic_compare_exchange_strong(&d->complaint_due[about], &due,
					      now + COMPLAINT_PAUSE_US);
}
