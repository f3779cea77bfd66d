/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sallyport rules: print, load and remove the rules that feed the daemon. */
#include "cmd/cmd.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "io/config.h"
#include "io/ruleset.h"

/* RFC 959 3.2: the server's data port is the one before its control port. */
#define DATA_PORT(control) ((uint16_t)((control)-1))

/* Rules of one server: its range for each of its addresses, and its data
 * ports for each of its own addresses. */
#define SERVER_RANGES_MAX (POLICY_ADDRS_MAX * (2 + RULESET_PORTS_MAX))

/* An address alone, as a prefix. */
#define WHOLE_ADDRESS 128

enum rules_action { PRINT, LOAD, UNLOAD };

struct wish {
	enum rules_action action;
	enum ruleset_language language;
};

static void range_add(struct ruleset *rules, struct ruleset_range *range,
		      const struct prefix *server, struct port_range ports,
		      bool server_connects)
{
	range[rules->ranges].server = *server;
	range[rules->ranges].ports = ports;
	range[rules->ranges].server_connects = server_connects;
	rules->ranges++;
}

/* Passive: clients connect to the range, under any of the server's names. */
static void server_passive(struct ruleset *rules, struct ruleset_range *range,
			   const struct policy_server *s)
{
	if (s->passive.lo == 0)
		return;
	for (size_t i = 0; i < s->addresses; i++)
		range_add(rules, range, &s->address[i], s->passive, false);
	for (size_t i = 0; i < s->public_addresses; i++) {
		const struct prefix p = { s->public_address[i], WHOLE_ADDRESS };

		range_add(rules, range, &p, s->passive, false);
	}
}

/* Active: the server connects from its data port. */
static void server_active(struct ruleset *rules, struct ruleset_range *range,
			  const struct policy_server *s)
{
	if (s->active != ACTIVE_ALLOW)
		return;
	for (size_t i = 0; i < s->addresses; i++)
		for (size_t j = 0; j < rules->ports; j++) {
			const uint16_t port = DATA_PORT(rules->port[j]);
			const struct port_range r = { port, port };

			range_add(rules, range, &s->address[i], r, true);
		}
}

static void ports_copy(struct ruleset *rules, const uint16_t *port,
		       size_t ports)
{
	for (size_t i = 0; i < ports; i++)
		rules->port[rules->ports++] = port[i];
}

/* Is there a server whose data connections must show that they are TLS? */
static bool data_is_watched(const struct policy *p)
{
	for (size_t i = 0; i < p->servers; i++)
		if (p->server[i].data == DATA_REQUIRE_TLS)
			return true;
	return false;
}

/* What the configuration asks for; the caller frees *@range. False: no
 * memory. */
static bool rules_of(const struct config *c, struct ruleset *rules,
		     struct ruleset_range **range)
{
	const struct policy *p = &c->policy;

	*range = calloc(p->servers * SERVER_RANGES_MAX + 1, sizeof(**range));
	if (!*range)
		return false;
	*rules = (struct ruleset){
		.queue_first = c->queue_first,
		.queues = c->queue_workers,
		.bypass = c->when_down == WHEN_DOWN_PASS,
		.pinholes = c->limits.pinholes,
		.skip_mark = p->connmark,
		.fast_mark = p->fast_path ? p->fast_mark : 0,
		.data_mark = data_is_watched(p) ? p->data_mark : 0,
		.range = *range,
	};
	ports_copy(rules, p->control_port, p->control_ports);
	ports_copy(rules, p->implicit_port, p->implicit_ports);
	for (size_t i = 0; i < p->servers; i++) {
		server_passive(rules, *range, &p->server[i]);
		server_active(rules, *range, &p->server[i]);
	}
	return true;
}

static int act(const struct wish *w, const struct ruleset *rules)
{
	char text[RULESET_TEXT_MAX];
	enum ruleset_result result = RULESET_FINE;

	if (w->action == PRINT)
		ruleset_print(stdout, rules, w->language);
	else if (w->action == LOAD)
		result = ruleset_load(rules, w->language, text);
	else
		result = ruleset_unload(w->language, text);
	if (result != RULESET_FINE)
		return cmd_fail(EXIT_SYSTEM, "rules", "%s", text);
	if (fflush(stdout) != 0)
		return cmd_fail(EXIT_SYSTEM, "rules",
				"cannot write: standard output");
	return EXIT_WELL;
}

static int rules(const char *config_path, const struct wish *w)
{
	struct ruleset_range *range;
	struct ruleset ruleset;
	struct config config;
	int status;

	/* What is loaded must go even where the file is broken by now. */
	if (w->action == UNLOAD)
		return act(w, NULL);
	status = cmd_config(&config, config_path, "rules");
	if (status != EXIT_WELL)
		return status;
	if (rules_of(&config, &ruleset, &range))
		status = act(w, &ruleset);
	else
		status = cmd_fail(EXIT_SYSTEM, "rules", "no memory");
	free(range);
	config_free(&config);
	return status;
}

static int help(void)
{
	return cmd_help("[-c FILE] rules [--format iptables | nft] "
			"[--load | --unload]",
			"Print the rules and sets that feed `sallyport run`: "
			"a shell script that loads\nthem, or a file for nft "
			"-f. Nothing changes unless --load or --unload is "
			"given.\n\n"
			"  -f, --format iptables  with ip6tables and ipset "
			"(the default)\n"
			"  -f, --format nft       a table of their own\n"
			"  -l, --load             load them, or put right what "
			"is loaded: in the format\n"
			"                         that is, where none is "
			"given\n"
			"  -u, --unload           remove them, in both formats "
			"where none is given\n");
}

/* False: there is no such format. */
static bool language_of(const char *name, enum ruleset_language *out)
{
	if (strcmp(name, "iptables") == 0)
		*out = RULESET_IPTABLES;
	else if (strcmp(name, "nft") == 0)
		*out = RULESET_NFT;
	else
		return false;
	return true;
}

int cmd_rules(const char *config_path, int argc, char **argv)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "load", no_argument, NULL, 'l' },
		{ "unload", no_argument, NULL, 'u' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct wish wish = { PRINT, RULESET_ANY };
	int option;

	while ((option = getopt_long(argc, argv, ":f:luh", options, NULL)) !=
	       -1) {
		if (option == 'h')
			return help();
		if (option != 'f' && option != 'l' && option != 'u')
			return cmd_bad_option(argv[0], argv);
		if (option == 'f' && !language_of(optarg, &wish.language))
			return cmd_usage_error(argv[0],
					       "the format is iptables or nft");
		if (option != 'f' && wish.action != PRINT)
			return cmd_usage_error(argv[0], "--load and --unload "
							"once, and not both");
		if (option != 'f')
			wish.action = option == 'l' ? LOAD : UNLOAD;
	}
	if (optind < argc)
		return cmd_usage_error(argv[0], "takes no arguments");
	return rules(config_path, &wish);
}
