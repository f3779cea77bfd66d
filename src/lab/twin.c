/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A twin of a firewall: the whole audit, in its box. */
#include "lab/twin_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "lab/twin_box.h"

/* A throw-away certificate's life, in seconds around now. */
#define VALID_S 86400

/* What the processes share. */
struct shared {
	struct twin_result result;
	struct scenario_result said;
};

struct order {
	const struct twin_spec *spec;
	struct shared *shared;
};

static bool refused(struct twin *t, const char *what, int error)
{
	t->out->failure = TWIN_REFUSED;
	snprintf(t->out->text, sizeof(t->out->text), "%s: %s", what,
		 strerror(error));
	return false;
}

static bool make_roles(struct twin *t)
{
	int64_t now = time(NULL);
	const struct identity_spec who = { "twin.invalid", now - VALID_S,
					   now + VALID_S };
	struct identity *id = identity_new(&who);
	const struct tls_role_spec server = { .server = true, .identity = id };
	const struct tls_role_spec client = { .server = false };

	if (id) {
		t->server = tls_role_new(&server);
		t->client = tls_role_new(&client);
	}
	identity_free(id);
	return (t->server && t->client) || refused(t, "no TLS", ENOMEM);
}

static bool make_net(struct twin *t)
{
	if (twin_net_make(&t->net, &t->spec->layout, t->out->text))
		return true;
	t->out->failure = TWIN_REFUSED;
	return false;
}

/* Of iptables the table says it, of nft the chain. What an nft chain does before
 * the routing decision and at the very end is not what lets a packet in. */
static enum trace_role role_of(void *arg, const struct trace_place *place)
{
	const struct twin *t = arg;
	const struct rulefile *f = t->spec->rules[TWIN_V4];
	const struct rulefile_chain *c;

	if (!f || !f->nft) {
		if (strcmp(place->table, "nat") == 0)
			return TRACE_NAT;
		return strcmp(place->table, "filter") == 0 ? TRACE_FILTER
							   : TRACE_OTHER;
	}
	c = trace_chain(f, place);
	if (!c)
		return TRACE_OTHER;
	if (c->nat)
		return TRACE_NAT;
	return span_equal(c->hook, span_str("prerouting")) ||
			       span_equal(c->hook, span_str("postrouting"))
		       ? TRACE_OTHER
		       : TRACE_FILTER;
}

static bool begin_trace(struct twin *t)
{
	int error = trace_open(&t->trace, role_of, t);

	return error == 0 ||
	       refused(t, "the kernel does not trace packets (nf_tables)",
		       -error);
}

static void work(void *arg)
{
	struct order *o = arg;
	struct twin t = { .spec = o->spec,
			  .out = &o->shared->result,
			  .said = &o->shared->said };

	if (!make_roles(&t) || !make_net(&t) || !twin_load(&t) ||
	    !begin_trace(&t))
		return;
	twin_talks(&t, &t.out->without);
	twin_knock(&t);
	if (t.spec->run && twin_gate(&t))
		twin_talks(&t, &t.out->with);
}

static void conclude(struct twin_result *r, enum twin_box_result how, int error)
{
	switch (how) {
	case TWIN_BOX_DONE:
		return;
	case TWIN_BOX_DENIED:
		r->failure = TWIN_DENIED;
		snprintf(r->text, sizeof(r->text),
			 "no namespaces for this user (%s); run as root, or "
			 "allow user namespaces",
			 strerror(error));
		return;
	case TWIN_BOX_TIMEOUT:
		r->failure = TWIN_TIMEOUT;
		snprintf(r->text, sizeof(r->text), "not done within %d s",
			 TWIN_SECONDS);
		return;
	default:
		r->failure = TWIN_REFUSED;
		snprintf(r->text, sizeof(r->text), "the audit ended early (%s)",
			 error ? strerror(error) : "killed");
		return;
	}
}

struct twin_result *twin_run(const struct twin_spec *spec)
{
	struct order order = { .spec = spec };
	enum twin_box_result how;
	int error = 0;

	order.shared = mmap(NULL, sizeof(*order.shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (order.shared == MAP_FAILED)
		return NULL;
	how = twin_box_run(work, &order, TWIN_SECONDS, &error);
	conclude(&order.shared->result, how, error);
	return &order.shared->result;
}

/* The result is the first thing in what was mapped. */
void twin_free(struct twin_result *r)
{
	if (r)
		munmap(r, sizeof(struct shared));
}

bool twin_blocked(const struct twin_answers *a)
{
	const struct twin_cell *cell = &a->cell[0][0][0][0];
	size_t cells = sizeof(a->cell) / sizeof(*cell);

	for (size_t i = 0; i < cells; i++)
		if (cell[i].tried && cell[i].stop != TWIN_WORKS)
			return true;
	return false;
}
