/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a rule says of addresses and ports. */
#include "lab/twin_plan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

/* --- options of both languages ------------------------------------------------------ */

/* Rules of iptables begin with "-A" or ":". */
static bool is_nft(const struct rule *r)
{
	return r->text.len > 0 && r->text.at[0] != '-' && r->text.at[0] != ':';
}

/* Which words of nft say what an option of iptables says. */
static const struct {
	const char *option, *word, *after;
} words[] = {
	{ "-i", "iifname", NULL },       { "-i", "iif", NULL },
	{ "-o", "oifname", NULL },       { "-o", "oif", NULL },
	{ "-s", "saddr", NULL },         { "-d", "daddr", NULL },
	{ "--dport", "dport", NULL },    { "--sport", "sport", NULL },
	{ "--to-source", "to", "snat" }, { "--to-destination", "to", "dnat" },
	{ "--ctstate", "state", NULL },
};

/* "21-22" is "21:22" to iptables, where both are numbers. */
static void put_range(char *text)
{
	char *dash = strchr(text, '-');

	if (dash && strspn(text, "0123456789-") == strlen(text))
		*dash = ':';
}

bool twin_value(struct span *rest, char out[RULE_WORD_MAX], bool *negated)
{
	char word[RULE_WORD_MAX];
	size_t len = 0;

	if (!rule_word(rest, out))
		return false;
	*negated = strcmp(out, "!=") == 0;
	if (*negated && !rule_word(rest, out))
		return false;
	if (strcmp(out, "{") != 0) {
		put_range(out);
		return true;
	}
	out[0] = '\0';
	while (rule_word(rest, word) && strcmp(word, "}") != 0) {
		put_range(word);
		if (len + strlen(word) >= RULE_WORD_MAX)
			return false;
		memcpy(out + len, word, strlen(word) + 1);
		len += strlen(word);
	}
	return true;
}

static bool nft_option(const struct rule *r, const char *word,
		       const char *after, char out[RULE_WORD_MAX],
		       bool *negated)
{
	struct span rest = r->text;
	bool seen = after == NULL;

	while (rule_word(&rest, out)) {
		if (!seen)
			seen = strcmp(out, after) == 0;
		else if (strcmp(out, word) == 0)
			return twin_value(&rest, out, negated);
	}
	return false;
}

bool twin_option(const struct rule *r, const char *name,
		 char out[RULE_WORD_MAX], bool *negated)
{
	*negated = false;
	if (!is_nft(r))
		return rule_option(r, name, out, negated);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].option, name) == 0 &&
		    nft_option(r, words[i].word, words[i].after, out, negated))
			return true;
	return false;
}

bool twin_rule_is_of(const struct rulefile *f, const struct rule *r,
		     enum twin_family family)
{
	struct span own = span_str(family == TWIN_V4 ? "ip " : "ip6 "),
		    both = span_str("inet "), table = rule_table(f, r);

	return !f->nft || span_equal(span_sub(table, 0, own.len), own) ||
	       span_equal(span_sub(table, 0, both.len), both);
}

bool twin_rule_does(const struct rule *r, const char *name)
{
	struct span rest = r->text;
	char word[RULE_WORD_MAX];
	bool negated;

	if (!is_nft(r))
		return rule_option(r, "-j", word, &negated) &&
		       strcmp(word, name) == 0;
	while (rule_word(&rest, word))
		if (strcasecmp(word, name) == 0)
			return true;
	return false;
}

bool twin_rule_prefix(const struct rule *r, const char *name,
		      struct prefix *out)
{
	char text[RULE_WORD_MAX];
	bool negated;

	return twin_option(r, name, text, &negated) && !negated &&
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

static const char *const port_option[] = { "--dport", "--dports" };

bool twin_rule_names_ports(const struct rule *r)
{
	char text[RULE_WORD_MAX];
	bool negated;

	return twin_option(r, port_option[0], text, &negated) ||
	       twin_option(r, port_option[1], text, &negated);
}

bool twin_rule_has_port(const struct rule *r, uint16_t port)
{
	char text[RULE_WORD_MAX];
	bool negated;

	for (size_t i = 0; i < 2; i++)
		if (twin_option(r, port_option[i], text, &negated) &&
		    !negated && list_has(text, port))
			return true;
	return false;
}

bool twin_rule_range(const struct rule *r, struct port_range *out)
{
	char text[RULE_WORD_MAX];
	struct cursor c;
	bool negated;
	uint32_t lo, hi;

	if (!twin_rule_does(r, "ACCEPT") ||
	    !twin_option(r, "--dport", text, &negated) || negated)
		return false;
	c = cursor_of(span_str(text));
	lo = rd_decimal(&c, 5, UINT16_MAX);
	rd_expect(&c, ':');
	hi = c.rest.len ? rd_decimal(&c, 5, UINT16_MAX) : UINT16_MAX;
	*out = (struct port_range){ (uint16_t)lo, (uint16_t)hi };
	return !c.bad && c.rest.len == 0 && lo >= 1024 && hi >= lo;
}
