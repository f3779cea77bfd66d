/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A `servers:` section learned from a replay. */
#include "report/suggest.h"

#include <stdlib.h>

#include "io/config.h"
#include "report/amount.h"
#include "report/phrase.h"
#include "report/suggest_put.h"
#include "report/text.h"

struct suggest {
	FILE *out;
	struct book book;
	uint64_t newest; /* number of a session */
	struct suggest_server *server[CONFIG_SERVERS_MAX];
	size_t servers;
	uint64_t more;      /* sessions with other servers */
	uint64_t forgotten; /* sessions that were not followed any further */
};

static bool may_leave(const struct book_page *page)
{
	return ((const struct suggest_session *)page)->closed;
}

static void release(struct book_page *page)
{
	free(page);
}

/* NULL: not seen yet. */
static struct suggest_server *find_server(const struct suggest *s,
					  const struct addr *a)
{
	for (size_t i = 0; i < s->servers; i++)
		if (addr_equal(&s->server[i]->addr, a))
			return s->server[i];
	return NULL;
}

/* NULL: there is no room for one more, or no memory. */
static struct suggest_server *add_server(struct suggest *s,
					 const struct addr *a)
{
	struct suggest_server *server;

	if (s->servers == CONFIG_SERVERS_MAX)
		return NULL;
	server = calloc(1, sizeof(*server));
	if (!server)
		return NULL;
	server->addr = *a;
	s->server[s->servers++] = server;
	return server;
}

/* Begin to remember a session; NULL: that cannot be. */
static struct suggest_session *add_session(struct suggest *s, uint64_t session,
					   struct suggest_server *server)
{
	struct suggest_session *made = calloc(1, sizeof(*made));
	struct book_page *gone;

	if (!made)
		return NULL;
	made->page.session = session;
	made->server = server;
	if (!book_put(&s->book, &made->page, may_leave, &gone)) {
		free(made);
		return NULL;
	}
	free(gone);
	return made;
}

/*
 * NULL: it has left, or there was no room for it. Sessions are numbered in the
 * order they open, so a number that is not above all others is that of one that
 * has left.
 */
static struct suggest_session *find(struct suggest *s, uint64_t session,
				    const struct endpoint *at)
{
	struct book_page *page = book_find(&s->book, session);
	struct suggest_server *server;
	struct suggest_session *made;

	if (page || session <= s->newest)
		return (struct suggest_session *)page;
	s->newest = session;
	server = find_server(s, &at->addr);
	if (!server)
		server = add_server(s, &at->addr);
	if (!server) {
		s->more++;
		return NULL;
	}
	suggest_server_session(server, at);
	made = add_session(s, session, server);
	if (!made)
		s->forgotten++;
	return made;
}

static void on_note(void *arg, const struct story_note *note)
{
	struct suggest *s = arg;
	const struct event *e = note->event;
	struct suggest_session *of;

	if (e->session == 0)
		return;
	of = find(s, e->session, &e->server);
	if (of)
		suggest_server_note(of, note);
}

static void on_flow(void *arg, const struct story_flow *f)
{
	struct suggest *s = arg;
	struct suggest_session *of;
	struct suggest_server *server;

	if (f->session == 0)
		return;
	of = find(s, f->session, &f->server);
	server = of ? of->server : find_server(s, &f->server.addr);
	if (server)
		suggest_server_flow(server, of, f);
}

static void put_lost(const struct suggest *s, uint64_t sessions,
		     const char *what)
{
	if (!sessions)
		return;
	fputs("# of these ", s->out);
	phrase_count(s->out, sessions, "session");
	fprintf(s->out, " %s\n", what);
}

static void put_head(const struct suggest *s, const struct story_end *end)
{
	char first[TEXT_TIME_MAX], last[TEXT_TIME_MAX];

	fputs("# What sallyport replay saw; look it over before you use it: a "
	      "capture shows what was used,\n# not what is allowed.\n# ",
	      s->out);
	phrase_count(s->out, end->frames, "frame");
	if (end->first_us) {
		text_time(end->first_us, first);
		text_time(end->last_us, last);
		fprintf(s->out, ", %s to %s", first, last);
	}
	fputs("; ", s->out);
	phrase_count(s->out, end->sessions, "session");
	fputs(" with ", s->out);
	phrase_count(s->out, s->servers, "server");
	fputc('\n', s->out);
	put_lost(s, s->more,
		 "with servers that a configuration has no room "
		 "for");
	put_lost(s, s->forgotten, "for whose details there was no room");
}

static void on_end(void *arg, const struct story_end *end)
{
	struct suggest *s = arg;
	const struct suggest_list list = { s->server, s->servers };

	put_head(s, end);
	fputs("servers:\n", s->out);
	for (size_t i = 0; i < s->servers; i++)
		suggest_put(s->out, &list, i);
}

struct suggest *suggest_new(FILE *out)
{
	struct suggest *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->out = out;
	if (book_open(&s->book, BOOK_PAGES_MAX))
		return s;
	free(s);
	return NULL;
}

struct listener suggest_listener(struct suggest *s)
{
	return (struct listener){
		.arg = s,
		.note = on_note,
		.flow = on_flow,
		.end = on_end,
	};
}

void suggest_free(struct suggest *s)
{
	if (!s)
		return;
	book_close(&s->book, release);
	for (size_t i = 0; i < s->servers; i++) {
		suggest_server_free(s->server[i]);
		free(s->server[i]);
	}
	free(s);
}
