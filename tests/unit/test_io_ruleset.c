/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules: their text against the files in rules/, loading and removing in
 * a namespace of the test's own, and what they queue of real connections.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/conntrack.h"
#include "io/inject.h"
#include "io/queue.h"
#include "io/ruleset.h"
#include "io/sets.h"
#include "netns.h"

#define MARK      0x1000
#define FAST_MARK 0x2000
#define DATA_MARK 0x4000

static struct ruleset rules_default(void)
{
	struct ruleset r = {
		.port = { 21, 990 },
		.ports = 2,
		.queues = 1,
		.bypass = true,
		.pinholes = 65536,
		.skip_mark = MARK,
	};

	return r;
}

static struct prefix prefix_of(const char *addr, uint8_t len)
{
	struct prefix p = { netns_endpoint(addr, 0).addr, len };

	return p;
}

static struct ruleset_range ranges[6];

/* Everything that can differ from the defaults does. */
static struct ruleset rules_rich(void)
{
	struct ruleset r = {
		.ports = 20,
		.queue_first = 8,
		.queues = 4,
		.pinholes = 1000,
		.range = ranges,
		.ranges = 6,
	};

	for (size_t i = 0; i < r.ports; i++)
		r.port[i] = (uint16_t)(2100 + i);
	ranges[0].server = prefix_of("10.2.5.5", 128);
	ranges[0].ports = (struct port_range){ 42000, 42999 };
	ranges[1].server = prefix_of("fc00:10:2:5::5", 128);
	ranges[1].ports = (struct port_range){ 42000, 42999 };
	ranges[2].server = prefix_of("192.0.2.0", 96 + 24);
	ranges[2].ports = (struct port_range){ 50000, 50000 };
	ranges[3] = ranges[0];
	ranges[3].ports = (struct port_range){ 20, 20 };
	ranges[3].server_connects = true;
	ranges[4] = ranges[1];
	ranges[4].ports = (struct port_range){ 20, 20 };
	ranges[4].server_connects = true;
	ranges[5].server = prefix_of("2001:db8::", 32);
	ranges[5].ports = (struct port_range){ 1024, 65535 };
	return r;
}

/* A server that must be TLS throughout, known outside by another address; its
 * sessions leave the queue. */
static struct ruleset rules_ftps(void)
{
	struct ruleset r = rules_default();

	r.fast_mark = FAST_MARK;
	r.data_mark = DATA_MARK;
	r.range = ranges;
	r.ranges = 5;
	ranges[0].server = prefix_of("10.2.5.5", 128);
	ranges[1].server = prefix_of("fc00:10:2:5::5", 128);
	ranges[2].server = prefix_of("203.0.113.5", 128);
	for (size_t i = 0; i < 3; i++)
		ranges[i].ports = (struct port_range){ 42000, 42999 };
	ranges[3] = ranges[0];
	ranges[3].ports = (struct port_range){ 20, 20 };
	ranges[4] = ranges[0];
	ranges[4].ports = (struct port_range){ 989, 989 };
	for (size_t i = 0; i < r.ranges; i++)
		ranges[i].server_connects = i >= 3;
	return r;
}

static char *printed(const struct ruleset *rules)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	ruleset_print(to, rules);
	assert_int_equal(fclose(to), 0);
	return text;
}

static char *file_text(const char *path)
{
	char *text = calloc(1, 65536);
	FILE *from = fopen(path, "r");

	if (!from)
		fail_msg("cannot read %s", path);
	assert_in_range(fread(text, 1, 65535, from), 1, 65534);
	fclose(from);
	return text;
}

/* With SALLYPORT_GOLDEN in the environment the file is written instead. */
static void assert_printed(const struct ruleset *rules, const char *path)
{
	char *text = printed(rules), *expected;

	if (getenv("SALLYPORT_GOLDEN")) {
		FILE *to = fopen(path, "w");

		assert_non_null(to);
		fputs(text, to);
		fclose(to);
	}
	expected = file_text(path);
	assert_string_equal(text, expected);
	free(expected);
	free(text);
}

static void text_is_as_in_the_files(void **state)
{
	struct ruleset plain = rules_default(), rich = rules_rich(), ftps;

	(void)state;
	assert_printed(&plain, "rules/iptables-default.rules");
	assert_printed(&rich, "rules/iptables-rich.rules");
	ftps = rules_ftps();
	assert_printed(&ftps, "rules/iptables-ftps.rules");
}

static int setup(void **state)
{
	struct netns_lab *lab = calloc(1, sizeof(*lab));

	*state = lab;
	if (!netns_possible())
		return 0;
	netns_lab_make(lab);
	return 0;
}

static int teardown(void **state)
{
	struct netns_lab *lab = *state;

	if (lab->gateway)
		netns_lab_close(lab);
	free(lab);
	return 0;
}

static struct netns_lab *lab_of(void **state)
{
	struct netns_lab *lab = *state;

	if (!lab->gateway)
		skip();
	return lab;
}

static void load(const struct ruleset *rules)
{
	char text[RULESET_TEXT_MAX] = "";
	enum ruleset_result result = ruleset_load(rules, text);

	if (result != RULESET_FINE)
		print_error("%s\n", text);
	assert_int_equal(result, RULESET_FINE);
}

static void unload(void)
{
	char text[RULESET_TEXT_MAX] = "";
	enum ruleset_result result = ruleset_unload(text);

	if (result != RULESET_FINE)
		print_error("%s\n", text);
	assert_int_equal(result, RULESET_FINE);
}

/* All rules and sets of the namespace, without counters and times. */
static char *snapshot(void)
{
	char *text = calloc(1, 65536);
	FILE *from = popen("{ iptables-save; ip6tables-save; ipset save; } "
			   "2>/dev/null | sed -e '/^#/d' -e 's/\\[.*\\]//' "
			   "-e 's/ hashsize [0-9]*//' -e 's/ bucketsize.*//'",
			   "r");

	assert_non_null(from);
	assert_in_range(fread(text, 1, 65535, from), 0, 65534);
	pclose(from);
	return text;
}

static void assert_same(char *before, char *after)
{
	assert_string_equal(before, after);
	free(before);
	free(after);
}

static void loading_again_changes_nothing(void **state)
{
	struct ruleset plain = rules_default(), rich = rules_rich();
	char *once;

	lab_of(state);
	load(&plain);
	once = snapshot();
	assert_non_null(strstr(once, "-A POSTROUTING ! -o lo -p tcp"));
	load(&plain);
	assert_same(once, snapshot());
	/* Others take its place, and go again. */
	once = snapshot();
	load(&rich);
	rich = rules_ftps();
	load(&rich);
	load(&rich);
	assert_int_equal(netns_count("iptables-save -t mangle | "
				     "grep -c -- '-j SALLYPORT'"),
			 2);
	load(&plain);
	assert_same(once, snapshot());
	unload();
}

static void unloading_leaves_nothing(void **state)
{
	struct ruleset plain = rules_default();
	char *before;

	lab_of(state);
	before = snapshot();
	unload();
	assert_same(before, snapshot());
	load(&plain);
	unload();
	unload();
	assert_int_equal(netns_count("{ iptables-save; ip6tables-save; ipset "
				     "save; } | grep -ci sallyport"),
			 0);
}

/* Rules of the user's, some of which look like ours. */
static void user_rules(void)
{
	netns_sh("iptables -t mangle -N SALLYPORT2; "
		 "iptables -t mangle -A FORWARD -p tcp -j SALLYPORT2; "
		 "iptables -t mangle -A FORWARD -m comment --comment "
		 "'not -j SALLYPORT' -j ACCEPT; "
		 "iptables -t mangle -A SALLYPORT2 -j MARK --set-mark 7; "
		 "iptables -t raw -A PREROUTING -p udp -j LOG --log-prefix "
		 "'to -j SALLYPORT'; "
		 "ip6tables -A FORWARD -p tcp --dport 21 -j ACCEPT; "
		 "ipset create mine hash:ip; ipset add mine 10.0.0.1; "
		 "iptables -A INPUT -m set --match-set mine src -j DROP");
}

static void rules_of_others_are_untouched(void **state)
{
	struct ruleset plain = rules_default();
	char *before;

	lab_of(state);
	/* So that the tables are there before and after. */
	load(&plain);
	unload();
	user_rules();
	before = snapshot();
	load(&plain);
	load(&plain);
	unload();
	assert_same(before, snapshot());
}

static void what_is_half_loaded_is_repaired(void **state)
{
	struct ruleset plain = rules_default();
	char *whole;

	lab_of(state);
	load(&plain);
	whole = snapshot();
	netns_sh("iptables -t mangle -D INPUT ! -i lo -p tcp -j SALLYPORT; "
		 "iptables -t mangle -A FORWARD -p tcp -j SALLYPORT; "
		 "iptables -t raw -I OUTPUT -p tcp -g SALLYPORT; "
		 "ip6tables -t raw -F; ip6tables -t raw -X SALLYPORT; "
		 "ip6tables -t mangle -F SALLYPORT; "
		 "ip6tables -t mangle -A SALLYPORT -j DROP; "
		 "ipset destroy " SETS_NAME_V6);
	load(&plain);
	assert_same(whole, snapshot());
	netns_sh("iptables -t mangle -D INPUT ! -i lo -p tcp -j SALLYPORT; "
		 "ip6tables -t raw -F; ip6tables -t raw -X SALLYPORT");
	unload();
	assert_int_equal(netns_count("{ iptables-save; ip6tables-save; ipset "
				     "save; } | grep -ci sallyport"),
			 0);
}

static void open_pinholes_stay_open(void **state)
{
	struct ruleset plain = rules_default();

	lab_of(state);
	load(&plain);
	netns_sh("ipset add " SETS_NAME_V4 " 10.2.5.5,tcp:4000,10.1.4.4");
	load(&plain);
	netns_sh("ipset -q test " SETS_NAME_V4 " 10.2.5.5,tcp:4000,10.1.4.4");
	unload();
}

static void the_printed_script_does_the_same(void **state)
{
	struct ruleset rich = rules_rich();
	char *text = printed(&rich), *loaded;
	FILE *sh;

	lab_of(state);
	load(&rich);
	loaded = snapshot();
	unload();
	for (int i = 0; i < 2; i++) {
		sh = popen("sh", "w");
		assert_non_null(sh);
		fputs(text, sh);
		assert_int_equal(pclose(sh), 0);
	}
	assert_same(loaded, snapshot());
	free(text);
	unload();
}

/* The same with the older of the two iptables, where it is installed. */
static void legacy_iptables_does_as_well(void **state)
{
	struct ruleset rich = rules_rich();
	char dir[] = "/tmp/sallyport-legacy-XXXXXX", path[4096];
	char *old = strdup(getenv("PATH")), *once;

	lab_of(state);
	if (system("command -v iptables-legacy >/dev/null && "
		   "iptables-legacy -t raw -S >/dev/null 2>&1") != 0) {
		print_message("skipped: no legacy iptables\n");
		free(old);
		skip();
	}
	assert_non_null(mkdtemp(dir));
	netns_sh("for f in iptables ip6tables; do for s in '' -save -restore; "
		 "do ln -s $(command -v $f-legacy$s) %s/$f$s; done; done",
		 dir);
	snprintf(path, sizeof(path), "%s:%s", dir, old);
	setenv("PATH", path, 1);
	load(&rich);
	once = snapshot();
	load(&rich);
	assert_same(once, snapshot());
	assert_int_equal(netns_count("iptables-legacy-save | grep -c "
				     "'j SALLYPORT'"),
			 4);
	unload();
	assert_int_equal(netns_count("{ iptables-legacy-save; ipset save; } | "
				     "grep -ci sallyport"),
			 0);
	setenv("PATH", old, 1);
	netns_sh("rm -r %s", dir);
	free(old);
}

static enum ruleset_result load_as_nobody(void)
{
	struct ruleset plain = rules_default();
	char text[RULESET_TEXT_MAX];
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (setuid(65534) < 0)
			_exit(99);
		_exit(ruleset_load(&plain, text));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return (enum ruleset_result)WEXITSTATUS(status);
}

static void refusals_name_the_cure(void **state)
{
	struct ruleset plain = rules_default();
	char text[RULESET_TEXT_MAX];
	char *old;

	lab_of(state);
	assert_int_equal(load_as_nobody(), RULESET_DENIED);
	old = strdup(getenv("PATH"));
	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(ruleset_load(&plain, text), RULESET_NO_PROGRAM);
	assert_non_null(strstr(text, "install the package iptables"));
	setenv("PATH", old, 1);
	free(old);
	unload();
	plain.queues = 70000; /* past the last queue */
	assert_int_equal(ruleset_load(&plain, text), RULESET_REFUSED);
	assert_non_null(strstr(text, "iptables-restore failed: "));
	assert_null(strchr(text, '\n'));
	unload();
	plain.queues = 1;
	netns_sh("ipset create " SETS_NAME_V4 " hash:ip");
	assert_int_equal(ruleset_load(&plain, text), RULESET_REFUSED);
	assert_non_null(strstr(text, "of another kind"));
}

/* ---- what the loaded rules queue ---- */

/* Everything that came out of the queue, by what it was. */
struct tally {
	struct queue *q;
	struct queue_batch *batch;
	struct ends ends; /* what every packet must show */
	int packets, odd; /* odd: showed something else */
	int hook[NF_INET_NUMHOOKS];
};

static struct endpoint packet_end(const uint8_t *p, bool source)
{
	bool v4 = p[0] >> 4 == 4;
	size_t tcp = v4 ? 20 : 40;
	struct endpoint e;

	if (v4)
		e.addr = addr_v4(p + (source ? 12 : 16));
	else
		e.addr = addr_v6(p + (source ? 8 : 24));
	tcp += source ? 0 : 2;
	e.port = (uint16_t)(p[tcp] << 8 | p[tcp + 1]);
	return e;
}

static void tally_packet(void *arg, const struct queue_packet *p)
{
	struct tally *t = arg;
	struct endpoint from = packet_end(p->bytes.at, true);
	struct endpoint to = packet_end(p->bytes.at, false);
	bool forth = endpoint_equal(&from, &t->ends.client) &&
		     endpoint_equal(&to, &t->ends.server);
	bool back = endpoint_equal(&from, &t->ends.server) &&
		    endpoint_equal(&to, &t->ends.client);

	t->packets++;
	t->hook[p->hook]++;
	t->odd += !forth && !back;
	queue_batch_add(t->q, t->batch, p->id, VERDICT_ACCEPT,
			span_of(NULL, 0));
}

static void tally_run(struct tally *t)
{
	while (queue_receive(t->q, false, tally_packet, t) > 0)
		queue_batch_send(t->q, t->batch);
}

/* Serve the queue until @fd has what is waited for. */
static bool tally_until(struct tally *t, int fd, short events)
{
	struct pollfd p[2] = { { .fd = fd, .events = events },
			       { .fd = queue_fd(t->q), .events = POLLIN } };

	while (poll(p, 2, 2000) > 0) {
		tally_run(t);
		if (p[0].revents & events)
			return true;
	}
	return false;
}

static void tally_open(struct tally *t)
{
	struct queue_options o = { 0, 1024, true };

	memset(t, 0, sizeof(*t));
	t->batch = queue_batch_new();
	assert_int_equal(queue_open(&t->q, &o), QUEUE_FINE);
}

static void tally_close(struct tally *t)
{
	queue_close(t->q);
	queue_batch_free(t->batch);
}

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
		count += packet_end(p, true).port == port ||
			 packet_end(p, false).port == port;
	}
	return count;
}

static int tap_open(int ns)
{
	netns_go(ns);
	return socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, htons(ETH_P_ALL));
}

/* Who talks to whom: the client calls @called, and ends at @server. */
struct talk {
	int client_ns, server_ns, tap_ns;
	const char *client, *called, *server;
};

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
	/* SYN, SYN ACK, ACK, two segments; at most an ACK for each */
	tally_run(&t);
	assert_in_range(t.packets, 5, 7);
	assert_int_equal(t.odd, 0);
	assert_int_equal(t.packets, tap_count(tap, from.port));
	close(tap);
	close(listener);
	close(a);
	close(b);
	tally_close(&t);
	netns_sh("conntrack -F 2>/dev/null");
}

static const char client4[] = "10.1.4.4", server4[] = "10.2.5.5",
		  client6[] = "fc00:10:1:4::4", server6[] = "fc00:10:2:5::5",
		  gateway_in4[] = "10.1.4.1", gateway_in6[] = "fc00:10:1:4::1",
		  gateway_out4[] = "10.2.5.1",
		  gateway_out6[] = "fc00:10:2:5::1",
		  virtual4[] = "198.51.100.7", virtual6[] = "2001:db8::7";

static void nat_flush(void)
{
	netns_sh("iptables -t nat -F; ip6tables -t nat -F");
}

static void forwarded_is_queued_once(void **state)
{
	struct netns_lab *lab = lab_of(state);
	struct ruleset plain = rules_default();
	struct talk v4 = { lab->client, lab->server, lab->client,
			   client4,     server4,     server4 };
	struct talk v6 = { lab->client, lab->server, lab->client,
			   client6,     server6,     server6 };

	load(&plain);
	assert_queued_once(lab, &v4);
	assert_queued_once(lab, &v6);
	netns_sh("iptables -t nat -A POSTROUTING -o g1 -j MASQUERADE; "
		 "ip6tables -t nat -A POSTROUTING -o g1 -j MASQUERADE");
	assert_queued_once(lab, &v4);
	assert_queued_once(lab, &v6);
	netns_sh("iptables -t nat -A PREROUTING -d %s -j DNAT "
		 "--to-destination %s; ip6tables -t nat -A PREROUTING -d %s "
		 "-j DNAT --to-destination %s",
		 virtual4, server4, virtual6, server6);
	v4.called = virtual4;
	v6.called = virtual6;
	assert_queued_once(lab, &v4);
	assert_queued_once(lab, &v6);
}

/* Plain, and where clients call another address and port. */
static void a_server_on_the_gateway_is_queued_once(void **state)
{
	struct netns_lab *lab = lab_of(state);
	struct ruleset plain = rules_default();
	struct talk v4 = { lab->client, lab->gateway, lab->client,
			   client4,     gateway_in4,  gateway_in4 };
	struct talk v6 = { lab->client, lab->gateway, lab->client,
			   client6,     gateway_in6,  gateway_in6 };

	load(&plain);
	assert_queued_once(lab, &v4);
	assert_queued_once(lab, &v6);
	netns_sh("iptables -t nat -A PREROUTING -d %s -j DNAT "
		 "--to-destination %s; ip6tables -t nat -A PREROUTING -d %s "
		 "-j DNAT --to-destination %s",
		 virtual4, gateway_in4, virtual6, gateway_in6);
	v4.called = virtual4;
	v6.called = virtual6;
	assert_queued_once(lab, &v4);
	assert_queued_once(lab, &v6);
}

/* Plain, with its source translated, its destination, and both. */
static void a_client_on_the_gateway_is_queued_once(void **state)
{
	struct netns_lab *lab = lab_of(state);
	struct ruleset plain = rules_default();
	struct talk v4 = { lab->gateway, lab->server, lab->server,
			   gateway_out4, server4,     server4 };
	struct talk v6 = { lab->gateway, lab->server, lab->server,
			   gateway_out6, server6,     server6 };

	load(&plain);
	assert_queued_once(lab, &v4);
	assert_queued_once(lab, &v6);
	netns_sh("ip route add default via %s; ip route add default via %s; "
		 "iptables -t nat -A OUTPUT -d %s -j DNAT --to-destination "
		 "%s; ip6tables -t nat -A OUTPUT -d %s -j DNAT "
		 "--to-destination %s",
		 server4, server6, virtual4, server4, virtual6, server6);
	v4.called = virtual4;
	v6.called = virtual6;
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
	struct netns_lab *lab = lab_of(state);
	struct ruleset plain = rules_default();
	struct endpoint at = netns_endpoint("127.0.0.1", 21);
	struct endpoint any = netns_endpoint("127.0.0.1", 0);
	int listener, a;
	struct tally t;

	load(&plain);
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
	struct netns_lab *lab = lab_of(state);
	struct ruleset plain = rules_default();

	load(&plain);
	pinhole_syns_are_queued(lab, lab->server, server4, client4,
				NF_INET_PRE_ROUTING);
	pinhole_syns_are_queued(lab, lab->server, server6, client6,
				NF_INET_PRE_ROUTING);
	pinhole_syns_are_queued(lab, lab->gateway, gateway_in4, client4,
				NF_INET_LOCAL_OUT);
	pinhole_syns_are_queued(lab, lab->gateway, gateway_in6, client6,
				NF_INET_LOCAL_OUT);
}

/* A server on the gateway: our own packet bears its address. */
static void what_we_send_ourselves_is_not_queued(void **state)
{
	uint8_t ack[40] = { 0x45, 0, 0, 40, 0,  0, 0, 0, 64,   6,   0, 0,
			    10,   1, 4, 1,  10, 1, 4, 4, 0,    21,  9, 9,
			    0,    0, 0, 0,  0,  0, 0, 0, 0x50, 0x10 };
	struct netns_lab *lab = lab_of(state);
	struct ruleset plain = rules_default();
	struct inject in;
	struct tally t;

	(void)lab;
	load(&plain);
	tally_open(&t);
	assert_int_equal(inject_open(&in, MARK), 0);
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
	assert_mark_decides(lab, talk, 21, FAST_MARK, false);
	assert_mark_decides(lab, talk, 42000, DATA_MARK, true);
	/* The mark of one means nothing to the other. */
	assert_mark_decides(lab, talk, 42000, DATA_MARK | FAST_MARK, true);
}

static void marks_decide_what_is_queued(void **state)
{
	struct netns_lab *lab = lab_of(state);
	struct ruleset ftps = rules_ftps();
	struct talk forwarded4 = { lab->client, lab->server, lab->client,
				   client4,     server4,     virtual4 };
	struct talk forwarded6 = { lab->client, lab->server, lab->client,
				   client6,     server6,     virtual6 };
	struct talk server = { lab->client, lab->gateway, lab->client,
			       client4,     gateway_in4,  gateway_in4 };
	struct talk client = { lab->gateway, lab->server, lab->server,
			       gateway_out6, server6,     server6 };

	forwarded4.called = virtual4;
	forwarded4.server = server4;
	forwarded6.called = virtual6;
	forwarded6.server = server6;
	load(&ftps);
	netns_sh("iptables -t nat -A PREROUTING -d %s -j DNAT "
		 "--to-destination %s; ip6tables -t nat -A PREROUTING -d %s "
		 "-j DNAT --to-destination %s",
		 virtual4, server4, virtual6, server6);
	marks_decide(lab, &forwarded4);
	marks_decide(lab, &forwarded6);
	marks_decide(lab, &server);
	marks_decide(lab, &client);
}

/* Of a server's range the SYN, under each of its names; nothing of others. */
static void the_range_of_a_server_is_queued(void **state)
{
	struct netns_lab *lab = lab_of(state);
	struct ruleset ftps = rules_ftps();
	struct endpoint any = netns_endpoint(client4, 0);
	static const struct {
		const char *to;
		uint16_t port;
		int queued;
	} cases[] = {
		{ "10.2.5.5", 42000, 1 },    { "10.2.5.5", 42999, 1 },
		{ "203.0.113.5", 42500, 1 }, { "10.2.5.5", 41999, 0 },
		{ "10.2.5.6", 42000, 0 },    { "203.0.113.6", 42000, 0 },
	};

	load(&ftps);
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

/* Nobody listens on the queue. */
static void without_a_daemon_it_is_as_configured(void **state)
{
	struct netns_lab *lab = lab_of(state);
	struct ruleset plain = rules_default();
	struct endpoint at = netns_endpoint(server4, 21);
	struct endpoint any = netns_endpoint(client4, 0);
	struct pollfd p = { .events = POLLOUT };
	int listener = netns_listen(lab->server, &at);

	netns_go(lab->gateway);
	load(&plain);
	p.fd = netns_connect(lab->client, &any, &at);
	assert_true(netns_wait(p.fd, POLLOUT));
	close(p.fd);
	netns_go(lab->gateway);
	plain.bypass = false;
	load(&plain);
	p.fd = netns_connect(lab->client, &any, &at);
	assert_int_equal(poll(&p, 1, 100), 0);
	close(p.fd);
	close(listener);
}

#define live(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_as_in_the_files),
		live(loading_again_changes_nothing),
		live(unloading_leaves_nothing),
		live(rules_of_others_are_untouched),
		live(what_is_half_loaded_is_repaired),
		live(open_pinholes_stay_open),
		live(the_printed_script_does_the_same),
		live(legacy_iptables_does_as_well),
		live(refusals_name_the_cure),
		live(forwarded_is_queued_once),
		live(a_server_on_the_gateway_is_queued_once),
		live(a_client_on_the_gateway_is_queued_once),
		live(loopback_is_left_out),
		live(first_packets_are_queued_before_conntrack),
		live(what_we_send_ourselves_is_not_queued),
		live(marks_decide_what_is_queued),
		live(the_range_of_a_server_is_queued),
		live(without_a_daemon_it_is_as_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
