/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proftpd.conf: directives and their arguments, in sections.
 *
 * A <VirtualHost> has what stands in it and in <Global>, but nothing of what
 * stands at the top, which is the main server's own. A directive of a server
 * goes before one in <Global>. A module in an <IfModule> is taken for loaded,
 * a name in an <IfDefine> for not defined.
 */
#include <string.h>
#include <strings.h>

#include "lab/serverfile_proftpd.h"

/* Sections within sections; files have three. */
#define DEPTH_MAX 16

#define WORDS SERVERFILE_WORDS_MAX

typedef char words[WORDS][RULE_WORD_MAX];

/* Where <Global> is kept among the servers. */
#define GLOBAL SERVERFILE_SITES_MAX

struct section {
	char name[16]; /* longer ones are none that matter */
	size_t site;
	bool ignored;    /* what stands in it says nothing here */
	uint16_t limits; /* of a <Limit>: bits of commands[] */
};

struct reading {
	struct serverfile_lines *in;
	struct proftpd_server server[SERVERFILE_SITES_MAX + 1];
	struct section section[DEPTH_MAX]; /* the first is the file */
	size_t depth;
	size_t too_deep; /* sections within, that are ignored */
};

static struct section *inside(struct reading *r)
{
	return &r->section[r->depth];
}

static struct proftpd_server *current(struct reading *r)
{
	return &r->server[inside(r)->site];
}

static void set(struct reading *r, enum proftpd_setting s, uint16_t value)
{
	current(r)->of[s] = (struct serverfile_value){ r->in->line, value };
}

/* --- directives ----------------------------------------------------------------- */

static bool read_number(struct reading *r, enum proftpd_setting s, size_t n,
			words word)
{
	uint16_t v;

	if (n != 2 || !serverfile_number(span_str(word[1]), &v))
		return false;
	set(r, s, v);
	return true;
}

/* AllowForeignAddress may name a class of hosts instead of a flag. */
static bool read_flag(struct reading *r, enum proftpd_setting s, size_t n,
		      words word)
{
	uint16_t v = s == PROFTPD_FOREIGN;

	if (n != 2 || (!serverfile_flag(word[1], &v) && s != PROFTPD_FOREIGN))
		return false;
	set(r, s, v);
	return true;
}

static bool read_range(struct reading *r, enum proftpd_setting s, size_t n,
		       words word)
{
	uint16_t lo, hi;

	(void)s;
	if (n != 3 || !serverfile_number(span_str(word[1]), &lo) ||
	    !serverfile_number(span_str(word[2]), &hi))
		return false;
	set(r, PROFTPD_PASSIVE_MIN, lo);
	set(r, PROFTPD_PASSIVE_MAX, hi);
	return true;
}

static bool read_required(struct reading *r, enum proftpd_setting s, size_t n,
			  words word)
{
	enum {
		OFF = SERVERFILE_TLS_OFF,
		ALLOWED = SERVERFILE_TLS_ALLOWED,
		REQUIRED = SERVERFILE_TLS_REQUIRED
	};
	static const struct {
		const char *word;
		uint8_t login, data;
	} values[] = {
		{ "off", ALLOWED, ALLOWED },
		{ "on", REQUIRED, REQUIRED },
		{ "ctrl", REQUIRED, ALLOWED },
		{ "auth", REQUIRED, ALLOWED },
		{ "data", ALLOWED, REQUIRED },
		{ "!data", ALLOWED, OFF },
		{ "ctrl+data", REQUIRED, REQUIRED },
		{ "auth+data", REQUIRED, REQUIRED },
		{ "ctrl+!data", REQUIRED, OFF },
		{ "auth+!data", REQUIRED, OFF },
	};
	const char *value = word[1];
	uint16_t flag;

	(void)s;
	if (n != 2)
		return false;
	if (serverfile_flag(value, &flag))
		value = flag ? "on" : "off";
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (strcasecmp(value, values[i].word) != 0)
			continue;
		set(r, PROFTPD_LOGIN, values[i].login);
		set(r, PROFTPD_DATA, values[i].data);
		return true;
	}
	return false;
}

/* There are many more, and new ones. */
static bool read_options(struct reading *r, enum proftpd_setting s, size_t n,
			 words word)
{
	(void)s;
	for (size_t i = 1; i < n; i++) {
		if (strcasecmp(word[i], "UseImplicitSSL") == 0)
			set(r, PROFTPD_IMPLICIT, 1);
		if (strcasecmp(word[i], "NoSessionReuseRequired") == 0)
			set(r, PROFTPD_NO_REUSE, 1);
	}
	return n > 1;
}

static bool read_masquerade(struct reading *r, enum proftpd_setting s, size_t n,
			    words word)
{
	(void)s;
	if (n < 2)
		return false;
	serverfile_host(&current(r)->masquerade, r->in->line,
			span_str(word[1]));
	return true;
}

/* Further addresses are for the same server. */
static bool read_address(struct reading *r, enum proftpd_setting s, size_t n,
			 words word)
{
	size_t site = inside(r)->site;

	(void)s;
	if (n < 2)
		return false;
	if (site < SERVERFILE_SITES_MAX)
		serverfile_host(&r->in->out->site[site].listen, r->in->line,
				span_str(word[1]));
	return true;
}

static bool read_deny(struct reading *r, enum proftpd_setting s, size_t n,
		      words word)
{
	(void)n;
	(void)word;
	if (inside(r)->limits)
		set(r, s, current(r)->of[s].value | inside(r)->limits);
	return true;
}

static bool read_include(struct reading *r, enum proftpd_setting s, size_t n,
			 words word)
{
	(void)s;
	(void)n;
	(void)word;
	serverfile_note(r->in->out, r->in->line, "include",
			"what is included here is not read: give that file, "
			"too, if it is about TLS or ports");
	return true;
}

static const struct {
	const char *name;
	bool (*read)(struct reading *r, enum proftpd_setting s, size_t n,
		     words word);
	enum proftpd_setting setting;
	bool own; /* no other kind of server has it */
} directives[] = {
	{ "Port", read_number, PROFTPD_PORT, false },
	{ "TLSEngine", read_flag, PROFTPD_ENGINE, true },
	{ "TLSRequired", read_required, PROFTPD_LOGIN, true },
	{ "TLSOptions", read_options, PROFTPD_IMPLICIT, true },
	{ "PassivePorts", read_range, PROFTPD_PASSIVE_MIN, true },
	{ "MasqueradeAddress", read_masquerade, PROFTPD_SETTINGS, true },
	{ "DefaultAddress", read_address, PROFTPD_SETTINGS, true },
	{ "AllowForeignAddress", read_flag, PROFTPD_FOREIGN, true },
	{ "UseIPv6", read_flag, PROFTPD_IPV6, true },
	{ "DenyAll", read_deny, PROFTPD_DENIED, false },
	{ "Include", read_include, PROFTPD_SETTINGS, false },
};

/* The commands of <Limit>, in the order of the bits. */
static const char *const commands[] = { "PORT", "EPRT", "PASV", "EPSV" };

static void read_directive(struct reading *r, size_t n, words word)
{
	if (inside(r)->ignored || r->too_deep > 0)
		return;
	for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++)
		if (strcasecmp(word[0], directives[i].name) == 0 &&
		    !directives[i].read(r, directives[i].setting, n, word))
			serverfile_bad_value(r->in->out, r->in->line);
}

/* --- sections ------------------------------------------------------------------- */

static void enter_global(struct reading *r, struct section *s, size_t n,
			 words word)
{
	(void)r;
	(void)n;
	(void)word;
	s->site = GLOBAL;
}

static void enter_host(struct reading *r, struct section *s, size_t n,
		       words word)
{
	struct serverfile *f = r->in->out;

	if (f->sites == SERVERFILE_SITES_MAX) {
		serverfile_problem(f, r->in->line, "too-many-hosts",
				   "there are too many <VirtualHost>s: this "
				   "one is not read");
		s->ignored = true;
		return;
	}
	s->site = f->sites++;
	f->site[s->site].line = r->in->line;
	if (n > 1)
		serverfile_host(&f->site[s->site].listen, r->in->line,
				span_str(word[1]));
}

static void enter_module(struct reading *r, struct section *s, size_t n,
			 words word)
{
	(void)r;
	s->ignored = s->ignored || (n > 1 && word[1][0] == '!');
}

static void enter_define(struct reading *r, struct section *s, size_t n,
			 words word)
{
	serverfile_note(r->in->out, r->in->line, "define",
			"names of an <IfDefine> are taken for not defined");
	s->ignored = s->ignored || n < 2 || word[1][0] != '!';
}

static void enter_limit(struct reading *r, struct section *s, size_t n,
			words word)
{
	(void)r;
	for (size_t i = 1; i < n; i++)
		for (size_t c = 0; c < sizeof(commands) / sizeof(commands[0]);
		     c++)
			if (strcasecmp(word[i], commands[c]) == 0)
				s->limits |= (uint16_t)(1u << c);
}

/* All others are about some users or some directories. */
static const struct {
	const char *name;
	void (*enter)(struct reading *r, struct section *s, size_t n,
		      words word);
	bool own;
} sections[] = {
	{ "Global", enter_global, true },
	{ "VirtualHost", enter_host, false },
	{ "IfModule", enter_module, false },
	{ "IfDefine", enter_define, false },
	{ "Limit", enter_limit, false },
	{ "Anonymous", NULL, true },
};

static void enter(struct reading *r, size_t n, words word)
{
	struct section *s;

	if (r->depth + 1 == DEPTH_MAX) {
		r->too_deep++;
		return;
	}
	s = &r->section[r->depth + 1];
	*s = *inside(r);
	s->limits = 0;
	memset(s->name, 0, sizeof(s->name));
	memcpy(s->name, word[0], strnlen(word[0], sizeof(s->name) - 1));
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		if (strcasecmp(word[0], sections[i].name) != 0 ||
		    !sections[i].enter)
			continue;
		if (!s->ignored)
			sections[i].enter(r, s, n, word);
		r->depth++;
		return;
	}
	s->ignored = true;
	r->depth++;
}

static void leave(struct reading *r, const char *name)
{
	if (r->too_deep > 0) {
		r->too_deep--;
		return;
	}
	if (r->depth == 0 || strncasecmp(name, inside(r)->name,
					 sizeof(r->section[0].name) - 1) != 0) {
		serverfile_problem(r->in->out, r->in->line, "unbalanced",
				   "no section of that name is open here");
		return;
	}
	r->depth--;
}

/* --- lines ---------------------------------------------------------------------- */

bool serverfile_is_proftpd(struct span line)
{
	char word[RULE_WORD_MAX];
	char *name = word;

	if (!rule_word(&line, word))
		return false;
	name[strcspn(name, ">")] = '\0';
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (sections[i].own && name[0] == '<' &&
		    strcasecmp(name + 1, sections[i].name) == 0)
			return true;
	for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++)
		if (directives[i].own &&
		    strcasecmp(name, directives[i].name) == 0)
			return true;
	return false;
}

static void read_line(struct reading *r, struct span line)
{
	words word;
	bool section = line.at[0] == '<';
	size_t n;

	if (line.at[line.len - 1] == '\\')
		serverfile_note(r->in->out, r->in->line, "continued",
				"the line goes on in the next one, which is "
				"read as a line of its own");
	if (section) {
		size_t end = span_find(line, '>');

		line = span_sub(line, 1, end - 1);
	}
	n = serverfile_words(line, word);
	if (n == 0)
		return;
	if (section && word[0][0] == '/')
		leave(r, word[0] + 1);
	else if (section)
		enter(r, n, word);
	else
		read_directive(r, n, word);
}

void serverfile_proftpd(struct serverfile_lines *in)
{
	struct reading r = { .in = in };
	struct serverfile *f = in->out;
	struct span line;

	while (serverfile_next(in, &line))
		read_line(&r, line);
	if (r.depth > 0)
		serverfile_problem(f, in->line, "unbalanced",
				   "a section is open at the end of the file");
	proftpd_derive(r.server, &r.server[GLOBAL], f);
}
