/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was seen of one server. */
#include "report/suggest_server.h"

#include <stdlib.h>
#include <string.h>

#include "report/tls_event.h"

void suggest_server_session(struct suggest_server *server,
			    const struct endpoint *at)
{
	server->sessions++;
	port_set_add(&server->control, at->port, SUGGEST_CONTROL_PORTS_MAX);
}

/* --- ports ------------------------------------------------------------------ */

/* False: no range may hold it, and it only counts. */
static bool add_passive(struct suggest_server *server, uint16_t port)
{
	if (port < SUGGEST_PORT_MIN) {
		server->low_ports++;
		return false;
	}
	port_set_add(&server->passive, port, SUGGEST_RANGES_MAX);
	if (!server->lowest || port < server->lowest)
		server->lowest = port;
	if (port > server->highest)
		server->highest = port;
	return true;
}

/* Does @e name the server itself? A 229 has no address. */
static bool names_itself(const struct suggest_server *server,
			 const struct event *e)
{
	const struct addr *a = &e->endpoint.endpoint.addr;

	return e->endpoint.via == VIA_EPSV || addr_is_unspecified(a) ||
	       addr_equal(a, &server->addr);
}

/* Where @a is in server->public; -1: there is no room. */
static int8_t find_public(struct suggest_server *server, const struct addr *a)
{
	size_t i;

	for (i = 0; i < server->publics; i++)
		if (addr_equal(&server->public[i].addr, a))
			break;
	if (i == SUGGEST_PUBLIC_MAX) {
		server->publics_more++;
		return -1;
	}
	if (i == server->publics)
		server->public[server->publics++].addr = *a;
	server->public[i].times++;
	return (int8_t)i;
}

/*
 * What the engine accepts in clear is right in every respect. One that was
 * decrypted is judged by the configuration, which may lack just what is to be
 * suggested; so the server's own word for itself is enough.
 */
static bool is_evidence(const struct event *e, bool itself, bool decrypted)
{
	return e->endpoint.accepted || (decrypted && itself);
}

static void on_endpoint(struct suggest_session *s, const struct event *e,
			bool decrypted)
{
	struct suggest_server *server = s->server;
	uint16_t port = e->endpoint.endpoint.port;
	bool active = via_is_active(e->endpoint.via);
	bool itself = active || names_itself(server, e);
	int8_t announced = -1;

	/* One that could not be read. */
	if (port == 0)
		return;
	if (!itself)
		announced = find_public(server, &e->endpoint.endpoint.addr);
	s->awaited[s->next] = (struct suggest_awaited){
		.port = port, .active = active, .announced = announced
	};
	s->next = (s->next + 1) % SUGGEST_AWAITED;
	if (active) {
		server->asked++;
	} else if (is_evidence(e, itself, decrypted)) {
		server->announced += add_passive(server, port);
	}
}

/* --- data connections --------------------------------------------------------- */

/* The endpoint that @f answers; NULL: there was none. */
static struct suggest_awaited *find_awaited(struct suggest_session *s,
					    const struct story_flow *f)
{
	for (size_t i = 0; i < SUGGEST_AWAITED; i++)
		if (s->awaited[i].port == f->to.port &&
		    s->awaited[i].active == f->active)
			return &s->awaited[i];
	return NULL;
}

/*
 * Under TLS nothing announces it. Well-known services of the same host are on
 * low ports; an active one comes from the data port (RFC 959 3.2) or, if the
 * server may not have that, from a high one.
 */
static bool may_infer(const struct suggest_session *s,
		      const struct story_flow *f)
{
	bool hidden = s->tls || (s->midstream && !s->clear);

	if (!hidden || s->decrypted || !f->established ||
	    f->to.port < SUGGEST_PORT_MIN)
		return false;
	return !f->active || f->from.port + 1 == f->server.port ||
	       f->from.port >= SUGGEST_PORT_MIN;
}

static void count_session(struct suggest_server *server,
			  struct suggest_session *s, bool active)
{
	bool *seen = active ? &s->active : &s->passive;

	if (!*seen)
		server->with_flows[active]++;
	*seen = true;
}

void suggest_server_flow(struct suggest_server *server,
			 struct suggest_session *s, const struct story_flow *f)
{
	struct suggest_awaited *awaited = s ? find_awaited(s, f) : NULL;
	bool inferred = !f->related && !awaited && s && may_infer(s, f);

	/* Who connects to whom is not known of one begun earlier. */
	if (f->midstream || !(f->related || awaited || inferred))
		return;
	if (awaited && !awaited->came && awaited->announced >= 0)
		server->public[awaited->announced].followed++;
	if (awaited)
		awaited->came = true;
	server->protection[f->tls]++;
	if (!f->active && !add_passive(server, f->to.port))
		return;
	server->flows[f->active]++;
	server->inferred += inferred;
	if (s)
		count_session(server, s, f->active);
}

/* --- TLS ------------------------------------------------------------------------ */

/* Is it a name that the configuration takes? An address names nothing, though
 * some clients send one (RFC 6066 3 forbids it). */
static bool is_name(struct span text)
{
	struct addr a;

	if (text.len == 0 || text.len >= POLICY_NAME_MAX ||
	    addr_parse(text, &a) == PARSE_OK)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t b = text.at[i], low = b | 0x20;

		if (!((low >= 'a' && low <= 'z') || (b >= '0' && b <= '9') ||
		      b == '.' || b == '_' || b == '-'))
			return false;
	}
	return true;
}

static void take_name(struct suggest_server *server, struct span sni)
{
	if (!is_name(sni))
		return;
	if (server->name[0] != '\0' &&
	    !span_equal_nocase(sni, span_str(server->name))) {
		server->names_differ = true;
		return;
	}
	memcpy(server->name, sni.at, sni.len);
	server->name[sni.len] = '\0';
}

static void take_version(struct suggest_server *server, uint16_t version)
{
	size_t i;

	for (i = 0; i < server->versions; i++)
		if (server->version[i].version == version)
			break;
	if (i == SUGGEST_VERSIONS_MAX)
		return;
	if (i == server->versions)
		server->version[server->versions++].version = version;
	server->version[i].sessions++;
}

/* FNV-1a. Who makes two chains of the same hash hides one from a comment. */
static uint64_t hash(struct span bytes)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < bytes.len; i++)
		h = (h ^ bytes.at[i]) * 0x100000001b3;
	return h;
}

static void take_certificate(struct suggest_server *server,
			     const struct event *e)
{
	uint64_t h = hash(e->tls.chain);
	size_t n = server->certificates;
	struct certificate *c;

	for (size_t i = 0; i < n; i++)
		if (server->certificate_hash[i] == h)
			return;
	if (n == SUGGEST_CERTIFICATES_MAX) {
		server->certificates_more = true;
		return;
	}
	/* One that cannot be read is not read again and again. */
	if (server->certificate_bad)
		return;
	c = malloc(sizeof(*c));
	if (!c || tls_event_certificate(e, c) != CERTIFICATE_OK) {
		server->certificate_bad = true;
		free(c);
		return;
	}
	server->certificate[n] = c;
	server->certificate_hash[n] = h;
	server->certificates++;
}

static void see_tls(struct suggest_session *s, uint16_t version)
{
	if (s->tls)
		return;
	s->tls = true;
	s->server->tls++;
	if (version)
		take_version(s->server, version);
}

static void on_tls(struct suggest_session *s, const struct event *e)
{
	switch (e->tls.step) {
	case TLS_STEP_CLIENT_HELLO:
		take_name(s->server, e->tls.sni);
		break;
	case TLS_STEP_CERTIFICATE:
		if (!e->tls.from_client)
			take_certificate(s->server, e);
		break;
	case TLS_STEP_ESTABLISHED:
		see_tls(s, e->tls.version);
		break;
	default:
		break;
	}
}

/* --- sessions --------------------------------------------------------------------- */

/* A login in clear; one that was picked up may have had it before. */
static void on_command(struct suggest_session *s, const struct event *e)
{
	if (s->clear || s->tls ||
	    !(s->midstream || span_equal(e->command.verb, span_str("USER"))))
		return;
	s->clear = true;
	s->server->clear++;
}

void suggest_server_note(struct suggest_session *s,
			 const struct story_note *note)
{
	const struct event *e = note->event;

	s->decrypted |= note->decrypted;
	switch (e->type) {
	case EVENT_SESSION_OPEN:
		s->midstream = e->session_open.midstream;
		break;
	case EVENT_COMMAND:
		if (!note->decrypted)
			on_command(s, e);
		break;
	case EVENT_TLS:
		on_tls(s, e);
		break;
	case EVENT_ENDPOINT:
		on_endpoint(s, e, note->decrypted);
		break;
	case EVENT_SESSION_CLOSE:
		s->closed = true;
		if (s->midstream && e->session_close.tls)
			see_tls(s, 0);
		break;
	default:
		break;
	}
}

void suggest_server_free(struct suggest_server *server)
{
	port_set_free(&server->control);
	port_set_free(&server->passive);
	for (size_t i = 0; i < server->certificates; i++)
		free(server->certificate[i]);
}
