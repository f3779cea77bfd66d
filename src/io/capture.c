/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libpcap reads the file format; the stream below it unpacks and counts, so
 * that damage has a place. The offset is where the first record begins that
 * could not be read, for that is where somebody with a hex dump looks.
 */
#include "io/capture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "io/capture_ip.h"
#include "io/capture_link.h"
#include "io/capture_stream.h"

struct capture {
	struct capture_stream stream;
	pcap_t *pcap;
	int link;
	struct capture_counts counts;
	struct capture_damage damage; /* reason NULL: none */
	uint8_t room[CAPTURE_IP_MAX]; /* of a packet whose length was mended */
};

static void say(char why[CAPTURE_WHY_MAX], const char *what, const char *detail)
{
	snprintf(why, CAPTURE_WHY_MAX, "%s%s", what, detail);
}

static void damage_set(struct capture *c, uint64_t offset, const char *reason)
{
	c->damage.offset = offset;
	c->damage.unpacked = c->stream.packed;
	c->damage.reason = c->stream.why ? c->stream.why : reason;
}

/* --- opening -------------------------------------------------------------- */

/* libpcap could not make sense of the first bytes. */
static int no_capture(struct capture *c, uint64_t offset, const char *reason,
		      char why[CAPTURE_WHY_MAX])
{
	char text[CAPTURE_WHY_MAX];

	if (c->stream.source.taken == 0 && !c->stream.why) {
		say(why, "the file is empty", "");
		return -EBADMSG;
	}
	if (c->stream.packer) {
		snprintf(why, CAPTURE_WHY_MAX,
			 "packed with %s; unpack it into a pipe",
			 c->stream.packer);
		return -EBADMSG;
	}
	damage_set(c, offset, reason);
	capture_damage_text(&c->damage, text);
	snprintf(why, CAPTURE_WHY_MAX, "no capture, or %.*s",
		 CAPTURE_WHY_MAX - 20, text);
	return -EBADMSG;
}

static int link_unknown(const struct capture *c, char why[CAPTURE_WHY_MAX])
{
	const char *name = pcap_datalink_val_to_name(c->link);

	snprintf(why, CAPTURE_WHY_MAX, "link type %d (%s) is not one we read",
		 c->link, name ? name : "libpcap has no name for it");
	return -ENOTSUP;
}

/* The source is open. */
static int open_pcap(struct capture *c, char why[CAPTURE_WHY_MAX])
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	FILE *file = capture_stream_open(&c->stream);
	uint64_t offset;

	if (!file) {
		say(why, strerror(ENOMEM), "");
		return -ENOMEM;
	}
	c->pcap = pcap_fopen_offline_with_tstamp_precision(
		file, PCAP_TSTAMP_PRECISION_MICRO, reason);
	if (!c->pcap) {
		offset = (uint64_t)ftello(file);
		fclose(file);
		return no_capture(c, offset, reason, why);
	}
	c->link = pcap_datalink(c->pcap);
	return capture_link_known(c->link) ? 0 : link_unknown(c, why);
}

/* A directory opens like a file; only reading it fails. */
static int open_source(struct capture *c, char why[CAPTURE_WHY_MAX])
{
	int error = capture_source_fill(&c->stream.source, 1);

	if (error == 0)
		return open_pcap(c, why);
	say(why, "cannot read: ", strerror(-error));
	return error;
}

static int open_begun(struct capture *c, struct capture **out,
		      char why[CAPTURE_WHY_MAX])
{
	int error = open_source(c, why);

	if (error == 0)
		*out = c;
	else
		capture_close(c);
	return error;
}

int capture_open(const char *path, struct capture **out,
		 char why[CAPTURE_WHY_MAX])
{
	struct capture *c = calloc(1, sizeof(*c));
	int error = c ? capture_source_open(&c->stream.source, path) : -ENOMEM;

	if (error == 0)
		return open_begun(c, out, why);
	say(why, "cannot open: ", strerror(-error));
	free(c);
	return error;
}

int capture_open_fd(int fd, struct capture **out, char why[CAPTURE_WHY_MAX])
{
	struct capture *c = calloc(1, sizeof(*c));

	if (!c) {
		say(why, strerror(ENOMEM), "");
		close(fd);
		return -ENOMEM;
	}
	capture_source_use(&c->stream.source, fd);
	return open_begun(c, out, why);
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	if (c->pcap)
		pcap_close(c->pcap); /* and the stdio stream */
	capture_stream_close(&c->stream);
	free(c);
}

/* --- reading -------------------------------------------------------------- */

/* libpcap reads a pcap file's seconds as if they were signed, and adds up a
 * pcapng file's to any number; the microseconds are the file's own. */
static uint64_t time_of(const struct timeval *ts)
{
	uint64_t seconds = (uint64_t)ts->tv_sec, at;

	if (ts->tv_sec < 0)
		seconds = ts->tv_sec >= INT32_MIN ? (uint32_t)ts->tv_sec : 0;
	if (seconds > CAPTURE_TIME_MAX / 1000000)
		return CAPTURE_TIME_MAX;
	at = seconds * 1000000 + (uint32_t)ts->tv_usec;
	return at < CAPTURE_TIME_MAX ? at : CAPTURE_TIME_MAX;
}

/* False: there is no IP in it. */
static bool read_frame(struct capture *c, const struct pcap_pkthdr *h,
		       const u_char *bytes, struct capture_packet *out)
{
	struct span frame = span_of(bytes, h->caplen);

	if (!capture_link_strip(c->link, frame, &out->ip))
		return false;
	out->snapped =
		!capture_ip_bound(&out->ip, c->room) && h->caplen < h->len;
	out->at_us = time_of(&h->ts);
	out->number = c->counts.frames;
	out->interface = capture_link_interface(c->link, frame);
	return true;
}

enum capture_result capture_next(struct capture *c, struct capture_packet *out)
{
	while (!c->damage.reason) {
		uint64_t offset = (uint64_t)ftello(pcap_file(c->pcap));
		struct pcap_pkthdr *header;
		const u_char *bytes;
		int result = pcap_next_ex(c->pcap, &header, &bytes);

		if (result == PCAP_ERROR_BREAK)
			return CAPTURE_END;
		if (result != 1) {
			damage_set(c, offset, pcap_geterr(c->pcap));
			break;
		}
		c->counts.frames++;
		if (read_frame(c, header, bytes, out)) {
			c->counts.snapped += out->snapped;
			return CAPTURE_PACKET;
		}
		c->counts.other++;
	}
	return CAPTURE_DAMAGED;
}

/* --- what is known about it ------------------------------------------------ */

struct capture_counts capture_counts(const struct capture *c)
{
	return c->counts;
}

struct capture_progress capture_progress(const struct capture *c)
{
	const struct capture_source *s = &c->stream.source;

	return (struct capture_progress){ s->taken, s->size };
}

const struct capture_damage *capture_damage(const struct capture *c)
{
	return c->damage.reason ? &c->damage : NULL;
}

void capture_damage_text(const struct capture_damage *d,
			 char text[CAPTURE_WHY_MAX])
{
	snprintf(text, CAPTURE_WHY_MAX, "damaged at byte %" PRIu64 "%s: %s",
		 d->offset, d->unpacked ? " of what gzip unpacked" : "",
		 d->reason);
}
