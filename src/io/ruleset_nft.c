/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules for nft, as text: a table of our own, of both families, whose
 * chains are where iptables' would be (ruleset_iptables.c says why there).
 */
#include "io/ruleset_private.h"

#include <inttypes.h>

/* ip or ip6 */
static const char *family_of(const struct addr *a)
{
	return addr_is_v4(a) ? "ip" : "ip6";
}

/* set sallyport4 {
 *	type ipv4_addr . inet_service . ipv4_addr
 *	size 131072
 *	flags timeout
 * } */
static void put_set(FILE *to, const struct ruleset *rules, const char *name,
		    const char *type)
{
	fprintf(to,
		"\tset %s {\n\t\ttype %s\n\t\tsize %" PRIu32
		"\n\t\tflags timeout\n\t}\n\n",
		name, type, SETS_NFT_SIZE(rules->pinholes));
}

static void put_sets(FILE *to, const struct ruleset *rules)
{
	static const char *const set[][2] = {
		{ SETS_NAME_V4, "ipv4_addr . inet_service . ipv4_addr" },
		{ SETS_NAME_V4 SETS_PORT_SUFFIX, "ipv4_addr . inet_service" },
		{ SETS_NAME_V6, "ipv6_addr . inet_service . ipv6_addr" },
		{ SETS_NAME_V6 SETS_PORT_SUFFIX, "ipv6_addr . inet_service" },
	};

	for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++)
		put_set(to, rules, set[i][0], set[i][1]);
}

/* queue flags bypass to 0
 * queue flags bypass to 0-3 */
static void put_queue(FILE *to, const struct ruleset *rules)
{
	fprintf(to, " queue%s to %u", rules->bypass ? " flags bypass" : "",
		rules->queue_first);
	if (rules->queues > 1)
		fprintf(to, "-%" PRIu32,
			rules->queue_first + rules->queues - 1);
	fputc('\n', to);
}

/* ip saddr . tcp dport . ip daddr @sallyport4 queue flags bypass to 0
 * ip daddr . tcp dport @sallyport4-port limit rate 10/second burst 20 packets
 *	queue flags bypass to 0 */
static void put_pinholes(FILE *to, const struct ruleset *rules,
			 const char *family, const char *set)
{
	fprintf(to, "\t\t%s saddr . tcp dport . %s daddr @%s", family, family,
		set);
	put_queue(to, rules);
	fprintf(to,
		"\t\t%s daddr . tcp dport @%s" SETS_PORT_SUFFIX
		" limit rate %d/second burst %d packets",
		family, set, RULESET_STRANGER_RATE, RULESET_STRANGER_BURST);
	put_queue(to, rules);
}

/* ip daddr 10.2.5.5 tcp dport 42000-42999 queue flags bypass to 0
 * ip saddr 10.2.5.5 tcp sport 20 queue flags bypass to 0 */
static void put_range(FILE *to, const struct ruleset *rules,
		      const struct ruleset_range *r)
{
	const char end = r->server_connects ? 's' : 'd';
	char text[ADDR_TEXT_MAX];

	addr_format(&r->server.addr, text);
	fprintf(to, "\t\t%s %caddr %s", family_of(&r->server.addr), end, text);
	if (r->server.len < 128)
		fprintf(to, "/%d",
			addr_is_v4(&r->server.addr) ? r->server.len - 96
						    : r->server.len);
	fprintf(to, " tcp %cport %u", end, r->ports.lo);
	if (r->ports.hi != r->ports.lo)
		fprintf(to, "-%u", r->ports.hi);
	put_queue(to, rules);
}

/* The number of loopback is 1 in every namespace, and it is compared faster
 * than a name. */
static void put_first(FILE *to, const struct ruleset *rules)
{
	fputs("\tchain first_packet {\n\t\tiif lo return\n", to);
	put_pinholes(to, rules, "ip", SETS_NAME_V4);
	put_pinholes(to, rules, "ip6", SETS_NAME_V6);
	for (size_t i = 0; i < rules->ranges; i++)
		put_range(to, rules, &rules->range[i]);
	fputs("\t}\n\n", to);
}

/* tcp dport { 21, 990 } queue flags bypass to 0 */
static void put_ports(FILE *to, const struct ruleset *rules, char end)
{
	fprintf(to, "\t\ttcp %cport { ", end);
	for (size_t i = 0; i < rules->ports; i++)
		fprintf(to, "%s%u", i > 0 ? ", " : "", rules->port[i]);
	fputs(" }", to);
	put_queue(to, rules);
}

/* ct mark & 0x4000 == 0x4000 */
static void put_connmark(FILE *to, uint32_t mark)
{
	fprintf(to, "\t\tct mark & 0x%" PRIx32 " == 0x%" PRIx32, mark, mark);
}

/* ct mark & 0x4000 == 0x4000 tcp flags & (fin | syn | rst | ack) != syn
 *	queue flags bypass to 0
 * ct mark & 0x2000 == 0x2000 return
 * mark 0x1000 return */
static void put_marked(FILE *to, const struct ruleset *rules)
{
	if (rules->data_mark) {
		put_connmark(to, rules->data_mark);
		fputs(" tcp flags & (fin | syn | rst | ack) != syn", to);
		put_queue(to, rules);
	}
	if (rules->fast_mark) {
		put_connmark(to, rules->fast_mark);
		fputs(" return\n", to);
	}
	if (rules->skip_mark)
		fprintf(to, "\t\tmeta mark 0x%" PRIx32 " return\n",
			rules->skip_mark);
}

static void put_control(FILE *to, const struct ruleset *rules)
{
	fputs("\tchain control {\n", to);
	put_marked(to, rules);
	fputs("\t\tiif lo return\n\t\toif lo return\n", to);
	put_ports(to, rules, 'd');
	put_ports(to, rules, 's');
	fputs("\t}\n", to);
}

/* chain prerouting {
 *	type filter hook prerouting priority raw; policy accept;
 *	tcp flags & (fin | syn | rst | ack) == syn jump first_packet
 * } */
static void put_hooks(FILE *to)
{
	static const struct {
		const char *hook, *priority, *rule;
	} hooks[] = {
#define FIRST "tcp flags & (fin | syn | rst | ack) == syn jump first_packet"
#define TCP   "meta l4proto tcp jump control"
		{ "prerouting", "raw", FIRST },
		{ "output", "raw", FIRST },
		{ "input", "mangle", TCP },
		{ "postrouting", "mangle", TCP },
#undef FIRST
#undef TCP
	};

	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++)
		fprintf(to,
			"\n\tchain %s {\n\t\ttype filter hook %s priority %s; "
			"policy accept;\n\t\t%s\n\t}\n",
			hooks[i].hook, hooks[i].hook, hooks[i].priority,
			hooks[i].rule);
}

void ruleset_nft_put_table(FILE *to, const struct ruleset *rules)
{
	fputs("table inet " SETS_TABLE " {\n", to);
	put_sets(to, rules);
	put_first(to, rules);
	put_control(to, rules);
	put_hooks(to);
	fputs("}\n", to);
}

void ruleset_nft_print(FILE *to, const struct ruleset *rules)
{
	fputs("#!/usr/sbin/nft -f\n"
	      "# What sallyport rules --format nft --load does. Load it as "
	      "often as you like.\n\n"
	      "# Open pinholes stay. To change the size of their sets delete "
	      "the table first.\n"
	      "table inet " SETS_TABLE "\n"
	      "flush table inet " SETS_TABLE "\n\n",
	      to);
	ruleset_nft_put_table(to, rules);
}
