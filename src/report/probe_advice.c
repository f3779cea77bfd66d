/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a firewall in front of a surveyed server must allow. */
#include "report/probe_advice.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include <sallyport/policy.h>

#include "lab/survey_judge.h"
#include "report/text.h"

bool probe_advice_exists(const struct survey *s)
{
	return s->server.port != 0;
}

/* As the server knows itself. */
static const struct addr *own_addr(const struct survey *s)
{
	return survey_elsewhere(s) ? &s->way[VIA_PASV].addr : &s->server.addr;
}

/* --- the configuration ------------------------------------------------------------------- */

/* Names have letters, digits, "." "_" "-", and 63 of them; a host that is an
 * IPv6 address has colons. */
static void put_name(FILE *to, const struct survey *s)
{
	char name[POLICY_NAME_MAX];
	size_t len = strnlen(s->url.host, sizeof(name) - 1);

	for (size_t i = 0; i < len; i++)
		name[i] = s->url.host[i] == ':' ? '-' : s->url.host[i];
	name[len] = '\0';
	fprintf(to, "  - name: \"%s\"\n", name);
}

static void put_addr(FILE *to, const char *key, const struct addr *a)
{
	const char *quote = addr_is_v4(a) ? "" : "\"";
	char text[ADDR_TEXT_MAX];

	addr_format(a, text);
	fprintf(to, "    %s: [%s%s%s]\n", key, quote, text, quote);
}

/* Ports are only told where they are not the default. */
static void put_control(FILE *to, const struct survey *s)
{
	bool implicit = s->url.tls == CLIENT_IMPLICIT;
	uint16_t usual = implicit ? URL_PORT_FTPS : URL_PORT_FTP;
	uint16_t other = implicit ? URL_PORT_FTP : URL_PORT_FTPS;
	const char *key = implicit ? "implicit-tls-ports" : "ports";
	uint16_t port = s->server.port;

	if (port == usual)
		return;
	fputs("control:\n", to);
	/* No port may be in both lists. */
	if (port == other)
		fprintf(to, "  %s: []\n",
			implicit ? "ports" : "implicit-tls-ports");
	fprintf(to, "  %s: [%u, %u]\n", key, usual, port);
}

static void put_passive(FILE *to, const struct survey *s)
{
	uint32_t tries =
		s->way[VIA_EPSV].announced + s->way[VIA_PASV].announced;
	struct port_range r = survey_passive_ports(s);
	char text[TEXT_RANGE_MAX];

	if (tries == 0)
		return;
	text_range(&r, text);
	fprintf(to,
		"    # Seen in %u tries. The range in the server's own "
		"configuration may be\n"
		"    # wider: that one belongs here.\n",
		tries);
	if (r.lo < IPPORT_RESERVED)
		fprintf(to,
			"    # passive-ports: %s   # ports below 1024 are "
			"refused\n",
			text);
	else if (port_range_has(&r, s->server.port))
		fprintf(to,
			"    # passive-ports: %s   # holds the control port\n",
			text);
	else
		fprintf(to, "    passive-ports: %s\n", text);
}

static void put_active(FILE *to, const struct survey *s)
{
	bool tried = s->way[VIA_EPRT].tried || s->way[VIA_PORT].tried;
	const char *why = "";

	if (!tried)
		why = "   # not tried: sallyport probe --active";
	else if (!survey_active_works(s))
		why = "   # it did not work";
	fprintf(to, "    active: %s%s\n", *why ? "refuse" : "allow", why);
}

void probe_advice_config(FILE *to, const struct survey *s)
{
	put_control(to, s);
	fputs("servers:\n", to);
	put_name(to, s);
	put_addr(to, "address", own_addr(s));
	if (survey_elsewhere(s))
		put_addr(to, "public-address", &s->server.addr);
	put_passive(to, s);
	put_active(to, s);
	if (s->secured)
		fputs("    tls: expected\n", to);
}

/* --- rules ------------------------------------------------------------------------------ */

/* "iptables -A FORWARD" */
static void put_begin(FILE *to, const struct survey *s)
{
	fputs(addr_is_v4(&s->server.addr) ? "iptables" : "ip6tables", to);
	fputs(" -A FORWARD ", to);
}

static void put_basics(FILE *to, const struct survey *s, const char *own)
{
	put_begin(to, s);
	fprintf(to, "-d %s -p tcp --dport %u -j ACCEPT\n", own, s->server.port);
	put_begin(to, s);
	fputs("-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n", to);
}

/* Without sallyport whoever likes may connect to these. */
static void put_data(FILE *to, const struct survey *s, const char *own)
{
	struct port_range r = survey_passive_ports(s);
	uint32_t findings = survey_findings(s);

	if (r.lo != 0) {
		put_begin(to, s);
		fprintf(to, "-d %s -p tcp --dport %u:%u -j ACCEPT\n", own, r.lo,
			r.hi);
	}
	if (!survey_active_works(s))
		return;
	put_begin(to, s);
	fprintf(to, "-s %s -p tcp ", own);
	if (!(findings & 1u << FINDING_ANY_DATA_PORT))
		fprintf(to, "--sport %u ", survey_data_port(s));
	fprintf(to, "--dport %u:65535 -j ACCEPT\n", IPPORT_RESERVED);
}

void probe_advice_rules(FILE *to, const struct survey *s, bool sallyport)
{
	char own[ADDR_TEXT_MAX];

	addr_format(own_addr(s), own);
	put_basics(to, s, own);
	if (!sallyport)
		put_data(to, s, own);
}
