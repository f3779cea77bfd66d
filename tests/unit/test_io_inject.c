/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets of our own in connections that pass here: the gateway forges a bare
 * ACK in each direction, over each kind of translation and both families, and
 * it must arrive just as one of the peer's would.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/conntrack.h"
#include "io/inject.h"
#include "netns.h"

#define MARK 0x5a11

/* Nothing else in the lab announces this window. */
#define WINDOW 4711

static const struct family {
	const char *iptables, *client, *server, *virtual_server;
} families[] = {
	{ "iptables", "10.1.4.4", "10.2.5.5", "198.51.100.7" },
	{ "ip6tables", "fc00:10:1:4::4", "fc00:10:2:5::5", "2001:db8::7" },
};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

struct fixture {
	struct netns_lab lab;
	struct conntrack *ct;
	struct inject in;
	int client_tap, server_tap; /* packet sockets */
};

static int tap_open(int ns)
{
	netns_go(ns);
	return socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, htons(ETH_P_ALL));
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	if (!netns_possible())
		return 0;
	netns_lab_make(&f->lab);
	f->client_tap = tap_open(f->lab.client);
	f->server_tap = tap_open(f->lab.server);
	netns_go(f->lab.gateway);
	if (inject_open(&f->in, MARK) < 0)
		return -1;
	return conntrack_open(&f->ct) == CONNTRACK_FINE ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->ct) {
		close(f->client_tap);
		close(f->server_tap);
		inject_close(&f->in);
		netns_lab_close(&f->lab);
	}
	conntrack_close(f->ct);
	free(f);
	return 0;
}

static struct fixture *fixture(void **state)
{
	struct fixture *f = *state;

	if (!f->ct)
		skip();
	return f;
}

static size_t put_addr(uint8_t *at, const struct addr *a)
{
	size_t len = addr_is_v4(a) ? 4 : 16;

	memcpy(at, addr_is_v4(a) ? addr_v4_bytes(a) : a->b, len);
	return len;
}

static struct addr get_addr(const uint8_t *at, bool v4)
{
	return v4 ? addr_v4(at) : addr_v6(at);
}

static void put_be16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* The TCP checksum: over the addresses, which begin at @from, and the segment,
 * which follows them (the IP headers have no options). */
static uint16_t tcp_sum(const uint8_t *packet, size_t from, size_t len,
			size_t tcp_len)
{
	uint32_t sum = 6 + (uint32_t)tcp_len;

	for (size_t i = from; i < len; i += 2)
		sum += (uint32_t)(packet[i] << 8 | packet[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* A bare ACK with numbers that no window holds; gives its length. The IPv4
 * header checksum is left to the kernel, as raw(7) promises. */
static size_t ack_write(uint8_t out[60], const struct endpoint *from,
			const struct endpoint *to, uint32_t seq, uint32_t ack)
{
	bool v4 = addr_is_v4(&from->addr);
	size_t at = v4 ? 12 : 8, start = at;

	memset(out, 0, 60);
	out[0] = v4 ? 0x45 : 0x60;
	out[v4 ? 3 : 5] = v4 ? 40 : 20; /* total or payload length */
	out[v4 ? 9 : 6] = 6;            /* TCP */
	out[v4 ? 8 : 7] = 64;           /* hops */
	at += put_addr(out + at, &from->addr);
	at += put_addr(out + at, &to->addr);
	put_be16(out + at, from->port);
	put_be16(out + at + 2, to->port);
	put_be16(out + at + 4, (uint16_t)(seq >> 16));
	put_be16(out + at + 6, (uint16_t)seq);
	put_be16(out + at + 8, (uint16_t)(ack >> 16));
	put_be16(out + at + 10, (uint16_t)ack);
	out[at + 12] = 0x50; /* no options */
	out[at + 13] = 0x10; /* ACK */
	put_be16(out + at + 14, WINDOW);
	put_be16(out + at + 16, (uint16_t)~tcp_sum(out, start, at + 20, 20));
	return at + 20;
}

/* What the tap saw of our ACK. */
struct caught {
	struct endpoint from, to;
	bool sum_right;
	int count;
};

static struct caught catch_acks(int tap)
{
	struct caught c = { .count = 0 };
	uint8_t p[2048];
	ssize_t len;

	while ((len = recv(tap, p, sizeof(p), 0)) > 0) {
		bool v4 = p[0] >> 4 == 4;
		size_t at = v4 ? 20 : 40, start = v4 ? 12 : 8;
		size_t size = v4 ? 4 : 16;

		if (len < (ssize_t)at + 20 || p[v4 ? 9 : 6] != 6 ||
		    (p[at + 14] << 8 | p[at + 15]) != WINDOW)
			continue;
		c.count++;
		c.from.addr = get_addr(p + start, v4);
		c.to.addr = get_addr(p + start + size, v4);
		c.from.port = (uint16_t)(p[at] << 8 | p[at + 1]);
		c.to.port = (uint16_t)(p[at + 2] << 8 | p[at + 3]);
		c.sum_right = tcp_sum(p, start, at + 20, 20) == 0xffff;
	}
	return c;
}

static void rules_count(const struct family *fam)
{
	netns_sh("%s -t mangle -A FORWARD -m mark --mark %d; "
		 "%s -t mangle -A OUTPUT -m conntrack --ctstate INVALID; "
		 "%s -t mangle -A POSTROUTING -m mark --mark %d",
		 fam->iptables, MARK, fam->iptables, fam->iptables, MARK);
}

static unsigned long counted(const struct family *fam, const char *chain)
{
	return netns_count("%s -t mangle -nvxL %s | awk 'NR == 3 { print $1 }'",
			   fam->iptables, chain);
}

static void forge_with(struct fixture *f, const struct endpoint *from,
		       const struct endpoint *to, uint32_t seq, uint32_t ack)
{
	uint8_t packet[60];
	size_t len = ack_write(packet, from, to, seq, ack);

	assert_int_equal(inject_send(&f->in, span_of(packet, len)), 0);
}

/* Any numbers: a liberal entry lets them pass. */
static void forge(struct fixture *f, const struct endpoint *from,
		  const struct endpoint *to)
{
	forge_with(f, from, to, 0x12000000, 0x34000000);
}

/* The number that @fd sends or expects next (tcp(7), TCP_REPAIR). */
static uint32_t number_of(int fd, int queue)
{
	const int on = TCP_REPAIR_ON, off = TCP_REPAIR_OFF_NO_WP;
	uint32_t seq = 0;
	socklen_t len = sizeof(seq);

	assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on,
				    sizeof(on)),
			 0);
	assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue,
				    sizeof(queue)),
			 0);
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &seq, &len),
			 0);
	assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &off,
				    sizeof(off)),
			 0);
	return seq;
}

static void assert_caught(int tap, const struct endpoint *from,
			  const struct endpoint *to)
{
	struct caught c = catch_acks(tap);

	assert_int_equal(c.count, 1);
	assert_true(endpoint_equal(&c.from, from));
	assert_true(endpoint_equal(&c.to, to));
	assert_true(c.sum_right);
}

/* One connection to @name; both forgeries arrive as the peer's own would. */
static void acks_arrive(struct fixture *f, const struct family *fam,
			const char *name)
{
	struct endpoint at = netns_endpoint(fam->server, 21);
	struct endpoint any = netns_endpoint(fam->client, 0);
	struct endpoint called = netns_endpoint(name, 21);
	int listener = netns_listen(f->lab.server, &at);
	int client = netns_connect(f->lab.client, &any, &called);
	int server = netns_accept(listener);
	struct endpoint inside, public;

	assert_true(server >= 0);
	netns_go(f->lab.gateway);
	inside = netns_local(client);
	public = netns_peer(server);
	assert_int_equal(conntrack_liberal(f->ct, &inside, &called),
			 CONNTRACK_FINE);
	rules_count(fam);
	forge(f, &at, &public);
	assert_caught(f->client_tap, &called, &inside);
	forge(f, &inside, &called);
	assert_caught(f->server_tap, &public, &at);
	assert_int_equal(counted(fam, "OUTPUT"), 0);
	assert_int_equal(counted(fam, "POSTROUTING"), 2);
	assert_int_equal(counted(fam, "FORWARD"), 0);
	netns_sh("%s -t mangle -F", fam->iptables);
	close(listener);
	close(client);
	close(server);
}

static void acks_arrive_untranslated(void **state)
{
	struct fixture *f = fixture(state);

	for (size_t i = 0; i < FAMILIES; i++) {
		netns_sh("%s -A FORWARD -m conntrack --ctstate INVALID -j DROP",
			 families[i].iptables);
		acks_arrive(f, &families[i], families[i].server);
	}
}

static void acks_arrive_through_masquerade(void **state)
{
	struct fixture *f = fixture(state);

	for (size_t i = 0; i < FAMILIES; i++) {
		netns_sh("%s -t nat -A POSTROUTING -o g1 -j MASQUERADE",
			 families[i].iptables);
		acks_arrive(f, &families[i], families[i].server);
	}
}

/* A port forward: the public address is the gateway's own. */
static void acks_arrive_through_dnat(void **state)
{
	struct fixture *f = fixture(state);

	for (size_t i = 0; i < FAMILIES; i++) {
		netns_sh("ip addr add %s dev g1", families[i].virtual_server);
		netns_sh("%s -t nat -A PREROUTING -d %s -j DNAT "
			 "--to-destination %s",
			 families[i].iptables, families[i].virtual_server,
			 families[i].server);
		acks_arrive(f, &families[i], families[i].virtual_server);
	}
}

/* The public address is nobody's, and lies behind the default route. */
static void acks_arrive_through_both(void **state)
{
	struct fixture *f = fixture(state);

	for (size_t i = 0; i < FAMILIES; i++) {
		netns_sh("ip route add default via %s", families[i].server);
		netns_sh("%s -t nat -A POSTROUTING -o g1 -j MASQUERADE; "
			 "%s -t nat -A PREROUTING -d %s -j DNAT "
			 "--to-destination %s",
			 families[i].iptables, families[i].iptables,
			 families[i].virtual_server, families[i].server);
		acks_arrive(f, &families[i], families[i].virtual_server);
	}
}

/* Why the entry must be liberal: untranslated, this one reaches the gateway
 * itself, which answers with a reset, INVALID as well. */
static void a_strict_entry_calls_them_invalid(void **state)
{
	struct fixture *f = fixture(state);
	struct endpoint at = netns_endpoint(families[0].server, 21);
	struct endpoint any = netns_endpoint(families[0].client, 0);
	struct endpoint public = netns_endpoint("10.2.5.1", 0);
	int listener, client, server;

	netns_sh("iptables -t nat -A POSTROUTING -o g1 -j MASQUERADE");
	listener = netns_listen(f->lab.server, &at);
	client = netns_connect(f->lab.client, &any, &at);
	server = netns_accept(listener);
	assert_true(server >= 0);
	netns_go(f->lab.gateway);
	rules_count(&families[0]);
	public.port = netns_peer(server).port;
	/* Old numbers are ignored rather than invalid; what nobody has sent
	 * yet cannot be acknowledged. */
	forge_with(f, &at, &public, number_of(server, TCP_SEND_QUEUE),
		   number_of(server, TCP_RECV_QUEUE) + (1u << 24));
	/* The reset comes when the kernel gets to it. */
	for (int i = 0; i < 5000 && counted(&families[0], "OUTPUT") < 2; i++)
		sched_yield();
	assert_int_equal(counted(&families[0], "OUTPUT"), 2);
	assert_int_equal(catch_acks(f->client_tap).count, 0);
	close(listener);
	close(client);
	close(server);
}

static void what_is_not_ip_is_refused(void **state)
{
	struct fixture *f = fixture(state);
	uint8_t packet[60] = { 0x45 };

	assert_int_equal(inject_send(&f->in, span_of(packet, 19)), -EINVAL);
	packet[0] = 0x60;
	assert_int_equal(inject_send(&f->in, span_of(packet, 39)), -EINVAL);
	packet[0] = 0x50;
	assert_int_equal(inject_send(&f->in, span_of(packet, 60)), -EINVAL);
	assert_int_equal(inject_send(&f->in, span_of(packet, 0)), -EINVAL);
}

#define live(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		live(acks_arrive_untranslated),
		live(acks_arrive_through_masquerade),
		live(acks_arrive_through_dnat),
		live(acks_arrive_through_both),
		live(a_strict_entry_calls_them_invalid),
		live(what_is_not_ip_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
