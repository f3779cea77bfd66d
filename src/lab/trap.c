/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Known traps: the table of them, and what is read before they are looked for. */
#include "lab/trap.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lab/trap_private.h"

/* A rule in a change has so much of its room; the rest is for words. */
#define SHOWN_MAX 300

static const struct trap_row rows[] = {
	{ "helper-without-rule", SEVERITY_WARNING, true,
	  trap_helper_without_rule,
	  "the kernel's helper is counted on, but no CT rule assigns it, and "
	  "kernels since 6.0 do not by themselves" },
	{ "helper-too-early", SEVERITY_CRITICAL, true, trap_helper_too_early,
	  "the rule gives the helper before the kernel has looked the "
	  "connection up, when there is nothing yet to give it to" },
	{ "helper-blind", SEVERITY_WARNING, true, trap_helper_blind,
	  "the kernel's helper reads no FTPS, and no rule lets passive ports "
	  "in: data connections of encrypted sessions are dropped" },
	{ "related-any-port", SEVERITY_WARNING, true, trap_related_any_port,
	  "RELATED is accepted for every helper and every port, so a forged "
	  "227 opens any service of a server" },
	{ "untracked", SEVERITY_CRITICAL, true, trap_untracked,
	  "control connections are not tracked: nothing can be RELATED to "
	  "them" },
	{ "source-port-20", SEVERITY_WARNING, true, trap_source_port,
	  "whoever sends from port 20 gets in; anybody can" },
	{ "module-ports", SEVERITY_WARNING, false, trap_module_ports,
	  "ports= of nf_conntrack_ftp does nothing where kernels assign no "
	  "helper by themselves: a CT rule must" },
	{ "module-loose", SEVERITY_CRITICAL, false, trap_module_loose,
	  "loose=1 of nf_conntrack_ftp opens holes to third hosts that a "
	  "server names" },
	{ "announced-address", SEVERITY_WARNING, false, trap_announced,
	  "the server announces an address of its own choice, which the "
	  "helper does not translate and may refuse" },
	{ "announced-elsewhere", SEVERITY_CRITICAL, false,
	  trap_announced_elsewhere,
	  "the server announces another address than the one that clients "
	  "outside reach it by" },
	{ "server-without-tls", SEVERITY_WARNING, false,
	  trap_server_without_tls,
	  "the server's file has TLS off: FTPS fails at the server, whatever "
	  "the rules are" },
	{ "range-open", SEVERITY_WARNING, true, trap_range_open,
	  "passive ports are open to everybody at all times" },
	{ "range-differs", SEVERITY_CRITICAL, true, trap_range_differs,
	  "the rules hold only a part of the server's passive ports: some "
	  "transfers work and some do not" },
	{ "range-too-wide", SEVERITY_INFO, true, trap_range_wide,
	  "it holds more ports than the server uses" },
	{ "range-elsewhere", SEVERITY_CRITICAL, true, trap_range_elsewhere,
	  "the rules hold a range, but none of the server's passive ports" },
	{ "server-any-port", SEVERITY_CRITICAL, true, trap_server_any_port,
	  "the server's file sets no passive range: it takes any port, and "
	  "the range in the rules is not it" },
	{ "control-port-missing", SEVERITY_CRITICAL, true, trap_control_missing,
	  "no rule accepts the control port of the server's file" },
	{ "implicit-port-missing", SEVERITY_CRITICAL, true,
	  trap_implicit_missing,
	  "the server's file says implicit TLS, but no rule accepts its "
	  "port" },
	{ "ipv6-missing", SEVERITY_WARNING, false, trap_ipv6_missing,
	  "what the rules accept for IPv4 they do not accept for IPv6" },
	{ "ipv6-open", SEVERITY_CRITICAL, false, trap_ipv6_open,
	  "the rules close IPv4, but leave IPv6 open" },
	{ "shadowed", SEVERITY_CRITICAL, true, trap_shadowed,
	  "an earlier rule drops all that this one accepts" },
};

const char *trap_id(size_t i)
{
	return i < sizeof(rows) / sizeof(rows[0]) ? rows[i].id : NULL;
}

/* --- what the searchers share --------------------------------------------------- */

/* One file of nft's is looked at for each family; a rule for both of them is to
 * be told of once. */
static bool is_told(const struct trap_search *s, uint32_t rule)
{
	for (size_t i = 0; i < s->out->count && trap_is_nft(s); i++)
		if (s->out->at[i].id == s->row->id &&
		    s->out->at[i].rule == rule &&
		    s->out->at[i].family != s->family)
			return true;
	return false;
}

struct trap *trap_add(struct trap_search *s, uint32_t rule, const char *format,
		      ...)
{
	struct trap *t = &s->lost;
	va_list args;

	if (is_told(s, rule))
		;
	else if (s->out->count < TRAPS_MAX)
		t = &s->out->at[s->out->count++];
	else
		s->out->more++;
	*t = (struct trap){ .id = s->row->id,
			    .severity = s->row->severity,
			    .text = s->row->text,
			    .family = s->family,
			    .rule = rule };
	if (rule != RULEFILE_NONE)
		t->line = trap_file(s)->rule[rule].line;
	va_start(args, format);
	vsnprintf(t->change, sizeof(t->change), format, args);
	va_end(args);
	return t;
}

int trap_shown(const struct rule *r)
{
	return r->text.len < SHOWN_MAX ? (int)r->text.len : SHOWN_MAX;
}

/* A rule without ports that is about all between two networks says nothing
 * about a server; one about a host does. */
static bool names_port(const struct trap_rule *r)
{
	return r->to.count > 0 || r->has_destination ||
	       (r->in[0] == '\0' && r->out[0] == '\0');
}

uint32_t trap_accepts(const struct trap_search *s, enum twin_family family,
		      uint16_t port)
{
	const struct rulefile *f = s->in->rules[family];

	for (uint32_t i = 0; f && i < f->rules; i++) {
		const struct trap_rule *r = &s->rule[family][i];

		if (r->target == TRAP_ACCEPT && f->rule[i].number != 0 &&
		    trap_rule_takes_new(r) && names_port(r) &&
		    trap_ports_have(&r->to, port) &&
		    trap_role(f, &f->chain[f->rule[i].chain]) == TRAP_FILTERS)
			return i;
	}
	return RULEFILE_NONE;
}

bool trap_is_public(const struct trap_search *s, const struct trap_rule *r)
{
	const char *inside = s->in->inside;

	return trap_rule_is_public(r) &&
	       !(inside && inside[0] && strcmp(r->in, inside) == 0);
}

void trap_each_site(struct trap_search *s,
		    void (*use)(struct trap_search *s, size_t server,
				const struct serverfile_site *site))
{
	for (size_t i = 0; i < s->in->servers; i++)
		for (size_t k = 0; k < s->in->server[i]->sites; k++) {
			const struct serverfile_site *site =
				&s->in->server[i]->site[k];

			if (site->fact[FACT_CONTROL_PORT].value != 0)
				use(s, i, site);
		}
}

bool trap_serves(const struct trap_search *s,
		 const struct serverfile_site *site)
{
	return site->fact[s->family == TWIN_V4 ? FACT_IPV4 : FACT_IPV6].value;
}

/* --- options of modules --------------------------------------------------------- */

/* Module names have "-" and "_" for the same. */
static bool is_module(const char *word)
{
	char name[32] = "";

	memcpy(name, word, strnlen(word, sizeof(name) - 1));
	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '_';
	return strcmp(name, "nf_conntrack_ftp") == 0 ||
	       strcmp(name, "ip_conntrack_ftp") == 0;
}

static bool is_loose(const char *word)
{
	static const char *const words[] = { "loose", "loose=1", "loose=y",
					     "loose=true", "loose=on" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(word, words[i]) == 0)
			return true;
	return false;
}

static void read_module_option(const char *word, uint32_t line,
			       struct trap_modules *out)
{
	static const char ports[] = "ports=";
	size_t len = sizeof(ports) - 1;

	if (is_loose(word))
		out->loose = line;
	if (strncmp(word, ports, len) != 0)
		return;
	out->ports = line;
	snprintf(out->port_list, sizeof(out->port_list), "%.*s",
		 (int)strspn(word + len, "0123456789,"), word + len);
}

static void read_module_line(struct span text, uint32_t line,
			     struct trap_modules *out)
{
	char word[RULE_WORD_MAX];
	bool named = false;

	while (rule_word(&text, word) && word[0] != '#') {
		if (named)
			read_module_option(word, line, out);
		if (is_module(word)) {
			named = true;
			out->named = out->named ? out->named : line;
		}
	}
}

void trap_modules_read(struct span text, struct trap_modules *out)
{
	*out = (struct trap_modules){ .named = 0 };
	for (uint32_t line = 1; text.len > 0; line++) {
		size_t end = span_find(text, '\n');

		read_module_line(span_sub(text, 0, end), line, out);
		text = span_sub(text, end + 1, text.len);
	}
}

/* --- the rules ------------------------------------------------------------------ */

static bool read_rules(struct trap_search *s, enum twin_family family)
{
	const struct rulefile *f = s->in->rules[family];

	if (!f)
		return true;
	/* One more, as there may be none. */
	s->rule[family] =
		calloc((size_t)f->rules + 1, sizeof(struct trap_rule));
	if (!s->rule[family])
		return false;
	if (f->nft)
		trap_helpers_find(f, &s->helpers);
	for (uint32_t i = 0; i < f->rules; i++) {
		if (f->nft)
			trap_rule_read_nft(f, &f->rule[i], family, &s->helpers,
					   &s->rule[family][i]);
		else
			trap_rule_read(&f->rule[i], &s->rule[family][i]);
		if (s->rule[family][i].target == TRAP_ASSIGN)
			s->assigns[family] = true;
	}
	trap_chain_find(s, family);
	return true;
}

static void look(struct trap_search *s)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s->row = &rows[i];
		for (int f = 0; f < TWIN_FAMILIES; f++) {
			s->family = (enum twin_family)f;
			if (rows[i].of_rules ? s->in->rules[f] != NULL : f == 0)
				rows[i].look(s);
		}
	}
}

bool traps_find(const struct trap_input *in, struct traps *out)
{
	struct trap_search s = { .in = in,
				 .out = out,
				 .control_port = in->control_port,
				 .implicit_port = in->implicit_port };
	bool fine = true;

	if (s.control_port == 0)
		s.control_port = TWIN_CONTROL_PORT;
	if (s.implicit_port == 0)
		s.implicit_port = TWIN_IMPLICIT_PORT;
	out->count = out->more = 0;
	trap_modules_read(in->modules, &s.modules);
	for (int f = 0; f < TWIN_FAMILIES; f++)
		fine = fine && read_rules(&s, (enum twin_family)f);
	if (fine)
		look(&s);
	for (int f = 0; f < TWIN_FAMILIES; f++)
		free(s.rule[f]);
	if (!fine)
		errno = ENOMEM;
	return fine;
}
