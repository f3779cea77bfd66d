/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a real FTP or FTPS server is like: its data connections. */
#include "lab/survey_private.h"

/* --- passive ports ---------------------------------------------------------------------- */

static void note_port(struct survey_way *way, uint16_t port)
{
	if (way->announced == 0 || port < way->ports.lo)
		way->ports.lo = port;
	if (port > way->ports.hi)
		way->ports.hi = port;
}

static void note_addr(struct survey_way *way, const struct hostport *hp)
{
	if (!hp->has_addr)
		return;
	if (way->announced == 0) {
		way->has_addr = true;
		way->addr = hp->endpoint.addr;
	}
	if (!addr_equal(&way->addr, &hp->endpoint.addr))
		way->varies = true;
}

static bool ask_port(struct client *c, enum via via, struct survey_way *way)
{
	if (!client_passive(c, via))
		return false;
	note_port(way, c->announced.endpoint.port);
	note_addr(way, &c->announced);
	way->announced++;
	return true;
}

/* The last port that was announced is the one that is used. */
static bool ask_ports(struct client *c, enum via via, struct survey_way *way)
{
	for (unsigned int i = 0; i < SURVEY_TRIES; i++)
		if (!ask_port(c, via, way))
			return false;
	return true;
}

/* --- listings ---------------------------------------------------------------------------- */

static bool list(struct surveyor *v, struct client_transfer *t, bool fresh)
{
	bool fine;

	*t = (struct client_transfer){ .command = "LIST",
				       .bytes = v->room,
				       .size = SURVEY_LIST_MAX,
				       .fresh = fresh };
	fine = client_transfer(v->client, t);
	t->bytes = NULL;
	return fine;
}

static bool agree(struct client *c, enum via via, struct survey_way *way)
{
	if (!via_is_active(via))
		return ask_ports(c, via, way);
	if (!client_active(c, via))
		return false;
	way->announced++;
	return true;
}

static void try_way(struct surveyor *v, enum via via)
{
	struct survey_way *way = &v->out->way[via];
	bool fine;

	if (!surveyor_ready(v)) {
		v->out->stop = v->client->stop;
		return;
	}
	way->tried = true;
	fine = agree(v->client, via, way) && list(v, &way->list, false);
	if (!fine)
		way->stop = v->client->stop;
}

/* --- session reuse ------------------------------------------------------------------------- */

/* Again without resumption, in the way that worked with it. */
static void try_without_reuse(struct surveyor *v, enum via via)
{
	struct survey_way again = { .tried = true };
	struct client *c = v->client;

	if (!surveyor_ready(v) || !ask_port(c, via, &again))
		return;
	if (list(v, &again.list, true)) {
		v->out->reuse = REUSE_NOT_REQUIRED;
	} else if (c->stop.stage >= STAGE_DATA_HANDSHAKE) {
		v->out->reuse = REUSE_REQUIRED;
		v->out->reuse_stop = c->stop;
	}
}

static void learn_reuse(struct surveyor *v)
{
	enum via via = survey_way_works(v->out, VIA_EPSV) ? VIA_EPSV : VIA_PASV;
	const struct client_transfer *t = &v->out->way[via].list;

	if (!survey_way_works(v->out, via) || !t->tls)
		return;
	/* It took a new session, though it was offered the old one. */
	if (!t->facts.resumed)
		v->out->reuse = REUSE_NOT_REQUIRED;
	else
		try_without_reuse(v, via);
}

void surveyor_ways(struct surveyor *v)
{
	bool v4 = addr_is_v4(&v->out->server.addr);

	try_way(v, VIA_EPSV);
	/* RFC 2428 1: PASV and PORT are for IPv4 alone. */
	if (v4)
		try_way(v, VIA_PASV);
	learn_reuse(v);
	if (!v->spec->active)
		return;
	try_way(v, VIA_EPRT);
	if (v4)
		try_way(v, VIA_PORT);
}
