/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One session as the summary remembers it. */
#include "report/summary_session.h"

#include <stdlib.h>
#include <string.h>

#include "report/escape.h"

/* Replies that say that the login is done (RFC 959 5.4, RFC 2228 5.2). */
#define LOGGED_IN    230
#define LOGGED_IN_BY 232

struct summary_session *summary_session_new(uint64_t session,
					    const struct endpoint *client,
					    const struct endpoint *server,
					    uint64_t at_us)
{
	struct summary_session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->page.session = session;
	s->client = *client;
	s->server = *server;
	s->opened_us = s->last_us = at_us;
	s->end = WORDS_MAX;
	return s;
}

/* Put @raw in the place of the text at @where; what does not fit into @most
 * bytes is cut. */
static void remember(char **where, struct span raw, size_t most)
{
	bool cut = raw.len > most;
	char *shown = malloc(ESCAPE_SIZE(most) + sizeof("..."));
	size_t len;

	if (!shown)
		return;
	len = escape_text(span_sub(raw, 0, most), shown, ESCAPE_SIZE(most));
	memcpy(shown + len, cut ? "..." : "", cut ? sizeof("...") : 1);
	free(*where);
	*where = shown;
}

static void on_open(struct summary_session *s, const struct event *e,
		    struct words *words)
{
	(void)words;
	s->implicit = e->session_open.implicit_tls;
	s->midstream = e->session_open.midstream;
}

static void on_command(struct summary_session *s, const struct event *e,
		       struct words *words)
{
	(void)words;
	if (!span_equal(e->command.verb, span_str("USER")) ||
	    e->command.secret || !e->command.has_arg)
		return;
	remember(&s->user, e->command.arg, SUMMARY_USER_MAX);
	s->logged_in = false;
}

static void on_reply(struct summary_session *s, const struct event *e,
		     struct words *words)
{
	(void)words;
	if (s->user &&
	    (e->reply.code == LOGGED_IN || e->reply.code == LOGGED_IN_BY))
		s->logged_in = true;
}

static void on_auth(struct summary_session *s, const struct event *e,
		    struct words *words)
{
	(void)words;
	s->auth = e->auth.accepted;
	s->auth_code = e->auth.code;
}

static void on_tls(struct summary_session *s, const struct event *e,
		   struct words *words)
{
	(void)words;
	switch (e->tls.step) {
	case TLS_STEP_CLIENT_HELLO:
		s->hello = true;
		s->cleared = false;
		if (e->tls.sni.len > 0)
			remember(&s->sni, e->tls.sni, TLS_SNI_MAX);
		break;
	case TLS_STEP_SERVER_HELLO:
		s->version = e->tls.version;
		s->cipher = e->tls.cipher;
		s->resumed = e->tls.resumed;
		break;
	case TLS_STEP_ESTABLISHED:
		s->up = true;
		s->version = e->tls.version;
		break;
	case TLS_STEP_CLEARED:
		s->cleared = true;
		break;
	default:
		break;
	}
}

static void on_close(struct summary_session *s, const struct event *e,
		     struct words *words)
{
	s->closed = true;
	s->end = words_number(words, e->session_close.reason);
	s->duration_us = e->session_close.duration_us;
	s->tls = e->session_close.tls;
}

static void (*const take[EVENT_TYPES])(struct summary_session *s,
				       const struct event *e,
				       struct words *words) = {
	[EVENT_SESSION_OPEN] = on_open, [EVENT_COMMAND] = on_command,
	[EVENT_REPLY] = on_reply,       [EVENT_AUTH] = on_auth,
	[EVENT_TLS] = on_tls,           [EVENT_SESSION_CLOSE] = on_close,
};

void summary_session_note(struct summary_session *s,
			  const struct story_note *note, struct words *words)
{
	const struct event *e = note->event;

	if (e->at_us > s->last_us)
		s->last_us = e->at_us;
	s->decrypted |= note->decrypted;
	if (take[e->type])
		take[e->type](s, e, words);
	sum_note(&s->sum, e, words, SUMMARY_THINGS_MAX);
}

void summary_session_flow(struct summary_session *s, const struct story_flow *f,
			  struct words *words)
{
	port_set_add(&s->ports[sum_class(f)][f->active], f->to.port,
		     SUMMARY_RANGES_MAX);
	sum_flow(&s->sum, f, words, SUMMARY_THINGS_MAX);
}

/* A session that was picked up under TLS has shown no handshake. */
enum summary_cover summary_session_cover(const struct summary_session *s)
{
	bool seen = s->tls || s->implicit || s->sum.count[COUNT_RECORD_BYTES];

	if (s->up || (s->midstream && seen))
		return COVER_TLS;
	return s->hello || s->implicit ? COVER_BROKEN : COVER_CLEAR;
}

bool summary_session_has_trouble(const struct summary_session *s)
{
	return summary_session_cover(s) == COVER_BROKEN ||
	       sum_has_trouble(&s->sum);
}

void summary_session_free(struct summary_session *s)
{
	free(s->user);
	free(s->sni);
	for (int class = 0; class < CLASSES; class ++)
		for (int active = 0; active < 2; active++)
			port_set_free(&s->ports[class][active]);
	sum_free(&s->sum);
	free(s);
}
