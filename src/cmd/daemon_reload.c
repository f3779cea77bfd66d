/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A changed configuration: what can change while sessions live, does. */
#include "cmd/daemon.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "io/log.h"

#define FIELD(name, member)                                  \
	{                                                    \
		name, offsetof(struct config, member),       \
			sizeof(((struct config *)0)->member) \
	}

struct setting {
	const char *name;
	size_t offset, size;
};

/* Tables were made, queues bound and listeners opened with these. */
static const struct setting fixed[] = {
	FIELD("queue.first", queue_first),
	FIELD("queue.workers", queue_workers),
	FIELD("queue.length", queue_length),
	FIELD("queue.when-down", when_down),
	FIELD("pinhole.connmark", policy.connmark),
	FIELD("tls.fast-mark", policy.fast_mark),
	FIELD("tls.data-mark", policy.data_mark),
	FIELD("limits.sessions", limits.sessions),
	FIELD("limits.pinholes", limits.pinholes),
	FIELD("limits.sessions-per-client", limits.sessions_per_client),
	FIELD("limits.pinholes-per-client", limits.pinholes_per_client),
	FIELD("limits.pinholes-per-server", limits.pinholes_per_server),
	FIELD("limits.line-length", limits.line_length),
	FIELD("log.to", log_to),
	FIELD("control-socket", control_socket),
	FIELD("state-file", state_file),
	FIELD("control-socket-group", control_group),
	FIELD("user", user),
	FIELD("sandbox", sandbox),
	FIELD("metrics.listen", metrics),
};

#define FIXED (sizeof(fixed) / sizeof(fixed[0]))

_Static_assert(FIXED <= sizeof(((struct reload *)0)->ignored) /
				sizeof(((struct reload *)0)->ignored[0]),
	       "room to name every ignored setting");

/* The rules are made from these. */
static const struct setting in_rules[] = {
	FIELD("control.ports", policy.control_port),
	FIELD("control.implicit-tls-ports", policy.implicit_port),
	FIELD("tls.fast-path", policy.fast_path),
};

const char *daemon_config_path(const struct daemon *d)
{
	return d->config_path ? d->config_path : CONFIG_PATH;
}

static bool differs(const struct config *a, const struct config *b,
		    const struct setting *s)
{
	return memcmp((const uint8_t *)a + s->offset,
		      (const uint8_t *)b + s->offset, s->size) != 0;
}

/* @next keeps what cannot change from @now. */
static void keep_fixed(struct config *next, const struct config *now,
		       struct reload *r)
{
	for (size_t i = 0; i < FIXED; i++) {
		const struct setting *s = &fixed[i];

		if (!differs(next, now, s))
			continue;
		r->ignored[r->ignores++] = s->name;
		memcpy((uint8_t *)next + s->offset,
		       (const uint8_t *)now + s->offset, s->size);
	}
}

/* What of a server's entry is in the rules: its addresses and its ports, and
 * whether its data connections must be TLS. Of a client's entry, nothing. */
static bool server_differs(const struct policy_server *a,
			   const struct policy_server *b)
{
	return a->addresses != b->addresses || a->active != b->active ||
	       a->data != b->data ||
	       a->public_addresses != b->public_addresses ||
	       memcmp(&a->passive, &b->passive, sizeof(a->passive)) != 0 ||
	       memcmp(a->address, b->address, sizeof(a->address)) != 0 ||
	       memcmp(a->public_address, b->public_address,
		      sizeof(a->public_address)) != 0;
}

static bool rules_differ(const struct config *a, const struct config *b)
{
	for (size_t i = 0; i < sizeof(in_rules) / sizeof(in_rules[0]); i++)
		if (differs(a, b, &in_rules[i]))
			return true;
	if (a->policy.servers != b->policy.servers)
		return true;
	for (size_t i = 0; i < a->policy.servers; i++)
		if (server_differs(&a->policy.server[i], &b->policy.server[i]))
			return true;
	return false;
}

static void use(struct daemon *d, struct config *next)
{
	struct config *old = d->config;

	pthread_mutex_lock(&d->lock);
	d->config = next;
	engine_set_policy(d->engine, &next->policy);
	pthread_mutex_unlock(&d->lock);
	log_set_level(next->log_level);
	config_free(old);
	free(old);
}

void daemon_reload(struct daemon *d, struct reload *r)
{
	struct config *next = calloc(1, sizeof(*next));

	memset(r, 0, sizeof(*r));
	r->result = CONFIG_SYSTEM;
	r->error = ENOMEM;
	if (next) {
		r->result =
			config_load_at(next, d->config_place.dir,
				       d->config_place.name,
				       d->config_path != NULL, &r->problems);
		r->error = errno;
	}
	if (r->result != CONFIG_OK) {
		d->count.reloads_failed++;
		free(next);
		return;
	}
	d->count.reloads++;
	r->log_error = journal_reopen(d->journal);
	keep_fixed(next, d->config, r);
	r->rules = rules_differ(next, d->config);
	use(d, next);
	daemon_rules_look(d);
}

static void log_problems(const struct daemon *d, const struct problems *p)
{
	for (size_t i = 0; i < p->count; i++)
		log_error("config", "%s:%u: %s", daemon_config_path(d),
			  p->item[i].line, p->item[i].text);
	log_error("config",
		  "not loaded, the daemon goes on as before; %zu problems: %s",
		  p->count + p->more, daemon_config_path(d));
}

void daemon_reload_log(const struct daemon *d, const struct reload *r)
{
	if (r->result == CONFIG_BAD) {
		log_problems(d, &r->problems);
		return;
	}
	if (r->result == CONFIG_SYSTEM) {
		log_error("config",
			  "cannot read it, the daemon goes on as before (%s): "
			  "%s",
			  strerror(r->error), daemon_config_path(d));
		return;
	}
	log_info("config", "loaded again: %s", daemon_config_path(d));
	for (size_t i = 0; i < r->ignores; i++)
		log_warn("config", "%s stays as it was until a restart",
			 r->ignored[i]);
	if (r->rules)
		log_warn("config", "the rules have changed; load them: "
				   "sallyport rules --load");
	if (r->log_error < 0)
		log_error("events",
			  "cannot open the event log again (%s); the old one "
			  "goes on: %s",
			  strerror(-r->log_error), d->event_log);
}
