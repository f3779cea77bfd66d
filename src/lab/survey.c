/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a real FTP or FTPS server is like. */
#include "lab/survey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "lab/client_private.h"
#include "lab/survey_private.h"

/* RFC 2389 3.2 */
#define FEATURES 211

/* --- the session that all others need -------------------------------------------------- */

static void ask_features(struct surveyor *v)
{
	struct client *c = v->client;

	if (client_ask(c, STAGE_FEAT, "FEAT") && c->reply.code == FEATURES)
		v->out->feat = c->reply;
}

static void note_tls(struct surveyor *v)
{
	const struct client *c = v->client;
	struct survey *out = v->out;
	struct certificate_view view = { .now_us = clock_now_us() };

	if (!c->secured)
		return;
	out->secured = true;
	tls_peer_facts(c->control.tls, &out->tls);
	if (c->spec.sni)
		view.sni = span_str(c->spec.sni);
	else
		view.server = &c->spec.server.addr;
	out->certificate_result =
		tls_peer_certificate(c->control.tls, &view, &out->certificate);
}

static bool greet(struct surveyor *v)
{
	bool fine = client_greeting(v->client);

	if (v->client->reply.code != 0)
		v->out->greeting = v->client->reply;
	if (fine)
		ask_features(v);
	return fine && v->client->stop.reason == STOP_NOT;
}

static bool log_in(struct surveyor *v)
{
	v->out->logins++;
	return client_login(v->client, v->spec->url->user,
			    v->spec->url->password);
}

/* The name's addresses in turn, until one lets us connect. */
static bool connect_any(struct surveyor *v)
{
	struct survey *out = v->out;
	struct client_spec how = {
		.tls = v->spec->url->tls,
		.sni = v->spec->url->is_addr ? NULL : v->spec->url->host,
		.role = v->role,
		.times = v->spec->times,
	};

	for (size_t i = 0; i < out->addresses; i++) {
		client_close(v->client);
		how.server = out->address[i];
		client_open(v->client, &how);
		if (client_connect(v->client))
			break;
		/* That one is there, but is no FTPS server. */
		if (v->client->stop.stage != STAGE_CONNECT)
			break;
	}
	if (v->client->stop.stage != STAGE_CONNECT ||
	    v->client->stop.reason == STOP_NOT) {
		out->server = how.server;
		out->client = v->client->local;
	}
	return v->client->stop.reason == STOP_NOT;
}

static bool begin(struct surveyor *v)
{
	struct survey *out = v->out;

	if (!connect_any(v))
		return false;
	/* Implicit TLS is there before the greeting, explicit after AUTH. */
	note_tls(v);
	if (!greet(v) || !client_auth(v->client))
		return false;
	note_tls(v);
	if (!log_in(v))
		return false;
	out->logged_in = true;
	/* Some servers tell their features to users alone. */
	if (out->feat.code == 0)
		ask_features(v);
	if (v->client->stop.reason != STOP_NOT || !client_protect(v->client))
		return false;
	out->protected = v->client->protected;
	return true;
}

/* --- sessions after it ------------------------------------------------------------------ */

bool surveyor_ready(struct surveyor *v)
{
	struct client *c = v->client;
	struct client_spec how = c->spec;

	/* Even after a reply that says no: vsftpd says 500 where no passive port
	 * is left, and its session is of no more use. */
	if (c->stop.reason == STOP_NOT)
		return true;
	if (v->out->logins == SURVEY_LOGINS_MAX)
		return false;
	client_close(c);
	client_open(c, &how);
	return client_begin(c) && log_in(v) && client_protect(c);
}

/* --- the whole -------------------------------------------------------------------------- */

static bool look_up(struct surveyor *v)
{
	const struct url *url = v->spec->url;
	struct survey *out = v->out;
	const char *wrong = NULL;

	if (url->is_addr) {
		out->address[0] = (struct endpoint){ url->addr, url->port };
		out->addresses = 1;
	} else {
		wrong = resolve(url->host, v->spec->family, url->port,
				out->address, &out->addresses);
	}
	return !wrong || client_stop(v->client, STAGE_RESOLVE, STOP_REFUSED,
				     span_str(wrong));
}

static void survey(struct surveyor *v)
{
	static const struct client_spec none;

	client_open(v->client, &none);
	if (look_up(v) && begin(v))
		surveyor_ways(v);
	else
		v->out->stop = v->client->stop;
	if (v->client->stop.reason == STOP_NOT)
		client_quit(v->client);
	client_close(v->client);
}

static bool equip(struct surveyor *v, const struct survey_spec *spec)
{
	const struct tls_role_spec role = { .version_min = spec->tls_version,
					    .version_max = spec->tls_version };

	v->client = malloc(sizeof(*v->client));
	v->room = malloc(SURVEY_LIST_MAX);
	v->role = spec->url->tls == CLIENT_FTP ? NULL : tls_role_new(&role);
	return v->client && v->room &&
	       (v->role || spec->url->tls == CLIENT_FTP);
}

void survey_run(const struct survey_spec *spec, struct survey *out)
{
	struct surveyor v = { .spec = spec, .out = out };

	memset(out, 0, sizeof(*out));
	out->url = *spec->url;
	explicit_bzero(out->url.password, sizeof(out->url.password));
	if (equip(&v, spec))
		survey(&v);
	else
		out->stop =
			(struct stop){ .reason = STOP_SYSTEM, .error = ENOMEM };
	tls_role_free(v.role);
	free(v.room);
	free(v.client);
}

bool survey_way_works(const struct survey *s, enum via via)
{
	return s->way[via].tried && s->way[via].stop.reason == STOP_NOT;
}

bool survey_has(const struct survey *s, const char *feature)
{
	struct span rest = span_of(s->feat.text, s->feat.len);
	struct span wanted = span_str(feature);

	while (rest.len > 0) {
		size_t end = span_find(rest, '\n');
		/* RFC 2389 3.2: each feature stands behind one space. */
		struct span line = span_sub(rest, 1, wanted.len);

		if (end > wanted.len && span_equal_nocase(line, wanted))
			return true;
		rest = span_sub(rest, end + 1, rest.len);
	}
	return false;
}
