/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole conversations as captures of a gateway, and what a replay of them
 * tells. Include it after cmocka's own headers.
 *
 *	film_start(&f, "snat", FILM_CLIENT_SIDE);
 *	film_login(&f);
 *	film_say(&f, CLIENT, "PORT 10,1,4,4,19,137\r\n");
 *	film_show(&f, "");
 *	film_expect(&f, "#1 endpoint PORT accepted 10.1.4.4:5001");
 *	film_stop(&f);
 *
 * Every packet crosses the gateway: it comes on its sender's side and leaves
 * on the other one, one hop older and with the names that are used there.
 */
#ifndef SALLYPORT_TEST_FILM_H
#define SALLYPORT_TEST_FILM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "captures.h"
#include "replay/replay.h"
#include "wire.h"

/* Which side of the gateway was captured. */
enum film_sight {
	FILM_CLIENT_SIDE,
	FILM_SERVER_SIDE,
	FILM_BOTH,  /* both in one file, as of tcpdump -i any */
	FILM_FILES, /* a file for each */
};

/* How a packet lies in the file. */
enum film_link { FILM_RAW, FILM_VLAN, FILM_COOKED2 };

/* Longest payload of film_say(). */
#define FILM_SEGMENT_MAX 1400

/* Packets that may leave. */
#define FILM_LEFT_MAX 1024

/* A TCP connection that crosses the gateway. */
struct film_call {
	enum side opener;
	/* By side of the gateway, as packets there name both ends. */
	struct endpoint end[2][2];
	uint32_t next[2]; /* number of the next byte of each */
};

struct film {
	enum film_sight sight;
	enum film_link link;
	uint64_t now;    /* microseconds since the epoch */
	uint16_t id;     /* IPv4's identification */
	uint32_t snap;   /* bytes of a packet that are captured; 0: all */
	bool unfinished; /* the client's checksums are the card's to finish */
	struct file *file[2];
	/* The hosts, as each other sees them. */
	struct endpoint client, server, client_public, server_public;
	struct film_call control;

	/* What came of it: */
	char *story; /* lines, see film_show.c */
	size_t story_len;
	struct replay_counts counts;
	enum replay_result result;
	char why[CAPTURE_WHY_MAX];
	uint8_t *left[FILM_LEFT_MAX]; /* the packets of -w */
	size_t left_len[FILM_LEFT_MAX], lefts;
	uint64_t left_us[FILM_LEFT_MAX];
	/* What film_show() shall do otherwise. */
	const struct keylog *keylog;
	bool no_write;                    /* of what leaves nothing is kept */
	bool bad_sums;                    /* of what leaves, some are wrong */
	size_t cut;                       /* the first file ends here */
	const struct listener *also_tell; /* behind the film's own */
	bool (*progress)(void *arg, struct capture_progress at);
	void *progress_arg;
};

/*
 * @nat: "" or some of "snat" and "dnat"; "v6" for IPv6. 10.1.4.4:40000 is the
 * client, 10.2.5.5:21 the server; 203.0.113.1 and 203.0.113.9 are their public
 * names. IPv6: fc00::4, fc00::5, 2001:db8::1 and 2001:db8::9.
 */
void film_start(struct film *f, const char *nat, enum film_sight sight);
void film_stop(struct film *f);

/* --- packets ---------------------------------------------------------------- */

/* The session's own connection, named as the film says. Nothing is sent. */
struct film_call film_control(const struct film *f, uint16_t client_port);

/* Data connections: the client to @port of the server, or the server's port 20
 * to @port of the client, which the far side knows as @far_port. */
struct film_call film_passive(const struct film *f, uint16_t from,
			      uint16_t port);
struct film_call film_active(const struct film *f, uint16_t port,
			     uint16_t far_port);

/* One segment of @who with a number of its own choice. */
struct film_segment {
	uint32_t seq, ack;
	uint8_t flags;
	const void *bytes;
	size_t len;
};

void film_segment(struct film *f, const struct film_call *c, enum side who,
		  const struct film_segment *s);

/* The packet of film_segment() before it comes to the gateway; gives its
 * length. @out: WIRE_PACKET_MAX. */
size_t film_build(struct film *f, const struct film_call *c, enum side who,
		  const struct film_segment *s, int leg, uint8_t *out);

/* Any packet, into the file of one side of the gateway. */
void film_raw(struct film *f, int leg, const uint8_t *bytes, size_t len);

void film_open(struct film *f, struct film_call *c);
/* All of it, cut into segments, each acknowledged. */
void film_send(struct film *f, struct film_call *c, enum side who,
	       const void *bytes, size_t len);
void film_fin(struct film *f, struct film_call *c); /* both sides */
void film_rst(struct film *f, struct film_call *c, enum side who);

/* On the control connection. film_play() is as scene_play(). */
void film_say(struct film *f, enum side who, const char *text);
void film_play(struct film *f, const char *script);
void film_login(struct film *f); /* from the SYN on */

/* A whole data connection with @bytes letters from @who. */
void film_transfer(struct film *f, struct film_call *c, enum side who,
		   size_t bytes);

/* --- the replay --------------------------------------------------------------- */

/* Replay the film under the configuration @yaml, and check that what left is
 * sound. */
void film_show(struct film *f, const char *yaml);

/* How many lines of the story begin with @start; that there is one. */
unsigned int film_told(const struct film *f, const char *start);
void film_expect(const struct film *f, const char *start);
void film_expect_not(const struct film *f, const char *start);

/* --- what left ------------------------------------------------------------------ */

/* The packets of one direction. */
size_t film_left(const struct film *f, const struct endpoint *src,
		 const struct endpoint *dst);

/* What the receiver of that direction reads, put together from its SYN on, or
 * from the first packet. The caller frees it. Fails the test if a byte is
 * missing, or comes twice and not the same. */
char *film_read(const struct film *f, const struct endpoint *src,
		const struct endpoint *dst);
void film_expect_read(const struct film *f, const struct endpoint *src,
		      const struct endpoint *dst, const char *text);

#endif
