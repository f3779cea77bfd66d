/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events, copied together with the text that they point to. An area never
 * moves, so that a copy points into its own area.
 */
#ifndef CMD_EVENT_AREA_H
#define CMD_EVENT_AREA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/event.h>

struct event_area {
	size_t used, size;
	uint8_t *bytes; /* aligned as malloc aligns */
};

/* Copy @e and its text; false: there is no room. */
bool event_area_add(struct event_area *a, const struct event *e);

/* The copy at *@at, which may be changed and begins with 0; *@at is then at the
 * next one. NULL behind the last. */
struct event *event_area_next(const struct event_area *a, size_t *at);

#endif
