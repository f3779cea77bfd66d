/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `sallyport audit`. */
#include "cmd/audit_options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "report/escape.h"

/* Active data connections come from the port below it (RFC 959 5.2). */
#define CONTROL_PORT_MIN 2

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
		"      --control-ports FTP[,FTPS]  where they listen; FTPS for "
		"implicit TLS\n"
		"      --server-config FILE   of the server inside: vsftpd, "
		"ProFTPD or Pure-FTPd\n"
		"      --modprobe FILE        options of kernel modules\n"
		"      --host                 the firewall is the server "
		"itself\n"
		"      --clients SIDE         only clients inside or outside\n"
		"      --without              do not try it with sallyport "
		"too\n"
		"      --unchecked            do not try the changes that "
		"are advised\n"
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

/* "2121" or "2121,9990"; without the second, 990 is taken. */
static int take_control(struct twin_wish *w, const char *text)
{
	struct cursor c = cursor_of(span_str(text));
	uint32_t ftp = rd_decimal(&c, 5, UINT16_MAX);
	uint32_t implicit = TWIN_IMPLICIT_PORT;

	if (c.rest.len > 0) {
		rd_expect(&c, ',');
		implicit = rd_decimal(&c, 5, UINT16_MAX);
		c.bad = c.bad || implicit < CONTROL_PORT_MIN;
	}
	if (c.bad || c.rest.len > 0 || ftp < CONTROL_PORT_MIN ||
	    ftp == implicit)
		return bad_value("wants FTP[,FTPS]", text);
	w->control_port = (uint16_t)ftp;
	w->implicit_port = (uint16_t)implicit;
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
	CONTROL,
	SERVER_CONFIG,
	MODPROBE,
	CLIENTS,
	HOST,
	WITHOUT,
	UNCHECKED,
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
	case CONTROL:
		return take_control(w, value);
	case SERVER_CONFIG:
		q->server = value;
		return EXIT_WELL;
	case MODPROBE:
		q->modules = value;
		return EXIT_WELL;
	case HOST:
		w->host = true;
		q->skip[TWIN_INSIDE] = true;
		return EXIT_WELL;
	case CLIENTS:
		return take_clients(q, value);
	case WITHOUT:
		q->plain = true;
		return EXIT_WELL;
	case UNCHECKED:
		q->unchecked = true;
		return EXIT_WELL;
	default:
		q->json = true;
		return EXIT_WELL;
	}
}

static int agrees(const struct audit_request *q)
{
	const struct twin_port *port = q->wish.port;

	if (!q->rules[TWIN_V4] && !q->rules[TWIN_V6])
		return cmd_usage_error("audit",
				       "wants --rules, --rules6 or --nft");
	if (q->nft && (q->rules[TWIN_V6] || q->against[TWIN_V6]))
		return cmd_usage_error("audit", "--nft has both families");
	if (q->wish.host && port[TWIN_INSIDE].name[0])
		return cmd_usage_error("audit", "--host has no --inside");
	if (port[0].name[0] && strcmp(port[0].name, port[1].name) == 0)
		return cmd_usage_error("audit", "inside and outside are one "
						"interface");
	return EXIT_WELL;
}

int audit_options(struct audit_request *q, int argc, char **argv, bool *done)
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
		{ "control-ports", required_argument, NULL, CONTROL },
		{ "server-config", required_argument, NULL, SERVER_CONFIG },
		{ "modprobe", required_argument, NULL, MODPROBE },
		{ "clients", required_argument, NULL, CLIENTS },
		{ "host", no_argument, NULL, HOST },
		{ "without", no_argument, NULL, WITHOUT },
		{ "unchecked", no_argument, NULL, UNCHECKED },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option, status = EXIT_WELL;

	*done = false;
	while (status == EXIT_WELL &&
	       (option = getopt_long(argc, argv, ":jh", options, NULL)) != -1) {
		*done = option == 'h';
		if (*done)
			return help();
		if (option == '?' || option == ':')
			return cmd_bad_option(argv[0], argv);
		status = take_option(q, option, optarg);
	}
	if (status != EXIT_WELL)
		return status;
	if (optind < argc)
		return cmd_usage_error(argv[0], "takes no arguments");
	return agrees(q);
}
