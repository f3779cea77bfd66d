/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the directives of proftpd.conf mean together. */
#include "lab/serverfile_proftpd.h"

static void inherit(struct proftpd_server *s,
		    const struct proftpd_server *global)
{
	for (size_t i = 0; i < PROFTPD_SETTINGS; i++)
		if (s->of[i].line == 0 && global->of[i].line != 0)
			s->of[i] = global->of[i];
	if (s->masquerade.line == 0)
		s->masquerade = global->masquerade;
}

/* @required: PROFTPD_LOGIN or PROFTPD_DATA */
static struct serverfile_value tls(const struct proftpd_server *s,
				   enum proftpd_setting required)
{
	if (!s->of[PROFTPD_ENGINE].value)
		return (struct serverfile_value){ s->of[PROFTPD_ENGINE].line,
						  SERVERFILE_TLS_OFF };
	if (s->of[required].line != 0)
		return s->of[required];
	return (struct serverfile_value){ s->of[PROFTPD_ENGINE].line,
					  SERVERFILE_TLS_ALLOWED };
}

static struct serverfile_value but_denied(const struct proftpd_server *s,
					  uint16_t bits)
{
	return (struct serverfile_value){
		s->of[PROFTPD_DENIED].value & bits ? s->of[PROFTPD_DENIED].line
						   : 0,
		(s->of[PROFTPD_DENIED].value & bits) != bits
	};
}

/* RFC 959 3.2: the port below the control port. */
static struct serverfile_value below(struct serverfile_value control)
{
	if (control.value > 0)
		control.value--;
	return control;
}

static void derive(const struct proftpd_server *s, bool ipv6,
		   struct serverfile_site *site)
{
	struct serverfile_value *fact = site->fact;
	struct serverfile_value no = s->of[PROFTPD_NO_REUSE];

	fact[FACT_CONTROL_PORT] = s->of[PROFTPD_PORT];
	fact[FACT_TLS] = tls(s, PROFTPD_LOGIN);
	fact[FACT_DATA_TLS] = tls(s, PROFTPD_DATA);
	fact[FACT_IMPLICIT] = s->of[PROFTPD_IMPLICIT];
	fact[FACT_REUSE] = (struct serverfile_value){ no.line, !no.value };
	fact[FACT_PASSIVE] = but_denied(s, PROFTPD_PASSIVE);
	fact[FACT_PASSIVE_MIN] = s->of[PROFTPD_PASSIVE_MIN];
	fact[FACT_PASSIVE_MAX] = s->of[PROFTPD_PASSIVE_MAX];
	fact[FACT_ACTIVE] = but_denied(s, PROFTPD_ACTIVE);
	fact[FACT_DATA_PORT] = below(s->of[PROFTPD_PORT]);
	fact[FACT_FOREIGN] = s->of[PROFTPD_FOREIGN];
	fact[FACT_IPV4].value = 1;
	fact[FACT_IPV6] = s->of[PROFTPD_IPV6];
	fact[FACT_IPV6].value = ipv6;
	site->advertised = s->masquerade;
	site->passive = (struct port_range){ 1024, UINT16_MAX };
	if (serverfile_has_range(site))
		site->passive =
			(struct port_range){ fact[FACT_PASSIVE_MIN].value,
					     fact[FACT_PASSIVE_MAX].value };
}

/* The trap of this format: the main server's range is not theirs. */
static void check_hosts(struct serverfile *f)
{
	for (size_t i = 1; i < f->sites; i++)
		if (serverfile_has_range(&f->site[0]) &&
		    !serverfile_has_range(&f->site[i]))
			serverfile_problem(f, f->site[i].line,
					   "range-not-inherited",
					   "a <VirtualHost> does not have the "
					   "PassivePorts of the main server: "
					   "they belong into <Global>");
}

void proftpd_derive(struct proftpd_server *server,
		    const struct proftpd_server *global, struct serverfile *f)
{
	const struct serverfile_value *v6 = &server[0].of[PROFTPD_IPV6];
	bool ipv6 = v6->line == 0 || v6->value;

	for (size_t i = 0; i < f->sites; i++) {
		inherit(&server[i], global);
		if (server[i].of[PROFTPD_PORT].line == 0)
			server[i].of[PROFTPD_PORT].value = 21;
		derive(&server[i], ipv6, &f->site[i]);
	}
	check_hosts(f);
}
