/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What leaves, written as a capture, and read again; and several listeners. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "io/capture.h"
#include "replay/writer.h"
#include "report/listeners.h"
#include "report/story_json.h"
#include "scratch.h"
#include "support.h"
#include "wire.h"

#define START UINT64_C(1700000000123456)

static char why[CAPTURE_WHY_MAX];
static uint8_t bytes[WIRE_PACKET_MAX];

static size_t packet(bool v6, size_t len)
{
	static char letters[60000];

	memset(letters, 'x', sizeof(letters));
	return wire_build(
		&(struct wire_tcp){
			.src = wire_endpoint(v6 ? "fc00::4" : "10.1.4.4", 4000),
			.dst = wire_endpoint(v6 ? "fc00::5" : "10.2.5.5", 21),
			.seq = 1000,
			.flags = TCP_ACK,
			.bytes = letters,
			.len = len },
		bytes);
}

static struct writer *start(void)
{
	struct writer *w;

	unlink(scratch_path);
	w = writer_open(scratch_path, why);
	assert_non_null(w);
	return w;
}

/* What was written is one packet; the caller closes the capture. */
static struct capture *read_back(struct capture_packet *p)
{
	struct capture *c;

	assert_int_equal(capture_open(scratch_path, &c, why), 0);
	assert_int_equal(capture_next(c, p), CAPTURE_PACKET);
	return c;
}

static void test_read_back(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		for (size_t len = 0; len <= 60000; len += 59 + 20 * len) {
			struct writer *w = start();
			struct capture_packet p;
			struct capture *c;
			size_t size = packet(v6, len);

			writer_put(w, START, span_of(bytes, size), 0);
			assert_true(writer_close(w, why));
			c = read_back(&p);
			assert_int_equal(p.at_us, START);
			assert_int_equal(p.ip.len, size);
			assert_memory_equal(p.ip.at, bytes, size);
			assert_false(p.snapped);
			assert_int_equal(capture_next(c, &p), CAPTURE_END);
			capture_close(c);
		}
	}
}

static void test_other_ends(void **state)
{
	const char *const text[2][2] = { { "203.0.113.1", "203.0.113.9" },
					 { "2001:db8::1", "2001:db8::9" } };

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		const struct endpoint src = wire_endpoint(text[v6][0], 7);
		const struct endpoint dst = wire_endpoint(text[v6][1], 8);
		const size_t size = packet(v6, 100);
		struct writer *w = start();
		struct capture_packet p;
		struct capture *c;
		struct packet tcp;

		writer_put_as(w, START, span_of(bytes, size), 0, &src, &dst);
		assert_true(writer_close(w, why));
		c = read_back(&p);
		assert_int_equal(packet_decode(p.ip, &tcp), PACKET_TCP);
		assert_true(endpoint_equal(&tcp.src, &src));
		assert_true(endpoint_equal(&tcp.dst, &dst));
		assert_true(packet_checksum_ok(&tcp));
		capture_close(c);
	}
}

/* One that was cut short says how long it was, and is translated all the
 * same. */
static void test_cut(void **state)
{
	const struct endpoint src = wire_endpoint("203.0.113.1", 7);
	const struct endpoint dst = wire_endpoint("203.0.113.9", 8);
	const size_t size = packet(false, 1000);
	struct writer *w = start();
	struct capture_packet p;
	struct capture *c;

	(void)state;
	writer_put_as(w, START, span_of(bytes, 80), (uint32_t)size, &src, &dst);
	assert_true(writer_close(w, why));
	c = read_back(&p);
	assert_true(p.snapped);
	assert_int_equal(p.ip.len, 80);
	assert_int_equal(p.ip.at[2] << 8 | p.ip.at[3], size);
	assert_memory_equal(p.ip.at + 12, src.addr.b + 12, 4);
	assert_memory_equal(p.ip.at + 16, dst.addr.b + 12, 4);
	capture_close(c);
}

/* What is not TCP leaves as it is. */
static void test_others(void **state)
{
	static const uint8_t udp[28] = { 0x45, 0, 0,  28, 0, 1, 0,  0, 64, 17,
					 0,    0, 10, 1,  4, 4, 10, 2, 5,  5 };
	static const uint8_t junk[3] = { 0x45, 1, 2 };
	const struct endpoint any = wire_endpoint("203.0.113.1", 7);
	struct writer *w = start();
	struct capture_packet p;
	struct capture *c;

	(void)state;
	writer_put_as(w, START, span_of(udp, sizeof(udp)), 0, &any, &any);
	writer_put_as(w, START, span_of(junk, sizeof(junk)), 0, &any, &any);
	writer_put_as(w, START, span_of(junk, 0), 0, &any, &any);
	assert_true(writer_close(w, why));
	c = read_back(&p);
	assert_int_equal(p.ip.len, sizeof(udp));
	assert_memory_equal(p.ip.at, udp, sizeof(udp));
	while (capture_next(c, &p) == CAPTURE_PACKET)
		;
	assert_null(capture_damage(c));
	assert_int_equal(capture_counts(c).frames, 3);
	capture_close(c);
}

static void test_fails(void **state)
{
	struct writer *w;

	(void)state;
	assert_null(writer_open("/nonexistent/x.pcap", why));
	assert_string_equal(why, "cannot write (No such file or directory)");
	w = writer_open("/dev/full", why);
	assert_non_null(w);
	packet(false, 1000);
	for (int i = 0; i < 100; i++)
		writer_put(w, START, span_of(bytes, 1040), 0);
	assert_false(writer_close(w, why));
	assert_string_equal(why, "cannot write (No space left on device)");
	/* So little that it fails in the end alone. */
	w = writer_open("/dev/full", why);
	assert_non_null(w);
	assert_false(writer_close(w, why));
}

/* --- listeners --------------------------------------------------------------- */

struct heard {
	char *at;
	char name;
};

static void hear(void *arg)
{
	struct heard *h = arg;
	size_t len = strlen(h->at);

	h->at[len] = h->name;
	h->at[len + 1] = '\0';
}

static void on_note(void *arg, const struct story_note *n)
{
	(void)n;
	hear(arg);
}

static void on_packet(void *arg, const struct story_packet *p)
{
	(void)p;
	hear(arg);
}

static void on_flow(void *arg, const struct story_flow *f)
{
	(void)f;
	hear(arg);
}

static void on_traffic(void *arg, const struct story_traffic *t)
{
	(void)t;
	hear(arg);
}

static void on_end(void *arg, const struct story_end *e)
{
	(void)e;
	hear(arg);
}

static void test_listeners(void **state)
{
	char text[64] = "";
	struct heard a = { text, 'a' }, b = { text, 'b' }, c = { text, 'c' };
	struct listeners all = { 0 };
	struct listener to;
	const struct story_note note = { 0 };
	const struct story_packet p = { 0 };
	const struct story_flow flow = { 0 };
	const struct story_traffic traffic = { 0 };
	const struct story_end last = { 0 };

	(void)state;
	to = listeners_all(&all);
	to.note(to.arg, &note);
	assert_string_equal(text, "");
	listeners_add(&all, (struct listener){ &a, on_note, on_packet, on_flow,
					       on_traffic, on_end });
	listeners_add(&all, (struct listener){ .arg = &b, .note = on_note });
	listeners_add(&all, (struct listener){ .arg = &c, .end = on_end });
	to = listeners_all(&all);
	to.note(to.arg, &note);
	assert_string_equal(text, "ab");
	to.packet(to.arg, &p);
	to.flow(to.arg, &flow);
	to.traffic(to.arg, &traffic);
	assert_string_equal(text, "abaaa");
	to.end(to.arg, &last);
	assert_string_equal(text, "abaaaac");
	/* More than there is room for. */
	for (int i = 0; i < LISTENERS_MAX; i++)
		listeners_add(&all,
			      (struct listener){ .arg = &c, .note = on_note });
	assert_int_equal(all.count, LISTENERS_MAX);
}

/* --- the event log ------------------------------------------------------------ */

static struct story_flow flow_of(void)
{
	return (struct story_flow){
		.session = 3,
		.client = wire_endpoint("10.1.4.4", 40000),
		.server = wire_endpoint("10.2.5.5", 21),
		.from = wire_endpoint("10.1.4.4", 45000),
		.to = wire_endpoint("10.2.5.5", 42000),
		.opened_us = START,
		.closed_us = START + 5,
		.bytes_from = 10,
		.bytes_to = 20,
		.tls = DATA_TLS_NO,
		.reason = "its pinhole had expired",
	};
}

static void test_json(void **state)
{
	struct story_flow flow = flow_of();
	const struct event ev = {
		.type = EVENT_REPLY,
		.at_us = START,
		.session = 3,
		.client = flow.client,
		.server = flow.server,
		.reply = { 200, { (const uint8_t *)"ok", 2 }, 1 }
	};
	struct story_note note = { { 1, START }, &ev, false };
	char *text = NULL, *second;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	struct listener l = story_json(to);
	json_t *json;

	(void)state;
	l.note(l.arg, &note);
	note.decrypted = true;
	l.note(l.arg, &note);
	fflush(to);
	second = strchr(text, '\n') + 1;
	assert_null(memmem(text, (size_t)(second - text), "decrypted", 9));
	assert_non_null(strstr(second, "\"decrypted\":true"));
	/* What is told of already as an event, or cannot be judged. */
	rewind(to);
	flow.related = true;
	l.flow(l.arg, &flow);
	flow.related = false;
	flow.midstream = true;
	l.flow(l.arg, &flow);
	fflush(to);
	assert_int_equal(ftell(to), 0);
	flow.midstream = false;
	l.flow(l.arg, &flow);
	fclose(to);
	json = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "event")),
			    "data");
	assert_string_equal(json_string_value(json_object_get(json, "op")),
			    "close");
	assert_string_equal(json_string_value(json_object_get(json, "mode")),
			    "passive");
	assert_string_equal(json_string_value(json_object_get(json, "verdict")),
			    "unrelated");
	assert_string_equal(json_string_value(json_object_get(json, "reason")),
			    "its pinhole had expired");
	assert_string_equal(json_string_value(json_object_get(json, "ts")),
			    "2023-11-14T22:13:20.123461Z");
	assert_int_equal(json_integer_value(json_object_get(json, "session")),
			 3);
	assert_int_equal(json_integer_value(
				 json_object_get(json, "bytes_from")),
			 10);
	assert_int_equal(json_integer_value(json_object_get(json, "bytes_to")),
			 20);
	json_decref(json);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_back),
		cmocka_unit_test(test_other_ends),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_fails),
		cmocka_unit_test(test_listeners),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
