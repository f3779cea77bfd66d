/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sallyport audit: which kinds of FTP and FTPS a firewall's rules let
 * through. */
#include "cmd/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cmd/audit_files.h"
#include "lab/twin.h"
#include "report/audit.h"
#include "report/audit_against.h"
#include "report/escape.h"

/* --- the audit ---------------------------------------------------------------------- */

/* What the twin runs on its firewall. */
static int load(const char *config)
{
	char name[] = "rules", option[] = "--load";
	char *argv[] = { name, option, NULL };

	optind = 0;
	return cmd_rules(config, 2, argv);
}

static int run_daemon(const char *config)
{
	char name[] = "run";
	char *argv[] = { name, NULL };

	optind = 0;
	return cmd_run(config, 1, argv);
}

/* One set of rules, and what came out. */
struct run {
	struct twin_spec spec;
	struct audit audit;
	struct twin_result *result;
};

static int print_json(const struct audit *is, const struct audit *was)
{
	json_t *json = audit_json(is);

	if (json && was &&
	    json_object_set_new(json, "against", audit_against_json(was, is)) !=
		    0) {
		json_decref(json);
		json = NULL;
	}
	if (!json)
		return cmd_fail(EXIT_SYSTEM, "audit", "no memory");
	json_dumpf(json, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(json);
	return EXIT_WELL;
}

static bool broke(const struct audit *was, const struct audit *is)
{
	static struct audit_change change[AUDIT_CHANGES_MAX];
	size_t count = audit_changes(was, is, change);

	for (size_t i = 0; i < count; i++)
		if (change[i].broke)
			return true;
	return false;
}

static int answer(const struct audit_request *q, const struct audit *is,
		  const struct audit *was)
{
	if (q->json) {
		if (print_json(is, was) != EXIT_WELL)
			return EXIT_SYSTEM;
	} else {
		audit_text(stdout, is);
		if (was)
			audit_against_text(stdout, was, is);
	}
	/* What was blocked before did not break. */
	if (was)
		return broke(was, is) ? EXIT_ANSWER_NO : EXIT_WELL;
	return twin_blocked(&is->result->without) ? EXIT_ANSWER_NO : EXIT_WELL;
}

/* Run the twin; an exit status. A file that cannot be loaded at all is the
 * user's. */
static int run_twin(struct run *r)
{
	r->result = twin_run(&r->spec);
	if (!r->result)
		return cmd_fail(EXIT_SYSTEM, "audit", "no memory");
	r->audit.spec = &r->spec;
	r->audit.result = r->result;
	if (r->result->failure == TWIN_FINE)
		return EXIT_WELL;
	return cmd_fail(r->result->unloadeds > 0 ? EXIT_BAD_INPUT : EXIT_SYSTEM,
			"audit", "%s", r->result->text);
}

/* What the server's own file says of it, the first where there are several. */
static void take_server(struct run *r, const struct serverfile *f,
			const char *path)
{
	const struct serverfile_site *site = &f->site[0];

	r->spec.announces = site->advertised.line != 0 &&
			    site->advertised.is_addr &&
			    addr_is_v4(&site->advertised.addr);
	r->spec.announced = site->advertised.addr;
	r->spec.no_active = site->fact[FACT_ACTIVE].value == 0;
	r->audit.server = f;
	r->audit.server_path = path;
}

/* One file of nft's stands for both families. */
static struct rulefile *rules_of(const char *const path[], struct rulefile *f,
				 int family)
{
	if (path[family])
		return &f[family];
	return path[0] && f[0].nft ? &f[0] : NULL;
}

static int audit(struct audit_request *q, const char *config,
		 struct audit_files *m)
{
	struct run is = { .spec = { .skip = { q->skip[0], q->skip[1] },
				    .load = load,
				    .run = q->plain ? NULL : run_daemon,
				    .config = config },
			  .audit = { .sets = q->sets } };
	struct run was = { .result = NULL };
	bool against = q->against[0] || q->against[1];
	int status;

	/* Who stands where is what it was before the rules were edited. */
	for (int f = 0; f < TWIN_FAMILIES; f++)
		q->wish.rules[f] = against ? rules_of(q->against, m->against, f)
					   : rules_of(q->rules, m->rules, f);
	if (q->wish.passive.lo == 0 && q->server &&
	    serverfile_has_range(&m->server.site[0]))
		q->wish.passive = m->server.site[0].passive;
	twin_plan(&q->wish, &is.spec);
	is.spec.sets = span_of(m->sets.at ? m->sets.at : "", m->sets.len);
	if (q->server)
		take_server(&is, &m->server, q->server);
	if (q->modules)
		is.audit.modules = span_of(m->modules.at, m->modules.len);
	is.audit.modules_path = q->modules;
	is.audit.range_assumed = twin_plan_range_assumed(&q->wish, &is.spec);
	was.spec = is.spec;
	was.spec.run = NULL;
	was.audit = is.audit;
	for (int f = 0; f < TWIN_FAMILIES; f++) {
		is.audit.rules[f] = q->rules[q->nft ? 0 : f];
		is.spec.rules[f] = rules_of(q->rules, m->rules, f);
		was.audit.rules[f] = q->against[q->nft ? 0 : f];
	}
	status = against ? run_twin(&was) : EXIT_WELL;
	if (status == EXIT_WELL)
		status = run_twin(&is);
	if (status == EXIT_WELL)
		status = answer(q, &is.audit, against ? &was.audit : NULL);
	twin_free(is.result);
	twin_free(was.result);
	return status;
}

/* --- the command line ------------------------------------------------------------------ */

static int help(void)
{
	return cmd_help(
		"[-c FILE] audit {--rules FILE | --rules6 FILE | --nft FILE} "
		"[options]",
		"Load a firewall's rules into a twin of it, made of network "
		"namespaces, and send\n"
		"every kind of FTP and FTPS through: what works, and which "
		"rule stops the rest,\n"
		"without sallyport and with it. Nothing outside the twin is "
		"touched.\n\n"
		"      --rules FILE           output of iptables-save\n"
		"      --rules6 FILE          output of ip6tables-save\n"
		"      --nft FILE             output of nft list ruleset, "
		"for both families\n"
		"      --against FILE         the rules before they were "
		"edited: what broke?\n"
		"      --against6 FILE        the same for --rules6\n"
		"      --ipset FILE           output of ipset save\n"
		"      --inside IF=ADDR/LEN   the firewall's interface to the "
		"inside; twice for\n"
		"                             both families\n"
		"      --outside IF=ADDR/LEN  the same to the outside\n"
		"      --server ADDR          an FTP server; inside or outside "
		"by its address\n"
		"      --client ADDR          a client, likewise\n"
		"      --passive-ports LO-HI  of the servers\n"
		"      --server-config FILE   of the server inside: vsftpd, "
		"ProFTPD or Pure-FTPd\n"
		"      --modprobe FILE        options of kernel modules\n"
		"      --clients SIDE         only clients inside or outside\n"
		"      --without              do not try it with sallyport "
		"too\n"
		"  -j, --json                 one object of JSON\n\n"
		"What is not given is taken from the rules, else from the "
		"reference lab.\n");
}

static int bad_value(const char *what, const char *value)
{
	char shown[AUDIT_SHOWN_MAX], text[AUDIT_SHOWN_MAX + 80];

	escape_text(span_str(value), shown, sizeof(shown));
	snprintf(text, sizeof(text), "%s: '%s'", what, shown);
	return cmd_usage_error("audit", text);
}

static int take_port(struct twin_port *port, const char *text)
{
	const char *equals = strchr(text, '=');
	char name[IF_NAMESIZE];
	struct prefix at;
	int family;

	if (!equals || equals - text >= IF_NAMESIZE)
		return bad_value("wants IF=ADDR/LEN", text);
	snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
	if (!twin_port_name_fine(name) || !twin_prefix(equals + 1, &at))
		return bad_value("wants IF=ADDR/LEN", text);
	family = addr_is_v4(&at.addr) ? TWIN_V4 : TWIN_V6;
	if (port->name[0] && strcmp(port->name, name) != 0)
		return bad_value("two interfaces for one side", text);
	memcpy(port->name, name, sizeof(name));
	port->has[family] = true;
	port->at[family] = at;
	return EXIT_WELL;
}

static int take_addr(struct addr *list, size_t *count, const char *text)
{
	if (*count == TWIN_WISH_ADDRS_MAX)
		return cmd_usage_error("audit", "too many addresses");
	if (addr_parse(span_str(text), &list[*count]) != PARSE_OK)
		return bad_value("no address", text);
	(*count)++;
	return EXIT_WELL;
}

static int take_range(struct port_range *out, const char *text)
{
	struct cursor c = cursor_of(span_str(text));
	uint32_t lo = rd_decimal(&c, 5, UINT16_MAX), hi;

	rd_expect(&c, '-');
	hi = rd_decimal(&c, 5, UINT16_MAX);
	if (c.bad || c.rest.len > 0 || lo == 0 || hi < lo)
		return bad_value("wants LO-HI", text);
	*out = (struct port_range){ (uint16_t)lo, (uint16_t)hi };
	return EXIT_WELL;
}

static int take_clients(struct audit_request *q, const char *text)
{
	bool inside = strcmp(text, "inside") == 0;

	if (!inside && strcmp(text, "outside") != 0)
		return bad_value("wants inside or outside", text);
	q->skip[inside ? TWIN_OUTSIDE : TWIN_INSIDE] = true;
	return EXIT_WELL;
}

enum {
	RULES = 256,
	NFT,
	RULES6,
	AGAINST,
	AGAINST6,
	IPSET,
	INSIDE,
	OUTSIDE,
	SERVER,
	CLIENT,
	PASSIVE,
	SERVER_CONFIG,
	MODPROBE,
	CLIENTS,
	WITHOUT,
};

static int take_option(struct audit_request *q, int option, const char *value)
{
	struct twin_wish *w = &q->wish;

	switch (option) {
	case RULES:
		q->rules[TWIN_V4] = value;
		return EXIT_WELL;
	case NFT:
		q->rules[TWIN_V4] = value;
		q->nft = true;
		return EXIT_WELL;
	case RULES6:
		q->rules[TWIN_V6] = value;
		return EXIT_WELL;
	case AGAINST:
		q->against[TWIN_V4] = value;
		return EXIT_WELL;
	case AGAINST6:
		q->against[TWIN_V6] = value;
		return EXIT_WELL;
	case IPSET:
		q->sets = value;
		return EXIT_WELL;
	case INSIDE:
		return take_port(&w->port[TWIN_INSIDE], value);
	case OUTSIDE:
		return take_port(&w->port[TWIN_OUTSIDE], value);
	case SERVER:
		return take_addr(w->server, &w->servers, value);
	case CLIENT:
		return take_addr(w->client, &w->clients, value);
	case PASSIVE:
		return take_range(&w->passive, value);
	case SERVER_CONFIG:
		q->server = value;
		return EXIT_WELL;
	case MODPROBE:
		q->modules = value;
		return EXIT_WELL;
	case CLIENTS:
		return take_clients(q, value);
	case WITHOUT:
		q->plain = true;
		return EXIT_WELL;
	default:
		q->json = true;
		return EXIT_WELL;
	}
}

static int check(const struct audit_request *q)
{
	const struct twin_port *port = q->wish.port;

	if (!q->rules[TWIN_V4] && !q->rules[TWIN_V6])
		return cmd_usage_error("audit",
				       "wants --rules, --rules6 or --nft");
	if (q->nft && (q->rules[TWIN_V6] || q->against[TWIN_V6]))
		return cmd_usage_error("audit", "--nft has both families");
	if (port[0].name[0] && strcmp(port[0].name, port[1].name) == 0)
		return cmd_usage_error("audit", "inside and outside are one "
						"interface");
	return EXIT_WELL;
}

int cmd_audit(const char *config_path, int argc, char **argv)
{
	static const struct option options[] = {
		{ "rules", required_argument, NULL, RULES },
		{ "nft", required_argument, NULL, NFT },
		{ "rules6", required_argument, NULL, RULES6 },
		{ "against", required_argument, NULL, AGAINST },
		{ "against6", required_argument, NULL, AGAINST6 },
		{ "ipset", required_argument, NULL, IPSET },
		{ "inside", required_argument, NULL, INSIDE },
		{ "outside", required_argument, NULL, OUTSIDE },
		{ "server", required_argument, NULL, SERVER },
		{ "client", required_argument, NULL, CLIENT },
		{ "passive-ports", required_argument, NULL, PASSIVE },
		{ "server-config", required_argument, NULL, SERVER_CONFIG },
		{ "modprobe", required_argument, NULL, MODPROBE },
		{ "clients", required_argument, NULL, CLIENTS },
		{ "without", no_argument, NULL, WITHOUT },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct audit_request q = { .json = false };
	struct audit_files m = { .sets = { NULL, 0 } };
	int option, status = EXIT_WELL;

	while (status == EXIT_WELL &&
	       (option = getopt_long(argc, argv, ":jh", options, NULL)) != -1) {
		if (option == 'h')
			return help();
		if (option == '?' || option == ':')
			return cmd_bad_option(argv[0], argv);
		status = take_option(&q, option, optarg);
	}
	if (status != EXIT_WELL)
		return status;
	if (optind < argc)
		return cmd_usage_error(argv[0], "takes no arguments");
	status = check(&q);
	if (status == EXIT_WELL)
		status = audit_files_read(&q, &m);
	if (status == EXIT_WELL)
		status = audit(&q, config_path, &m);
	audit_files_free(&m);
	return status;
}
