/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of a configuration that are fine alone but contradict each other. */
#include "io/config_read.h"

#include <string.h>

/* The line to name for two values in conflict: the later one that was set. */
static unsigned int later_line(const struct reader *r, const void *a,
			       const void *b)
{
	unsigned int line_a = place_line(r, a), line_b = place_line(r, b);

	return line_a > line_b ? line_a : line_b;
}

static bool prefix_overlap(const struct prefix *a, const struct prefix *b)
{
	return prefix_contains(a, &b->addr) || prefix_contains(b, &a->addr);
}

static bool range_overlap(const struct port_range *a,
			  const struct port_range *b)
{
	return a->lo <= b->hi && b->lo <= a->hi;
}

static void check_ports_watched(struct reader *r)
{
	const struct policy *p = &r->config->policy;

	/* Entries that could not be read have been complained about. */
	if (r->problems->count == 0 && p->control_ports == 0 &&
	    p->implicit_ports == 0)
		problem_add(r->problems,
			    later_line(r, &p->control_ports,
				       &p->implicit_ports),
			    "control.ports: and control.implicit-tls-ports "
			    "are both empty; list at least one port");
}

static void check_port_list(struct reader *r, const uint16_t *port,
			    size_t ports, const char *path)
{
	for (size_t i = 0; i < ports; i++)
		for (size_t j = 0; j < i; j++)
			if (port[i] == port[j])
				problem_add(r->problems,
					    place_line(r, &port[i]),
					    "%s: %u is listed twice; keep one",
					    path, port[i]);
}

static void check_ports_once(struct reader *r)
{
	const struct policy *p = &r->config->policy;

	check_port_list(r, p->control_port, p->control_ports, "control.ports");
	check_port_list(r, p->implicit_port, p->implicit_ports,
			"control.implicit-tls-ports");
	for (size_t i = 0; i < p->implicit_ports; i++)
		if (policy_is_control_port(p, p->implicit_port[i]))
			problem_add(r->problems,
				    later_line(r, &p->implicit_port[i],
					       &p->control_ports),
				    "control.implicit-tls-ports: %u is in "
				    "control.ports too; keep it in one of them",
				    p->implicit_port[i]);
}

static void check_queues(struct reader *r)
{
	const struct config *c = r->config;

	if (c->queue_first + c->queue_workers - 1 > UINT16_MAX)
		problem_add(r->problems,
			    later_line(r, &c->queue_first, &c->queue_workers),
			    "queue.first: %u leaves no numbers for %u workers; "
			    "queues end at 65535, begin at %u or below",
			    c->queue_first, c->queue_workers,
			    UINT16_MAX + 1 - c->queue_workers);
}

/* Entries of "servers:" and "clients:", as far as they must not overlap. */
struct entry {
	const char *section, *name;
	const struct prefix *address;
	size_t addresses;
};

static struct entry server_entry(const struct policy *p, size_t i)
{
	const struct policy_server *s = &p->server[i];

	return (struct entry){ "servers", s->name, s->address, s->addresses };
}

static struct entry client_entry(const struct policy *p, size_t i)
{
	const struct policy_client *c = &p->client[i];

	return (struct entry){ "clients", c->name, c->address, c->addresses };
}

/* One overlap of two entries is enough to find the others. */
static void check_addresses(struct reader *r, const struct entry *e,
			    const struct entry *other)
{
	char text[CONFIG_PREFIX_TEXT_MAX];

	for (size_t i = 0; i < e->addresses; i++)
		for (size_t j = 0; j < other->addresses; j++) {
			if (!prefix_overlap(&e->address[i], &other->address[j]))
				continue;
			config_prefix_text(&other->address[j], text);
			problem_add(r->problems, place_line(r, &e->address[i]),
				    "%s.address: overlaps %s on line %u; "
				    "an address belongs to one entry",
				    e->section, text,
				    place_line(r, &other->address[j]));
			return;
		}
}

static void check_apart(struct reader *r, size_t entries,
			struct entry (*get)(const struct policy *p, size_t i))
{
	const struct policy *p = &r->config->policy;

	for (size_t i = 0; i < entries; i++)
		for (size_t j = 0; j < i; j++) {
			struct entry e = get(p, i), other = get(p, j);

			if (e.name[0] != '\0' &&
			    strcmp(e.name, other.name) == 0)
				problem_add(r->problems, place_line(r, e.name),
					    "%s.name: '%s' stands on line "
					    "%u already; choose another name",
					    e.section, e.name,
					    place_line(r, other.name));
			check_addresses(r, &e, &other);
		}
}

static void check_entries_apart(struct reader *r)
{
	check_apart(r, r->config->policy.servers, server_entry);
	check_apart(r, r->config->policy.clients, client_entry);
}

static bool range_has_port(const struct port_range *range, const uint16_t *port,
			   size_t ports, uint16_t *hit)
{
	for (size_t i = 0; i < ports; i++)
		if (port_range_has(range, port[i])) {
			*hit = port[i];
			return true;
		}
	return false;
}

/* A range that the pinhole rules forbid would never carry a transfer. */
static void check_range(struct reader *r, const char *path,
			const struct port_range *range)
{
	const struct policy *p = &r->config->policy;
	unsigned int line = place_line(r, range);
	uint16_t hit;

	if (range->lo < p->minimum_port)
		problem_add(r->problems, line,
			    "%s: begins at %u, below "
			    "pinhole.minimum-port %u; change one of them",
			    path, range->lo, p->minimum_port);
	if (range_has_port(range, p->control_port, p->control_ports, &hit) ||
	    range_has_port(range, p->implicit_port, p->implicit_ports, &hit))
		problem_add(r->problems, line,
			    "%s: holds the control port %u; "
			    "no data connection may go there",
			    path, hit);
	for (size_t i = 0; i < p->denied_count; i++)
		if (range_overlap(range, &p->denied[i]))
			problem_add(r->problems, line,
				    "%s: overlaps %u-%u of "
				    "pinhole.denied-ports; change one of them",
				    path, p->denied[i].lo, p->denied[i].hi);
}

/* A range of 0-0 is not there, or could not be read. */
static void check_ranges(struct reader *r)
{
	const struct policy *p = &r->config->policy;

	for (size_t i = 0; i < p->servers; i++)
		if (p->server[i].passive.lo != 0)
			check_range(r, "servers.passive-ports",
				    &p->server[i].passive);
	for (size_t i = 0; i < p->clients; i++)
		if (p->client[i].active.lo != 0)
			check_range(r, "clients.active-ports",
				    &p->client[i].active);
}

/* A translation does not change the family. */
static void check_client_family(struct reader *r, const struct policy_client *c)
{
	bool v4 = addr_is_v4(&c->public_address);

	if (place_line(r, &c->public_address) == 0 || c->addresses == 0)
		return;
	for (size_t i = 0; i < c->addresses; i++)
		if (addr_is_v4(&c->address[i].addr) != v4)
			problem_add(r->problems, place_line(r, &c->address[i]),
				    "clients.address: is of another family "
				    "than public-address; write an entry for "
				    "each family");
}

static void check_clients(struct reader *r)
{
	const struct policy *p = &r->config->policy;

	for (size_t i = 0; i < p->clients; i++)
		check_client_family(r, &p->client[i]);
}

/* Each bit says one thing of a conntrack entry. */
static void check_marks(struct reader *r)
{
	const struct policy *p = &r->config->policy;
	const struct {
		const char *path;
		const uint32_t *mark;
	} marks[] = {
		{ "pinhole.connmark", &p->connmark },
		{ "tls.fast-mark", &p->fast_mark },
		{ "tls.data-mark", &p->data_mark },
	};

	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < i; j++)
			if (*marks[i].mark & *marks[j].mark)
				problem_add(r->problems,
					    later_line(r, marks[i].mark,
						       marks[j].mark),
					    "%s: shares bits with %s 0x%x; "
					    "choose a mark of other bits",
					    marks[i].path, marks[j].path,
					    *marks[j].mark);
}

static void check_nat_entry(struct reader *r, const struct config_nat *n)
{
	const struct config *c = r->config;
	unsigned int line = place_line(r, &n->inside);
	char text[CONFIG_PREFIX_TEXT_MAX];

	if (place_line(r, &n->public_address) != 0 &&
	    addr_is_v4(&n->inside.addr) != addr_is_v4(&n->public_address))
		problem_add(r->problems, place_line(r, &n->public_address),
			    "replay.nat.public: is of another family than "
			    "inside; write two IPv4 or two IPv6 addresses");
	for (const struct config_nat *o = c->nat; o < n; o++) {
		if (place_line(r, &o->inside) == 0 ||
		    !prefix_overlap(&n->inside, &o->inside))
			continue;
		config_prefix_text(&o->inside, text);
		problem_add(r->problems, line,
			    "replay.nat.inside: overlaps %s on line %u; each "
			    "address has one public address",
			    text, place_line(r, &o->inside));
		return;
	}
}

static void check_nat(struct reader *r)
{
	const struct config *c = r->config;

	/* An entry without a line is one that could not be read. */
	for (size_t i = 0; i < c->nats; i++)
		if (place_line(r, &c->nat[i].inside) != 0)
			check_nat_entry(r, &c->nat[i]);
}

void config_cross_check(struct reader *r)
{
	static void (*const check[])(struct reader * r) = {
		check_ports_watched, check_ports_once, check_queues,
		check_entries_apart, check_ranges,     check_clients,
		check_marks,         check_nat,
	};

	for (size_t i = 0; i < sizeof(check) / sizeof(check[0]); i++)
		check[i](r);
}
