/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conversations, written to captures: see film.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/checksum.h>

#include "film.h"
#include "support.h"

/* The hop between both sides takes so long; a packet to the next one longer. */
#define HOP_US  50
#define STEP_US 1000

/* Longest frame header: cooked, version 2. */
#define LINK_MAX 20

#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW      101
#define LINKTYPE_SLL2     276

/* 2025-11-23T10:15:42Z */
#define START_US UINT64_C(1763892942000000)

static struct endpoint at(bool v6, const char *v4_text, const char *v6_text,
			  uint16_t port)
{
	return wire_endpoint(v6 ? v6_text : v4_text, port);
}

void film_start(struct film *f, const char *nat, enum film_sight sight)
{
	const bool v6 = strstr(nat, "v6") != NULL;

	memset(f, 0, sizeof(*f));
	f->sight = sight;
	f->now = START_US;
	f->id = 100;
	f->client = f->client_public = at(v6, "10.1.4.4", "fc00::4", 40000);
	f->server = f->server_public = at(v6, "10.2.5.5", "fc00::5", 21);
	if (strstr(nat, "snat"))
		f->client_public = at(v6, "203.0.113.1", "2001:db8::1", 40000);
	if (strstr(nat, "dnat"))
		f->server_public = at(v6, "203.0.113.9", "2001:db8::9", 21);
	f->control = film_control(f, 40000);
	for (int i = 0; i < 2; i++) {
		f->file[i] = calloc(1, sizeof(*f->file[i]));
		assert_non_null(f->file[i]);
	}
}

void film_stop(struct film *f)
{
	for (size_t i = 0; i < f->lefts; i++)
		free(f->left[i]);
	free(f->story);
	free(f->file[0]);
	free(f->file[1]);
}

/* --- who calls whom ----------------------------------------------------------- */

/* The client's bytes cross the end of the numbers. */
static struct film_call call(enum side opener, uint16_t port)
{
	return (struct film_call){
		.opener = opener, .next = { 0u - port % 97 - 8, 70000u + port }
	};
}

static struct endpoint with_port(const struct endpoint *e, uint16_t port)
{
	return (struct endpoint){ e->addr, port };
}

struct film_call film_control(const struct film *f, uint16_t client_port)
{
	struct film_call c = call(CLIENT, client_port);

	c.end[CLIENT][CLIENT] = with_port(&f->client, client_port);
	c.end[CLIENT][SERVER] = f->server_public;
	c.end[SERVER][CLIENT] = with_port(&f->client_public, client_port);
	c.end[SERVER][SERVER] = f->server;
	return c;
}

struct film_call film_passive(const struct film *f, uint16_t from,
			      uint16_t port)
{
	struct film_call c = film_control(f, from);

	c.end[CLIENT][SERVER].port = c.end[SERVER][SERVER].port = port;
	return c;
}

struct film_call film_active(const struct film *f, uint16_t port,
			     uint16_t far_port)
{
	struct film_call c = film_control(f, port);

	c.opener = SERVER;
	c.end[CLIENT][SERVER].port = c.end[SERVER][SERVER].port = 20;
	c.end[SERVER][CLIENT].port = far_port;
	return c;
}

/* --- frames -------------------------------------------------------------------- */

static size_t link_header(const struct film *f, int leg, bool v6, uint8_t *out)
{
	const uint8_t type[2] = { v6 ? 0x86 : 0x08, v6 ? 0xdd : 0x00 };

	memset(out, 0, LINK_MAX);
	switch (f->link) {
	case FILM_RAW:
		return 0;
	case FILM_VLAN:
		out[12] = 0x81;
		out[15] = 7; /* the VLAN's number */
		memcpy(out + 16, type, sizeof(type));
		return 18;
	case FILM_COOKED2:
		memcpy(out, type, sizeof(type));
		out[7] = (uint8_t)(1 + leg); /* the interface */
		out[9] = 1;                  /* Ethernet */
		return 20;
	}
	return 0;
}

static uint32_t link_type(const struct film *f)
{
	return f->link == FILM_RAW    ? LINKTYPE_RAW
	       : f->link == FILM_VLAN ? LINKTYPE_ETHERNET
				      : LINKTYPE_SLL2;
}

static struct file *file_of(const struct film *f, int leg)
{
	if (f->sight == FILM_FILES)
		return f->file[leg];
	if (f->sight == FILM_BOTH || (int)f->sight == leg)
		return f->file[0];
	return NULL;
}

void film_raw(struct film *f, int leg, const uint8_t *bytes, size_t len)
{
	static uint8_t frame[LINK_MAX + WIRE_PACKET_MAX];
	struct file *file = file_of(f, leg);
	size_t header = link_header(f, leg, bytes[0] >> 4 == 6, frame);
	size_t shown = f->snap && f->snap < len ? f->snap : len;

	if (!file)
		return;
	if (file->len == 0)
		file_pcap(file, link_type(f));
	memcpy(frame + header, bytes, shown);
	file_pcap_record(file, &(struct record){ (uint32_t)(f->now / 1000000),
						 (uint32_t)(f->now % 1000000),
						 { frame, header + shown },
						 (uint32_t)(header + len) });
}

/* --- packets -------------------------------------------------------------------- */

/* What a host leaves to its card: the sum of the pseudo header alone. */
static void unfinish(uint8_t *ip, size_t len)
{
	struct packet p;
	uint64_t sum;
	uint16_t field;
	const bool v4 = ip[0] >> 4 == 4;

	assert_int_equal(packet_decode(span_of(ip, len), &p), PACKET_TCP);
	sum = checksum_add(0, v4 ? span_of(ip + 12, 8) : span_of(ip + 8, 32));
	sum = checksum_add16(checksum_add16(sum, 6),
			     (uint16_t)(len - p.tcp_at));
	field = (uint16_t)~checksum_finish(sum);
	memcpy(ip + p.tcp_at + 16, &field, sizeof(field));
}

size_t film_build(struct film *f, const struct film_call *c, enum side who,
		  const struct film_segment *s, int leg, uint8_t *out)
{
	const size_t len =
		wire_build(&(struct wire_tcp){ .src = c->end[leg][who],
					       .dst = c->end[leg][!who],
					       .seq = s->seq,
					       .ack = s->ack,
					       .flags = s->flags,
					       .mss = s->flags & TCP_SYN ? 1460
									 : 0,
					       .bytes = s->bytes,
					       .len = s->len },
			   out);
	const uint8_t ttl = leg == (int)who ? 64 : 63;
	struct packet p;

	assert_int_equal(packet_decode(span_of(out, len), &p), PACKET_TCP);
	if (out[0] >> 4 == 4) {
		out[4] = (uint8_t)(f->id >> 8);
		out[5] = (uint8_t)f->id;
		out[8] = ttl;
	} else {
		out[7] = ttl;
	}
	packet_set_checksum(&p, out, len);
	if (f->unfinished && who == CLIENT && leg == (int)who)
		unfinish(out, len);
	return len;
}

void film_segment(struct film *f, const struct film_call *c, enum side who,
		  const struct film_segment *s)
{
	static uint8_t packet[WIRE_PACKET_MAX];
	size_t len;

	f->id++;
	len = film_build(f, c, who, s, who, packet);
	film_raw(f, who, packet, len);
	f->now += HOP_US;
	len = film_build(f, c, who, s, !who, packet);
	film_raw(f, !who, packet, len);
	f->now += STEP_US - HOP_US;
}

/* The next bytes of @who. */
static void speak(struct film *f, struct film_call *c, enum side who,
		  uint8_t flags, const void *bytes, size_t len)
{
	film_segment(f, c, who,
		     &(struct film_segment){ c->next[who], c->next[!who], flags,
					     bytes, len });
	c->next[who] += (uint32_t)len + !!(flags & (TCP_SYN | TCP_FIN));
}

void film_open(struct film *f, struct film_call *c)
{
	const struct film_segment syn = { .seq = c->next[c->opener],
					  .flags = TCP_SYN };

	film_segment(f, c, c->opener, &syn);
	c->next[c->opener]++;
	speak(f, c, !c->opener, TCP_SYN | TCP_ACK, "", 0);
	speak(f, c, c->opener, TCP_ACK, "", 0);
}

void film_send(struct film *f, struct film_call *c, enum side who,
	       const void *bytes, size_t len)
{
	const char *from = bytes;

	while (len) {
		size_t part = len < FILM_SEGMENT_MAX ? len : FILM_SEGMENT_MAX;

		speak(f, c, who, TCP_ACK | TCP_PSH, from, part);
		speak(f, c, !who, TCP_ACK, "", 0);
		from += part;
		len -= part;
	}
}

void film_fin(struct film *f, struct film_call *c)
{
	speak(f, c, CLIENT, TCP_FIN | TCP_ACK, "", 0);
	speak(f, c, SERVER, TCP_FIN | TCP_ACK, "", 0);
	speak(f, c, CLIENT, TCP_ACK, "", 0);
}

void film_rst(struct film *f, struct film_call *c, enum side who)
{
	speak(f, c, who, TCP_RST | TCP_ACK, "", 0);
}

void film_say(struct film *f, enum side who, const char *text)
{
	film_send(f, &f->control, who, text, strlen(text));
}

void film_play(struct film *f, const char *script)
{
	char text[1024];

	while (*script) {
		size_t len = strcspn(script, "\n");

		assert_true((script[0] == '>' || script[0] == '<') &&
			    script[1] == ' ' && len + 1 < sizeof(text));
		snprintf(text, sizeof(text), "%.*s\r\n", (int)len - 2,
			 script + 2);
		film_say(f, script[0] == '>' ? CLIENT : SERVER, text);
		script += len + (script[len] == '\n');
	}
}

void film_login(struct film *f)
{
	film_open(f, &f->control);
	film_play(f, "< 220 ready\n"
		     "> USER ftpuser\n"
		     "< 331 and?\n"
		     "> PASS secret\n"
		     "< 230 welcome\n");
}

void film_transfer(struct film *f, struct film_call *c, enum side who,
		   size_t bytes)
{
	char *letters = malloc(bytes + 1);

	assert_non_null(letters);
	for (size_t i = 0; i < bytes; i++)
		letters[i] = (char)('a' + i % 26);
	film_open(f, c);
	film_send(f, c, who, letters, bytes);
	film_fin(f, c);
	free(letters);
}
