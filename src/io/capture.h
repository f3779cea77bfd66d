/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captures, read: the IP packets of one pcap or pcapng file, in the order in
 * which they lie there. Files may be packed with gzip; a pipe will do.
 */
#ifndef IO_CAPTURE_H
#define IO_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/span.h>

/*
 * The longest frame that libpcap hands out for the link types that we know,
 * its MAXIMUM_SNAPLEN; it calls records with more damaged.
 */
#define CAPTURE_FRAME_MAX 262144

/* Longest reason: libpcap's (PCAP_ERRBUF_SIZE, 256) and a few words of ours. */
#define CAPTURE_WHY_MAX 384

/* The end of the year 9999, in microseconds: RFC 3339 cannot name more. Times
 * beyond become this one, times before 1970 become 0. */
#define CAPTURE_TIME_MAX 253402300799999999

struct capture;

enum capture_result {
	CAPTURE_PACKET,  /* here is one */
	CAPTURE_END,     /* that was all */
	CAPTURE_DAMAGED, /* no more can be read: capture_damage() says why */
};

struct capture_packet {
	uint64_t at_us;     /* since 1970; as the file says, also backwards */
	struct span ip;     /* without link header and padding */
	uint64_t number;    /* of its frame in the file, from 1 */
	uint32_t interface; /* Linux's number of it; 0: nobody says */
	bool snapped;       /* its end was not captured */
};

struct capture_counts {
	uint64_t frames;  /* read so far */
	uint64_t other;   /* of them: without IP */
	uint64_t snapped; /* of them: IP, but cut short */
};

/* How far reading has come, in bytes of the file as it lies there. It is up to
 * two buffers ahead of the packets. */
struct capture_progress {
	uint64_t read;
	uint64_t size; /* 0: a pipe, nobody knows */
};

struct capture_damage {
	uint64_t offset;    /* bytes before it were read and understood */
	bool unpacked;      /* it counts the bytes that gzip unpacked */
	const char *reason; /* libpcap's or zlib's; the capture's own text */
};

/*
 * Open @path; "-" is standard input. 0: the caller gives @out to
 * capture_close(). Else @why says in one line, without the path, what is
 * wrong: -EBADMSG this is no capture, or it is damaged before its first
 * packet, or packed with something else than gzip; -ENOTSUP of a link type that we do not know; another negative errno
 * of open(2) or read(2).
 */
int capture_open(const char *path, struct capture **out,
		 char why[CAPTURE_WHY_MAX]);

/* The same with an open file, which is the capture's from now on, whatever
 * comes of it. */
int capture_open_fd(int fd, struct capture **out, char why[CAPTURE_WHY_MAX]);

/*
 * The next IP packet; frames without IP are counted and passed over. @out is
 * written for CAPTURE_PACKET alone, and out->ip lives until the next call for
 * the same capture. END and DAMAGED stay.
 */
enum capture_result capture_next(struct capture *c, struct capture_packet *out);

struct capture_counts capture_counts(const struct capture *c);
struct capture_progress capture_progress(const struct capture *c);

/* NULL: none so far. */
const struct capture_damage *capture_damage(const struct capture *c);

/* "damaged at byte 90: truncated dump file ..." */
void capture_damage_text(const struct capture_damage *d,
			 char text[CAPTURE_WHY_MAX]);

/* NULL is fine. */
void capture_close(struct capture *c);

#endif
