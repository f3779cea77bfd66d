/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both ends say: see script.h. */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftp_socket.h"
#include "noise.h"

#define LOGIN                          \
	{ "USER", "331", ACT_SAY },    \
	{                              \
		"PASS", "230", ACT_SAY \
	}
#define LEAVE                           \
	{                               \
		"QUIT", "221", ACT_QUIT \
	}

#define STEPS(name) static const struct step name[]

STEPS(talk) = { LOGIN,
		{ "SYST", "215", ACT_SAY },
		{ "CWD", "250", ACT_SAY },
		{ "SIZE", "213", ACT_SAY },
		LEAVE };
STEPS(passive_get) = {
	LOGIN, { "PASV", "227", ACT_PASSIVE }, { "RETR", "226", ACT_GET }, LEAVE
};
STEPS(passive_put) = {
	LOGIN, { "PASV", "227", ACT_PASSIVE }, { "STOR", "226", ACT_PUT }, LEAVE
};
STEPS(active_get) = {
	LOGIN, { "PORT", "200", ACT_ACTIVE }, { "RETR", "226", ACT_GET }, LEAVE
};
STEPS(active_put) = {
	LOGIN, { "PORT", "200", ACT_ACTIVE }, { "STOR", "226", ACT_PUT }, LEAVE
};
STEPS(secure) = { { "USER", "331", ACT_SAY }, { "AUTH", "234", ACT_SECURE },
		  { "PASS", "230", ACT_SAY }, { "PASV", "227", ACT_PASSIVE },
		  { "RETR", "226", ACT_GET }, { "PASV", "227", ACT_PASSIVE },
		  { "STOR", "226", ACT_PUT }, LEAVE };
/* Numbers are translated from the first PORT to the end. */
STEPS(held) = { LOGIN,
		{ "PORT", "200", ACT_ACTIVE },
		{ "RETR", "226", ACT_GET },
		{ "NOOP", "200", ACT_HOLD },
		{ "PASV", "227", ACT_PASSIVE },
		{ "STOR", "226", ACT_PUT },
		LEAVE };
STEPS(cut) = { LOGIN,
	       { "PASV", "227", ACT_PASSIVE },
	       { "RETR", "426", ACT_GET_CUT },
	       { "PORT", "200", ACT_ACTIVE },
	       { "RETR", "226", ACT_GET },
	       LEAVE };
STEPS(abor) = { LOGIN,
		{ "PORT", "200", ACT_ACTIVE },
		{ "RETR", "426", ACT_GET_ABOR },
		{ "ABOR", "226", ACT_SAY },
		{ "PASV", "227", ACT_PASSIVE },
		{ "STOR", "226", ACT_PUT },
		LEAVE };
STEPS(vanish) = { LOGIN,
		  { "PASV", "227", ACT_PASSIVE },
		  { "RETR", "426", ACT_VANISH } };
STEPS(flood) = { LOGIN, { "PASV", "227", ACT_FLOOD }, LEAVE };

const struct kind script_kind[SCRIPT_KINDS] = {
	{ "talk", talk, false },
	{ "passive-get", passive_get, false },
	{ "passive-put", passive_put, false },
	{ "active-get", active_get, false },
	{ "active-put", active_put, false },
	{ "secure", secure, true },
	{ "held", held, false },
	{ "cut", cut, false },
	{ "abor", abor, false },
	{ "vanish", vanish, false },
	{ "flood", flood, false },
};

unsigned int script_kind_find(const char *name)
{
	unsigned int i = 0;

	while (i < SCRIPT_KINDS && strcmp(script_kind[i].name, name) != 0)
		i++;
	return i;
}

const struct step *place_step(const struct place *p)
{
	return &script_kind[p->kind].step[p->step];
}

/* --- words ------------------------------------------------------------------ */

/* So that what is said in one place differs from what is in another. */
enum use { USE_COMMAND, USE_REPLY, USE_MARK, USE_FILE, USE_CUT };

static uint64_t draw(const struct place *p, enum use use)
{
	return noise((uint64_t)p->session << 32 | (uint64_t)p->step << 24 |
		     (uint64_t)p->round << 8 | use);
}

/* Up to this many letters and blanks. No digits: they would look like
 * endpoints. */
#define WORDS_MAX 48

static void words(uint64_t seed, char out[WORDS_MAX + 1])
{
	size_t len = 1 + seed % WORDS_MAX;

	for (size_t i = 0; i < len; i++) {
		if (i % 8 == 0)
			seed = noise(seed);
		/* A blank at an end could be taken for padding. */
		out[i] = i > 0 && i < len - 1 && seed % 32 >= 26
				 ? ' '
				 : (char)('a' + seed % 32 % 26);
		seed >>= 8;
	}
	out[len] = '\0';
}

size_t script_command(const struct place *p, const struct sockaddr_in *at,
		      char out[SCRIPT_TEXT_MAX])
{
	const struct step *s = place_step(p);
	char arg[WORDS_MAX + 1];

	words(draw(p, USE_COMMAND), arg);
	if (s->act == ACT_ACTIVE)
		hostport_write(at, arg);
	else if (p->step == 0)
		snprintf(arg, sizeof(arg), "%u.%u", p->kind, p->session);
	if (s->act == ACT_SECURE)
		snprintf(arg, sizeof(arg), "TLS");
	if (s->act == ACT_PASSIVE || s->act == ACT_FLOOD || s->act == ACT_QUIT)
		return (size_t)snprintf(out, SCRIPT_TEXT_MAX, "%s\r\n",
					s->verb);
	return (size_t)snprintf(out, SCRIPT_TEXT_MAX, "%s %s\r\n", s->verb,
				arg);
}

bool script_user(const char *line, struct place *out)
{
	static const char verb[] = "USER ";
	char *end;
	unsigned long kind, session;

	if (strncmp(line, verb, strlen(verb)) != 0)
		return false;
	kind = strtoul(line + strlen(verb), &end, 10);
	if (*end != '.' || kind >= SCRIPT_KINDS)
		return false;
	session = strtoul(end + 1, NULL, 10);
	*out = (struct place){ .kind = (uint8_t)kind,
			       .session = (uint32_t)session };
	return true;
}

size_t script_reply(const struct place *p, const struct sockaddr_in *at,
		    char out[SCRIPT_TEXT_MAX])
{
	const struct step *s = place_step(p);
	uint64_t seed = draw(p, USE_REPLY);
	char text[WORDS_MAX + 1], where[HOSTPORT_MAX];

	words(seed, text);
	if (s->act == ACT_PASSIVE || s->act == ACT_FLOOD) {
		hostport_write(at, where);
		return (size_t)snprintf(out, SCRIPT_TEXT_MAX,
					"%s Passive mode (%s).\r\n", s->code,
					where);
	}
	if (s->act == ACT_SAY && seed >> 61 == 0)
		return (size_t)snprintf(out, SCRIPT_TEXT_MAX,
					"%s-%s\r\n %s\r\n%s %s\r\n", s->code,
					text, text, s->code, text);
	return (size_t)snprintf(out, SCRIPT_TEXT_MAX, "%s %s\r\n", s->code,
				text);
}

size_t script_mark(const struct place *p, char out[SCRIPT_TEXT_MAX])
{
	char text[WORDS_MAX + 1];

	words(draw(p, USE_MARK), text);
	return (size_t)snprintf(out, SCRIPT_TEXT_MAX, "150 %s\r\n", text);
}

size_t script_greeting(char out[SCRIPT_TEXT_MAX])
{
	return (size_t)snprintf(out, SCRIPT_TEXT_MAX,
				"220 Welcome to the archive.\r\n");
}

/* --- files ------------------------------------------------------------------ */

/* More than the buffers of both ends take: what is interrupted in the middle
 * was not at its end already. */
#define UNENDING (16u << 20)

uint64_t script_seed(const struct place *p)
{
	return draw(p, USE_FILE);
}

/* Small files, as a busy server has them; one in sixteen has up to 256 KiB. */
uint64_t script_length(const struct place *p)
{
	uint64_t seed = noise(script_seed(p));

	switch (place_step(p)->act) {
	case ACT_GET_CUT:
	case ACT_GET_ABOR:
	case ACT_VANISH:
		return UNENDING;
	default:
		return (seed >> 32) % (seed % 16 ? 8u << 10 : 256u << 10);
	}
}

bool script_cuts(const struct place *p, size_t len, size_t *where)
{
	uint64_t seed = draw(p, USE_CUT);

	*where = 1 + (seed >> 8) % (len - 1);
	return seed % 16 == 0;
}
