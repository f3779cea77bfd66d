/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why nothing lets a data connection in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/pair.h"
#include "support.h"
#include "wire.h"

struct rig {
	struct pairs *t;
	struct ends ends;
	struct nat_view nat;
	uint64_t session;
};

static struct event event(const struct rig *rig, enum event_type type)
{
	return (struct event){ .type = type,
			       .session = rig->session,
			       .client = rig->ends.client,
			       .server = rig->ends.server };
}

static void session(struct rig *rig, uint64_t id, bool implicit)
{
	struct event ev;

	rig->session = id;
	ev = event(rig, EVENT_SESSION_OPEN);
	ev.session_open.implicit_tls = implicit;
	pairs_meet(rig->t, &rig->ends, &rig->nat, false);
	pairs_event(rig->t, &ev);
}

static void start(struct rig *rig)
{
	rig->t = pairs_new();
	assert_non_null(rig->t);
	rig->ends.client = wire_endpoint("10.1.4.4", 40000);
	rig->ends.server = wire_endpoint("10.2.5.5", 21);
	rig->nat = nat_identity(&rig->ends);
}

static void over(const struct rig *rig, uint64_t id)
{
	struct event ev = event(rig, EVENT_SESSION_CLOSE);

	ev.session = id;
	pairs_event(rig->t, &ev);
}

static void pinhole(const struct rig *rig, enum pinhole_op op, uint16_t port,
		    const char *reason)
{
	struct event ev = event(rig, EVENT_PINHOLE);

	ev.pinhole.op = op;
	ev.pinhole.to = wire_endpoint("10.2.5.5", port);
	ev.pinhole.reason = reason;
	pairs_event(rig->t, &ev);
}

static void refused(const struct rig *rig, uint16_t port, const char *reason)
{
	struct event ev = event(rig, EVENT_ENDPOINT);

	ev.endpoint.endpoint = wire_endpoint("10.2.5.5", port);
	ev.endpoint.reason = reason;
	pairs_event(rig->t, &ev);
}

static void grant(const struct rig *rig, enum grant_op op, bool active,
		  const char *name, const char *reason)
{
	struct event ev = event(rig, EVENT_GRANT);

	ev.grant.op = op;
	ev.grant.active = active;
	ev.grant.server_name = span_str(name);
	ev.grant.ports = active ? (struct port_range){ 0, 0 }
				: (struct port_range){ 42000, 42999 };
	ev.grant.reason = reason;
	pairs_event(rig->t, &ev);
}

static void tls(const struct rig *rig, enum tls_step step)
{
	struct event ev = event(rig, EVENT_TLS);

	ev.tls.step = step;
	pairs_event(rig->t, &ev);
}

static struct pair *pair(const struct rig *rig)
{
	struct pair *p = pairs_find(rig->t, &rig->ends.client.addr,
				    &rig->ends.server.addr);

	assert_non_null(p);
	return p;
}

static void expect_at(const struct rig *rig, const char *addr, uint16_t port,
		      const char *text)
{
	struct endpoint to = wire_endpoint(addr, port);
	char reason[PAIR_REASON_MAX];

	pair_reason(pair(rig), &to, reason);
	assert_string_equal(reason, text);
}

static void expect(const struct rig *rig, uint16_t port, const char *text)
{
	expect_at(rig, "10.2.5.5", port, text);
}

/* --- who is a pair ----------------------------------------------------------- */

static void test_names(void **state)
{
	const struct addr client = wire_endpoint("10.1.4.4", 0).addr;
	const struct addr public = wire_endpoint("203.0.113.1", 0).addr;
	const struct addr server = wire_endpoint("10.2.5.5", 0).addr;
	const struct addr out = wire_endpoint("203.0.113.9", 0).addr;
	const struct addr other = wire_endpoint("10.1.4.5", 0).addr;
	struct rig rig;
	struct pair *p;

	(void)state;
	start(&rig);
	assert_null(pairs_find(rig.t, &client, &server));
	rig.nat.client_public.addr = public;
	rig.nat.server_public.addr = out;
	session(&rig, 7, false);
	p = pair(&rig);
	assert_int_equal(p->session, 7);
	assert_ptr_equal(pairs_find(rig.t, &server, &client), p);
	assert_ptr_equal(pairs_find(rig.t, &public, &server), p);
	assert_ptr_equal(pairs_find(rig.t, &out, &client), p);
	assert_ptr_equal(pairs_find(rig.t, &out, &public), p);
	assert_null(pairs_find(rig.t, &client, &public));
	assert_null(pairs_find(rig.t, &other, &server));
	assert_null(pairs_find(rig.t, &client, &client));
	/* Behind the same public address there may be others. */
	rig.ends.client.addr = other;
	session(&rig, 8, false);
	assert_int_equal(pairs_find(rig.t, &other, &server)->session, 8);
	assert_int_equal(pairs_find(rig.t, &client, &server)->session, 7);
	assert_int_equal(pairs_find(rig.t, &public, &server)->session, 7);
	pairs_free(rig.t);
	pairs_free(NULL);
}

/* The newest that is alive stands for the pair. */
static void test_sessions(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	for (uint64_t id = 1; id <= PAIR_SESSIONS_MAX + 2; id++) {
		rig.ends.client.port++;
		session(&rig, id, false);
		assert_int_equal(pair(&rig)->session, id);
		assert_int_equal(pair(&rig)->client.port, rig.ends.client.port);
		assert_int_equal(pair(&rig)->alive, id);
	}
	over(&rig, PAIR_SESSIONS_MAX + 2);
	assert_int_equal(pair(&rig)->session, PAIR_SESSIONS_MAX + 1);
	over(&rig, 1); /* nobody remembers it */
	assert_int_equal(pair(&rig)->session, PAIR_SESSIONS_MAX + 1);
	for (uint64_t id = 2; id <= PAIR_SESSIONS_MAX + 1; id++) {
		assert_int_not_equal(pair(&rig)->alive, 0);
		over(&rig, id);
	}
	assert_int_equal(pair(&rig)->session, 0);
	assert_int_equal(pair(&rig)->alive, 0);
	over(&rig, 2);
	assert_int_equal(pair(&rig)->alive, 0);
	pairs_free(rig.t);
}

/* The one that was silent longest is forgotten, with all its names. */
static void test_bound(void **state)
{
	const struct addr server = wire_endpoint("10.2.5.5", 0).addr;
	struct rig rig;
	struct addr a;

	(void)state;
	start(&rig);
	a = rig.ends.client.addr;
	for (unsigned int i = 0; i <= PAIRS_MAX; i++) {
		if (i == PAIRS_MAX) { /* the first one comes again */
			a.b[13] = a.b[14] = a.b[15] = 0;
			rig.ends.client.addr = a;
			rig.nat = nat_identity(&rig.ends);
			session(&rig, 1, false);
		}
		a.b[13] = (uint8_t)(i >> 16);
		a.b[14] = (uint8_t)(i >> 8);
		a.b[15] = (uint8_t)i;
		rig.ends.client.addr = a;
		rig.nat = nat_identity(&rig.ends);
		session(&rig, i + 1, false);
	}
	assert_non_null(pairs_find(rig.t, &a, &server));
	a.b[13] = a.b[14] = a.b[15] = 0;
	assert_non_null(pairs_find(rig.t, &a, &server));
	a.b[15] = 1;
	assert_null(pairs_find(rig.t, &a, &server));
	a.b[15] = 2;
	assert_non_null(pairs_find(rig.t, &a, &server));
	pairs_free(rig.t);
}

/* --- reasons ------------------------------------------------------------------- */

static void test_announced(void **state)
{
	const struct endpoint open = wire_endpoint("10.2.5.5", 42001);
	struct rig rig;

	(void)state;
	start(&rig);
	session(&rig, 1, false);
	expect(&rig, 42000, "no command or reply announced this port");
	pinhole(&rig, PINHOLE_OPEN, 42001, NULL);
	expect(&rig, 42001, "its pinhole is for another sender or port");
	assert_true(pair_opens(pair(&rig), &open));
	expect_at(&rig, "10.1.4.4", 42001,
		  "no command or reply announced this port");
	pinhole(&rig, PINHOLE_USE, 42001, NULL);
	expect(&rig, 42001, "its pinhole was used before");
	assert_false(pair_opens(pair(&rig), &open));
	/* The end of that connection is no reason. */
	pinhole(&rig, PINHOLE_CLOSE, 42001, NULL);
	expect(&rig, 42001, "its pinhole was used before");
	pinhole(&rig, PINHOLE_OPEN, 42001, NULL);
	pinhole(&rig, PINHOLE_CLOSE, 42001, "superseded");
	expect(&rig, 42001, "its pinhole was closed: superseded");
	pinhole(&rig, PINHOLE_OPEN, 42002, NULL);
	pinhole(&rig, PINHOLE_EXPIRE, 42002, NULL);
	expect(&rig, 42002, "its pinhole had expired");
	pinhole(&rig, PINHOLE_REFUSE, 42003, "too many");
	expect(&rig, 42003,
	       "it was announced, but no pinhole opened: too many");
	refused(&rig, 42004, "low-port");
	expect(&rig, 42004,
	       "it was announced, but no pinhole opened: low-port");
	/* One without a port is none that can be asked for. */
	refused(&rig, 0, "malformed-endpoint");
	over(&rig, 1);
	expect(&rig, 42004,
	       "it was announced, but no pinhole opened: low-port");
	expect(&rig, 42000, "the session was over");
	pairs_free(rig.t);
}

/* The newest are remembered. */
static void test_many_announced(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	session(&rig, 1, false);
	for (uint16_t i = 0; i <= PAIR_ANNOUNCED_MAX; i++)
		pinhole(&rig, PINHOLE_OPEN, (uint16_t)(42000 + i), NULL);
	expect(&rig, 42000, "no command or reply announced this port");
	for (uint16_t i = 1; i <= PAIR_ANNOUNCED_MAX; i++)
		expect(&rig, (uint16_t)(42000 + i),
		       "its pinhole is for another sender or port");
	pairs_free(rig.t);
}

#define OUTSIDE                                                    \
	"the session is encrypted, and port 43000 is outside the " \
	"42000-42999 granted for lab"
#define NOTHING "the session is encrypted, and nothing is granted"

static void test_encrypted(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	session(&rig, 1, false);
	tls(&rig, TLS_STEP_CLIENT_HELLO);
	expect(&rig, 43000, NOTHING);
	grant(&rig, GRANT_REFUSE, false, "", "no servers entry");
	expect(&rig, 43000, NOTHING ": no servers entry");
	grant(&rig, GRANT_OPEN, false, "lab", NULL);
	expect(&rig, 43000, OUTSIDE);
	/* For active mode there is none. */
	expect_at(&rig, "10.1.4.4", 5001, NOTHING ": no servers entry");
	grant(&rig, GRANT_CLOSE, false, "lab", "fin");
	expect(&rig, 43000, NOTHING ": no servers entry");
	tls(&rig, TLS_STEP_CLEARED);
	expect(&rig, 43000, "no command or reply announced this port");
	tls(&rig, TLS_STEP_SERVER_HELLO);
	tls(&rig, TLS_STEP_FAILED);
	expect(&rig, 43000, "no command or reply announced this port");
	pairs_free(rig.t);

	start(&rig);
	session(&rig, 1, true);
	expect(&rig, 43000, NOTHING);
	/* A name is network text as good as any. */
	grant(&rig, GRANT_OPEN, false, "a\nb", NULL);
	expect(&rig, 43000,
	       "the session is encrypted, and port 43000 is outside the "
	       "42000-42999 granted for a\\nb");
	grant(&rig, GRANT_OPEN, false, "", NULL);
	expect(&rig, 43000,
	       "the session is encrypted, and port 43000 is outside the "
	       "42000-42999 granted for this server");
	pairs_free(rig.t);
}

/* A session in the clear explains nothing where an encrypted one may; and one
 * that has a grant says more than one that has none. */
static void test_encrypted_among_others(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	session(&rig, 1, true);
	grant(&rig, GRANT_OPEN, false, "lab", NULL);
	session(&rig, 2, false);
	expect(&rig, 43000, OUTSIDE);
	session(&rig, 3, true);
	expect(&rig, 43000, OUTSIDE);
	grant(&rig, GRANT_OPEN, false, "lab", NULL);
	grant(&rig, GRANT_CLOSE, false, "lab", NULL);
	expect(&rig, 43000, OUTSIDE);
	over(&rig, 3);
	expect(&rig, 43000, OUTSIDE);
	over(&rig, 1);
	expect(&rig, 43000, "no command or reply announced this port");
	pairs_free(rig.t);
}

/* Behind SNAT the server connects to the client's public address. */
static void test_active_translated(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	rig.nat.client_public.addr = wire_endpoint("203.0.113.1", 0).addr;
	session(&rig, 1, true);
	grant(&rig, GRANT_OPEN, false, "lab", NULL);
	expect_at(&rig, "203.0.113.1", 5001, NOTHING);
	expect_at(&rig, "10.1.4.4", 5001, NOTHING);
	expect(&rig, 43000, OUTSIDE);
	pairs_free(rig.t);
}

/* Events of nobody. */
static void test_unknown(void **state)
{
	struct rig rig;
	struct event ev;

	(void)state;
	start(&rig);
	rig.session = 5;
	tls(&rig, TLS_STEP_CLIENT_HELLO);
	grant(&rig, GRANT_OPEN, false, "lab", NULL);
	pinhole(&rig, PINHOLE_OPEN, 42000, NULL);
	assert_null(pairs_find(rig.t, &rig.ends.client.addr,
			       &rig.ends.server.addr));
	session(&rig, 6, false);
	rig.session = 7; /* of the same hosts */
	tls(&rig, TLS_STEP_CLIENT_HELLO);
	grant(&rig, GRANT_OPEN, false, "lab", NULL);
	expect(&rig, 43000, "no command or reply announced this port");
	ev = event(&rig, EVENT_COMMAND);
	pairs_event(rig.t, &ev);
	rig.session = 0;
	pinhole(&rig, PINHOLE_OPEN, 43000, NULL);
	expect(&rig, 43000, "no command or reply announced this port");
	pairs_free(rig.t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_announced),
		cmocka_unit_test(test_many_announced),
		cmocka_unit_test(test_encrypted),
		cmocka_unit_test(test_encrypted_among_others),
		cmocka_unit_test(test_active_translated),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
