/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packets of real connections the loaded rules queue. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/inject.h"
#include "io/sets.h"
#include "netns.h"
#include "rules.h"
#include "tally.h"

/* Until what is on its way has come, in the sum two seconds. */
#define LOOKS   100
#define LOOK_MS 20

/* TCP packets of a connection that this packet socket saw so far. */
static int tap_count(int tap, uint16_t port)
{
	uint8_t p[4096];
	int count = 0;
	ssize_t len;

	while ((len = recv(tap, p, sizeof(p), 0)) > 0) {
		bool v4 = p[0] >> 4 == 4;

		if (len < (v4 ? 40 : 60) || p[v4 ? 9 : 6] != 6)
			continue;
		count += tally_packet_end(p, true).port == port ||
			 tally_packet_end(p, false).port == port;
	}
	return count;
}

static int tap_open(int ns)
{
	netns_go(ns);
	return socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, htons(ETH_P_ALL));
}

/* Come as many out of the queue as the tap sees? Between the two looks there may
 * be another ACK. */
static bool as_many_as_seen(struct tally *t, int tap)
{
	struct pollfd p = { .fd = queue_fd(t->q), .events = POLLIN };
	int seen = 0;

	for (int look = 0; look < LOOKS; look++) {
		tally_run(t);
		seen += tap_count(tap, t->ends.client.port);
		if (t->packets == seen)
			return true;
		poll(&p, 1, LOOK_MS);
	}
	return false;
}

/* A conversation of some packets, every one of which must come out of the
 * queue once, with the real addresses. */
static void assert_queued_once(const struct netns_lab *lab,
			       const struct talk *talk)
{
	struct endpoint at = netns_endpoint(talk->server, 21);
	struct endpoint from = netns_endpoint(talk->client, 0);
	struct endpoint to = netns_endpoint(talk->called, 21);
	int tap = tap_open(talk->tap_ns), listener, a, b;
	struct tally t;
	char bytes[100] = "";

	netns_go(lab->gateway);
	tally_open(&t);
	listener = netns_listen(talk->server_ns, &at);
	from.port = 34567;
	t.ends.client = from;
	t.ends.server = at;
	a = netns_connect(talk->client_ns, &from, &to);
	netns_go(lab->gateway);
	assert_true(tally_until(&t, a, POLLOUT));
	assert_true(tally_until(&t, listener, POLLIN));
	b = netns_accept(listener);
	assert_int_equal(send(b, bytes, sizeof(bytes), 0), sizeof(bytes));
	assert_true(tally_until(&t, a, POLLIN));
	assert_int_equal(send(a, bytes, sizeof(bytes), 0), sizeof(bytes));
	assert_true(tally_until(&t, b, POLLIN));
	assert_true(as_many_as_seen(&t, tap));
	/* SYN, SYN ACK, ACK, two segments; an ACK for each, and on a busy
	 * machine a repetition or two. */
	assert_in_range(t.packets, 5, 9);
	assert_int_equal(t.odd, 0);
	close(tap);
	close(listener);
	close(a);
	close(b);
	tally_close(&t);
	netns_sh("conntrack -F 2>/dev/null");
}

static void nat_flush(void)
{
	netns_sh("iptables -t nat -F; ip6tables -t nat -F");
}

static void forwarded_is_queued_once(void **state)
{
	struct netns_lab *lab = netns_lab_of(state);
	struct ruleset plain = rules_default();
	struct talk v4 = { lab->client,   lab->server,   lab->client,
			   NETNS_CLIENT4, NETNS_SERVER4, NETNS_SERVER4 };
	struct talk v6 = { lab->client,   lab->server,   lab->client,
			   NETNS_CLIENT6, NETNS_SERVER6, NETNS_SERVER6 };

	rules_load(&plain);
	assert_queued_once(lab, &v4);
	assert_queued_once(lab, &v6);
	netns_sh("iptables -t nat -A POSTROUTING -o g1 -j MASQUERADE; "
		 "ip6tables -t nat -A POSTROUTING -o g1 -j MASQUERADE");
	assert_queued_once(lab, &v4);
	assert_queued_once(lab, &v6);
	netns_sh("iptables -t nat -A PREROUTING -d %s -j DNAT "
		 "--to-destination %s; ip6tables -t nat -A PREROUTING -d %s "
		 "-j DNAT --to-destination %s",
		 NETNS_VIRTUAL4, NETNS_SERVER4, NETNS_VIRTUAL6, NETNS_SERVER6);
	v4.called = NETNS_VIRTUAL4;
	v6.called = NETNS_VIRTUAL6;
	assert_queued_once(lab, &v4);
	assert_queued_once(lab, &v6);
}

/* Plain, and where clients call another address and port. */
static void a_server_on_the_gateway_is_queued_once(void **state)
{
	struct netns_lab *lab = netns_lab_of(state);
	struct ruleset plain = rules_default();
	struct talk v4 = {
		lab->client,   lab->gateway,      lab->client,
		NETNS_CLIENT4, NETNS_GATEWAY_IN4, NETNS_GATEWAY_IN4
	};
	struct talk v6 = {
		lab->client,   lab->gateway,      lab->client,
		NETNS_CLIENT6, NETNS_GATEWAY_IN6, NETNS_GATEWAY_IN6
	};

	rules_load(&plain);
	assert_queued_once(lab, &v4);
	assert_queued_once(lab, &v6);
	netns_sh("iptables -t nat -A PREROUTING -d %s -j DNAT "
		 "--to-destination %s; ip6tables -t nat -A PREROUTING -d %s "
		 "-j DNAT --to-destination %s",
		 NETNS_VIRTUAL4, NETNS_GATEWAY_IN4, NETNS_VIRTUAL6,
		 NETNS_GATEWAY_IN6);
	v4.called = NETNS_VIRTUAL4;
	v6.called = NETNS_VIRTUAL6;
	assert_queued_once(lab, &v4);
	assert_queued_once(lab, &v6);
}

/* Plain, with its source translated, its destination, and both. */
static void a_client_on_the_gateway_is_queued_once(void **state)
{
	struct netns_lab *lab = netns_lab_of(state);
	struct ruleset plain = rules_default();
	struct talk v4 = { lab->gateway,       lab->server,   lab->server,
			   NETNS_GATEWAY_OUT4, NETNS_SERVER4, NETNS_SERVER4 };
	struct talk v6 = { lab->gateway,       lab->server,   lab->server,
			   NETNS_GATEWAY_OUT6, NETNS_SERVER6, NETNS_SERVER6 };

	rules_load(&plain);
	assert_queued_once(lab, &v4);
	assert_queued_once(lab, &v6);
	netns_sh("ip route add default via %s; ip route add default via %s; "
		 "iptables -t nat -A OUTPUT -d %s -j DNAT --to-destination "
		 "%s; ip6tables -t nat -A OUTPUT -d %s -j DNAT "
		 "--to-destination %s",
		 NETNS_SERVER4, NETNS_SERVER6, NETNS_VIRTUAL4, NETNS_SERVER4,
		 NETNS_VIRTUAL6, NETNS_SERVER6);
	v4.called = NETNS_VIRTUAL4;
	v6.called = NETNS_VIRTUAL6;
	assert_queued_once(lab, &v4);
	assert_queued_once(lab, &v6);
	netns_sh("iptables -t nat -A POSTROUTING -p tcp -j SNAT --to-source "
		 "10.2.5.77; ip addr add 10.2.5.77/32 dev g1; "
		 "ip6tables -t nat -A POSTROUTING -p tcp -j SNAT --to-source "
		 "fc00:10:2:5::77; ip addr add fc00:10:2:5::77/128 dev g1");
	assert_queued_once(lab, &v4);
	assert_queued_once(lab, &v6);
	nat_flush();
}

static void loopback_is_left_out(void **state)
{
	struct netns_lab *lab = netns_lab_of(state);
	struct ruleset plain = rules_default();
	struct endpoint at = netns_endpoint("127.0.0.1", 21);
	struct endpoint any = netns_endpoint("127.0.0.1", 0);
	int listener, a;
	struct tally t;

	rules_load(&plain);
	tally_open(&t);
	listener = netns_listen(lab->gateway, &at);
	a = netns_connect(lab->gateway, &any, &at);
	assert_true(netns_wait(a, POLLOUT));
	tally_run(&t);
	assert_int_equal(t.packets, 0);
	close(listener);
	close(a);
	tally_close(&t);
}

/* Of a data connection the SYN alone, and only where a pinhole is open. */
static void pinhole_syns_are_queued(struct netns_lab *lab, int from_ns,
				    const char *from, const char *to, int hook)
{
	struct pinhole_key key = { .from = netns_endpoint(from, 0).addr,
				   .to = netns_endpoint(to, 4000) };
	struct endpoint any = netns_endpoint(from, 0);
	int listener, a;
	struct sets *sets;
	struct tally t;

	tally_open(&t);
	listener = netns_listen(lab->client, &key.to);
	a = netns_connect(from_ns, &any, &key.to);
	assert_true(netns_wait(a, POLLOUT));
	close(a);
	netns_go(lab->gateway);
	tally_run(&t);
	assert_int_equal(t.packets, 0);
	assert_int_equal(sets_open(&sets), SETS_FINE);
	assert_int_equal(sets_add(sets, &key, 30000000), SETS_FINE);
	a = netns_connect(from_ns, &any, &key.to);
	netns_go(lab->gateway);
	assert_true(tally_until(&t, a, POLLOUT));
	assert_int_equal(t.packets, 1);
	assert_int_equal(t.hook[hook], 1);
	assert_int_equal(sets_del(sets, &key), SETS_FINE);
	sets_close(sets);
	close(listener);
	close(a);
	tally_close(&t);
}

static void first_packets_are_queued_before_conntrack(void **state)
{
	struct netns_lab *lab = netns_lab_of(state);
	struct ruleset plain = rules_default();

	rules_load(&plain);
	pinhole_syns_are_queued(lab, lab->server, NETNS_SERVER4, NETNS_CLIENT4,
				NF_INET_PRE_ROUTING);
	pinhole_syns_are_queued(lab, lab->server, NETNS_SERVER6, NETNS_CLIENT6,
				NF_INET_PRE_ROUTING);
	pinhole_syns_are_queued(lab, lab->gateway, NETNS_GATEWAY_IN4,
				NETNS_CLIENT4, NF_INET_LOCAL_OUT);
	pinhole_syns_are_queued(lab, lab->gateway, NETNS_GATEWAY_IN6,
				NETNS_CLIENT6, NF_INET_LOCAL_OUT);
}

/* A server on the gateway: our own packet bears its address. */
static void what_we_send_ourselves_is_not_queued(void **state)
{
	uint8_t ack[40] = { 0x45, 0, 0, 40, 0,  0, 0, 0, 64,   6,   0, 0,
			    10,   1, 4, 1,  10, 1, 4, 4, 0,    21,  9, 9,
			    0,    0, 0, 0,  0,  0, 0, 0, 0x50, 0x10 };
	struct netns_lab *lab = netns_lab_of(state);
	struct ruleset plain = rules_default();
	struct inject in;
	struct tally t;

	(void)lab;
	rules_load(&plain);
	tally_open(&t);
	assert_int_equal(inject_open(&in, RULES_MARK), 0);
	assert_int_equal(inject_send(&in, span_of(ack, sizeof(ack))), 0);
	tally_run(&t);
	assert_int_equal(t.packets, 0);
	inject_close(&in);
	assert_int_equal(inject_open(&in, 0), 0);
	assert_int_equal(inject_send(&in, span_of(ack, sizeof(ack))), 0);
	tally_run(&t);
	assert_int_equal(t.hook[NF_INET_POST_ROUTING], 1);
	inject_close(&in);
	tally_close(&t);
}

/* Nobody listens on the queue. */
static void without_a_daemon_it_is_as_configured(void **state)
{
	struct netns_lab *lab = netns_lab_of(state);
	struct ruleset plain = rules_default();
	struct endpoint at = netns_endpoint(NETNS_SERVER4, 21);
	struct endpoint any = netns_endpoint(NETNS_CLIENT4, 0);
	struct pollfd p = { .events = POLLOUT };
	int listener = netns_listen(lab->server, &at);

	netns_go(lab->gateway);
	rules_load(&plain);
	p.fd = netns_connect(lab->client, &any, &at);
	assert_true(netns_wait(p.fd, POLLOUT));
	close(p.fd);
	netns_go(lab->gateway);
	plain.bypass = false;
	rules_load(&plain);
	p.fd = netns_connect(lab->client, &any, &at);
	assert_int_equal(poll(&p, 1, 100), 0);
	close(p.fd);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_lab_test(forwarded_is_queued_once),
		netns_lab_test(a_server_on_the_gateway_is_queued_once),
		netns_lab_test(a_client_on_the_gateway_is_queued_once),
		netns_lab_test(loopback_is_left_out),
		netns_lab_test(first_packets_are_queued_before_conntrack),
		netns_lab_test(what_we_send_ourselves_is_not_queued),
		netns_lab_test(without_a_daemon_it_is_as_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
