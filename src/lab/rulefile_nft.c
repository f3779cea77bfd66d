/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The output of `nft list ruleset`, rule by rule:
 *
 *	table inet filter {
 *		set ftp {
 *			...
 *		}
 *		chain forward {
 *			type filter hook forward priority filter; policy drop;
 *			tcp dport { 21, 990 } accept
 *		}
 *	}
 *
 * That is one way to write rules of nft's among many; files that are written by
 * hand in another one are refused, and `nft list ruleset` turns them into this.
 */
#include "lab/rulefile.h"

#include <string.h>

/* Braces that are open around a line. */
#define IN_TABLE 1
#define IN_CHAIN 2

struct reading {
	struct rulefile *f;
	uint32_t line;
	int depth;
	bool skips;        /* in a set, a map and so on */
	struct span table; /* "inet filter" */
	uint32_t chain;    /* NONE: in none */
	uint32_t rule;     /* that goes on, or NONE */
};

static struct span trimmed(struct span s)
{
	while (s.len > 0 && strchr(" \t", s.at[0]))
		s = span_sub(s, 1, s.len);
	while (s.len > 0 && strchr(" \t\r", s.at[s.len - 1]))
		s = span_sub(s, 0, s.len - 1);
	return s;
}

/* `nft -a` writes handles as comments. */
static struct span without_comment(struct span s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '"')
			quoted = !quoted;
		if (s.at[i] == '#' && !quoted)
			return trimmed(span_sub(s, 0, i));
	}
	return s;
}

static bool begins(struct span s, const char *start)
{
	struct span begin = span_str(start);

	return span_equal(span_sub(s, 0, begin.len), begin);
}

static bool ends(struct span s, uint8_t byte)
{
	return s.len > 0 && s.at[s.len - 1] == byte;
}

/* Braces that a line opens, less those that it closes. */
static int braces(struct span s)
{
	bool quoted = false;
	int open = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '"')
			quoted = !quoted;
		if (quoted)
			continue;
		open += (s.at[i] == '{') - (s.at[i] == '}');
	}
	return open;
}

/* "forward" of "type filter hook forward priority 0; policy drop;". */
static struct span word_behind(struct span s, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i + len < s.len; i++)
		if (begins(span_sub(s, i, len), word)) {
			struct span rest = span_sub(s, i + len, s.len);

			return span_sub(rest, 0, span_find(rest, ' '));
		}
	return span_str("");
}

/* --- lines -------------------------------------------------------------------------- */

static bool open_table(struct reading *in, struct span s)
{
	if (span_equal(s, span_str("flush ruleset")))
		return true;
	if (!begins(s, "table ") || !ends(s, '{'))
		return false;
	in->table = trimmed(span_sub(s, 6, s.len - 7));
	return true;
}

static bool open_block(struct reading *in, struct span s)
{
	const struct rulefile_chain *known;
	struct span name;

	if (!ends(s, '{'))
		return !begins(s, "chain ") && braces(s) == 0;
	in->skips = !begins(s, "chain ");
	if (in->skips)
		return true;
	name = trimmed(span_sub(s, 6, s.len - 7));
	known = rulefile_chain(in->f, in->table, name);
	in->chain = known ? (uint32_t)(known - in->f->chain)
			  : rulefile_add_chain(in->f, in->table, name);
	return in->chain != RULEFILE_NONE;
}

static bool add(struct reading *in, struct span s, bool policy)
{
	const struct rule r = { .line = in->line, .lines = 1, .text = s };

	in->rule = rulefile_add_rule(in->f, in->chain, policy, &r);
	return in->rule != RULEFILE_NONE;
}

static bool read_rule(struct reading *in, struct span s)
{
	struct rulefile_chain *c;

	if (in->chain == RULEFILE_NONE)
		return false;
	c = &in->f->chain[in->chain];
	if (begins(s, "comment ") || begins(s, "policy "))
		return true;
	if (!begins(s, "type "))
		return add(in, s, false);
	c->hook = word_behind(s, " hook ");
	c->nat = begins(s, "type nat ");
	return add(in, s, true);
}

/* A rule with a long set takes several lines. */
static bool go_on(struct reading *in, struct span s)
{
	struct rule *r = &in->f->rule[in->rule];

	r->lines = in->line - r->line + 1;
	r->text.len = (size_t)(s.at + s.len - r->text.at);
	return true;
}

/* False: it is not what nft prints. */
static bool read_line(struct reading *in, struct span s)
{
	if (s.len == 0)
		return true;
	if (in->depth > IN_CHAIN && !in->skips && in->rule != RULEFILE_NONE)
		return go_on(in, s);
	if (in->skips || s.at[0] == '}')
		return true;
	if (in->depth == 0)
		return open_table(in, s);
	if (in->depth == IN_TABLE)
		return open_block(in, s);
	return read_rule(in, s);
}

static bool count(struct reading *in, struct span s)
{
	in->depth += braces(s);
	if (in->depth <= IN_TABLE) {
		in->skips = false;
		in->chain = RULEFILE_NONE;
	}
	if (in->depth <= IN_CHAIN && !in->skips)
		in->rule = RULEFILE_NONE;
	return in->depth >= 0;
}

/* --- what leads to translation --------------------------------------------------------- */

static bool jumps_to(const struct rule *r, struct span name)
{
	char word[2][RULE_WORD_MAX] = { "", "" };
	struct span rest = r->text;

	for (unsigned int i = 0; rule_word(&rest, word[i]); i = 1 - i)
		if ((strcmp(word[1 - i], "jump") == 0 ||
		     strcmp(word[1 - i], "goto") == 0) &&
		    span_equal(span_str(word[i]), name))
			return true;
	return false;
}

static bool is_led_to(const struct rulefile *f, uint32_t chain)
{
	for (uint32_t i = 0; i < f->rules; i++) {
		const struct rulefile_chain *from = &f->chain[f->rule[i].chain];

		if (from->nat &&
		    span_equal(from->table, f->chain[chain].table) &&
		    jumps_to(&f->rule[i], f->chain[chain].name))
			return true;
	}
	return false;
}

/* Chains of a nat chain translate too. */
static void mark_nat(struct rulefile *f)
{
	bool again = true;

	while (again) {
		again = false;
		for (uint32_t i = 0; i < f->chains; i++)
			if (!f->chain[i].nat && f->chain[i].hook.len == 0 &&
			    is_led_to(f, i))
				again = f->chain[i].nat = true;
	}
}

static bool has_nat(const struct rulefile *f)
{
	for (uint32_t i = 0; i < f->chains; i++)
		if (f->chain[i].nat)
			return true;
	return false;
}

enum rulefile_result rulefile_read_nft(struct rulefile *f, uint32_t *line)
{
	struct reading in = { .f = f,
			      .chain = RULEFILE_NONE,
			      .rule = RULEFILE_NONE };
	struct span rest = span_of(f->bytes, f->len);

	while (rest.len > 0) {
		size_t end = span_find(rest, '\n');
		struct span s =
			without_comment(trimmed(span_sub(rest, 0, end)));

		*line = ++in.line;
		if (!read_line(&in, s) || !count(&in, s))
			return RULEFILE_NOT_ONE;
		rest = span_sub(rest, end + 1, rest.len);
	}
	*line = 0;
	if (in.depth != 0 || in.table.len == 0)
		return RULEFILE_NOT_ONE;
	if (has_nat(f))
		mark_nat(f);
	return RULEFILE_OK;
}
