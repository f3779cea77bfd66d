/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How changes are written, in both languages. */
#include "lab/trap_private.h"

/* Names of chains and tables are short. */
#define NAME_MAX_SHOWN 64

static int shown(struct span s)
{
	return s.len < NAME_MAX_SHOWN ? (int)s.len : NAME_MAX_SHOWN;
}

static void put_ports(char out[16], uint16_t lo, uint16_t hi, char between)
{
	if (lo == hi)
		snprintf(out, 16, "%u", lo);
	else
		snprintf(out, 16, "%u%c%u", lo, between, hi);
}

bool trap_is_nft(const struct trap_search *s)
{
	return (s->in->rules[TWIN_V4] && s->in->rules[TWIN_V4]->nft) ||
	       (s->in->rules[TWIN_V6] && s->in->rules[TWIN_V6]->nft);
}

void trap_put_accept(const struct trap_search *s, uint16_t lo, uint16_t hi,
		     char out[TRAP_TEXT_MAX])
{
	const struct rulefile_chain *c = s->chain[s->family].chain;
	bool local = s->local[s->family];
	char ports[16];

	put_ports(ports, lo, hi, trap_is_nft(s) ? '-' : ':');
	if (!trap_is_nft(s))
		snprintf(out, TRAP_TEXT_MAX,
			 "-A %s -p tcp -m tcp --dport %s -j ACCEPT",
			 local ? "INPUT" : "FORWARD", ports);
	else if (c)
		snprintf(out, TRAP_TEXT_MAX,
			 "to chain %.*s of table %.*s: tcp dport %s accept",
			 shown(c->name), (const char *)c->name.at,
			 shown(c->table), (const char *)c->table.at, ports);
	else
		snprintf(out, TRAP_TEXT_MAX,
			 "to a chain of hook %s: tcp dport %s accept",
			 local ? "input" : "forward", ports);
}

void trap_put_assign(const struct trap_search *s, const char *ports,
		     char out[TRAP_TEXT_MAX])
{
	bool several = strchr(ports, ',') != NULL;

	if (!trap_is_nft(s))
		snprintf(out, TRAP_TEXT_MAX,
			 "to table raw: -A PREROUTING -p tcp -m %s %s %s -j CT "
			 "--helper ftp",
			 several ? "multiport" : "tcp",
			 several ? "--dports" : "--dport", ports);
	else
		snprintf(out, TRAP_TEXT_MAX,
			 "to a table: ct helper ftp { type \"ftp\" protocol "
			 "tcp; }, and to a chain of it, of type filter hook "
			 "prerouting priority filter: tcp dport %s%s%s ct "
			 "helper set \"ftp\"",
			 several ? "{ " : "", ports, several ? " }" : "");
}

void trap_put_related(const struct trap_search *s, uint32_t rule,
		      char out[TRAP_TEXT_MAX])
{
	struct span chain = rule_chain(trap_file(s), &trap_file(s)->rule[rule]);

	if (!trap_is_nft(s))
		snprintf(out, TRAP_TEXT_MAX,
			 "-A %.*s -p tcp -m conntrack --ctstate RELATED -m "
			 "helper --helper ftp -m tcp --dport 1024:65535 -j "
			 "ACCEPT",
			 shown(chain), (const char *)chain.at);
	else
		snprintf(out, TRAP_TEXT_MAX,
			 "ct helper \"ftp\" ct state related tcp dport "
			 "1024-65535 accept");
}
