/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets of a control connection that cannot be read: fragments, wrong
 * checksums, signed segments. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"
#include "support.h"

#define CLIENT4 "10.1.4.4"
#define SERVER4 "10.2.5.5"

static const struct wire_options plain = { .v6 = false };

/* The client's next bytes as a packet of its own. */
static size_t next_packet(const struct wire *w, const char *text, uint8_t *out)
{
	const struct wire_end *c = &w->end[CLIENT], *s = &w->end[SERVER];
	const struct wire_tcp tcp = {
		.src = c->at,
		.dst = s->at,
		.seq = c->isn + 1 + (uint32_t)c->stream_len,
		.ack = s->isn + 1 + (uint32_t)s->stream_len,
		.flags = TCP_ACK | TCP_PSH,
		.bytes = text,
		.len = strlen(text),
	};

	return wire_build(&tcp, out);
}

/* The engine alone gets @bytes; its one verdict is @kind, unchanged. */
static void expect_verdict(struct wire *w, struct span bytes,
			   enum verdict_kind kind, size_t alerts)
{
	assert_int_equal(engine_packet(w->engine, bytes, 7, w->now, w->out),
			 ENGINE_DONE);
	assert_int_equal(w->out->verdicts, 1);
	assert_int_equal(w->out->verdict[0].kind, kind);
	assert_int_equal(w->out->verdict[0].bytes.len, 0);
	assert_int_equal(w->out->actions, 0);
	assert_int_equal(w->out->events, alerts);
	if (alerts)
		assert_int_equal(w->out->event[0].type, EVENT_ALERT);
}

/* Its receiver will not read it, so neither do we. */
static void wrong_checksum_is_not_read(void **state)
{
	uint8_t bytes[256];
	struct wire w;
	size_t len;

	(void)state;
	for (size_t at = 36; at < 62; at++) {
		scene_start(&w, &plain);
		len = next_packet(&w, "PORT 10,1,4,4,19,137\r\n", bytes);
		bytes[at] ^= 4;
		expect_verdict(&w, span_of(bytes, len), VERDICT_ACCEPT, 1);
		assert_int_equal(w.out->event[0].alert.rule,
				 ALERT_BAD_CHECKSUM);
		assert_int_equal(scene_holes(&w, "asked"), 0);
		assert_int_equal(scene_stats(&w).commands, 2);
		scene_ask(&w, VIA_PORT, CLIENT4, 5002);
		scene_expect_open(&w, 1);
		assert_true(scene_trusted(&w));
		scene_stop(&w);
	}
}

/* A bad SYN makes no session. */
static void wrong_checksum_in_syn(void **state)
{
	uint8_t bytes[256];
	struct wire w;
	struct wire_tcp syn = { .seq = 5, .flags = TCP_SYN, .mss = 1460 };
	size_t len;

	(void)state;
	wire_start(&w, &plain);
	syn.src = w.end[CLIENT].at;
	syn.dst = w.end[SERVER].at;
	len = wire_build(&syn, bytes);
	bytes[25] ^= 1;
	expect_verdict(&w, span_of(bytes, len), VERDICT_ACCEPT, 1);
	wire_connect(&w);
	wire_login(&w);
	scene_ask(&w, VIA_PASV, SERVER4, 42000);
	scene_expect_open(&w, 1);
	scene_stop(&w);
}

/* Captures made before the card filled them in. */
static void checksums_may_be_ignored(void **state)
{
	const uint8_t key[ENGINE_KEY_LEN] = { 9 };
	uint8_t bytes[256];
	struct wire w;
	size_t len;

	(void)state;
	wire_start(&w, &plain);
	w.limits.verify_checksums = false;
	memset(w.memory, 0, engine_size(&w.limits));
	w.engine = engine_init(w.memory, engine_size(&w.limits), &w.limits,
			       &w.policy, key);
	wire_connect(&w);
	wire_login(&w);
	len = next_packet(&w, "PORT 10,1,4,4,19,137\r\n", bytes);
	bytes[36] ^= 4;
	assert_int_equal(engine_packet(w.engine, span_of(bytes, len), 7, w.now,
				       w.out),
			 ENGINE_DONE);
	assert_int_equal(scene_holes(&w, "asked"), 1);
	scene_expect_quiet(&w);
	scene_stop(&w);
}

/* The kernel joins fragments before it queues; what comes in parts came
 * another way. */
static void fragments_are_refused(void **state)
{
	uint8_t bytes[256];
	struct wire w;
	size_t len;

	(void)state;
	scene_start(&w, &plain);
	len = next_packet(&w, "PORT 10,1,4,4,19,137\r\n", bytes);
	bytes[6] = 0x20; /* more fragments */
	expect_verdict(&w, span_of(bytes, len), VERDICT_DROP, 1);
	assert_int_equal(w.out->event[0].alert.rule, ALERT_FRAGMENT);
	expect_verdict(&w, span_of(bytes, len), VERDICT_DROP, 0);
	bytes[7] = 1; /* the flags of the first again (RFC 1858 3) */
	expect_verdict(&w, span_of(bytes, len), VERDICT_DROP, 0);
	bytes[7] = 8; /* one without ports, of anything */
	expect_verdict(&w, span_of(bytes, len), VERDICT_ACCEPT, 0);
	bytes[7] = 0; /* of another port */
	bytes[23] = 80;
	expect_verdict(&w, span_of(bytes, len), VERDICT_ACCEPT, 0);
	assert_int_equal(scene_stats(&w).commands, 2);
	scene_ask(&w, VIA_PORT, CLIENT4, 5002);
	scene_expect_open(&w, 1);
	scene_stop(&w);
}

static void fragments_are_refused_v6(void **state)
{
	static const uint8_t header[8] = { 6, 0, 0, 1, 0, 0, 0, 7 };
	uint8_t bytes[256];
	struct wire w;
	size_t len;

	(void)state;
	scene_start(&w, &(struct wire_options){ .v6 = true });
	len = next_packet(&w, "EPSV\r\n", bytes);
	memmove(bytes + 48, bytes + 40, len - 40);
	memcpy(bytes + 40, header, sizeof(header));
	bytes[6] = 44;
	bytes[5] = (uint8_t)(bytes[5] + 8);
	expect_verdict(&w, span_of(bytes, len + 8), VERDICT_DROP, 1);
	assert_int_equal(w.out->event[0].alert.rule, ALERT_FRAGMENT);
	assert_int_equal(scene_stats(&w).commands, 2);
	scene_stop(&w);
}

/* TCP MD5 or AO: a changed segment would not be believed. */
static void signed_segments_are_not_changed(void **state)
{
	static const uint8_t kind[] = { 19, 29 };
	uint8_t bytes[256], longer[256];
	struct packet p;
	struct wire w;
	size_t len;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kind); i++) {
		scene_start(&w, &(struct wire_options){ .snat = true });
		len = next_packet(&w, "PORT 10,1,4,4,19,137\r\n", bytes);
		memcpy(longer, bytes, 40);
		memset(longer + 40, 1, 20); /* no-operation */
		longer[40] = kind[i];
		longer[41] = 18;
		memcpy(longer + 60, bytes + 40, len - 40);
		longer[3] = (uint8_t)(longer[3] + 20);
		longer[32] = 10 << 4;
		/* The header's own sum: by the engine's copy. */
		assert_int_equal(packet_decode(span_of(longer, len + 20), &p),
				 PACKET_TCP);
		assert_true(p.is_signed);
		len = packet_copy(&p, packet_payload(&p), bytes);
		packet_set_checksum(&p, bytes, len);
		wire_write(&w, CLIENT, "PORT 10,1,4,4,19,137\r\n", 22);
		w.end[CLIENT].sent_max = w.end[CLIENT].stream_len;
		wire_raw(&w, span_of(bytes, len));
		scene_expect_last(&w, SERVER, "PORT 10,1,4,4,19,137\r\n");
		scene_play(&w, "< 200 ok");
		scene_expect_refused(&w, "tcp-signed");
		scene_stop(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_checksum_is_not_read),
		cmocka_unit_test(wrong_checksum_in_syn),
		cmocka_unit_test(checksums_may_be_ignored),
		cmocka_unit_test(fragments_are_refused),
		cmocka_unit_test(fragments_are_refused_v6),
		cmocka_unit_test(signed_segments_are_not_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
