/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `sallyport check` says of FTPS: who may reach which ports, and when. */
#include "cmd/check_ftps.h"

#include <inttypes.h>
#include <stdio.h>

/* RFC 959 3.2: the server's data port is the one before its control port. */
#define DATA_PORT(control) ((uint16_t)((control)-1))

static void print_range(const struct port_range *r)
{
	if (r->lo == r->hi)
		printf("port %u", r->lo);
	else
		printf("ports %u-%u", r->lo, r->hi);
}

static void print_prefixes(const struct prefix *list, size_t n)
{
	char text[CONFIG_PREFIX_TEXT_MAX];

	for (size_t i = 0; i < n; i++) {
		config_prefix_text(&list[i], text);
		printf("%s %s", i ? "," : "", text);
	}
}

static void print_data_ports(const struct policy *p)
{
	const char *before = "";

	for (size_t i = 0; i < p->control_ports; i++, before = " or ")
		printf("%s%u", before, DATA_PORT(p->control_port[i]));
	for (size_t i = 0; i < p->implicit_ports; i++, before = " or ")
		printf("%s%u", before, DATA_PORT(p->implicit_port[i]));
}

static const char *version_text(uint16_t version)
{
	static const char *const text[] = { "TLS 1.0", "TLS 1.1", "TLS 1.2",
					    "TLS 1.3" };

	return text[version - 0x0301];
}

static void say_tls(const struct policy *p)
{
	static const char *const explicit_tls[] = {
		[TLS_ALLOW] = "AUTH TLS is left to client and server.",
		[TLS_REQUIRE] = "AUTH TLS is required on the FTP ports: a "
				"login without it is refused (530).",
		[TLS_FORBID] = "AUTH TLS is forbidden on the FTP ports: it "
			       "is refused (534).",
	};

	printf("  %s\n", explicit_tls[p->explicit_tls]);
	printf("  A handshake older than %s raises an alert.\n",
	       version_text(p->minimum_tls));
	if (p->fast_path)
		printf("  Encrypted sessions leave the queue and get conntrack "
		       "mark 0x%" PRIx32 ".\n"
		       "  Nothing but their end is seen of them then, not even "
		       "a CCC.\n",
		       p->fast_mark);
	else
		puts("  Encrypted sessions stay in the queue, so that a CCC "
		     "is seen.");
}

static void say_passive(const struct policy_server *s)
{
	if (s->passive.lo == 0) {
		puts("    passive ports not told: an encrypted session opens "
		     "none");
		return;
	}
	printf("    passive ");
	print_range(&s->passive);
	puts(": a client may connect to them while it has an\n"
	     "      encrypted session with this server");
}

static void say_active(const struct policy *p, const struct policy_server *s)
{
	if (s->active == ACTIVE_REFUSE) {
		puts("    active mode refused");
		return;
	}
	printf("    active mode allowed: it may connect from port ");
	print_data_ports(p);
	printf(" to\n"
	       "      ports %u-65535 of a client that has an encrypted session "
	       "with it and an\n"
	       "      address that nothing translates\n",
	       p->minimum_port);
}

static void say_rest_of_server(const struct policy_server *s)
{
	printf("    each encrypted session: %u data connections open at once, "
	       "%u new ones a minute\n",
	       s->max_data, s->new_data);
	if (s->tls == SERVER_TLS_EXPECTED)
		puts("    a login in the clear and a refused AUTH raise an "
		     "alert");
	if (s->data == DATA_REQUIRE_TLS)
		puts("    data connections that are not TLS are dropped");
}

static void say_server(const struct policy *p, const struct policy_server *s)
{
	char text[ADDR_TEXT_MAX];

	printf("  %s:", s->name);
	print_prefixes(s->address, s->addresses);
	for (size_t i = 0; i < s->public_addresses; i++) {
		addr_format(&s->public_address[i], text);
		printf("%s %s", i ? "," : "; outside known as", text);
	}
	putchar('\n');
	say_passive(s);
	say_active(p, s);
	say_rest_of_server(s);
}

static void say_client(const struct policy_client *c)
{
	char text[ADDR_TEXT_MAX];

	addr_format(&c->public_address, text);
	printf("  %s:", c->name);
	print_prefixes(c->address, c->addresses);
	printf("; tells servers %s\n    ", text);
	print_range(&c->active);
	puts(": a server above with active mode may connect to them while\n"
	     "      this client has an encrypted session with it");
}

void check_ftps_say(const struct config *c)
{
	const struct policy *p = &c->policy;

	puts("\nFTPS");
	say_tls(p);
	puts("\nFTPS servers");
	for (size_t i = 0; i < p->servers; i++)
		say_server(p, &p->server[i]);
	puts(p->servers ? "  With other servers an encrypted session opens "
			  "nothing; cleartext FTP is followed\n"
			  "  to all."
			: "  none: an encrypted session opens nothing; "
			  "cleartext FTP is followed to every\n"
			  "  server all the same");
	if (p->clients)
		puts("\nFTPS clients behind NAT, in active mode");
	for (size_t i = 0; i < p->clients; i++)
		say_client(&p->client[i]);
}

/* --- what is fine for the engine, but hardly meant --------------------------- */

static bool active_anywhere(const struct policy *p)
{
	for (size_t i = 0; i < p->servers; i++)
		if (p->server[i].active == ACTIVE_ALLOW)
			return true;
	return false;
}

static bool client_shares_ports(const struct policy_client *a,
				const struct policy_client *b)
{
	return addr_equal(&a->public_address, &b->public_address) &&
	       a->active.lo <= b->active.hi && b->active.lo <= a->active.hi;
}

/* A heading comes before the first. */
static void doubt(bool *any, const char *section, const char *name,
		  const char *what)
{
	if (!*any)
		puts("\nWarnings");
	*any = true;
	printf("  %s '%s': %s\n", section, name, what);
}

static void doubt_server(bool *any, const struct policy *p,
			 const struct policy_server *s)
{
	if (s->passive.lo == 0 && s->active == ACTIVE_REFUSE)
		doubt(any, "server", s->name,
		      "without passive-ports and with active mode refused "
		      "FTPS cannot transfer anything");
	else if (s->passive.lo == 0 && s->tls == SERVER_TLS_EXPECTED)
		doubt(any, "server", s->name,
		      "tls is expected, but without passive-ports FTPS cannot "
		      "transfer in passive mode");
	if (s->tls == SERVER_TLS_EXPECTED && p->explicit_tls == TLS_FORBID &&
	    p->implicit_ports == 0)
		doubt(any, "server", s->name,
		      "tls is expected, but tls.explicit forbids it and there "
		      "is no implicit port");
}

static void doubt_client(bool *any, const struct policy *p,
			 const struct policy_client *c)
{
	if (!active_anywhere(p))
		doubt(any, "client", c->name,
		      "no server may use active mode; the entry has no effect");
	for (const struct policy_client *b = p->client; b < c; b++)
		if (client_shares_ports(b, c))
			doubt(any, "client", c->name,
			      "shares ports of its public address with an "
			      "entry before it");
}

void check_ftps_doubt(const struct config *c)
{
	const struct policy *p = &c->policy;
	bool any = false;

	for (size_t i = 0; i < p->servers; i++)
		doubt_server(&any, p, &p->server[i]);
	for (size_t i = 0; i < p->clients; i++)
		doubt_client(&any, p, &p->client[i]);
}
