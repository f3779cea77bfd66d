/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rules queue of FTPS: by conntrack's marks, and by a server's range. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/conntrack.h"
#include "netns.h"
#include "rules.h"
#include "tally.h"

/* Change bits of the entry from @from to @to. */
static void set_mark(const struct endpoint *from, const struct endpoint *to,
		     uint32_t mask, uint32_t value)
{
	struct conntrack *ct;

	assert_int_equal(conntrack_open(&ct), CONNTRACK_FINE);
	assert_int_equal(conntrack_mark(ct, from, to, mask, value),
			 CONNTRACK_FINE);
	conntrack_close(ct);
}

/* A byte from @a to @b, whatever of it is queued on its way. */
static void pass_byte(struct tally *t, int a, int b)
{
	char byte = 'x';

	assert_int_equal(send(a, &byte, 1, 0), 1);
	assert_true(tally_until(t, b, POLLIN));
	assert_int_equal(recv(b, &byte, 1, 0), 1);
	tally_run(t);
}

/* Without a FIN, which would be sent again and again into the next test. */
static void close_at_once(int fd)
{
	const struct linger none = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(fd);
}

/* A connection to @port is queued both ways when it has @mark, and not at all
 * when it has not; or, with @queued_with false, the other way round. */
static void assert_mark_decides(const struct netns_lab *lab,
				const struct talk *talk, uint16_t port,
				uint32_t mark, bool queued_with)
{
	struct endpoint at = netns_endpoint(talk->server, port);
	struct endpoint from = netns_endpoint(talk->client, 34567);
	struct endpoint to = netns_endpoint(talk->called, port);
	int listener = netns_listen(talk->server_ns, &at), a, b;
	struct tally t;

	netns_go(lab->gateway);
	tally_open(&t);
	t.ends.client = from;
	t.ends.server = at;
	a = netns_connect(talk->client_ns, &from, &to);
	netns_go(lab->gateway);
	assert_true(tally_until(&t, a, POLLOUT));
	assert_true(tally_until(&t, listener, POLLIN));
	b = netns_accept(listener);
	for (int with = 1; with >= 0; with--) {
		set_mark(&from, &to, mark, with ? mark : 0);
		tally_run(&t);
		t.packets = 0;
		pass_byte(&t, a, b);
		pass_byte(&t, b, a);
		if ((bool)with == queued_with)
			/* ACKs, and on a busy machine repetitions. */
			assert_in_range(t.packets, 2, 12);
		else
			assert_int_equal(t.packets, 0);
	}
	assert_int_equal(t.odd, 0);
	close(listener);
	close_at_once(a);
	close_at_once(b);
	tally_close(&t);
	netns_sh("conntrack -F 2>/dev/null");
}

static void marks_decide(const struct netns_lab *lab, const struct talk *talk)
{
	assert_mark_decides(lab, talk, 21, RULES_FAST_MARK, false);
	assert_mark_decides(lab, talk, 42000, RULES_DATA_MARK, true);
	/* The mark of one means nothing to the other. */
	assert_mark_decides(lab, talk, 42000, RULES_DATA_MARK | RULES_FAST_MARK,
			    true);
}

static void marks_decide_what_is_queued(void **state)
{
	struct netns_lab *lab = netns_lab_of(state);
	struct ruleset ftps = rules_ftps();
	struct talk forwarded4 = {
		lab->client,   lab->server,   lab->client,
		NETNS_CLIENT4, NETNS_SERVER4, NETNS_VIRTUAL4
	};
	struct talk forwarded6 = {
		lab->client,   lab->server,   lab->client,
		NETNS_CLIENT6, NETNS_SERVER6, NETNS_VIRTUAL6
	};
	struct talk server = { lab->client,       lab->gateway,
			       lab->client,       NETNS_CLIENT4,
			       NETNS_GATEWAY_IN4, NETNS_GATEWAY_IN4 };
	struct talk client = {
		lab->gateway,       lab->server,   lab->server,
		NETNS_GATEWAY_OUT6, NETNS_SERVER6, NETNS_SERVER6
	};

	forwarded4.called = NETNS_VIRTUAL4;
	forwarded4.server = NETNS_SERVER4;
	forwarded6.called = NETNS_VIRTUAL6;
	forwarded6.server = NETNS_SERVER6;
	rules_load(&ftps);
	netns_sh("iptables -t nat -A PREROUTING -d %s -j DNAT "
		 "--to-destination %s; ip6tables -t nat -A PREROUTING -d %s "
		 "-j DNAT --to-destination %s",
		 NETNS_VIRTUAL4, NETNS_SERVER4, NETNS_VIRTUAL6, NETNS_SERVER6);
	marks_decide(lab, &forwarded4);
	marks_decide(lab, &forwarded6);
	marks_decide(lab, &server);
	marks_decide(lab, &client);
}

/* Of a server's range the SYN, under each of its names; nothing of others. */
static void the_range_of_a_server_is_queued(void **state)
{
	struct netns_lab *lab = netns_lab_of(state);
	struct ruleset ftps = rules_ftps();
	struct endpoint any = netns_endpoint(NETNS_CLIENT4, 0);
	static const struct {
		const char *to;
		uint16_t port;
		int queued;
	} cases[] = {
		{ "10.2.5.5", 42000, 1 },    { "10.2.5.5", 42999, 1 },
		{ "203.0.113.5", 42500, 1 }, { "10.2.5.5", 41999, 0 },
		{ "10.2.5.6", 42000, 0 },    { "203.0.113.6", 42000, 0 },
	};

	rules_load(&ftps);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct endpoint to = netns_endpoint(cases[i].to, cases[i].port);
		struct tally t;
		int a;

		tally_open(&t);
		a = netns_connect(lab->client, &any, &to);
		netns_go(lab->gateway);
		/* A SYN is through raw before connect() gives control back. */
		tally_run(&t);
		assert_int_equal(t.packets, cases[i].queued);
		close(a);
		tally_close(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_lab_test(marks_decide_what_is_queued),
		netns_lab_test(the_range_of_a_server_is_queued),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
