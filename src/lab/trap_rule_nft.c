/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rule of nft, as far as traps must understand it:
 *
 *	iifname "wan0" tcp dport { 21, 990 } ct state new accept
 *
 * Matches and their values come one after another, the verdict last. What is
 * not known narrows the rule.
 */
#include "lab/trap_rule.h"

#include <netinet/in.h>
#include <string.h>

#include "lab/twin_plan.h"

struct reading {
	const struct trap_helpers *helpers;
	enum twin_family family;
	struct trap_rule *out;
	struct span rest;
	bool foreign; /* for packets of the other family */
	bool decided; /* its verdict has been read */
};

/* --- helpers -------------------------------------------------------------------------- */

/* Is what stands behind "{" the first that nft prints of one for FTP? */
static bool says_ftp(struct span from)
{
	char word[RULE_WORD_MAX];

	return rule_word(&from, word) && strcmp(word, "{") == 0 &&
	       rule_word(&from, word) && strcmp(word, "type") == 0 &&
	       rule_word(&from, word) && strcmp(word, "ftp") == 0;
}

static void add_helper(struct trap_helpers *out, const char *name,
		       uint32_t line)
{
	if (out->count == TRAP_HELPERS_MAX ||
	    strlen(name) >= TRAP_HELPER_NAME_MAX)
		return;
	memcpy(out->name[out->count], name, strlen(name) + 1);
	out->line[out->count++] = line;
}

/* "ct helper NAME {" */
void trap_helpers_find(const struct rulefile *f, struct trap_helpers *out)
{
	struct span rest = span_of(f->bytes, f->len);

	out->count = 0;
	for (uint32_t line = 1; rest.len > 0; line++) {
		size_t end = span_find(rest, '\n');
		struct span s = span_sub(rest, 0, end);
		char word[RULE_WORD_MAX];

		if (rule_word(&s, word) && strcmp(word, "ct") == 0 &&
		    rule_word(&s, word) && strcmp(word, "helper") == 0 &&
		    rule_word(&s, word) &&
		    says_ftp(
			    span_of(s.at, (size_t)(rest.at + rest.len - s.at))))
			add_helper(out, word, line);
		rest = span_sub(rest, end + 1, rest.len);
	}
}

static bool is_helper(const struct trap_helpers *h, const char *name)
{
	for (size_t i = 0; i < h->count; i++)
		if (strcmp(h->name[i], name) == 0)
			return true;
	return false;
}

/* --- matches -------------------------------------------------------------------------- */

/* What @option of iptables' says, with the value that comes. */
static void take(struct reading *in, const char *option)
{
	char value[RULE_WORD_MAX];
	bool negated = false;

	if (twin_value(&in->rest, value, &negated))
		trap_rule_take(in->out, option, value, negated);
}

static bool list_has(const char *list, const char *name)
{
	struct span rest = span_str(list);

	while (rest.len > 0) {
		size_t comma = span_find(rest, ',');

		if (span_equal(span_sub(rest, 0, comma), span_str(name)))
			return true;
		rest = span_sub(rest, comma + 1, rest.len);
	}
	return false;
}

/* Whether TCP is among them is all that matters. */
static void take_protocols(struct reading *in)
{
	char value[RULE_WORD_MAX];
	bool negated = false;

	if (!twin_value(&in->rest, value, &negated))
		return;
	trap_rule_take(in->out, "-p",
		       list_has(value, "tcp") ? "tcp" : "another", negated);
}

/* "{ invalid : drop, established : accept, related : accept }" */
static void take_verdicts(struct reading *in)
{
	char key[RULE_WORD_MAX], word[RULE_WORD_MAX], states[64] = "";

	while (rule_word(&in->rest, key) && strcmp(key, "}") != 0) {
		size_t len = strlen(states);

		if (strcmp(key, "{") == 0)
			continue;
		if (!rule_word(&in->rest, word) || !rule_word(&in->rest, word))
			break;
		if (strncmp(word, "accept", strlen("accept")) == 0 &&
		    len + strlen(key) + 2 < sizeof(states))
			snprintf(states + len, sizeof(states) - len, "%s%s",
				 len > 0 ? "," : "", key);
	}
	in->decided = true;
	if (states[0] == '\0')
		return;
	trap_rule_take(in->out, "--ctstate", states, false);
	trap_rule_take(in->out, "-j", "ACCEPT", false);
}

static void take_state(struct reading *in)
{
	struct span next = in->rest;
	char word[RULE_WORD_MAX];

	if (rule_word(&next, word) && strcmp(word, "vmap") == 0) {
		in->rest = next;
		take_verdicts(in);
		return;
	}
	take(in, "--ctstate");
}

/* "ct helper "ftp"" is a match, "ct helper set "NAME"" assigns one. */
static void take_helper(struct reading *in)
{
	char word[RULE_WORD_MAX];

	if (!rule_word(&in->rest, word))
		return;
	if (strcmp(word, "set") != 0) {
		trap_rule_take(in->out, "--helper", word, false);
		return;
	}
	if (!rule_word(&in->rest, word) || !is_helper(in->helpers, word))
		return;
	in->out->target = TRAP_ASSIGN;
	in->decided = true;
}

static void take_family(struct reading *in)
{
	char value[RULE_WORD_MAX];
	bool negated = false;

	if (twin_value(&in->rest, value, &negated) && !negated)
		in->foreign |=
			strcmp(value,
			       in->family == TWIN_V4 ? "ipv4" : "ipv6") != 0;
}

/* --- statements ----------------------------------------------------------------------- */

/* "counter packets 0 bytes 0", "log prefix "x" level warn": so many words
 * behind each say nothing of packets. */
static const struct {
	const char *word;
	int more;
} silent[] = {
	{ "counter", 0 }, { "packets", 1 },         { "bytes", 1 },
	{ "log", 0 },     { "prefix", 1 },          { "level", 1 },
	{ "group", 1 },   { "snaplen", 1 },         { "flags", 1 },
	{ "comment", 1 }, { "queue-threshold", 1 }, { "meta", 0 },
	{ "nftrace", 2 },
};

static bool pass_silent(struct reading *in, const char *word)
{
	char passed[RULE_WORD_MAX];

	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		if (strcmp(word, silent[i].word) != 0)
			continue;
		for (int n = 0; n < silent[i].more; n++)
			rule_word(&in->rest, passed);
		return true;
	}
	return false;
}

static bool take_verdict(struct reading *in, const char *word)
{
	/* As the verdict of iptables is called. */
	static const struct {
		const char *word, *target;
	} verdicts[] = {
		{ "accept", "ACCEPT" },
		{ "drop", "DROP" },
		{ "reject", "REJECT" },
		{ "dnat", "DNAT" },
		{ "redirect", "REDIRECT" },
		{ "notrack", "NOTRACK" },
		{ "jump", "" },
		{ "goto", "" },
		{ "return", "" },
		{ "continue", "" },
		{ "snat", "" },
		{ "masquerade", "" },
		{ "queue", "" },
	};

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		if (strcmp(word, verdicts[i].word) != 0)
			continue;
		trap_rule_take(in->out, "-j", verdicts[i].target, false);
		in->decided = true;
		return true;
	}
	return false;
}

/* --- a rule ----------------------------------------------------------------------------- */

/* Matches of two words, such as "tcp dport". @option: what iptables calls it;
 * @take: where that is no matter of one value. */
static const struct match {
	const char *first, *second, *option;
	void (*take)(struct reading *in);
} matches[] = {
	{ "ip", "saddr", "-s", NULL },
	{ "ip", "daddr", "-d", NULL },
	{ "ip", "protocol", NULL, take_protocols },
	{ "ip6", "saddr", "-s", NULL },
	{ "ip6", "daddr", "-d", NULL },
	{ "ip6", "nexthdr", NULL, take_protocols },
	{ "tcp", "dport", "--dport", NULL },
	{ "tcp", "sport", "--sport", NULL },
	{ "tcp", "flags", "--tcp-flags", NULL },
	{ "th", "dport", "--dport", NULL },
	{ "th", "sport", "--sport", NULL },
	{ "ct", "state", NULL, take_state },
	{ "ct", "helper", NULL, take_helper },
};

/* And of one, which "meta" may precede. */
static const struct match single[] = {
	{ "iifname", NULL, "-i", NULL },
	{ "iif", NULL, "-i", NULL },
	{ "oifname", NULL, "-o", NULL },
	{ "oif", NULL, "-o", NULL },
	{ "l4proto", NULL, NULL, take_protocols },
	{ "nfproto", NULL, NULL, take_family },
};

static void take_match(struct reading *in, const struct match *m)
{
	if (m->take)
		m->take(in);
	else
		take(in, m->option);
}

static bool take_single(struct reading *in, const char *word)
{
	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++)
		if (strcmp(word, single[i].first) == 0) {
			take_match(in, &single[i]);
			return true;
		}
	return false;
}

/* The header that is matched says which packets are meant. */
static void take_header(struct reading *in, const char *word)
{
	if (strcmp(word, "tcp") == 0)
		trap_rule_take(in->out, "-p", "tcp", false);
	else if (strcmp(word, "ip") == 0)
		in->foreign |= in->family != TWIN_V4;
	else if (strcmp(word, "ip6") == 0)
		in->foreign |= in->family != TWIN_V6;
}

/* "ct status dnat": what is behind such words is no verdict. */
static bool take_unknown(struct reading *in, const char *word)
{
	char value[RULE_WORD_MAX];
	bool negated = false;

	if (strcmp(word, "ct") != 0 && strcmp(word, "ip") != 0 &&
	    strcmp(word, "ip6") != 0 && strcmp(word, "tcp") != 0)
		return false;
	in->out->narrowed = true;
	take_header(in, word);
	return rule_word(&in->rest, value) &&
	       twin_value(&in->rest, value, &negated);
}

static bool take_pair(struct reading *in, const char *word)
{
	struct span next = in->rest;
	char second[RULE_WORD_MAX];

	if (!rule_word(&next, second))
		return false;
	for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
		if (strcmp(word, matches[i].first) != 0 ||
		    strcmp(second, matches[i].second) != 0)
			continue;
		in->rest = next;
		take_header(in, word);
		take_match(in, &matches[i]);
		return true;
	}
	return take_unknown(in, word);
}

void trap_rule_read_nft(const struct rulefile *f, const struct rule *r,
			enum twin_family family,
			const struct trap_helpers *helpers,
			struct trap_rule *out)
{
	struct reading in = { .helpers = helpers,
			      .family = family,
			      .out = out,
			      .rest = r->text,
			      .foreign = !twin_rule_is_of(f, r, family) };
	char word[RULE_WORD_MAX];

	*out = (struct trap_rule){ .states = TRAP_ANY_STATE };
	/* A chain's policy is one of its words there. */
	while (r->number != 0 && !in.decided && rule_word(&in.rest, word))
		if (!take_verdict(&in, word) && !take_pair(&in, word) &&
		    !take_single(&in, word) && !pass_silent(&in, word))
			out->narrowed = true;
	if (in.foreign)
		*out = (struct trap_rule){ .narrowed = true };
}
