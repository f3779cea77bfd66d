/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conversations and questions: see scene.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/state.h"

#include "scene.h"
#include "support.h"

void scene_start(struct wire *w, const struct wire_options *o)
{
	wire_start(w, o);
	wire_connect(w);
	wire_login(w);
}

struct policy_server *scene_configure(struct wire *w)
{
	w->server.address[0].addr = w->end[SERVER].at.addr;
	w->server.address[0].len = 128;
	w->server.addresses = 1;
	w->server.passive = (struct port_range){ 42000, 42999 };
	w->server.max_data = 8;
	w->server.new_data = 600;
	w->policy.server = &w->server;
	w->policy.servers = 1;
	return &w->server;
}

void scene_again(struct wire *w)
{
	for (int i = 0; i < 2; i++) {
		struct wire_end *e = &w->end[i];

		memset(e->have, 0, WIRE_STREAM_MAX);
		e->isn += 0x10000000;
		e->sent_max = e->acked = e->stream_len = 0;
		e->received = e->ack_sent = 0;
		e->fin_sent = e->fin_received = e->reset = false;
		e->resets = 0;
	}
	wire_connect(w);
}

/* What began has ended in one way, and one only. */
static void expect_balanced(const struct engine *e)
{
	struct engine_stats s;

	engine_stats(e, &s);
	assert_int_equal(s.sessions_opened + s.sessions_restored,
			 s.sessions + s.sessions_closed);
	assert_int_equal(s.packets_held,
			 s.packets_waiting + s.packets_released +
				 s.packets_dropped_by[DROP_HOLD_TIMEOUT] +
				 s.packets_dropped_by[DROP_HOLD_END]);
	assert_int_equal(s.pinholes_opened + s.pinholes_restored,
			 s.pinholes + s.pinholes_used + s.pinholes_expired +
				 s.pinholes_closed +
				 s.pinholes_refused_by[PINHOLE_REFUSED_KERNEL]);
	assert_true(s.packets_renumbered <= s.packets_rewritten);
	assert_true(s.grants_closed == s.grants_opened || s.grants);
}

static void expect_empty(const struct engine *e)
{
	assert_int_equal(e->sessions.used, 0);
	assert_int_equal(e->chunks.used, 0);
	assert_int_equal(e->held.used, 0);
	assert_int_equal(e->edits.used, 0);
	assert_int_equal(e->peers.used, 0);
	assert_int_equal(e->grants.used, 0);
	assert_int_equal(e->stats.grants, 0);
	assert_int_equal(e->stats.tls_sessions + e->stats.tls_fast, 0);
	assert_int_equal(e->stats.sessions, 0);
	assert_int_equal(e->stats.pinholes, 0);
	/* Records of data connections that conntrack did not report yet. */
	assert_int_equal(e->holes.used, e->stats.data_connections);
}

void scene_stop(struct wire *w)
{
	bool more;

	expect_balanced(w->engine);
	do {
		more = engine_shutdown(w->engine, w->now, w->out);
		wire_deliver(w);
	} while (more);
	if (!w->fail_action[ACTION_PINHOLE_DEL])
		assert_int_equal(w->set.len, 0);
	wire_expect_settled(w);
	expect_empty(w->engine);
	expect_balanced(w->engine);
	wire_stop(w);
}

void scene_leave(struct wire *w)
{
	wire_rst(w, CLIENT);
	wire_expect_settled(w);
	wire_stop(w);
}

void scene_play(struct wire *w, const char *script)
{
	char text[1024];

	while (*script) {
		size_t len = strcspn(script, "\n");
		enum side from = script[0] == '>' ? CLIENT : SERVER;

		assert_true(len >= 2 && len + 1 < sizeof(text));
		assert_true((script[0] == '>' || script[0] == '<') &&
			    script[1] == ' ');
		snprintf(text, sizeof(text), "%.*s\r\n", (int)len - 2,
			 script + 2);
		wire_say(w, from, text);
		script += len + (script[len] == '\n');
	}
}

void scene_begin(struct wire *w, const struct wire_options *o,
		 const char *script)
{
	scene_start(w, o);
	scene_play(w, script);
}

void scene_expect_last(const struct wire *w, enum side to, const char *text)
{
	struct span got = wire_received(w, to);
	size_t len = strlen(text);

	if (got.len > len)
		got = span_sub(got, got.len - len, len);
	assert_span(got, text);
}

void scene_send(struct wire *w, enum side from, const char *text)
{
	size_t at = w->end[from].stream_len;

	wire_write(w, from, text, strlen(text));
	wire_segment(w, from, at, w->end[from].stream_len);
}

void scene_name(enum via via, const char *addr, uint16_t port,
		char out[SCENE_TEXT_MAX])
{
	static const char *const form[] = {
		[VIA_PORT] = "PORT %.*s\r\n",
		[VIA_EPRT] = "EPRT %.*s\r\n",
		[VIA_LPRT] = "LPRT %.*s\r\n",
		[VIA_PASV] = "227 Entering Passive Mode (%.*s).\r\n",
		[VIA_EPSV] = "229 Entering Extended Passive Mode (%.*s)\r\n",
		[VIA_LPSV] = "228 Entering Long Passive Mode (%.*s)\r\n",
	};
	struct hostport hp = { .via = via, .delimiter = '|' };
	char text[HOSTPORT_TEXT_MAX];
	size_t len;

	hp.endpoint = wire_endpoint(addr, port);
	len = hostport_format(&hp, text);
	assert_true(len > 0);
	snprintf(out, SCENE_TEXT_MAX, form[via], (int)len, text);
}

void scene_ask(struct wire *w, enum via via, const char *addr, uint16_t port)
{
	char text[SCENE_TEXT_MAX], command[8];

	scene_name(via, addr, port, text);
	if (via_is_active(via)) {
		wire_say(w, CLIENT, text);
		scene_play(w, "< 200 ok");
		return;
	}
	snprintf(command, sizeof(command), "%s\r\n", via_name(via));
	wire_say(w, CLIENT, command);
	wire_say(w, SERVER, text);
}

void scene_data(struct wire *w)
{
	const struct pinhole_key *key = &w->last[ACTION_PINHOLE_ADD].hole.key;
	struct endpoint from = { key->from, 20 };

	assert_true(w->actions[ACTION_PINHOLE_ADD] > 0);
	wire_syn(w, &from, &key->to);
}

unsigned int scene_holes(const struct wire *w, const char *state)
{
	struct pinhole_info info;
	unsigned int n = 0;
	uint32_t at = 0;

	while (engine_next_pinhole(w->engine, &at, &info))
		n += strcmp(info.state, state) == 0;
	return n;
}

bool scene_trusted(const struct wire *w)
{
	struct session_info info;
	uint32_t at = 0;

	assert_true(engine_next_session(w->engine, &at, &info));
	return info.trusted;
}

void scene_expect_alert(const struct wire *w, const char *alert)
{
	char text[64];

	snprintf(text, sizeof(text), "alert %s\n", alert);
	if (wire_logged(w, text) != 1)
		fail_msg("%u times %s in:\n%s", wire_logged(w, text), alert,
			 w->log);
}

void scene_expect_quiet(const struct wire *w)
{
	if (wire_logged(w, "alert"))
		fail_msg("an alert in:\n%s", w->log);
}

void scene_expect_refused(const struct wire *w, const char *alert)
{
	assert_int_equal(w->actions[ACTION_PINHOLE_ADD], 0);
	assert_int_equal(wire_logged(w, "pinhole open"), 0);
	assert_int_equal(scene_holes(w, "open") + scene_holes(w, "asked"), 0);
	scene_expect_alert(w, alert);
	if (wire_logged(w, "alert") != 1)
		fail_msg("more alerts than one in:\n%s", w->log);
}

void scene_expect_open(const struct wire *w, unsigned int n)
{
	const struct kernel_set *set = w->with ? &w->with->set : &w->set;
	struct pinhole_info info;
	uint32_t at = 0;

	while (engine_next_pinhole(w->engine, &at, &info))
		if (strcmp(info.state, "open") == 0)
			assert_true(kernel_set_has(set, &info.key));
	assert_int_equal(scene_holes(w, "open"), n);
	assert_int_equal(scene_stats(w).pinholes, n);
}

struct engine_stats scene_stats(const struct wire *w)
{
	struct engine_stats stats;

	engine_stats(w->engine, &stats);
	return stats;
}
