/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a server's configuration means for sallyport's own. */
#include <netinet/in.h>

#include "lab/serverfile.h"

#define PORT_FTP  21
#define PORT_FTPS 990

bool serverfile_address(const struct serverfile_site *site,
			const struct addr *address, struct addr *out)
{
	const struct serverfile_host *h = &site->listen;

	if (h->line && h->is_addr && !addr_is_unspecified(&h->addr))
		*out = h->addr;
	else if (address && site->line == 0)
		*out = *address;
	else
		return false;
	return true;
}

/* proftpd's "Port 0" is a server that is off. */
static bool is_told(const struct serverfile_site *site,
		    const struct addr *address, struct addr *own)
{
	return site->fact[FACT_CONTROL_PORT].value != 0 &&
	       serverfile_address(site, address, own);
}

/* --- control: ------------------------------------------------------------------- */

struct ports {
	uint16_t port[POLICY_PORTS_MAX];
	size_t count;
};

static bool has_port(const struct ports *p, uint16_t port)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->port[i] == port)
			return true;
	return false;
}

static void add_port(struct ports *p, uint16_t port)
{
	if (!has_port(p, port) && p->count < POLICY_PORTS_MAX)
		p->port[p->count++] = port;
}

static void put_ports(FILE *to, const char *key, const struct ports *p)
{
	fprintf(to, "  %s: [", key);
	for (size_t i = 0; i < p->count; i++)
		fprintf(to, "%s%u", i ? ", " : "", p->port[i]);
	fputs("]\n", to);
}

/* No port may be in both lists: cleartext that may turn into TLS is understood
 * on either, so the first one to name a port has it. */
static void put_control(FILE *to, const struct serverfile *f,
			const struct addr *address)
{
	struct ports list[2] = { { { 0 }, 0 }, { { 0 }, 0 } };
	static const uint16_t usual[2] = { PORT_FTP, PORT_FTPS };
	bool unusual = false;
	struct addr own;

	for (size_t i = 0; i < f->sites; i++) {
		const struct serverfile_site *s = &f->site[i];
		uint16_t port = s->fact[FACT_CONTROL_PORT].value;
		bool implicit = s->fact[FACT_IMPLICIT].value;

		if (!is_told(s, address, &own) ||
		    has_port(&list[!implicit], port))
			continue;
		add_port(&list[implicit], port);
		unusual = unusual || port != usual[implicit];
	}
	if (!unusual)
		return;
	for (size_t i = 0; i < 2; i++)
		if (!has_port(&list[!i], usual[i]))
			add_port(&list[i], usual[i]);
	fputs("control:\n", to);
	put_ports(to, "ports", &list[0]);
	put_ports(to, "implicit-tls-ports", &list[1]);
}

/* --- servers: ------------------------------------------------------------------- */

static void put_addr(FILE *to, const char *key, const struct addr *a)
{
	const char *quote = addr_is_v4(a) ? "" : "\"";
	char text[ADDR_TEXT_MAX];

	addr_format(a, text);
	fprintf(to, "    %s: [%s%s%s]\n", key, quote, text, quote);
}

static void put_public(FILE *to, const struct serverfile_site *s,
		       const struct addr *own)
{
	const struct serverfile_host *h = &s->advertised;

	if (!h->line)
		return;
	if (!h->is_addr)
		fprintf(to,
			"    # Line %u advertises a name: its address belongs "
			"into public-address.\n",
			h->line);
	else if (!addr_equal(&h->addr, own))
		put_addr(to, "public-address", &h->addr);
}

static bool is_usable(const struct serverfile_site *s)
{
	return s->passive.lo <= s->passive.hi &&
	       s->passive.lo >= IPPORT_RESERVED &&
	       !port_range_has(&s->passive, s->fact[FACT_CONTROL_PORT].value);
}

static void put_passive(FILE *to, const struct serverfile_site *s)
{
	if (!s->fact[FACT_PASSIVE].value) {
		fputs("    # The server does not answer PASV and EPSV.\n", to);
		return;
	}
	if (serverfile_has_range(s) && is_usable(s))
		fprintf(to, "    passive-ports: %u-%u\n", s->passive.lo,
			s->passive.hi);
	else if (serverfile_has_range(s))
		fputs("    # passive-ports: the server's range is not fit for "
		      "it\n",
		      to);
	else
		fputs("    # passive-ports: the server has no range; without "
		      "one no FTPS data\n"
		      "    # connection is let in.\n",
		      to);
}

static void put_tls(FILE *to, const struct serverfile_site *s)
{
	bool required = s->fact[FACT_TLS].value == SERVERFILE_TLS_REQUIRED;
	bool data = s->fact[FACT_DATA_TLS].value == SERVERFILE_TLS_REQUIRED;

	fprintf(to, "    active: %s\n",
		s->fact[FACT_ACTIVE].value ? "allow" : "refuse");
	if (required)
		fputs("    tls: expected\n", to);
	if (required && data)
		fputs("    data-protection: require\n", to);
}

bool serverfile_put_config(FILE *to, const struct serverfile *f,
			   const struct addr *address)
{
	bool any = false;
	struct addr own;

	for (size_t i = 0; i < f->sites; i++) {
		const struct serverfile_site *s = &f->site[i];

		if (!is_told(s, address, &own))
			continue;
		if (!any) {
			put_control(to, f, address);
			fputs("servers:\n", to);
		}
		any = true;
		if (s->line)
			fprintf(to, "  - name: \"%s-%u\"\n",
				serverfile_kind_name(f->kind), s->line);
		else
			fprintf(to, "  - name: \"%s\"\n",
				serverfile_kind_name(f->kind));
		put_addr(to, "address", &own);
		put_public(to, s, &own);
		put_passive(to, s);
		put_tls(to, s);
	}
	return any;
}
