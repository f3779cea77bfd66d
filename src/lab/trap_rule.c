/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule of iptables, as far as traps must understand it. */
#include "lab/trap_rule.h"

#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "lab/twin_plan.h"

#define V4_OFFSET 96

/* --- ports ---------------------------------------------------------------------- */

bool trap_ports_have(const struct trap_ports *p, uint16_t port)
{
	for (uint8_t i = 0; i < p->count; i++)
		if (port_range_has(&p->range[i], port))
			return true;
	return p->count == 0;
}

/* "21", "21,990", "42000:42999", "1024:", ":1023". False: none of these. */
static bool read_ports(const char *text, struct trap_ports *out)
{
	struct cursor c = cursor_of(span_str(text));

	out->count = 0;
	while (out->count < TRAP_PORTS_MAX && !c.bad) {
		uint32_t lo = 0, hi;

		if (rd_peek(&c) != ':')
			lo = rd_decimal(&c, 5, UINT16_MAX);
		hi = lo;
		if (rd_peek(&c) == ':') {
			rd_u8(&c);
			hi = UINT16_MAX;
			if (c.rest.len > 0 && rd_peek(&c) != ',')
				hi = rd_decimal(&c, 5, UINT16_MAX);
		}
		out->range[out->count++] =
			(struct port_range){ (uint16_t)lo, (uint16_t)hi };
		if (c.rest.len == 0 && !c.bad)
			return true;
		rd_expect(&c, ',');
	}
	out->count = 0;
	return false;
}

/* --- options -------------------------------------------------------------------- */

/* False: the value is not understood, so it narrows the rule somehow. */
typedef bool take(struct trap_rule *r, const char *value);

static bool take_protocol(struct trap_rule *r, const char *value)
{
	static const struct {
		const char *name;
		uint8_t number;
	} protocols[] = {
		{ "tcp", IPPROTO_TCP },
		{ "6", IPPROTO_TCP },
		{ "all", 0 },
		{ "0", 0 },
	};

	/* That it is none of these is all that is asked of any other. */
	r->protocol = IPPROTO_RAW;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (strcasecmp(value, protocols[i].name) == 0)
			r->protocol = protocols[i].number;
	return r->protocol != IPPROTO_RAW;
}

static bool take_to(struct trap_rule *r, const char *value)
{
	return read_ports(value, &r->to);
}

static bool take_from(struct trap_rule *r, const char *value)
{
	return read_ports(value, &r->from);
}

static bool take_source(struct trap_rule *r, const char *value)
{
	r->has_source = twin_prefix(value, &r->source);
	return r->has_source;
}

static bool take_destination(struct trap_rule *r, const char *value)
{
	r->has_destination = twin_prefix(value, &r->destination);
	return r->has_destination;
}

static bool take_name(char out[IF_NAMESIZE], const char *value)
{
	size_t len = strnlen(value, IF_NAMESIZE);

	if (len == IF_NAMESIZE)
		return false;
	memcpy(out, value, len + 1);
	return true;
}

static bool take_in(struct trap_rule *r, const char *value)
{
	return take_name(r->in, value);
}

static bool take_out(struct trap_rule *r, const char *value)
{
	return take_name(r->out, value);
}

static bool take_states(struct trap_rule *r, const char *value)
{
	static const struct {
		const char *name;
		uint8_t state;
	} states[] = {
		{ "NEW", TRAP_NEW },
		{ "ESTABLISHED", TRAP_ESTABLISHED },
		{ "RELATED", TRAP_RELATED },
	};
	struct span rest = span_str(value);

	r->states = 0;
	while (rest.len > 0) {
		size_t comma = span_find(rest, ',');
		uint8_t state = TRAP_OTHER_STATE;

		for (size_t i = 0; i < 3; i++)
			if (span_equal_nocase(span_sub(rest, 0, comma),
					      span_str(states[i].name)))
				state = states[i].state;
		r->states |= state;
		rest = span_sub(rest, comma + 1, rest.len);
	}
	return true;
}

/* An option of target CT, too. */
static bool take_helper(struct trap_rule *r, const char *value)
{
	r->helper = strncmp(value, "ftp", 3) == 0;
	return r->helper;
}

static bool take_target(struct trap_rule *r, const char *value)
{
	static const struct {
		const char *name;
		enum trap_target target;
	} targets[] = {
		{ "ACCEPT", TRAP_ACCEPT },      { "DROP", TRAP_DROP },
		{ "REJECT", TRAP_DROP },        { "DNAT", TRAP_TRANSLATE },
		{ "REDIRECT", TRAP_TRANSLATE }, { "CT", TRAP_ASSIGN },
		{ "NOTRACK", TRAP_NOTRACK },
	};

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (strcmp(value, targets[i].name) == 0)
			r->target = targets[i].target;
	return true;
}

static bool take_notrack(struct trap_rule *r, const char *value)
{
	(void)value;
	r->target = TRAP_NOTRACK;
	return true;
}

/* It says nothing about which packets are meant. */
static bool take_nothing(struct trap_rule *r, const char *value)
{
	(void)r;
	(void)value;
	return true;
}

static const struct {
	const char *name;
	take *take;
} options[] = {
	{ "-p", take_protocol },
	{ "-s", take_source },
	{ "-d", take_destination },
	{ "-i", take_in },
	{ "-o", take_out },
	{ "-j", take_target },
	{ "-m", take_nothing },
	{ "-A", take_nothing },
	{ "--dport", take_to },
	{ "--dports", take_to },
	{ "--sport", take_from },
	{ "--sports", take_from },
	{ "--ctstate", take_states },
	{ "--state", take_states },
	{ "--helper", take_helper },
	{ "--notrack", take_notrack },
	{ "--comment", take_nothing },
	{ "--syn", take_nothing },
	{ "--tcp-flags", take_nothing },
	{ "--reject-with", take_nothing },
	{ "--to-destination", take_nothing },
	{ "--to-ports", take_nothing },
	{ "--random", take_nothing },
	{ "--persistent", take_nothing },
};

void trap_rule_take(struct trap_rule *r, const char *name, const char *value,
		    bool negated)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strcmp(name, options[i].name) != 0)
			continue;
		if ((negated && options[i].take != take_nothing) ||
		    !options[i].take(r, value))
			r->narrowed = true;
		return;
	}
	r->narrowed = true;
}

void trap_rule_read(const struct rule *r, struct trap_rule *out)
{
	struct span rest = r->text;
	char word[RULE_WORD_MAX], value[RULE_WORD_MAX];
	bool negated = false, assigns;

	*out = (struct trap_rule){ .states = TRAP_ANY_STATE };
	while (rule_word(&rest, word)) {
		struct span next = rest;

		if (strcmp(word, "!") == 0) {
			negated = true;
			continue;
		}
		if (word[0] == '-') {
			if (!rule_word(&next, value))
				value[0] = '\0';
			trap_rule_take(out, word, value, negated);
			/* Free text may look like an option. */
			if (strcmp(word, "--comment") == 0)
				rest = next;
		}
		negated = false;
	}
	assigns = out->target == TRAP_ASSIGN;
	if (assigns && !out->helper)
		out->target = TRAP_OTHER;
	/* There it is what the target does, and no match. */
	if (assigns)
		out->helper = false;
}

/* --- what it takes -------------------------------------------------------------- */

bool trap_rule_takes_new(const struct trap_rule *r)
{
	return (r->protocol == IPPROTO_TCP || r->protocol == 0) &&
	       (r->states & TRAP_NEW) && !r->helper;
}

static bool is_everybody(bool has, const struct prefix *p)
{
	return !has || p->len == 0 ||
	       (p->len == V4_OFFSET && addr_is_v4(&p->addr));
}

bool trap_rule_is_public(const struct trap_rule *r)
{
	return is_everybody(r->has_source, &r->source) && !r->narrowed &&
	       strcmp(r->in, "lo") != 0;
}

bool trap_rule_is_all(const struct trap_rule *r)
{
	return r->protocol == 0 && r->states == TRAP_ANY_STATE && !r->helper &&
	       !r->narrowed && r->to.count == 0 && r->from.count == 0 &&
	       is_everybody(r->has_source, &r->source) &&
	       is_everybody(r->has_destination, &r->destination);
}

static bool ports_cover(const struct trap_ports *a, const struct trap_ports *b)
{
	if (a->count == 0)
		return true;
	for (uint8_t i = 0; i < b->count; i++) {
		bool held = false;

		for (uint8_t k = 0; k < a->count; k++)
			held = held || (a->range[k].lo <= b->range[i].lo &&
					a->range[k].hi >= b->range[i].hi);
		if (!held)
			return false;
	}
	return b->count > 0;
}

static bool prefix_covers(bool has_a, const struct prefix *a, bool has_b,
			  const struct prefix *b)
{
	if (is_everybody(has_a, a))
		return true;
	return has_b && b->len >= a->len && prefix_contains(a, &b->addr);
}

static bool name_covers(const char *a, const char *b)
{
	return a[0] == '\0' || strcmp(a, b) == 0;
}

bool trap_rule_covers(const struct trap_rule *a, const struct trap_rule *b)
{
	return !a->narrowed && (!a->helper || b->helper) &&
	       (a->protocol == 0 || a->protocol == b->protocol) &&
	       (b->states & ~a->states) == 0 && name_covers(a->in, b->in) &&
	       name_covers(a->out, b->out) && ports_cover(&a->to, &b->to) &&
	       ports_cover(&a->from, &b->from) &&
	       prefix_covers(a->has_source, &a->source, b->has_source,
			     &b->source) &&
	       prefix_covers(a->has_destination, &a->destination,
			     b->has_destination, &b->destination);
}
