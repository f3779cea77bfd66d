/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capture files: whatever lies in them, what comes out keeps its bounds. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/capture.h"
#include "io/capture_ip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t sink;

static void must(bool holds)
{
	if (!holds)
		abort();
}

static int file_of(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	must(fd >= 0);
	must(pwrite(fd, data, size, 0) == (ssize_t)size);
	return fd;
}

/* Every byte of it can be read, and the version fits. */
static void packet(const struct capture_packet *p, uint64_t frames)
{
	uint8_t sum = 0;

	must(p->ip.len > 0 && p->ip.len <= CAPTURE_FRAME_MAX);
	must(p->ip.at[0] >> 4 == 4 || p->ip.at[0] >> 4 == 6);
	for (size_t i = 0; i < p->ip.len; i++)
		sum ^= p->ip.at[i];
	sink = sum;
	must(p->number == frames);
	must(p->at_us <= CAPTURE_TIME_MAX);
}

static void damaged(struct capture *c, struct capture_packet *p)
{
	const struct capture_damage *d = capture_damage(c);
	char text[CAPTURE_WHY_MAX];

	must(d && d->reason[0] != '\0');
	must(d->unpacked || d->offset <= capture_progress(c).size);
	capture_damage_text(d, text);
	must(strlen(text) > 0);
	must(capture_next(c, p) == CAPTURE_DAMAGED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[CAPTURE_WHY_MAX] = "";
	enum capture_result result;
	struct capture_packet p;
	struct capture *c;
	uint64_t packets = 0;

	if (capture_open_fd(file_of(data, size), &c, why) != 0) {
		must(why[0] != '\0' && !strchr(why, '\n'));
		return 0;
	}
	while ((result = capture_next(c, &p)) == CAPTURE_PACKET) {
		packet(&p, capture_counts(c).frames);
		packets++;
	}
	must(packets + capture_counts(c).other == capture_counts(c).frames);
	must(capture_progress(c).read <= size);
	if (result == CAPTURE_DAMAGED)
		damaged(c, &p);
	else
		must(capture_next(c, &p) == CAPTURE_END && !capture_damage(c));
	capture_close(c);
	return 0;
}
