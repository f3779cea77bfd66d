/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/writer.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/frame.h"
#include "replay/translate.h"

struct writer {
	pcap_t *shape;
	pcap_dumper_t *to;
	uint8_t room[FRAME_ROOM];  /* a translated packet */
	uint8_t spare[FRAME_ROOM]; /* to read one that was cut short */
};

static void say(char why[CAPTURE_WHY_MAX], const char *what)
{
	snprintf(why, CAPTURE_WHY_MAX, "cannot write (%s)", what);
}

struct writer *writer_open(const char *path, char why[CAPTURE_WHY_MAX])
{
	struct writer *w = calloc(1, sizeof(*w));
	FILE *to = NULL;

	if (!w) {
		say(why, strerror(ENOMEM));
		return NULL;
	}
	w->shape = pcap_open_dead(DLT_RAW, CAPTURE_FRAME_MAX);
	if (w->shape)
		to = strcmp(path, "-") == 0 ? stdout : fopen(path, "wbe");
	if (to)
		w->to = pcap_dump_fopen(w->shape, to);
	if (w->to)
		return w;
	say(why, strerror(errno ? errno : ENOMEM));
	if (to && to != stdout)
		fclose(to);
	if (w->shape)
		pcap_close(w->shape);
	free(w);
	return NULL;
}

void writer_put(struct writer *w, uint64_t at_us, struct span ip,
		uint32_t wire_len)
{
	const struct pcap_pkthdr head = {
		.ts = { (time_t)(at_us / 1000000),
			(suseconds_t)(at_us % 1000000) },
		.caplen = (bpf_u_int32)ip.len,
		.len = wire_len > ip.len ? wire_len : (bpf_u_int32)ip.len,
	};

	pcap_dump((u_char *)w->to, &head, ip.at);
}

void writer_put_as(struct writer *w, uint64_t at_us, struct span ip,
		   uint32_t wire_len, const struct endpoint *src,
		   const struct endpoint *dst)
{
	struct frame f;

	frame_read(ip, wire_len > ip.len, w->spare, &f);
	if (f.kind == PACKET_TCP) {
		f.packet.ip = f.raw;
		ip = span_of(w->room, translate(&f.packet, src, dst, w->room));
	}
	writer_put(w, at_us, ip, wire_len);
}

bool writer_close(struct writer *w, char why[CAPTURE_WHY_MAX])
{
	bool fine =
		pcap_dump_flush(w->to) == 0 && !ferror(pcap_dump_file(w->to));

	if (!fine)
		say(why, strerror(errno));
	/* Standard output is closed by whoever opened it. */
	if (pcap_dump_file(w->to) != stdout)
		pcap_dump_close(w->to);
	pcap_close(w->shape);
	free(w);
	return fine;
}
