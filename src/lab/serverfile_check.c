/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What in a server's configuration contradicts itself, or cannot work well
 * behind a firewall. */
#include <netinet/in.h>

#include "lab/serverfile_private.h"
#include "lab/survey_judge.h"

typedef const struct serverfile_site site;

static uint16_t value(site *s, enum serverfile_fact fact)
{
	return s->fact[fact].value;
}

static uint32_t line(site *s, enum serverfile_fact fact)
{
	return s->fact[fact].line;
}

static bool has_both(site *s)
{
	return line(s, FACT_PASSIVE_MIN) && line(s, FACT_PASSIVE_MAX);
}

/* As written, the right way round. */
static bool is_range(site *s)
{
	return has_both(s) &&
	       value(s, FACT_PASSIVE_MIN) <= value(s, FACT_PASSIVE_MAX);
}

/* Each: is it so, and on which line (0: the whole file)? */

static bool inverted(site *s, uint32_t *at)
{
	*at = line(s, FACT_PASSIVE_MAX);
	return has_both(s) && !is_range(s) && value(s, FACT_PASSIVE_MAX) != 0;
}

static bool half(site *s, uint32_t *at)
{
	bool min = line(s, FACT_PASSIVE_MIN) && value(s, FACT_PASSIVE_MIN) != 0;
	bool max = line(s, FACT_PASSIVE_MAX) && value(s, FACT_PASSIVE_MAX) != 0;

	*at = line(s, min ? FACT_PASSIVE_MIN : FACT_PASSIVE_MAX);
	return min != max;
}

static bool low(site *s, uint32_t *at)
{
	*at = line(s, FACT_PASSIVE_MIN);
	return *at && value(s, FACT_PASSIVE_MIN) > 0 &&
	       value(s, FACT_PASSIVE_MIN) < IPPORT_RESERVED;
}

static bool few(site *s, uint32_t *at)
{
	*at = line(s, FACT_PASSIVE_MAX);
	return is_range(s) &&
	       value(s, FACT_PASSIVE_MAX) - value(s, FACT_PASSIVE_MIN) + 1 <
		       SERVERFILE_FEW_PORTS;
}

static bool holds_control(site *s, uint32_t *at)
{
	*at = line(s, FACT_PASSIVE_MAX);
	return is_range(s) &&
	       port_range_has(&s->passive, value(s, FACT_CONTROL_PORT));
}

static bool unlimited(site *s, uint32_t *at)
{
	*at = s->line;
	return value(s, FACT_PASSIVE) && value(s, FACT_CONTROL_PORT) != 0 &&
	       value(s, FACT_TLS) != SERVERFILE_TLS_OFF &&
	       !serverfile_has_range(s);
}

static bool name_advertised(site *s, uint32_t *at)
{
	*at = s->advertised.line;
	return *at && !s->advertised.is_addr;
}

static bool private_advertised(site *s, uint32_t *at)
{
	*at = s->advertised.line;
	return *at && s->advertised.is_addr &&
	       addr_is_private(&s->advertised.addr);
}

static bool v6_advertised(site *s, uint32_t *at)
{
	*at = s->advertised.line;
	return *at && s->advertised.is_addr && !addr_is_v4(&s->advertised.addr);
}

static bool implicit_clear(site *s, uint32_t *at)
{
	*at = line(s, FACT_IMPLICIT);
	return value(s, FACT_IMPLICIT) &&
	       value(s, FACT_TLS) == SERVERFILE_TLS_OFF;
}

static bool implicit_on_21(site *s, uint32_t *at)
{
	*at = line(s, FACT_IMPLICIT);
	return value(s, FACT_IMPLICIT) && value(s, FACT_CONTROL_PORT) == 21;
}

static bool explicit_on_990(site *s, uint32_t *at)
{
	*at = line(s, FACT_CONTROL_PORT);
	return !value(s, FACT_IMPLICIT) && value(s, FACT_CONTROL_PORT) == 990;
}

static bool data_clear(site *s, uint32_t *at)
{
	*at = line(s, FACT_DATA_TLS);
	return value(s, FACT_TLS) == SERVERFILE_TLS_REQUIRED &&
	       value(s, FACT_DATA_TLS) != SERVERFILE_TLS_REQUIRED;
}

static bool no_mode(site *s, uint32_t *at)
{
	*at = line(s, FACT_ACTIVE);
	return !value(s, FACT_ACTIVE) && !value(s, FACT_PASSIVE);
}

static bool no_family(site *s, uint32_t *at)
{
	*at = line(s, FACT_IPV4);
	return !value(s, FACT_IPV4) && !value(s, FACT_IPV6);
}

static bool foreign(site *s, uint32_t *at)
{
	*at = line(s, FACT_FOREIGN);
	return value(s, FACT_FOREIGN);
}

static bool passive_unused(site *s, uint32_t *at)
{
	*at = line(s, FACT_PASSIVE);
	return !value(s, FACT_PASSIVE) && value(s, FACT_ACTIVE) &&
	       serverfile_has_range(s);
}

static const struct {
	const char *id;
	bool (*is)(site *s, uint32_t *at);
	bool harmless;
	const char *text;
} checks[] = {
	{ "passive-inverted", inverted, false,
	  "the passive range ends before it begins" },
	{ "passive-half", half, false, "the passive range has only one end" },
	{ "passive-low", low, false,
	  "the passive range begins below 1024, where other services are" },
	{ "passive-few", few, false,
	  "the passive range has fewer than 100 ports: a client that gets many "
	  "small files uses them up" },
	{ "passive-control", holds_control, false,
	  "the control port lies in the passive range" },
	{ "passive-unlimited", unlimited, false,
	  "no passive range: under TLS a firewall cannot see the port, and "
	  "would have to let 1024 to 65535 in" },
	{ "advertised-name", name_advertised, true,
	  "the advertised address is a name, which is not looked up here" },
	{ "advertised-private", private_advertised, false,
	  "the advertised address is private: clients on the internet cannot "
	  "reach it" },
	{ "advertised-v6", v6_advertised, false,
	  "the advertised address is one of IPv6, for which a 227 has no "
	  "room" },
	{ "implicit-off", implicit_clear, false,
	  "implicit TLS is asked for, but TLS is off" },
	{ "implicit-21", implicit_on_21, false,
	  "implicit TLS on port 21, where clients expect cleartext; its own "
	  "port is 990" },
	{ "explicit-990", explicit_on_990, false,
	  "port 990 without implicit TLS, which clients expect there" },
	{ "data-clear", data_clear, true,
	  "logins need TLS, but data may go in the clear" },
	{ "no-mode", no_mode, false,
	  "neither passive nor active mode is allowed: no data moves" },
	{ "no-family", no_family, false, "neither IPv4 nor IPv6 is allowed" },
	{ "foreign-data", foreign, false,
	  "data connections of third hosts are taken (RFC 2577 2): an open "
	  "door for port stealing and bounces" },
	{ "passive-unused", passive_unused, true,
	  "there is a passive range, but passive mode is off" },
};

/* Is it said of that line already? Two sites may share a line of <Global>. */
static bool is_known(const struct serverfile *f, const char *id, uint32_t at)
{
	for (size_t i = 0; i < f->problems; i++)
		if (f->problem[i].line == at && f->problem[i].id == id)
			return true;
	return false;
}

void serverfile_check(struct serverfile *f)
{
	uint32_t at;

	for (size_t i = 0; i < f->sites; i++)
		for (size_t c = 0; c < sizeof(checks) / sizeof(checks[0]);
		     c++) {
			if (!checks[c].is(&f->site[i], &at) ||
			    is_known(f, checks[c].id, at))
				continue;
			if (checks[c].harmless)
				serverfile_note(f, at, checks[c].id,
						checks[c].text);
			else
				serverfile_problem(f, at, checks[c].id,
						   checks[c].text);
		}
}
