/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/capture.h"
#include "report/tls_event.h"

#include "overhear.h"
#include "support.h"

__attribute__((format(printf, 2, 3))) static void put(struct overhear *o,
						      const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(o->text + o->len, sizeof(o->text) - o->len, format, ap);
	va_end(ap);
	assert_true(n > 0 && o->len + (size_t)n < sizeof(o->text));
	o->len += (size_t)n;
}

/* --- what hidden tells ------------------------------------------------ */

static void put_command(struct overhear *o, const struct event *e)
{
	static const char *const with_arg[] = { "PROT", "PBSZ", "PASS" };

	put(o, "%.*s", (int)e->command.verb.len, e->command.verb.at);
	for (size_t i = 0; i < ARRAY_SIZE(with_arg); i++)
		if (span_equal(e->command.verb, span_str(with_arg[i])))
			put(o, "=%.*s", (int)e->command.arg.len,
			    e->command.arg.at);
	put(o, " ");
	assert_int_equal(e->command.secret,
			 span_equal(e->command.arg, span_str("***")));
}

static void put_endpoint(struct overhear *o, const struct event *e)
{
	assert_true(o->endpoints < OVERHEAR_NOTES_MAX);
	o->endpoint[o->endpoints++] = (struct overheard){
		.endpoint = e->endpoint.endpoint,
		.active = via_is_active(e->endpoint.via),
		.accepted = e->endpoint.accepted,
	};
	assert_int_equal(e->endpoint.accepted, !e->endpoint.reason);
	put(o, "(%s%s%s) ", via_name(e->endpoint.via),
	    e->endpoint.accepted ? "" : ": ",
	    e->endpoint.accepted ? "" : e->endpoint.reason);
}

static void add_certificate(struct overhear *o, const struct event *e)
{
	struct certificate leaf;

	assert_true(o->certificates < OVERHEAR_NOTES_MAX);
	if (e->tls.step == TLS_STEP_CERTIFICATE_REQUEST) {
		o->requests++;
		return;
	}
	assert_int_equal(e->tls.step, TLS_STEP_CERTIFICATE);
	assert_int_equal(tls_event_certificate(e, &leaf), CERTIFICATE_OK);
	assert_false(e->tls.from_client);
	o->certificates++;
	snprintf(o->subject, sizeof(o->subject), "%.*s", (int)leaf.subject.len,
		 leaf.subject.at);
}

static void hear(void *arg, const struct story_note *note)
{
	struct overhear *o = arg;
	const struct event *e = note->event;

	assert_true(note->decrypted);
	assert_int_equal(note->place.frame, o->frame);
	assert_int_equal(e->at_us, note->place.at_us);
	assert_int_equal(e->session, o->session.session);
	assert_true(endpoint_equal(&e->client, &o->session.client));
	assert_true(endpoint_equal(&e->server, &o->session.server));
	switch (e->type) {
	case EVENT_COMMAND:
		put_command(o, e);
		break;
	case EVENT_REPLY:
		put(o, "%u ", e->reply.code);
		break;
	case EVENT_ENDPOINT:
		put_endpoint(o, e);
		break;
	case EVENT_ALERT:
		put(o, "!%s ", alert_name(e->alert.rule));
		break;
	case EVENT_TLS:
		add_certificate(o, e);
		break;
	default:
		fail_msg("an event of type %d", e->type);
	}
}

/* --- the engine -------------------------------------------------------- */

static void note_engine(struct overhear *o)
{
	for (size_t i = 0; i < o->out->events; i++) {
		const struct event *e = &o->out->event[i];

		if (e->type == EVENT_SESSION_OPEN) {
			o->session.session = e->session;
			o->session.client = e->client;
			o->session.server = e->server;
			o->session.midstream = e->session_open.midstream;
		}
		if (e->type == EVENT_DATA && e->data.open && e->data.granted &&
		    e->data.related) {
			assert_true(o->lets_in < OVERHEAR_NOTES_MAX);
			o->let_in[o->lets_in++] = e->data.to;
		}
		o->closed |= e->type == EVENT_SESSION_CLOSE;
	}
}

static void run_engine(struct overhear *o, struct span ip, uint64_t at_us)
{
	if (engine_packet(o->engine, ip, 1, at_us, o->out) == ENGINE_ASK_NAT) {
		struct nat_view view = nat_identity(&o->out->ask);

		engine_nat(o->engine, &o->out->ask, &view);
		engine_packet(o->engine, ip, 1, at_us, o->out);
	}
	note_engine(o);
}

static void start_engine(struct overhear *o)
{
	static const uint8_t key[ENGINE_KEY_LEN] = { 1 };
	struct engine_limits limits = o->config.limits;
	size_t size;

	limits.verify_checksums = false;
	limits.sessions = limits.pinholes = 16;
	size = engine_size(&limits);
	o->memory = calloc(1, size);
	o->out = malloc(sizeof(*o->out));
	assert_non_null(o->out);
	o->engine =
		engine_init(o->memory, size, &limits, &o->config.policy, key);
	assert_non_null(o->engine);
}

/* --- packets ----------------------------------------------------------- */

static bool is_control(const struct overhear *o, const struct packet *p)
{
	const struct hidden_packet *s = &o->session;

	return s->session && !(p->flags & TCP_SYN) &&
	       ((endpoint_equal(&p->src, &s->client) &&
		 endpoint_equal(&p->dst, &s->server)) ||
		(endpoint_equal(&p->src, &s->server) &&
		 endpoint_equal(&p->dst, &s->client)));
}

static void take(struct overhear *o, const struct capture_packet *c)
{
	struct packet p;
	const char *why;

	if (packet_decode(c->ip, &p) != PACKET_TCP)
		return;
	run_engine(o, c->ip, c->at_us);
	o->frame = c->number;
	if ((p.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
		assert_true(o->syns < OVERHEAR_NOTES_MAX);
		o->syn[o->syns++] = p.dst;
	}
	if (!is_control(o, &p))
		return;
	o->session.place = (struct story_place){ c->number, c->at_us };
	o->session.packet = &p;
	o->session.from_client = endpoint_equal(&p.src, &o->session.client);
	why = hidden_packet(o->hidden, &o->session);
	if (!why)
		return;
	assert_string_equal(o->why, "");
	assert_string_equal(hidden_unread(o->hidden, o->session.session), why);
	snprintf(o->why, sizeof(o->why), "%s", why);
}

/* A copy of a frame. */
struct waiting {
	struct capture_packet packet;
	uint8_t bytes[65536];
};

static void copy_frame(struct waiting *w, const struct capture_packet *p)
{
	assert_true(p->ip.len <= sizeof(w->bytes));
	w->packet = *p;
	memcpy(w->bytes, p->ip.at, p->ip.len);
	w->packet.ip = span_of(w->bytes, p->ip.len);
}

/* Sequence and acknowledgement number, and the payload. */
static void spoil(struct waiting *w, uint64_t seed)
{
	struct packet p;
	size_t at;

	if (packet_decode(w->packet.ip, &p) != PACKET_TCP)
		return;
	at = (size_t)(random_next(&seed) % (8 + packet_payload(&p).len));
	at = at < 8 ? p.tcp_at + 4 + at : p.payload_at + at - 8;
	w->bytes[at] ^= (uint8_t)(1 + random_next(&seed) % 255);
}

static void read_all(struct overhear *o, struct capture *c,
		     const struct overhear_ways *ways)
{
	struct waiting *w = calloc(1, sizeof(*w));
	struct capture_packet p;
	enum capture_result got;

	assert_non_null(w);
	while ((got = capture_next(c, &p)) == CAPTURE_PACKET) {
		if (p.number == ways->swap || p.number == ways->spoil)
			copy_frame(w, &p);
		if (p.number == ways->swap)
			continue;
		if (p.number == ways->spoil)
			spoil(w, ways->seed);
		else if (p.number != ways->lose)
			take(o, &p);
		if (p.number == ways->repeat)
			take(o, &p);
		if (w->packet.number)
			take(o, &w->packet);
		w->packet.number = 0;
	}
	assert_int_equal(got, CAPTURE_END);
	free(w);
}

static bool is_among(const struct endpoint *e, const struct endpoint *list,
		     size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (endpoint_equal(e, &list[i]))
			return true;
	return false;
}

static void compare(struct overhear *o)
{
	for (size_t i = 0; i < o->endpoints; i++) {
		struct overheard *e = &o->endpoint[i];

		e->connected = is_among(&e->endpoint, o->syn, o->syns);
		e->granted = is_among(&e->endpoint, o->let_in, o->lets_in);
	}
}

struct overhear *overhear(const char *name, const char *yaml,
			  const struct overhear_ways *ways)
{
	struct overhear *o = calloc(1, sizeof(*o));
	char path[256], why[CAPTURE_WHY_MAX];
	struct problems problems;
	struct capture *c;

	assert_non_null(o);
	assert_int_equal(config_load_bytes(&o->config, span_str(yaml),
					   &problems),
			 CONFIG_OK);
	start_engine(o);
	snprintf(path, sizeof(path), "pcaps/%s.keylog",
		 ways->keylog ? ways->keylog : name);
	assert_int_equal(keylog_load(&o->log, path), KEYLOG_OK);
	o->to = (struct listener){ .arg = o, .note = hear };
	o->hidden = hidden_new(o->log, &o->config, &o->to);
	assert_non_null(o->hidden);
	snprintf(path, sizeof(path), "pcaps/%s.pcap", name);
	assert_int_equal(capture_open(path, &c, why), 0);
	read_all(o, c, ways);
	capture_close(c);
	compare(o);
	o->counts = hidden_counts(o->hidden);
	if (o->len)
		o->text[--o->len] = '\0';
	return o;
}

void overhear_free(struct overhear *o)
{
	uint64_t id = o->session.session;

	hidden_close(o->hidden, id);
	hidden_close(o->hidden, id);
	assert_null(hidden_unread(o->hidden, id));
	hidden_free(o->hidden);
	keylog_free(o->log);
	config_free(&o->config);
	free(o->out);
	free(o->memory);
	free(o);
}
