/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's tables, told in parts: see daemon_answer.h. */
#include "cmd/daemon_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "report/object.h"
#include "report/text.h"

/* --- rows ------------------------------------------------------------------------- */

union row {
	struct session_info session;
	struct pinhole_info pinhole;
	struct grant_info grant;
};

static json_t *session_row(const union row *row, uint64_t now)
{
	const struct session_info *s = &row->session;
	json_t *o =
		json_pack("{s:o, s:o, s:o, s:s, s:b, s:o, s:o, s:o, s:o, s:o}",
			  "session", number_json(s->id), "client",
			  endpoint_json(&s->ends.client), "server",
			  endpoint_json(&s->ends.server), "state", s->state,
			  "trusted", (int)s->trusted, "age_us",
			  number_json(now - s->opened_us), "idle_us",
			  number_json(now - s->last_us), "commands",
			  number_json(s->commands), "replies",
			  number_json(s->replies), "data_connections",
			  number_json(s->data_connections));

	if (!s->nat_known)
		return o;
	json_object_set_new(o, "client_public",
			    endpoint_json(&s->nat.client_public));
	json_object_set_new(o, "server_public",
			    endpoint_json(&s->nat.server_public));
	return o;
}

static json_t *pinhole_row(const union row *row, uint64_t now)
{
	const struct pinhole_info *h = &row->pinhole;
	char from[ADDR_TEXT_MAX];
	json_t *o;

	addr_format(&h->key.from, from);
	o = json_pack("{s:o, s:o, s:s, s:s, s:{s:s}, s:o, s:o}", "id",
		      number_json(h->id), "session", number_json(h->session),
		      "state", h->state, "mode",
		      h->active ? "active" : "passive", "from", "addr", from,
		      "to", endpoint_json(&h->key.to), "target",
		      endpoint_json(&h->target));
	if (h->expires_us != ENGINE_NEVER)
		json_object_set_new(o, "expires_in_us",
				    number_json(h->expires_us > now
							? h->expires_us - now
							: 0));
	return o;
}

static json_t *grant_row(const union row *row, uint64_t now)
{
	const struct grant_info *g = &row->grant;
	char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX], ports[TEXT_RANGE_MAX];

	(void)now;
	addr_format(&g->from, from);
	addr_format(&g->to, to);
	text_range(&g->ports, ports);
	return json_pack("{s:o, s:s, s:o, s:o, s:{s:s}, s:{s:s}, s:s, s:o, "
			 "s:o}",
			 "session", number_json(g->session), "mode",
			 g->active ? "active" : "passive", "client",
			 endpoint_json(&g->ends.client), "server",
			 endpoint_json(&g->ends.server), "from", "addr", from,
			 "to", "addr", to, "ports", ports, "open",
			 number_json(g->open), "most", number_json(g->most));
}

static bool next_session(const struct engine *e, uint32_t *at, union row *row)
{
	return engine_next_session(e, at, &row->session);
}

static bool next_pinhole(const struct engine *e, uint32_t *at, union row *row)
{
	return engine_next_pinhole(e, at, &row->pinhole);
}

static bool next_grant(const struct engine *e, uint32_t *at, union row *row)
{
	return engine_next_grant(e, at, &row->grant);
}

/* --- parts ------------------------------------------------------------------------ */

/* Rows of one part of an answer; copied while the lock is held. */
#define ROWS 64

static void put_row(FILE *to, struct control_peer *peer, json_t *row)
{
	char *text = row ? json_dumps(row, JSON_COMPACT) : NULL;

	if (text)
		fprintf(to, "%s%s", peer->flag ? "," : "", text);
	peer->flag |= text != NULL;
	free(text);
	json_decref(row);
}

/* Start the next part; finish_part() ends it. NULL: no memory. */
static FILE *start_part(struct control_peer *peer)
{
	return open_memstream(&peer->text, &peer->len);
}

static bool finish_part(FILE *to, struct control_peer *peer, bool last)
{
	if (last) {
		fputs("]}\n", to);
		peer->more = NULL;
	}
	return fclose(to) == 0;
}

/* One more part of the answer to @peer. */
static bool more_rows(struct daemon *d, struct control_peer *peer,
		      bool (*next)(const struct engine *e, uint32_t *at,
				   union row *row),
		      json_t *(*json)(const union row *row, uint64_t now))
{
	union row row[ROWS];
	FILE *to = start_part(peer);
	size_t n = 0;

	if (!to)
		return false;
	pthread_mutex_lock(&d->lock);
	while (n < ROWS && next(d->engine, &peer->at, &row[n]))
		n++;
	pthread_mutex_unlock(&d->lock);
	for (size_t i = 0; i < n; i++)
		put_row(to, peer, json(&row[i], clock_now_us()));
	return finish_part(to, peer, n < ROWS);
}

static bool more_sessions(void *arg, struct control_peer *peer)
{
	return more_rows(arg, peer, next_session, session_row);
}

static bool more_pinholes(void *arg, struct control_peer *peer)
{
	return more_rows(arg, peer, next_pinhole, pinhole_row);
}

static bool more_grants(void *arg, struct control_peer *peer)
{
	return more_rows(arg, peer, next_grant, grant_row);
}

static void table_begin(struct control_peer *peer, const char *head,
			bool (*more)(void *arg, struct control_peer *peer))
{
	peer->text = strdup(head);
	peer->len = peer->text ? strlen(head) : 0;
	peer->more = peer->text ? more : NULL;
}

void daemon_answer_sessions(struct daemon *d, struct control_peer *peer)
{
	(void)d;
	table_begin(peer, "{\"sessions\":[", more_sessions);
}

void daemon_answer_pinholes(struct daemon *d, struct control_peer *peer)
{
	(void)d;
	table_begin(peer, "{\"pinholes\":[", more_pinholes);
}

void daemon_answer_grants(struct daemon *d, struct control_peer *peer)
{
	(void)d;
	table_begin(peer, "{\"grants\":[", more_grants);
}
