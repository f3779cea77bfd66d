/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a rule says of addresses and ports. */
#include "lab/twin_plan.h"

#include <stdlib.h>
#include <string.h>

#define V4_OFFSET 96

bool twin_is_host(const struct prefix *p)
{
	return p->len == 128;
}

bool twin_prefix(const char *text, struct prefix *out)
{
	struct span all = span_str(text);
	size_t slash = span_find(all, '/');
	struct cursor c = cursor_of(span_sub(all, slash + 1, all.len));
	unsigned int max;
	uint32_t len;

	if (addr_parse(span_sub(all, 0, slash), &out->addr) != PARSE_OK)
		return false;
	max = addr_is_v4(&out->addr) ? 128 - V4_OFFSET : 128;
	len = slash == all.len ? max : rd_decimal(&c, 3, max);
	out->len = (uint8_t)(128 - max + len);
	return !c.bad && c.rest.len == 0;
}

bool twin_rule_does(const struct rule *r, const char *name)
{
	char target[RULE_WORD_MAX];
	bool negated;

	return rule_option(r, "-j", target, &negated) &&
	       strcmp(target, name) == 0;
}

bool twin_rule_prefix(const struct rule *r, const char *name,
		      struct prefix *out)
{
	char text[RULE_WORD_MAX];
	bool negated;

	return rule_option(r, name, text, &negated) && !negated &&
	       twin_prefix(text, out);
}

static bool list_has(const char *text, uint16_t port)
{
	struct cursor c = cursor_of(span_str(text));

	while (!c.bad && c.rest.len > 0) {
		uint32_t lo = rd_decimal(&c, 5, UINT16_MAX), hi = lo;

		if (!c.bad && rd_peek(&c) == ':') {
			rd_u8(&c);
			hi = c.rest.len ? rd_decimal(&c, 5, UINT16_MAX)
					: UINT16_MAX;
		}
		if (!c.bad && port >= lo && port <= hi)
			return true;
		if (c.rest.len > 0)
			rd_expect(&c, ',');
	}
	return false;
}

bool twin_rule_has_port(const struct rule *r, uint16_t port)
{
	static const char *const option[] = { "--dport", "--dports" };
	char text[RULE_WORD_MAX];
	bool negated;

	for (size_t i = 0; i < sizeof(option) / sizeof(option[0]); i++)
		if (rule_option(r, option[i], text, &negated) && !negated &&
		    list_has(text, port))
			return true;
	return false;
}
