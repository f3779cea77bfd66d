/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration of FTP servers, and the options of kernel modules. */
#include "lab/twin_conf.h"

#include <string.h>
#include <strings.h>

/* Words of a line that are looked at, and their length: an address or a few
 * options of a module. */
#define WORDS    16
#define WORD_MAX 128

struct line {
	char word[WORDS][WORD_MAX];
	int words;
};

typedef bool take(struct twin_conf *c, const struct line *l);

/* --- values ----------------------------------------------------------------------- */

static bool number(const char *text, uint32_t max, uint32_t *out)
{
	struct cursor c = cursor_of(span_str(text));

	*out = rd_decimal(&c, 5, max);
	return !c.bad && c.rest.len == 0;
}

static bool is_yes(const char *text)
{
	return strcasecmp(text, "yes") == 0 || strcasecmp(text, "on") == 0 ||
	       strcasecmp(text, "true") == 0 || strcmp(text, "1") == 0;
}

static bool address(struct twin_conf *c, const char *text)
{
	c->announces = text[0] != '\0';
	c->announced_known =
		addr_parse(span_str(text), &c->announced) == PARSE_OK;
	return true;
}

static bool low(struct twin_conf *c, const struct line *l)
{
	uint32_t n;
	bool fine = number(l->word[1], UINT16_MAX, &n);

	c->passive.lo = (uint16_t)n;
	return fine;
}

static bool high(struct twin_conf *c, const struct line *l)
{
	uint32_t n;
	bool fine = number(l->word[1], UINT16_MAX, &n);

	c->passive.hi = (uint16_t)n;
	return fine;
}

static bool both(struct twin_conf *c, const struct line *l)
{
	uint32_t lo, hi;

	if (l->words < 3 || !number(l->word[1], UINT16_MAX, &lo) ||
	    !number(l->word[2], UINT16_MAX, &hi) || lo == 0 || hi < lo)
		return false;
	c->passive = (struct port_range){ (uint16_t)lo, (uint16_t)hi };
	return true;
}

static bool announce(struct twin_conf *c, const struct line *l)
{
	return address(c, l->word[1]);
}

static bool tls_on(struct twin_conf *c, const struct line *l)
{
	if (!is_yes(l->word[1]))
		c->tls = TWIN_CONF_TLS_OFF;
	else if (c->tls != TWIN_CONF_TLS_REQUIRED)
		c->tls = TWIN_CONF_TLS_ON;
	return true;
}

/* ProFTPD's may name a part: "ctrl", "auth+data"; all of them want TLS. */
static bool tls_required(struct twin_conf *c, const struct line *l)
{
	if (strcasecmp(l->word[1], "off") != 0 &&
	    strcasecmp(l->word[1], "no") != 0 && c->tls != TWIN_CONF_TLS_OFF)
		c->tls = TWIN_CONF_TLS_REQUIRED;
	return true;
}

/* Pure-FTPd: 0 off, 1 on, 2 for logins, 3 for data too. */
static bool tls_level(struct twin_conf *c, const struct line *l)
{
	uint32_t n;

	if (!number(l->word[1], 3, &n))
		return false;
	c->tls = n == 0   ? TWIN_CONF_TLS_OFF
		 : n == 1 ? TWIN_CONF_TLS_ON
			  : TWIN_CONF_TLS_REQUIRED;
	return true;
}

static bool implicit(struct twin_conf *c, const struct line *l)
{
	c->implicit = is_yes(l->word[1]);
	return true;
}

static bool options(struct twin_conf *c, const struct line *l)
{
	for (int i = 1; i < l->words; i++)
		c->implicit |= strcasecmp(l->word[i], "UseImplicitSSL") == 0;
	return true;
}

static bool active(struct twin_conf *c, const struct line *l)
{
	c->no_active = !is_yes(l->word[1]);
	return true;
}

static bool port(struct twin_conf *c, const struct line *l)
{
	uint32_t n;
	bool fine = number(l->word[1], UINT16_MAX, &n);

	c->port = (uint16_t)n;
	return fine;
}

static const char vsftpd[] = "vsftpd", proftpd[] = "ProFTPD",
		  pureftpd[] = "Pure-FTPd";

static const struct key {
	const char *server, *name;
	take *take;
} keys[] = {
	{ vsftpd, "pasv_min_port", low },
	{ vsftpd, "pasv_max_port", high },
	{ vsftpd, "pasv_address", announce },
	{ vsftpd, "ssl_enable", tls_on },
	{ vsftpd, "force_local_logins_ssl", tls_required },
	{ vsftpd, "implicit_ssl", implicit },
	{ vsftpd, "port_enable", active },
	{ vsftpd, "listen_port", port },
	{ vsftpd, "listen", NULL },
	{ vsftpd, "local_enable", NULL },
	{ vsftpd, "anonymous_enable", NULL },
	{ proftpd, "PassivePorts", both },
	{ proftpd, "MasqueradeAddress", announce },
	{ proftpd, "TLSEngine", tls_on },
	{ proftpd, "TLSRequired", tls_required },
	{ proftpd, "TLSOptions", options },
	{ proftpd, "Port", port },
	{ proftpd, "ServerType", NULL },
	{ proftpd, "ServerName", NULL },
	{ pureftpd, "PassivePortRange", both },
	{ pureftpd, "ForcePassiveIP", announce },
	{ pureftpd, "TLS", tls_level },
	{ pureftpd, "ChrootEveryone", NULL },
	{ pureftpd, "PureDB", NULL },
};

/* --- lines ------------------------------------------------------------------------- */

static bool separates(uint8_t c, bool equals)
{
	return c == ' ' || c == '\t' || c == '\r' || (equals && c == '=');
}

/* vsftpd writes "key=value", the others words; a value with a "=" in it is
 * none that matters. */
static void split(struct span text, bool equals, struct line *out)
{
	out->words = 0;
	while (out->words < WORDS) {
		char *word = out->word[out->words];
		size_t len = 0;

		while (text.len > 0 && separates(text.at[0], equals))
			text = span_sub(text, 1, text.len);
		if (text.len == 0 || text.at[0] == '#')
			break;
		while (text.len > 0 && !separates(text.at[0], equals)) {
			if (len < WORD_MAX - 1 && text.at[0] != '"')
				word[len++] = (char)text.at[0];
			text = span_sub(text, 1, text.len);
		}
		word[len] = '\0';
		out->words++;
	}
	for (int i = out->words; i < WORDS; i++)
		out->word[i][0] = '\0';
}

static struct span line_of(struct span *rest)
{
	size_t end = span_find(*rest, '\n');
	struct span line = span_sub(*rest, 0, end);

	*rest = span_sub(*rest, end + 1, rest->len);
	return line;
}

static void read_line(struct twin_conf *out, const struct line *l,
		      uint32_t number)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct key *k = &keys[i];

		if (strcasecmp(l->word[0], k->name) != 0)
			continue;
		out->server = k->server;
		if (k->take && (l->words < 2 || !k->take(out, l)) &&
		    out->bad_line == 0)
			out->bad_line = number;
	}
}

void twin_conf_read(struct span text, struct twin_conf *out)
{
	struct line l;

	*out = (struct twin_conf){ .server = NULL };
	for (uint32_t number = 1; text.len > 0; number++) {
		split(line_of(&text), true, &l);
		if (l.words > 0)
			read_line(out, &l, number);
	}
	/* vsftpd takes a half that is unsaid for the end of all ports. */
	if (out->passive.lo != 0 && out->passive.hi == 0)
		out->passive.hi = UINT16_MAX;
	if (out->passive.hi < out->passive.lo || out->passive.lo == 0)
		out->passive = (struct port_range){ 0, 0 };
}

void twin_modules_read(struct span text, struct twin_modules *out)
{
	struct line l;

	*out = (struct twin_modules){ false, false };
	while (text.len > 0) {
		split(line_of(&text), false, &l);
		if (l.words < 3 || strcmp(l.word[0], "options") != 0 ||
		    (strcmp(l.word[1], "nf_conntrack_ftp") != 0 &&
		     strcmp(l.word[1], "ip_conntrack_ftp") != 0))
			continue;
		for (int i = 2; i < l.words; i++) {
			out->ports |= strncmp(l.word[i], "ports=", 6) == 0;
			out->loose |= strcmp(l.word[i], "loose=1") == 0 ||
				      strcasecmp(l.word[i], "loose=y") == 0;
		}
	}
}
