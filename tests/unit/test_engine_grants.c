/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grants: who may connect where under an encrypted session, and for how long.
 * Passive mode here; counts and rates are in test_engine_grant_limits.c, active
 * mode in test_engine_grants_active.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "data_talk.h"
#include "scene.h"
#include "support.h"
#include "tls_talk.h"

static const struct wire_options plain = { .v6 = false };
static const struct wire_options plain6 = { .v6 = true };
static const struct wire_options both = { .snat = true, .dnat = true };
static const struct wire_options both6 = { .v6 = true,
					   .snat = true,
					   .dnat = true };
static const struct wire_options dnat = { .dnat = true };
static const struct wire_options implicit = { .server_port = 990 };

static const uint16_t versions[] = { TLS_1_2, TLS_1_3 };

static struct endpoint client_at(const struct wire *w, uint16_t port)
{
	return (struct endpoint){ w->end[CLIENT].at.addr, port };
}

/* From the client's @sport 40000 to @addr. */
static bool to(struct wire *w, const char *addr, uint16_t port)
{
	const struct endpoint from = client_at(w, 40000);
	const struct endpoint where = wire_endpoint(addr, port);

	return data_try(w, &from, &where);
}

/* Nothing is let in any more, and at most the SYN itself was told. */
static void expect_nothing(struct wire *w)
{
	unsigned int told = wire_logged(w, "data open unrelated");

	assert_false(data_passive(w, 41000, 42000));
	assert_false(data_passive(w, 41001, 42999));
	assert_false(data_active(w, 5001));
	assert_int_equal(wire_logged(w, "data open unrelated"), told + 3);
}

/* --- what is let in ------------------------------------------------------------ */

static void entry_is_created(void **state)
{
	static const struct wire_options *const o[] = { &plain, &plain6, &both,
							&both6, &implicit };
	struct wire w;

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(o); i++) {
		const struct data_entry *d;

		tls_begin(&w, o[i / 2], versions[i % 2]);
		assert_true(data_passive(&w, 41000, 42010));
		d = &w.last[ACTION_DATA_CREATE].data;
		assert_true(addr_equal(&d->from.addr, &w.end[CLIENT].at.addr));
		assert_int_equal(d->from.port, 41000);
		assert_true(addr_equal(&d->to.addr, &w.nat.server_public.addr));
		assert_int_equal(d->to.port, 42010);
		assert_true(
			addr_equal(&d->dnat_to.addr, &w.end[SERVER].at.addr));
		assert_int_equal(d->dnat_to.port, 42010);
		assert_true(addr_equal(&d->snat_to, &w.nat.client_public.addr));
		assert_true(endpoint_equal(&d->master_from, &w.end[CLIENT].at));
		assert_true(
			endpoint_equal(&d->master_to, &w.nat.server_public));
		assert_int_equal(d->mark, w.policy.connmark);
		assert_int_equal(wire_logged(&w, "data open related"), 1);
		assert_int_equal(wire_logged(&w, "pinhole"), 0);
		assert_int_equal(scene_stats(&w).grants_used, 1);
		assert_int_equal(scene_stats(&w).data_connections, 1);
		scene_expect_quiet(&w);
		scene_stop(&w);
	}
}

/* The mark that the control connection has goes on to its data. */
static void marks(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &plain);
	scene_configure(&w)->data = DATA_REQUIRE_TLS;
	w.policy.data_mark = 0x4000;
	w.nat.mark = 0x7;
	wire_connect(&w);
	scene_play(&w, "< 220 hello");
	tls_auth(&w, TLS_1_3);
	assert_true(data_passive(&w, 41000, 42010));
	assert_int_equal(w.last[ACTION_DATA_CREATE].data.mark,
			 0x4000 | 0x1000 | 0x7);
	scene_stop(&w);
}

/* A 227 names the inside or the configured address, EPSV the one that the
 * client connected to: all of them lead to the server. */
static void every_name_of_the_server(void **state)
{
	static const char *const name[] = { "198.51.100.200", "10.2.5.5",
					    "192.0.2.77" };
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(name); i++) {
		wire_start(&w, &both);
		scene_configure(&w)->public_address[0] =
			wire_endpoint("192.0.2.77", 0).addr;
		w.server.public_address[1] =
			wire_endpoint("2001:db8::77", 0).addr;
		w.server.public_addresses = 2;
		wire_connect(&w);
		scene_play(&w, "< 220 hello");
		tls_auth(&w, TLS_1_2);
		assert_int_equal(wire_logged(&w, "grant open passive"), 1);
		assert_true(to(&w, name[i], 42000));
		assert_true(addr_equal(
			&w.last[ACTION_DATA_CREATE].data.dnat_to.addr,
			&w.end[SERVER].at.addr));
		assert_false(to(&w, "192.0.2.78", 42000));
		scene_stop(&w);
	}
}

static void both_ends_of_the_range(void **state)
{
	struct wire w;

	(void)state;
	tls_begin(&w, &dnat, TLS_1_3);
	assert_true(data_passive(&w, 41000, 42000));
	assert_true(data_passive(&w, 41001, 42999));
	assert_false(data_passive(&w, 41002, 41999));
	assert_false(data_passive(&w, 41003, 43000));
	assert_false(data_passive(&w, 41004, 21));
	assert_false(data_passive(&w, 41005, 22));
	scene_stop(&w);
}

static void denied_ports(void **state)
{
	struct wire w;

	(void)state;
	tls_begin(&w, &plain, TLS_1_3);
	w.policy.denied[0] = (struct port_range){ 42010, 42011 };
	w.policy.denied_count = 1;
	w.policy.minimum_port = 42005;
	assert_false(data_passive(&w, 41000, 42004));
	assert_true(data_passive(&w, 41001, 42005));
	assert_true(data_passive(&w, 41002, 42009));
	assert_false(data_passive(&w, 41003, 42010));
	assert_false(data_passive(&w, 41004, 42011));
	assert_true(data_passive(&w, 41005, 42012));
	/* A control port in the range: a session that nobody would follow. */
	w.policy.implicit_port[0] = 42020;
	assert_false(data_passive(&w, 41006, 42021 - 1));
	scene_stop(&w);
}

/* --- what is not ---------------------------------------------------------------- */

static void others(void **state)
{
	struct wire w;
	const struct endpoint server = wire_endpoint("10.2.5.5", 42000);
	const struct endpoint other = wire_endpoint("10.1.4.5", 40404);
	const struct endpoint reversed = wire_endpoint("10.1.4.4", 42000);
	const struct endpoint from = wire_endpoint("10.2.5.5", 40404);

	(void)state;
	tls_begin(&w, &plain, TLS_1_3);
	/* Another client; another server; the server itself. */
	assert_false(data_try(&w, &other, &server));
	assert_int_equal(wire_logged(&w, "data open unrelated 10.1.4.5:40404 "
					 "-> 10.2.5.5:42000 no encrypted"),
			 1);
	assert_false(to(&w, "10.2.5.6", 42000));
	assert_false(data_try(&w, &from, &reversed));
	/* Nobody expects anything of them, so they are no news. */
	assert_int_equal(wire_logged(&w, "data open unrelated"), 1);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* No more than twenty at once, then ten a second: DESIGN 7. */
static void strangers_are_told_sparingly(void **state)
{
	struct wire w;
	const struct endpoint server = wire_endpoint("10.2.5.5", 42000);

	(void)state;
	tls_begin(&w, &plain, TLS_1_3);
	for (uint16_t i = 0; i < 500; i++) {
		const struct endpoint other =
			wire_endpoint("10.1.4.5", (uint16_t)(10000 + i));

		assert_false(data_try(&w, &other, &server));
	}
	assert_in_range(wire_logged(&w, "data open unrelated"), 20, 21);
	assert_int_equal(scene_stats(&w).data_unmatched, 500);
	wire_wait(&w, 1000000);
	for (uint16_t i = 0; i < 500; i++) {
		const struct endpoint other =
			wire_endpoint("10.1.4.6", (uint16_t)(10000 + i));

		assert_false(data_try(&w, &other, &server));
	}
	assert_in_range(wire_logged(&w, "data open unrelated"), 30, 32);
	scene_stop(&w);
}

static void not_before_the_handshake(void **state)
{
	struct wire w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		tls_start(&w, &plain);
		expect_nothing(&w);
		scene_play(&w, "> AUTH TLS\n< 234 go");
		expect_nothing(&w);
		tls_hellos(&w, versions[i]);
		expect_nothing(&w);
		scene_stop(&w);
	}
}

static void session_without_tls(void **state)
{
	struct wire w;

	(void)state;
	wire_start(&w, &plain);
	scene_configure(&w);
	wire_connect(&w);
	wire_login(&w);
	expect_nothing(&w);
	scene_stop(&w);
}

/* --- and not any longer ------------------------------------------------------------ */

typedef void end_fn(struct wire *w);

static void client_fin(struct wire *w)
{
	wire_fin(w, CLIENT);
}

static void server_fin(struct wire *w)
{
	wire_fin(w, SERVER);
}

static void client_rst(struct wire *w)
{
	wire_rst(w, CLIENT);
}

static void server_rst(struct wire *w)
{
	wire_rst(w, SERVER);
}

static void shutdown(struct wire *w)
{
	while (engine_shutdown(w->engine, w->now, w->out))
		wire_deliver(w);
	wire_deliver(w);
}

static void five_days(struct wire *w)
{
	wire_wait(w, 5 * 86400 * 1000000ull + 1000000);
}

/* Bytes that differ from those that came first. */
static void overlap(struct wire *w)
{
	w->hold_acks = true;
	tls_say(w, CLIENT, TLS_APPLICATION_DATA, 40);
	wire_forge(w, CLIENT, w->end[CLIENT].stream_len - 4, "abcd", 0);
	w->hold_acks = false;
}

/* The receiver has what never came by here. */
static void gap(struct wire *w)
{
	w->end[CLIENT].sent_max += 100;
	w->end[SERVER].received += 100;
	tls_say(w, SERVER, TLS_APPLICATION_DATA, 40);
}

static void urgent(struct wire *w)
{
	size_t at = w->end[CLIENT].stream_len;
	static const uint8_t record[] = { TLS_APPLICATION_DATA, 3, 3, 0, 1, 7 };

	wire_write(w, CLIENT, record, sizeof(record));
	wire_segment_flags(w, CLIENT, at, at + sizeof(record), TCP_URG);
}

static void not_tls(struct wire *w)
{
	tls_send(w, CLIENT, "\x01\x02\x03\x04\x05\x06", 6);
}

static void in_the_clear(struct wire *w)
{
	scene_play(w, "> NOOP");
}

static void ccc(struct wire *w)
{
	tls_close(w, CLIENT, TLS_1_3);
	scene_play(w, "> NOOP");
}

static void gone_with_the_session(void **state)
{
	static const struct {
		end_fn *end;
		const char *reason;
	} row[] = {
		{ client_fin, "control connection closing" },
		{ server_fin, "control connection closing" },
		{ client_rst, "rst" },
		{ server_rst, "rst" },
		{ shutdown, "shutdown" },
		{ five_days, "timeout" },
		{ overlap, "overlap-conflict" },
		{ gap, "gap" },
		{ urgent, "tls-urgent" },
		{ not_tls, "tls-malformed" },
		{ in_the_clear, "cleartext-after-auth" },
		{ ccc, "back to cleartext" },
	};
	struct wire w;

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(row); i++) {
		const size_t n = i / 2;
		char text[80];

		tls_begin(&w, i % 2 ? &plain6 : &plain, TLS_1_3);
		tls_exchange(&w);
		assert_true(data_passive(&w, 40000, 42000));
		row[n].end(&w);
		snprintf(text, sizeof(text),
			 "grant close passive 42000-42999 %s", row[n].reason);
		if (wire_logged(&w, text) != 1)
			fail_msg("%zu: no <%s> in\n%s", i, text, w.log);
		assert_int_equal(wire_logged(&w, "grant close active"), 1);
		assert_int_equal(scene_stats(&w).grants, 0);
		expect_nothing(&w);
		/* What is running goes on. */
		assert_int_equal(scene_stats(&w).data_connections, 1);
		scene_stop(&w);
	}
}

/* The ports again, by another connection: it starts from nothing. */
static void same_ports_again(void **state)
{
	struct wire w;

	(void)state;
	tls_begin(&w, &plain, TLS_1_3);
	assert_true(data_passive(&w, 40000, 42000));
	scene_again(&w);
	expect_nothing(&w);
	scene_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entry_is_created),
		cmocka_unit_test(marks),
		cmocka_unit_test(every_name_of_the_server),
		cmocka_unit_test(both_ends_of_the_range),
		cmocka_unit_test(denied_ports),
		cmocka_unit_test(others),
		cmocka_unit_test(strangers_are_told_sparingly),
		cmocka_unit_test(not_before_the_handshake),
		cmocka_unit_test(session_without_tls),
		cmocka_unit_test(gone_with_the_session),
		cmocka_unit_test(same_ports_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
