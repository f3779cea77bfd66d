/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two TCP ends with the engine between them, and no kernel.
 *
 * Each end has a stream to send and a receiver that puts segments together
 * as TCP does. A test says which parts of a stream travel, in which order and
 * how often; the wire passes each packet through the engine, carries its
 * outcome out, and fails the test when a receiver gets a byte that differs
 * from what it got before at the same place, or a wrong checksum.
 */
#ifndef SALLYPORT_TEST_WIRE_H
#define SALLYPORT_TEST_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/engine.h>
#include <sallyport/packet.h>

#include "kernel_set.h"

/* Who sends: the client or the server. */
enum side { CLIENT, SERVER };

/* Bytes that one end may send or receive in a test. */
#define WIRE_STREAM_MAX  (512 * 1024)
/* Packets of one test. */
#define WIRE_PACKETS_MAX 65536
#define WIRE_LOG_MAX     (1024 * 1024)
#define WIRE_PACKET_MAX  66000

struct wire_end {
	struct endpoint at; /* inside view */
	uint32_t isn;
	size_t sent_max; /* stream offsets */
	size_t acked;
	size_t stream_len;
	uint8_t *stream;
	size_t received; /* in order */
	size_t ack_sent; /* acknowledged to the other end */
	uint8_t *got;
	uint8_t *have;     /* 1: this byte of got[] is there */
	uint32_t peer_isn; /* as seen by this end */
	bool fin_sent, fin_received, reset;
	unsigned int resets; /* of our own making; the newest one's numbers: */
	uint32_t reset_seq, reset_ack;
	size_t fin_acked;
	size_t payload_max; /* of all packets that it got */
};

struct wire {
	struct engine *engine;
	void *memory;
	struct outcome *out, *again;
	struct policy policy;
	struct policy_server server; /* policy.server points here if used */
	struct engine_limits limits;
	struct nat_view nat;
	bool nat_unknown;
	bool timestamps;
	uint64_t now;
	struct wire_end end[2];
	uint16_t mss;
	bool hold_acks; /* receivers do not acknowledge */
	bool lose_next; /* the next packet is lost behind the engine */
	uint32_t packets;
	struct span *packet; /* by tag: what went in */
	uint8_t *verdicts;   /* by tag: 0 none yet, 1 accepted, 2 dropped */
	char *log;           /* events, a line each */
	size_t log_len;
	unsigned int actions[8]; /* by enum action_type */
	uint32_t syns;           /* of wire_syn() */
	struct action last[8];
	bool fail_action[8]; /* the "kernel" refuses these */
	unsigned int asked_nat;
	struct wire *with;     /* shares its engine; see wire_join() */
	struct kernel_set set; /* the hub's, where there is one */
};

struct wire_options {
	bool v6;
	bool snat, dnat; /* client or server is translated */
	uint32_t client_isn, server_isn;
	uint16_t server_port;        /* 0: 21 */
	uint32_t sessions, pinholes; /* 0: 64 */
	uint16_t mss;                /* 0: 1460 */
	uint32_t sessions_per_client, pinholes_per_client,
		pinholes_per_server; /* 0: 64 */
	uint32_t line_length;        /* 0: 4096 */
	uint8_t key;                 /* another secret for another number */
};

void wire_start(struct wire *w, const struct wire_options *o);
void wire_stop(struct wire *w);

/* One more pair of ends on the engine of @hub, which must outlive @w. Its
 * client is at @client. Nothing may be held while the other one is used. */
void wire_join(struct wire *w, struct wire *hub, const struct wire_options *o,
	       const struct endpoint *client);

/* Handshake. */
void wire_connect(struct wire *w);

/* Add to the stream of @from, without sending. */
void wire_write(struct wire *w, enum side from, const void *bytes, size_t len);

/* Send [@a, @b) of the stream in one segment; with FIN if told. */
void wire_segment(struct wire *w, enum side from, size_t a, size_t b);
void wire_segment_flags(struct wire *w, enum side from, size_t a, size_t b,
			uint8_t flags);

/* A segment with other bytes than the stream has. */
void wire_forge(struct wire *w, enum side from, size_t a, const char *bytes,
		uint8_t flags);

/* Send what is unacknowledged, in order and again, until all arrived. */
void wire_pump(struct wire *w, enum side from);

/* write + one segment for each + pump */
void wire_say(struct wire *w, enum side from, const char *text);

/* A SYN from elsewhere, in the wire view, with another number than the one
 * before; the packet's verdict is counted. */
void wire_syn(struct wire *w, const struct endpoint *from,
	      const struct endpoint *to);
void wire_fin(struct wire *w, enum side from);
void wire_rst(struct wire *w, enum side from);

/* A TCP packet between any two ends. */
struct wire_tcp {
	struct endpoint src, dst;
	uint32_t seq, ack;
	uint8_t flags;
	uint16_t mss; /* 0: no such option */
	bool timestamps;
	const void *bytes; /* the payload */
	size_t len;
};

/* Write it to @out (WIRE_PACKET_MAX); gives its length. */
size_t wire_build(const struct wire_tcp *tcp, uint8_t *out);

/* Send it. */
void wire_tcp(struct wire *w, const struct wire_tcp *tcp);

/* Was the packet that was sent last dropped? (One that nobody answers.) */
bool wire_dropped(const struct wire *w);

/* A line of w->log for @ev. */
void wire_log_event(struct wire *w, const struct event *ev);

/* Any packet. */
void wire_raw(struct wire *w, struct span packet);

/* Let time pass. */
void wire_wait(struct wire *w, uint64_t us);

/* Carry out what a call of the engine has put into w->out. */
void wire_deliver(struct wire *w);

/* Has the log a line that starts with @start? How many? */
unsigned int wire_logged(const struct wire *w, const char *start);

/* What @to has received in order, as a string view. */
struct span wire_received(const struct wire *w, enum side to);
void wire_expect(const struct wire *w, enum side to, const char *text);

/* Every packet has its verdict; nothing is held. */
void wire_expect_settled(const struct wire *w);

/* USER, PASS, 230. */
void wire_login(struct wire *w);

struct endpoint wire_endpoint(const char *addr, uint16_t port);

#endif
