/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traps in the configuration of the server itself. */
#include "lab/trap_private.h"

static void place(struct trap *t, size_t server, uint32_t line)
{
	t->source = TRAP_IN_SERVER;
	t->server = server;
	t->line = line;
}

static void announced(struct trap_search *s, size_t server,
		      const struct serverfile_site *site)
{
	if (site->advertised.line != 0)
		place(trap_add(s, RULEFILE_NONE,
			       "either let the server announce its own "
			       "address, or take the CT rule away"),
		      server, site->advertised.line);
}

void trap_announced(struct trap_search *s)
{
	if (s->assigns[TWIN_V4] || s->in->assignment == TRAP_ASSIGNMENT_AUTO)
		trap_each_site(s, announced);
}

static void elsewhere(struct trap_search *s, size_t server,
		      const struct serverfile_site *site)
{
	const struct serverfile_host *h = &site->advertised;
	char want[ADDR_TEXT_MAX], has[ADDR_TEXT_MAX];
	struct trap *t;

	if (h->line == 0 || !h->is_addr || addr_equal(&h->addr, s->in->reach))
		return;
	addr_format(s->in->reach, want);
	addr_format(&h->addr, has);
	t = trap_add(s, RULEFILE_NONE, "let the server announce %s", want);
	place(t, server, h->line);
	snprintf(t->detail, sizeof(t->detail),
		 "it announces %s, and is reached by %s", has, want);
}

void trap_announced_elsewhere(struct trap_search *s)
{
	if (s->in->reach)
		trap_each_site(s, elsewhere);
}

/* The change, in the words of that server. */
static const char *tls_change(const struct trap_search *s, size_t server)
{
	static const char *const change[SERVERFILE_KINDS] = {
		[SERVERFILE_VSFTPD] = "ssl_enable=YES, and a certificate",
		[SERVERFILE_PROFTPD] = "TLSEngine on, and a certificate",
		[SERVERFILE_PUREFTPD] = "TLS 1, and a certificate",
	};

	return change[s->in->server[server]->kind];
}

static void without_tls(struct trap_search *s, size_t server,
			const struct serverfile_site *site)
{
	if (site->fact[FACT_TLS].value == SERVERFILE_TLS_OFF)
		place(trap_add(s, RULEFILE_NONE, "%s", tls_change(s, server)),
		      server, site->fact[FACT_TLS].line);
}

void trap_server_without_tls(struct trap_search *s)
{
	trap_each_site(s, without_tls);
}
