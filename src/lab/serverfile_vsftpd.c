/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vsftpd.conf: lines of option=value without a space (vsftpd.conf(5)). Of
 * several lines for an option the last one counts.
 */
#include <string.h>
#include <strings.h>

#include "lab/serverfile_private.h"

#define PASSIVE_LOWEST 1024

enum option {
	ANONYMOUS,
	LOCAL,
	SSL,
	SSL_ANON,
	FORCE_LOCAL,
	FORCE_LOCAL_DATA,
	FORCE_ANON,
	FORCE_ANON_DATA,
	IMPLICIT,
	REUSE,
	LISTEN,
	LISTEN6,
	LISTEN_PORT,
	PASV,
	PASV_MIN,
	PASV_MAX,
	PASV_RESOLVE,
	PASV_ANY,
	PORT,
	PORT_ANY,
	FROM_DATA_PORT,
	DATA_PORT,
	OPTIONS
};

/* Defaults: vsftpd.conf(5). */
static const struct {
	const char *name;
	bool number;
	uint16_t initial;
} options[OPTIONS] = {
	[ANONYMOUS] = { "anonymous_enable", false, 1 },
	[LOCAL] = { "local_enable", false, 0 },
	[SSL] = { "ssl_enable", false, 0 },
	[SSL_ANON] = { "allow_anon_ssl", false, 0 },
	[FORCE_LOCAL] = { "force_local_logins_ssl", false, 1 },
	[FORCE_LOCAL_DATA] = { "force_local_data_ssl", false, 1 },
	[FORCE_ANON] = { "force_anon_logins_ssl", false, 0 },
	[FORCE_ANON_DATA] = { "force_anon_data_ssl", false, 0 },
	[IMPLICIT] = { "implicit_ssl", false, 0 },
	[REUSE] = { "require_ssl_reuse", false, 1 },
	[LISTEN] = { "listen", false, 0 },
	[LISTEN6] = { "listen_ipv6", false, 0 },
	[LISTEN_PORT] = { "listen_port", true, 21 },
	[PASV] = { "pasv_enable", false, 1 },
	[PASV_MIN] = { "pasv_min_port", true, 0 },
	[PASV_MAX] = { "pasv_max_port", true, 0 },
	[PASV_RESOLVE] = { "pasv_addr_resolve", false, 0 },
	[PASV_ANY] = { "pasv_promiscuous", false, 0 },
	[PORT] = { "port_enable", false, 1 },
	[PORT_ANY] = { "port_promiscuous", false, 0 },
	[FROM_DATA_PORT] = { "connect_from_port_20", false, 0 },
	[DATA_PORT] = { "ftp_data_port", true, 20 },
};

struct settings {
	struct serverfile_lines *in;
	struct serverfile_value of[OPTIONS];
};

/* --- values --------------------------------------------------------------------- */

static bool read_flag(struct span text, uint16_t *out)
{
	static const char *const words[2][3] = { { "NO", "FALSE", "0" },
						 { "YES", "TRUE", "1" } };

	for (uint16_t v = 0; v < 2; v++)
		for (size_t i = 0; i < 3; i++)
			if (span_equal_nocase(text, span_str(words[v][i]))) {
				*out = v;
				return true;
			}
	return false;
}

/* A number that begins with 0 is octal. */
static bool read_octal(struct span text, uint16_t *out)
{
	uint32_t value = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '7')
			return false;
		value = 8 * value + (uint32_t)(text.at[i] - '0');
		if (value > UINT16_MAX)
			return false;
	}
	*out = (uint16_t)value;
	return true;
}

static bool read_number(struct settings *s, struct span text, uint16_t *out)
{
	if (text.len < 2 || text.at[0] != '0')
		return serverfile_number(text, out);
	serverfile_problem(s->in->out, s->in->line, "octal",
			   "vsftpd takes a number that begins with 0 for an "
			   "octal one");
	return read_octal(text, out);
}

static void set(struct settings *s, enum option o, struct span value)
{
	uint16_t v;

	if (options[o].number ? read_number(s, value, &v)
			      : read_flag(value, &v))
		s->of[o] = (struct serverfile_value){ s->in->line, v };
	else
		serverfile_bad_value(s->in->out, s->in->line);
}

static bool set_host(struct settings *s, struct span name, struct span value)
{
	struct serverfile_site *site = &s->in->out->site[0];
	const struct {
		const char *name;
		struct serverfile_host *host;
	} hosts[] = {
		{ "pasv_address", &site->advertised },
		{ "listen_address", &site->listen },
		{ "listen_address6", &site->listen },
	};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		if (!span_equal(name, span_str(hosts[i].name)))
			continue;
		/* An empty value is none. */
		serverfile_host(hosts[i].host, value.len ? s->in->line : 0,
				value);
		return true;
	}
	return false;
}

/* Of a line with CR LF the CR is such a byte, too. */
static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span trimmed(struct span s)
{
	while (s.len > 0 && is_blank(s.at[0]))
		s = span_sub(s, 1, s.len);
	while (s.len > 0 && is_blank(s.at[s.len - 1]))
		s = span_sub(s, 0, s.len - 1);
	return s;
}

/* Numbers and addresses may have a blank behind them. */
static void warn_of_blank(struct settings *s, struct span name,
			  struct span value, bool flag)
{
	if (trimmed(name).len != name.len ||
	    (flag && trimmed(value).len != value.len))
		serverfile_problem(s->in->out, s->in->line, "space",
				   "vsftpd does not start: it takes the space "
				   "or CR for a part of the name or value");
}

bool serverfile_is_vsftpd(struct span line)
{
	size_t len = span_find(line, '=');
	struct span name = trimmed(span_sub(line, 0, len));

	for (size_t i = 0; i < name.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_",
			    name.at[i]))
			return false;
	return name.len > 0 && len < line.len;
}

static void read_line(struct settings *s, struct span line)
{
	size_t len = span_find(line, '=');
	struct span name = span_sub(line, 0, len);
	struct span value = span_sub(line, len + 1, line.len);

	if (len == line.len) {
		serverfile_problem(s->in->out, s->in->line, "no-value",
				   "an option without \"=\" keeps vsftpd from "
				   "starting");
		return;
	}
	for (size_t o = 0; o < OPTIONS; o++) {
		if (!span_equal(trimmed(name), span_str(options[o].name)))
			continue;
		warn_of_blank(s, name, value, !options[o].number);
		set(s, (enum option)o, trimmed(value));
		return;
	}
	if (set_host(s, trimmed(name), trimmed(value)))
		warn_of_blank(s, name, value, false);
}

/* --- what the options mean together --------------------------------------------- */

/* The first of two that stands in the file. */
static uint32_t line_of(const struct settings *s, enum option a, enum option b)
{
	return s->of[a].line ? s->of[a].line : s->of[b].line;
}

/* Off without ssl_enable; required where nobody may do without: neither local
 * users nor anonymous ones, if they may log in at all. */
static struct serverfile_value tls(const struct settings *s, enum option local,
				   enum option anonymous)
{
	bool local_clear = s->of[LOCAL].value && !s->of[local].value;
	bool anonymous_clear =
		s->of[ANONYMOUS].value &&
		!(s->of[SSL_ANON].value && s->of[anonymous].value);

	if (!s->of[SSL].value)
		return (struct serverfile_value){ s->of[SSL].line,
						  SERVERFILE_TLS_OFF };
	if (local_clear)
		return (struct serverfile_value){ line_of(s, local, SSL),
						  SERVERFILE_TLS_ALLOWED };
	if (anonymous_clear)
		return (struct serverfile_value){ line_of(s, anonymous, SSL),
						  SERVERFILE_TLS_ALLOWED };
	return (struct serverfile_value){ line_of(s, local, SSL),
					  SERVERFILE_TLS_REQUIRED };
}

/* vsftpd ignores a bound below 1024, and an upper one below the lower. */
static struct port_range passive(const struct settings *s)
{
	struct port_range r = { PASSIVE_LOWEST, UINT16_MAX };

	if (s->of[PASV_MIN].value > r.lo)
		r.lo = s->of[PASV_MIN].value;
	if (s->of[PASV_MAX].value >= r.lo)
		r.hi = s->of[PASV_MAX].value;
	return r;
}

static struct serverfile_value data_port(const struct settings *s)
{
	if (s->of[FROM_DATA_PORT].value)
		return (struct serverfile_value){ line_of(s, DATA_PORT,
							  FROM_DATA_PORT),
						  s->of[DATA_PORT].value };
	return (struct serverfile_value){ s->of[FROM_DATA_PORT].line, 0 };
}

/* A socket for IPv6 takes IPv4 as well; none of both is for inetd. */
static void families(const struct settings *s, struct serverfile_site *site)
{
	uint16_t neither = !s->of[LISTEN].value && !s->of[LISTEN6].value;

	site->fact[FACT_IPV4] =
		(struct serverfile_value){ line_of(s, LISTEN, LISTEN6), 1 };
	site->fact[FACT_IPV6] =
		(struct serverfile_value){ line_of(s, LISTEN6, LISTEN),
					   s->of[LISTEN6].value || neither };
}

static void derive(const struct settings *s, struct serverfile_site *site)
{
	static const struct {
		enum serverfile_fact fact;
		enum option option;
	} same[] = {
		{ FACT_CONTROL_PORT, LISTEN_PORT },
		{ FACT_IMPLICIT, IMPLICIT },
		{ FACT_REUSE, REUSE },
		{ FACT_PASSIVE, PASV },
		{ FACT_PASSIVE_MIN, PASV_MIN },
		{ FACT_PASSIVE_MAX, PASV_MAX },
		{ FACT_ACTIVE, PORT },
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		site->fact[same[i].fact] = s->of[same[i].option];
	site->fact[FACT_TLS] = tls(s, FORCE_LOCAL, FORCE_ANON);
	site->fact[FACT_DATA_TLS] = tls(s, FORCE_LOCAL_DATA, FORCE_ANON_DATA);
	site->fact[FACT_DATA_PORT] = data_port(s);
	site->fact[FACT_FOREIGN] =
		s->of[PASV_ANY].value ? s->of[PASV_ANY] : s->of[PORT_ANY];
	site->passive = passive(s);
	families(s, site);
}

/* What only vsftpd's options can contradict. */
static void check(const struct settings *s)
{
	struct serverfile *f = s->in->out;
	const struct serverfile_host *h = &f->site[0].advertised;

	if (s->of[LISTEN].value && s->of[LISTEN6].value)
		serverfile_problem(f, s->of[LISTEN6].line, "listen-twice",
				   "vsftpd does not start with both listen and "
				   "listen_ipv6");
	if (h->line && !h->is_addr && !s->of[PASV_RESOLVE].value)
		serverfile_problem(f, h->line, "advertised-unresolved",
				   "pasv_address is no address, and "
				   "pasv_addr_resolve is off");
}

void serverfile_vsftpd(struct serverfile_lines *in)
{
	struct settings s = { .in = in };
	struct span line;

	for (size_t o = 0; o < OPTIONS; o++)
		s.of[o].value = options[o].initial;
	while (serverfile_next(in, &line))
		read_line(&s, line);
	derive(&s, &in->out->site[0]);
	check(&s);
}
