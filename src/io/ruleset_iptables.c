/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules for iptables, as text.
 *
 * Control connections are queued in mangle, where both directions show the
 * real addresses: behind DNAT, before SNAT.
 *
 *   POSTROUTING  what passes through, and what this host sends. Not FORWARD:
 *                one place serves both, and what the user's own rules drop is
 *                not taken for delivered. Not OUTPUT: there the nat table has
 *                not yet turned a local client's destination.
 *   INPUT        what is meant for this host
 *
 * First packets of data connections are queued in raw, before conntrack sees
 * them, so that the daemon can create their entry first. There PREROUTING and
 * OUTPUT see all. What follows them is the kernel's alone, but where a data
 * connection must be TLS: until it has shown that it is, it has a mark by which
 * it is queued in mangle, like control connections.
 *
 * Strangers who knock at the range of an FTPS server are queued as well, and no
 * rate holds them back. One rate for all would let a scanner use it up and keep
 * the client with a grant out; one for each source (hashlimit) is a table of
 * sources, which a flood with forged ones fills: then the kernel drops every
 * SYN of a source that is not in it, the client's included (seen on 6.18). Nor
 * would either protect the daemon: a SYN to a control port is queued, too, and
 * costs a little more.
 *
 * Loopback is left out: both ends of it are this host, and its packets would
 * come by twice. The chains do that and not the jumps: every packet pays for
 * what a jump compares, and an interface's name is the dearest of it.
 */
#include "io/ruleset_iptables.h"

#include <inttypes.h>

#include "io/sets.h"

/* Control ports that get a rule each. A data packet passes them all, so where
 * there are more one match for many is cheaper. */
#define SINGLE_MAX 3

/* The multiport match takes no more. */
#define MULTIPORT_MAX 15

const struct ruleset_family ruleset_families[RULESET_FAMILIES] = {
	{ "iptables", "iptables-save", "iptables-restore", SETS_NAME_V4, "inet",
	  true },
	{ "ip6tables", "ip6tables-save", "ip6tables-restore", SETS_NAME_V6,
	  "inet6", false },
};

const char *const ruleset_tables[RULESET_TABLES] = { "raw", "mangle" };

/* Where the chains are jumped to from, for which packets. Every TCP packet of
 * the host meets these two: one per cent of a short packet's way for each
 * comparison (make bench, the fast path), so there is the least of them. */
static const struct {
	const char *table, *chain, *match;
} jumps[] = {
	/* raw -I PREROUTING -p tcp -m tcp --syn -j SALLYPORT */
	{ "raw", "PREROUTING", "-p tcp -m tcp --syn" },
	/* raw -I OUTPUT -p tcp -m tcp --syn -j SALLYPORT */
	{ "raw", "OUTPUT", "-p tcp -m tcp --syn" },
	/* mangle -I INPUT -p tcp -j SALLYPORT */
	{ "mangle", "INPUT", "-p tcp" },
	/* mangle -I POSTROUTING -p tcp -j SALLYPORT */
	{ "mangle", "POSTROUTING", "-p tcp" },
};

#define JUMPS (sizeof(jumps) / sizeof(jumps[0]))

/* -m connmark --mark 0x4000/0x4000 */
static void put_connmark(FILE *to, uint32_t mark)
{
	fprintf(to, " -m connmark --mark 0x%" PRIx32 "/0x%" PRIx32, mark, mark);
}

static void put_jump(FILE *to, size_t i)
{
	fprintf(to, "%s %s -j " RULESET_CHAIN, jumps[i].chain, jumps[i].match);
}

void ruleset_put_jumps(FILE *to, const char *table)
{
	for (size_t i = 0; i < JUMPS; i++) {
		if (strcmp(jumps[i].table, table) != 0)
			continue;
		fputs("-I ", to);
		put_jump(to, i);
		fputc('\n', to);
	}
}

/* -j NFQUEUE --queue-num 0 --queue-bypass
 * -j NFQUEUE --queue-balance 0:3 --queue-bypass */
static void put_queue(FILE *to, const struct ruleset *rules)
{
	fputs(" -j NFQUEUE ", to);
	if (rules->queues == 1)
		fprintf(to, "--queue-num %u", rules->queue_first);
	else
		fprintf(to, "--queue-balance %u:%" PRIu32, rules->queue_first,
			rules->queue_first + rules->queues - 1);
	fputs(rules->bypass ? " --queue-bypass\n" : "\n", to);
}

/* -A SALLYPORT -p tcp -m tcp --dport 21 -j NFQUEUE ...
 * -A SALLYPORT -p tcp -m tcp --dport 990 -j NFQUEUE ...
 *
 * iptables over nftables makes one comparison of such a rule; multiport is a
 * module that has to be called. */
static void put_single(FILE *to, const struct ruleset *rules, char direction)
{
	for (size_t i = 0; i < rules->ports; i++) {
		fprintf(to, "-A " RULESET_CHAIN " -p tcp -m tcp --%cport %u",
			direction, rules->port[i]);
		put_queue(to, rules);
	}
}

/* -A SALLYPORT -p tcp -m multiport --dports 21,990,2121,2221 -j NFQUEUE ... */
static void put_many(FILE *to, const struct ruleset *rules, char direction)
{
	for (size_t i = 0; i < rules->ports; i++) {
		if (i % MULTIPORT_MAX == 0)
			fprintf(to,
				"-A " RULESET_CHAIN
				" -p tcp -m multiport --%cports ",
				direction);
		fprintf(to, "%u", rules->port[i]);
		if ((i + 1) % MULTIPORT_MAX == 0 || i + 1 == rules->ports)
			put_queue(to, rules);
		else
			fputc(',', to);
	}
}

static void put_control(FILE *to, const struct ruleset *rules, char direction)
{
	if (rules->ports <= SINGLE_MAX)
		put_single(to, rules, direction);
	else
		put_many(to, rules, direction);
}

/* -A SALLYPORT -i lo -j RETURN
 *
 * A packet has no second interface where the chain's hook knows but one. */
static void put_not_loopback(FILE *to, char direction)
{
	fprintf(to, "-A " RULESET_CHAIN " -%c lo -j RETURN\n", direction);
}

/* -A SALLYPORT -p tcp -m connmark --mark 0x4000/0x4000 -m tcp ! --syn
 *	-j NFQUEUE ...
 * -A SALLYPORT -m connmark --mark 0x2000/0x2000 -j RETURN
 * -A SALLYPORT -p tcp -m mark --mark 0x1000 -j RETURN
 *
 * The SYN was queued in raw. A packet that conntrack calls INVALID has no mark:
 * the second rule does not match it and it is queued, which "everything but
 * these" in the rules for control ports would not do. The packets that we send
 * ourselves have the last mark, all of it and nothing else: others may have the
 * same bit for reasons of their own. */
static void put_marked(FILE *to, const struct ruleset *rules)
{
	if (rules->data_mark) {
		fputs("-A " RULESET_CHAIN " -p tcp", to);
		put_connmark(to, rules->data_mark);
		fputs(" -m tcp ! --syn", to);
		put_queue(to, rules);
	}
	if (rules->fast_mark) {
		fputs("-A " RULESET_CHAIN, to);
		put_connmark(to, rules->fast_mark);
		fputs(" -j RETURN\n", to);
	}
	if (rules->skip_mark)
		fprintf(to,
			"-A " RULESET_CHAIN " -p tcp -m mark --mark 0x%" PRIx32
			" -j RETURN\n",
			rules->skip_mark);
}

/* -A SALLYPORT -p tcp -m set --match-set sallyport4 src,dst,dst -j NFQUEUE ...
 * -A SALLYPORT -p tcp -m set --match-set sallyport4-port dst,dst
 *	-m limit --limit 10/sec --limit-burst 20 -j NFQUEUE ...
 *
 * The second is for those who are not the peer: the daemon raises an alert and
 * lets the user's rules decide. Limited, so that no stranger fills the queue. */
static void put_pinholes(FILE *to, const struct ruleset *rules,
			 const struct ruleset_family *family)
{
	fprintf(to,
		"-A " RULESET_CHAIN " -p tcp -m set --match-set %s "
		"src,dst,dst",
		family->set);
	put_queue(to, rules);
	fprintf(to,
		"-A " RULESET_CHAIN " -p tcp -m set --match-set "
		"%s" SETS_PORT_SUFFIX
		" dst,dst -m limit --limit %d/sec --limit-burst %d",
		family->set, RULESET_STRANGER_RATE, RULESET_STRANGER_BURST);
	put_queue(to, rules);
}

/* -A SALLYPORT -d 10.2.5.5/32 -p tcp -m tcp --dport 42000:42999 -j NFQUEUE ...
 * -A SALLYPORT -s 10.2.5.5/32 -p tcp -m tcp --sport 20 -j NFQUEUE ... */
static void put_range(FILE *to, const struct ruleset *rules,
		      const struct ruleset_range *r)
{
	char text[ADDR_TEXT_MAX];
	bool v4 = addr_is_v4(&r->server.addr);

	addr_format(&r->server.addr, text);
	fprintf(to, "-A " RULESET_CHAIN " -%c %s/%d -p tcp -m tcp --%cport %u",
		r->server_connects ? 's' : 'd', text,
		v4 ? r->server.len - 96 : r->server.len,
		r->server_connects ? 's' : 'd', r->ports.lo);
	if (r->ports.hi != r->ports.lo)
		fprintf(to, ":%u", r->ports.hi);
	put_queue(to, rules);
}

void ruleset_put_chain(FILE *to, const struct ruleset *rules,
		       const struct ruleset_family *family, const char *table)
{
	if (strcmp(table, "mangle") == 0) {
		put_marked(to, rules);
		put_not_loopback(to, 'i');
		put_not_loopback(to, 'o');
		put_control(to, rules, 'd');
		put_control(to, rules, 's');
		return;
	}
	put_not_loopback(to, 'i');
	put_pinholes(to, rules, family);
	for (size_t i = 0; i < rules->ranges; i++)
		if (addr_is_v4(&rules->range[i].server.addr) == family->v4)
			put_range(to, rules, &rules->range[i]);
}

static void put_set(FILE *to, const struct ruleset *rules,
		    const struct ruleset_family *family, const char *suffix,
		    const char *type)
{
	fprintf(to,
		"ipset -exist create %s%s %s family %s maxelem %" PRIu32
		" timeout %d\n",
		family->set, suffix, type, family->set_family, rules->pinholes,
		SETS_DEFAULT_TIMEOUT_S);
}

/* ipset -exist create sallyport4 hash:ip,port,ip family inet maxelem 65536
 *	timeout 60
 * ipset -exist create sallyport4-port hash:ip,port family inet ... */
static void put_sets(FILE *to, const struct ruleset *rules)
{
	fputs("\n# The open pinholes. To change their size unload them "
	      "first.\n",
	      to);
	for (size_t i = 0; i < RULESET_FAMILIES; i++) {
		put_set(to, rules, &ruleset_families[i], "", SETS_TYPE);
		put_set(to, rules, &ruleset_families[i], SETS_PORT_SUFFIX,
			SETS_PORT_TYPE);
	}
}

/* A chain that is named so is emptied, or made. */
static void put_chains(FILE *to, const struct ruleset *rules,
		       const struct ruleset_family *family)
{
	fprintf(to, "\n%s -w --noflush <<'END'\n", family->restore);
	for (size_t i = 0; i < RULESET_TABLES; i++) {
		fprintf(to, "*%s\n:" RULESET_CHAIN " - [0:0]\n",
			ruleset_tables[i]);
		ruleset_put_chain(to, rules, family, ruleset_tables[i]);
		fputs("COMMIT\n", to);
	}
	fputs("END\n", to);
}

static void put_jump_once(FILE *to, const struct ruleset_family *family,
			  size_t i)
{
	fprintf(to, "%s -w -t %s -C ", family->program, jumps[i].table);
	put_jump(to, i);
	fprintf(to, " 2>/dev/null ||\n\t%s -w -t %s -I ", family->program,
		jumps[i].table);
	put_jump(to, i);
	fputc('\n', to);
}

void ruleset_iptables_print(FILE *to, const struct ruleset *rules)
{
	fputs("#!/bin/sh\n"
	      "# What sallyport rules --load does. Run it as root, as often as "
	      "you like.\n"
	      "set -e\n",
	      to);
	put_sets(to, rules);
	for (size_t f = 0; f < RULESET_FAMILIES; f++) {
		put_chains(to, rules, &ruleset_families[f]);
		for (size_t i = 0; i < JUMPS; i++)
			put_jump_once(to, &ruleset_families[f], i);
	}
}
