/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pinholes and translation: what a pinhole looks like behind NAT, who shares
 * an address with whom, and what happens when the kernel refuses an action.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"
#include "support.h"

#define CLIENT4 "10.1.4.4"
#define SERVER4 "10.2.5.5"

static const struct wire_options plain = { .v6 = false };
static const struct wire_options snat = { .snat = true };
static const struct wire_options dnat = { .dnat = true };

static const struct pinhole_key *key_of(const struct wire *w)
{
	return &w->last[ACTION_PINHOLE_ADD].hole.key;
}

static bool is_at(const struct endpoint *e, const char *addr, uint16_t port)
{
	const struct endpoint want = wire_endpoint(addr, port);

	return endpoint_equal(e, &want);
}

/* --- addresses ------------------------------------------------------------ */

/* A server behind another gateway's NAT says how the world knows it. */
static void configured_public_address(void **state)
{
	struct wire w;
	static const char reply[] = "227 (192,0,2,50,164,16)";

	(void)state;
	wire_start(&w, &plain);
	scene_configure(&w)->public_address[0] =
		wire_endpoint("192.0.2.50", 0).addr;
	w.server.public_addresses = 1;
	wire_connect(&w);
	wire_login(&w);
	wire_say(&w, CLIENT, "PASV\r\n");
	wire_say(&w, SERVER, reply);
	wire_say(&w, SERVER, "\r\n");
	scene_expect_last(&w, CLIENT, "227 (192,0,2,50,164,16)\r\n");
	scene_expect_open(&w, 1);
	assert_true(addr_equal(&key_of(&w)->to.addr, &w.end[SERVER].at.addr));
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* A server that advertises the address that we translate for it. */
static void advertises_public_address(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, &dnat, "> PASV\n< 227 (198,51,100,200,164,16)");
	assert_int_equal(wire_logged(&w, "rewrite"), 0);
	assert_int_equal(w.actions[ACTION_LIBERAL], 0);
	assert_true(is_at(&key_of(&w)->to, "198.51.100.200", 42000));
	scene_data(&w);
	assert_true(is_at(&w.last[ACTION_DATA_CREATE].data.dnat_to, SERVER4,
			  42000));
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* So may a client. */
static void client_advertises_public_address(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, &snat, "> PORT 203,0,113,100,19,137\n< 200 ok");
	scene_expect_last(&w, SERVER, "PORT 203,0,113,100,19,137\r\n");
	assert_int_equal(wire_logged(&w, "rewrite"), 0);
	scene_data(&w);
	assert_true(
		is_at(&w.last[ACTION_DATA_CREATE].data.dnat_to, CLIENT4, 5001));
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* The server has what follows the PORT, but not the PORT: its SACK names
 * numbers of the stream that it sees, five bytes on (RFC 2018 3). */
static void sack_is_translated(void **state)
{
	struct wire w;
	uint8_t bytes[128], longer[128];
	struct wire_tcp ack = { .flags = TCP_ACK };
	struct packet p;
	uint32_t left, right, end;
	size_t len;

	(void)state;
	scene_start(&w, &snat);
	w.hold_acks = true;
	scene_send(&w, CLIENT, "PORT 10,1,4,4,19,137\r\n");
	scene_send(&w, CLIENT, "NOOP\r\n");
	end = w.end[CLIENT].isn + 1 + (uint32_t)w.end[CLIENT].stream_len;
	ack.src = w.end[SERVER].at;
	ack.dst = w.end[CLIENT].at;
	ack.seq = w.end[SERVER].isn + 1 + (uint32_t)w.end[SERVER].stream_len;
	ack.ack = end - 28;
	len = wire_build(&ack, bytes);
	memcpy(longer, bytes, len);
	longer[3] = (uint8_t)(longer[3] + 12);
	longer[32] = 8 << 4;
	memcpy(longer + 40, "\x01\x01\x05\x0a", 4);
	packet_decode(span_of(longer, len + 12), &p);
	packet_set_sack(&p, longer, 0, end - 6 + 5, end + 5);
	packet_set_checksum(&p, longer, len + 12);
	assert_int_equal(engine_packet(w.engine, span_of(longer, len + 12), 7,
				       w.now, w.out),
			 ENGINE_DONE);
	assert_int_equal(packet_decode(w.out->verdict[0].bytes, &p),
			 PACKET_TCP);
	assert_true(packet_checksum_ok(&p));
	assert_int_equal(p.ack, end - 28);
	assert_int_equal(p.sack_blocks, 1);
	packet_sack(&p, 0, &left, &right);
	assert_int_equal(left, end - 6);
	assert_int_equal(right, end);
	scene_stop(&w);
}

/* 0.0.0.0: the host you are talking to. */
static void unspecified_address(void **state)
{
	struct wire w;

	(void)state;
	scene_begin(&w, &plain, "> PASV\n< 227 (0,0,0,0,164,16)");
	scene_expect_last(&w, CLIENT, "227 (0,0,0,0,164,16)\r\n");
	assert_true(addr_equal(&key_of(&w)->to.addr, &w.end[SERVER].at.addr));
	scene_stop(&w);
	scene_begin(&w, &dnat, "> PASV\n< 227 (0,0,0,0,164,16)");
	scene_expect_last(&w, CLIENT, "227 (198,51,100,200,164,16)\r\n");
	scene_expect_open(&w, 1);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* --- shared addresses ------------------------------------------------------ */

/* Two sessions of one engine, logged in; the second client is at @client. */
static void two_sessions(struct wire *a, struct wire *b,
			 const struct wire_options *o,
			 const struct endpoint *client)
{
	scene_start(a, o);
	wire_join(b, a, o, client);
	wire_connect(b);
	wire_login(b);
}

static void expect_data_at(struct wire *w, const char *addr, uint16_t port)
{
	const struct data_entry *data = &w->last[ACTION_DATA_CREATE].data;

	scene_data(w);
	assert_int_equal(w->actions[ACTION_DATA_CREATE], 1);
	assert_true(is_at(&data->dnat_to, addr, port));
}

/* Our own ACK says what the server's last packet said: its window, its
 * timestamp; and what the client sent is echoed (RFC 7323 3.2). */
static void ack_of_our_own(void **state)
{
	struct wire w;
	struct packet p;
	size_t at;

	(void)state;
	wire_start(&w, &snat);
	w.timestamps = true;
	wire_connect(&w);
	wire_login(&w);
	wire_write(&w, CLIENT, "PORT 10,1,4,4,19,137\r\n", 22);
	at = w.end[CLIENT].acked;
	wire_segment(&w, CLIENT, at, at + 9);
	assert_int_equal(w.actions[ACTION_INJECT], 0);
	/* Again, to the engine alone, so that its packet can be seen. */
	assert_int_equal(engine_packet(w.engine, w.packet[w.packets - 2], 7,
				       w.now, w.out),
			 ENGINE_DONE);
	assert_int_equal(w.out->action[1].type, ACTION_INJECT);
	assert_int_equal(packet_decode(w.out->action[1].inject.bytes, &p),
			 PACKET_TCP);
	assert_true(packet_checksum_ok(&p));
	assert_true(is_at(&p.src, SERVER4, 21));
	assert_true(is_at(&p.dst, "203.0.113.100", 50505));
	assert_int_equal(p.flags, TCP_ACK);
	assert_int_equal(p.seq, w.end[SERVER].isn + 1 + w.end[SERVER].acked);
	assert_int_equal(p.ack, w.end[CLIENT].isn + 1 + at + 9);
	assert_int_equal(p.window, 64240);
	assert_true(p.has_timestamp && p.tsval == 1000 && p.tsecr == 1000);
	scene_stop(&w);
}

/* Two clients that share a public address choose the same port. */
static void same_port_behind_one_address(void **state)
{
	const struct endpoint client = wire_endpoint("10.1.4.9", 40404);
	struct wire a, b;
	char text[64];
	uint16_t port;

	(void)state;
	two_sessions(&a, &b, &snat, &client);
	scene_ask(&a, VIA_PORT, CLIENT4, 5001);
	scene_ask(&b, VIA_PORT, "10.1.4.9", 5001);
	assert_true(is_at(&key_of(&a)->to, "203.0.113.100", 5001));
	port = key_of(&b)->to.port;
	assert_true(port >= 1024 && port != 5001);
	snprintf(text, sizeof(text), "PORT 203,0,113,100,%u,%u\r\n", port >> 8,
		 port & 255);
	scene_expect_last(&b, SERVER, text);
	scene_expect_open(&a, 2);
	expect_data_at(&a, CLIENT4, 5001);
	expect_data_at(&b, "10.1.4.9", 5001);
	scene_expect_quiet(&a);
	scene_expect_quiet(&b);
	scene_leave(&b);
	scene_stop(&a);
}

/* A port that we choose is one that the policy allows. */
static void chosen_ports_are_allowed(void **state)
{
	struct wire a, b[12];
	char addr[ADDR_TEXT_MAX];

	(void)state;
	wire_start(&a, &snat);
	a.policy.denied[0] = (struct port_range){ 6000, 35000 };
	a.policy.denied_count = 1;
	wire_connect(&a);
	wire_login(&a);
	scene_ask(&a, VIA_PORT, CLIENT4, 5001);
	for (uint8_t i = 0; i < ARRAY_SIZE(b); i++) {
		struct endpoint client = wire_endpoint("10.1.4.50", 40404);
		uint16_t port;

		client.addr.b[15] = (uint8_t)(client.addr.b[15] + i);
		addr_format(&client.addr, addr);
		wire_join(&b[i], &a, &snat, &client);
		wire_connect(&b[i]);
		wire_login(&b[i]);
		scene_ask(&b[i], VIA_PORT, addr, 5001);
		port = key_of(&b[i])->to.port;
		assert_true(port >= 1024 && (port < 6000 || port > 35000));
	}
	for (size_t i = 0; i < ARRAY_SIZE(b); i++)
		scene_leave(&b[i]);
	scene_stop(&a);
}

/* The port of a running data connection is taken, too. */
static void same_port_while_it_is_used(void **state)
{
	const struct endpoint client = wire_endpoint("10.1.4.9", 40404);
	struct wire a, b;

	(void)state;
	two_sessions(&a, &b, &snat, &client);
	scene_ask(&a, VIA_PORT, CLIENT4, 5001);
	expect_data_at(&a, CLIENT4, 5001);
	scene_ask(&b, VIA_PORT, "10.1.4.9", 5001);
	assert_int_not_equal(key_of(&b)->to.port, 5001);
	expect_data_at(&b, "10.1.4.9", 5001);
	scene_leave(&b);
	scene_stop(&a);
}

/* One client, two sessions, the same port: the newer one has it. */
static void same_port_of_one_client(void **state)
{
	const struct endpoint client = wire_endpoint(CLIENT4, 40405);
	struct wire a, b;

	(void)state;
	two_sessions(&a, &b, &snat, &client);
	scene_ask(&a, VIA_PORT, CLIENT4, 5001);
	scene_ask(&b, VIA_PORT, CLIENT4, 5001);
	assert_int_equal(key_of(&b)->to.port, 5001);
	scene_expect_open(&a, 1);
	assert_int_equal(wire_logged(&b, "pinhole close"), 1);
	expect_data_at(&b, CLIENT4, 5001);
	assert_int_equal(b.last[ACTION_DATA_CREATE].session, 2);
	scene_leave(&b);
	scene_stop(&a);
}

/* The newer one asks (and has it watched, see early_connect), and is refused:
 * the older one stays, in the kernel's set too. */
static void same_port_of_one_client_refused(void **state)
{
	const struct endpoint client = wire_endpoint(CLIENT4, 40405);
	struct wire a, b;

	(void)state;
	wire_start(&a, &snat);
	a.policy.early_connect = true;
	wire_connect(&a);
	wire_login(&a);
	scene_ask(&a, VIA_PORT, CLIENT4, 5001);
	wire_join(&b, &a, &snat, &client);
	wire_connect(&b);
	wire_login(&b);
	scene_play(&b, "> PORT 10,1,4,4,19,137\n< 500 no");
	scene_expect_open(&a, 1);
	expect_data_at(&a, CLIENT4, 5001);
	scene_leave(&b);
	scene_stop(&a);
}

/* --- what the kernel refuses -------------------------------------------------- */

/* The pinhole could not be put into the set: it is not there for us either. */
static void add_fails(void **state)
{
	struct wire w;

	(void)state;
	scene_start(&w, &plain);
	w.fail_action[ACTION_PINHOLE_ADD] = true;
	scene_ask(&w, VIA_PASV, SERVER4, 42000);
	scene_expect_open(&w, 0);
	scene_expect_alert(&w, "action-failed");
	assert_int_equal(wire_logged(&w, "pinhole refuse"), 1);
	scene_data(&w);
	assert_int_equal(w.actions[ACTION_DATA_CREATE], 0);
	assert_int_equal(scene_stats(&w).actions_failed, 1);
	/* The next one may work. */
	w.fail_action[ACTION_PINHOLE_ADD] = false;
	scene_ask(&w, VIA_PASV, SERVER4, 42001);
	scene_expect_open(&w, 1);
	scene_stop(&w);
}

static void delete_fails(void **state)
{
	struct wire w;

	(void)state;
	scene_start(&w, &plain);
	w.fail_action[ACTION_PINHOLE_DEL] = true;
	scene_ask(&w, VIA_PASV, SERVER4, 42000);
	scene_play(&w, "> LIST\n< 226 done");
	scene_expect_open(&w, 0);
	scene_expect_alert(&w, "action-failed");
	/* The set still queues its SYN; nobody lets it in. */
	scene_data(&w);
	assert_int_equal(w.actions[ACTION_DATA_CREATE], 0);
	scene_stop(&w);
}

static void create_fails(void **state)
{
	struct wire w;

	(void)state;
	scene_start(&w, &plain);
	scene_ask(&w, VIA_PASV, SERVER4, 42000);
	w.fail_action[ACTION_DATA_CREATE] = true;
	scene_data(&w);
	scene_expect_alert(&w, "action-failed");
	assert_int_equal(wire_logged(&w, "data close unrelated"), 1);
	scene_expect_open(&w, 0);
	assert_int_equal(scene_holes(&w, "used"), 0);
	assert_int_equal(scene_stats(&w).data_connections, 0);
	scene_stop(&w);
}

/* Conntrack will call the rewritten connection invalid: open nothing for it,
 * but go on translating what was changed. */
static void liberal_fails(void **state)
{
	struct wire w;

	(void)state;
	scene_start(&w, &snat);
	w.fail_action[ACTION_LIBERAL] = true;
	scene_ask(&w, VIA_PORT, CLIENT4, 5001);
	scene_expect_refused(&w, "action-failed");
	scene_expect_last(&w, SERVER, "PORT 203,0,113,100,19,137\r\n");
	scene_ask(&w, VIA_PORT, CLIENT4, 5002);
	scene_expect_refused(&w, "action-failed");
	scene_expect_last(&w, SERVER, "PORT 10,1,4,4,19,138\r\n");
	scene_stop(&w);
}

/* Our own ACK cannot be sent, so the client will not send the rest of its
 * line (Nagle): what is withheld must go, unread. */
static void inject_fails(void **state)
{
	struct wire w;
	size_t at;

	(void)state;
	scene_start(&w, &snat);
	w.fail_action[ACTION_INJECT] = true;
	wire_write(&w, CLIENT, "PORT 10,1,4,4,19,137\r\n", 22);
	at = w.end[CLIENT].acked;
	for (int i = 0; i < 3; i++)
		wire_segment(&w, CLIENT, at, at + 9);
	scene_expect_alert(&w, "action-failed");
	assert_int_equal(w.end[CLIENT].acked, at + 9);
	wire_pump(&w, CLIENT);
	scene_play(&w, "< 200 ok");
	scene_expect_refused(&w, "action-failed");
	scene_expect_last(&w, SERVER, "PORT 10,1,4,4,19,137\r\n");
	scene_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configured_public_address),
		cmocka_unit_test(advertises_public_address),
		cmocka_unit_test(client_advertises_public_address),
		cmocka_unit_test(sack_is_translated),
		cmocka_unit_test(unspecified_address),
		cmocka_unit_test(ack_of_our_own),
		cmocka_unit_test(same_port_behind_one_address),
		cmocka_unit_test(chosen_ports_are_allowed),
		cmocka_unit_test(same_port_while_it_is_used),
		cmocka_unit_test(same_port_of_one_client),
		cmocka_unit_test(same_port_of_one_client_refused),
		cmocka_unit_test(add_fails),
		cmocka_unit_test(delete_fails),
		cmocka_unit_test(create_fails),
		cmocka_unit_test(liberal_fails),
		cmocka_unit_test(inject_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
