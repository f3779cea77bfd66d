/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One step of a story between three lifelines, in plain ASCII:
 *
 *	    |--- PORT 10,1,4,4,195,81 ------->|--- PORT 203,0,113,1,195,81 --->|
 *	    |   [ rewritten from 10.1.4.4:50001 to 203.0.113.1:50001 (+3) ]    |
 *	    |<-- 200 Understood. -------------|--------------------------------|
 *	    |x== active data 10.2.5.5:20 > ...
 */
#ifndef REPORT_LADDER_DRAW_H
#define REPORT_LADDER_DRAW_H

#include <stdio.h>

#include <sallyport/addr.h>

#include "report/step.h"

/* Columns: a screen's hundred, less one that some terminals wrap at. */
#define LADDER_WIDTH 99

/* Who stands at the lifelines: two or three lines. */
void ladder_draw_head(FILE *to, const struct endpoint *client,
		      const struct endpoint *server);

/* @time stands beside it, with the frame's number. */
void ladder_draw_step(FILE *to, const struct step *s, const char *time);

/* A note of our own at the gateway's lifeline. */
void ladder_draw_note(FILE *to, const char *text);

#endif
