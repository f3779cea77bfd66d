/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "io/clock.h"

/* Four times a second: it moves, and costs nothing. */
#define DRAW_US 250000

#define WIDTH 40
#define MIB   (1024.0 * 1024.0)

struct progress progress_start(void)
{
	return (struct progress){ .on = isatty(STDERR_FILENO) &&
					!isatty(STDOUT_FILENO) };
}

static void draw(struct capture_progress at)
{
	int done = (int)(at.read * WIDTH / at.size);

	if (done > WIDTH)
		done = WIDTH;
	fprintf(stderr, "\r[%.*s%*s] %3d %%  %.0f of %.0f MiB", done,
		"########################################", WIDTH - done, "",
		done * 100 / WIDTH, (double)at.read / MIB,
		(double)at.size / MIB);
}

void progress_show(struct progress *p, struct capture_progress at)
{
	uint64_t now;

	if (!p->on || (at.size && at.size < PROGRESS_SIZE_MIN))
		return;
	now = clock_now_us();
	if (now < p->drawn_us + DRAW_US)
		return;
	p->drawn_us = now;
	p->shown = true;
	if (at.size)
		draw(at);
	else
		fprintf(stderr, "\r%.0f MiB read", (double)at.read / MIB);
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
