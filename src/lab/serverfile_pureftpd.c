/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pure-ftpd.conf: lines of an option's name and its values. Names count in any
 * case (pure-ftpd(8)); of several lines for an option the last one counts.
 */
#include <string.h>
#include <strings.h>

#include "lab/serverfile_private.h"

#define WORDS SERVERFILE_WORDS_MAX

typedef char words[WORDS][RULE_WORD_MAX];

/* "TLS 2": 0 off, 1 both, 2 logins need it, 3 data too. */
static bool read_tls(struct serverfile_site *site, uint32_t line, size_t n,
		     words word)
{
	static const uint8_t levels[][2] = {
		{ SERVERFILE_TLS_OFF, SERVERFILE_TLS_OFF },
		{ SERVERFILE_TLS_ALLOWED, SERVERFILE_TLS_ALLOWED },
		{ SERVERFILE_TLS_REQUIRED, SERVERFILE_TLS_ALLOWED },
		{ SERVERFILE_TLS_REQUIRED, SERVERFILE_TLS_REQUIRED },
	};
	uint16_t v;

	if (n < 2 || !serverfile_number(span_str(word[1]), &v) ||
	    v >= sizeof(levels) / sizeof(levels[0]))
		return false;
	site->fact[FACT_TLS] = (struct serverfile_value){ line, levels[v][0] };
	site->fact[FACT_DATA_TLS] =
		(struct serverfile_value){ line, levels[v][1] };
	return true;
}

/* "30000 50000" or "30000:50000" */
static bool read_range(struct serverfile_site *site, uint32_t line, size_t n,
		       words word)
{
	struct span lo = span_str(n > 1 ? word[1] : "");
	struct span hi = span_str(n > 2 ? word[2] : "");
	size_t colon = span_find(lo, ':');
	uint16_t min, max;

	if (colon < lo.len && n == 2) {
		hi = span_sub(lo, colon + 1, lo.len);
		lo = span_sub(lo, 0, colon);
	}
	if (!serverfile_number(lo, &min) || !serverfile_number(hi, &max))
		return false;
	site->fact[FACT_PASSIVE_MIN] = (struct serverfile_value){ line, min };
	site->fact[FACT_PASSIVE_MAX] = (struct serverfile_value){ line, max };
	return true;
}

static bool read_advertised(struct serverfile_site *site, uint32_t line,
			    size_t n, words word)
{
	if (n < 2)
		return false;
	serverfile_host(&site->advertised, line, span_str(word[1]));
	return true;
}

/* "127.0.0.1,21", ",2121" or "127.0.0.1" */
static bool read_bind(struct serverfile_site *site, uint32_t line, size_t n,
		      words word)
{
	struct span all = span_str(n > 1 ? word[1] : "");
	size_t comma = span_find(all, ',');
	struct span host = span_sub(all, 0, comma);
	uint16_t port;

	if (all.len == 0)
		return false;
	if (host.len > 0)
		serverfile_host(&site->listen, line, host);
	if (comma == all.len)
		return true;
	if (!serverfile_number(span_sub(all, comma + 1, all.len), &port))
		return false;
	site->fact[FACT_CONTROL_PORT] = (struct serverfile_value){ line, port };
	return true;
}

/* A flag that, if set, makes a fact false. */
static bool read_denial(struct serverfile_value *fact, uint32_t line, size_t n,
			words word)
{
	uint16_t v;

	if (n < 2 || !serverfile_flag(word[1], &v))
		return false;
	*fact = (struct serverfile_value){ line, !v };
	return true;
}

static bool read_nat(struct serverfile_site *site, uint32_t line, size_t n,
		     words word)
{
	return read_denial(&site->fact[FACT_PASSIVE], line, n, word);
}

static bool read_only4(struct serverfile_site *site, uint32_t line, size_t n,
		       words word)
{
	return read_denial(&site->fact[FACT_IPV6], line, n, word);
}

static bool read_only6(struct serverfile_site *site, uint32_t line, size_t n,
		       words word)
{
	return read_denial(&site->fact[FACT_IPV4], line, n, word);
}

static bool read_fxp(struct serverfile_site *site, uint32_t line, size_t n,
		     words word)
{
	uint16_t v;

	if (n < 2 || !serverfile_flag(word[1], &v))
		return false;
	site->fact[FACT_FOREIGN] = (struct serverfile_value){ line, v };
	return true;
}

static const struct {
	const char *name;
	bool (*read)(struct serverfile_site *site, uint32_t line, size_t n,
		     words word);
} options[] = {
	{ "TLS", read_tls },
	{ "PassivePortRange", read_range },
	{ "ForcePassiveIP", read_advertised },
	{ "Bind", read_bind },
	{ "NATmode", read_nat },
	{ "IPV4Only", read_only4 },
	{ "IPV6Only", read_only6 },
	{ "AllowUserFXP", read_fxp },
};

/* Options that no other server has. */
static const char *const marks[] = {
	"PassivePortRange",
	"ForcePassiveIP",
	"NATmode",
	"ChrootEveryone",
	"BrokenClientsCompatibility",
	"MaxClientsNumber",
	"MaxClientsPerIP",
	"NoAnonymous",
	"DontResolve",
	"PureDB",
	"AntiWarez",
	"AllowUserFXP",
	"AllowAnonymousFXP",
	"CustomerProof",
	"IPV4Only",
	"IPV6Only",
};

bool serverfile_is_pureftpd(struct span line)
{
	char word[RULE_WORD_MAX];

	if (!rule_word(&line, word))
		return false;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strcasecmp(word, marks[i]) == 0)
			return true;
	return false;
}

static void read_line(struct serverfile_lines *in, struct span line)
{
	words word;
	size_t n = serverfile_words(line, word);

	for (size_t i = 0; n > 0 && i < sizeof(options) / sizeof(options[0]);
	     i++)
		if (strcasecmp(word[0], options[i].name) == 0 &&
		    !options[i].read(&in->out->site[0], in->line, n, word))
			serverfile_bad_value(in->out, in->line);
}

void serverfile_pureftpd(struct serverfile_lines *in)
{
	struct serverfile_site *site = &in->out->site[0];
	struct span line;

	site->fact[FACT_CONTROL_PORT].value = 21;
	site->fact[FACT_PASSIVE].value = 1;
	site->fact[FACT_ACTIVE].value = 1;
	/* It takes others, all below, only while this one is busy. */
	site->fact[FACT_DATA_PORT].value = 20;
	site->fact[FACT_IPV4].value = 1;
	site->fact[FACT_IPV6].value = 1;
	while (serverfile_next(in, &line))
		read_line(in, line);
	site->passive = (struct port_range){ 1024, UINT16_MAX };
	if (serverfile_has_range(site))
		site->passive = (struct port_range){
			site->fact[FACT_PASSIVE_MIN].value,
			site->fact[FACT_PASSIVE_MAX].value
		};
}
