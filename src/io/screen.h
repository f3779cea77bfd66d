/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A terminal as a page of lines, on ncurses.
 *
 * While the screen is open SIGINT, SIGTERM, SIGHUP and SIGWINCH come as events
 * of screen_wait(), so nothing ends the program before screen_close() has put
 * the terminal back. One screen at a time.
 */
#ifndef IO_SCREEN_H
#define IO_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

struct screen;

/* Are standard input and output a terminal? */
bool screen_possible(void);

/* NULL: the terminal cannot be driven (see $TERM), or there is no descriptor
 * left. screen_close() puts the terminal back; NULL is fine. */
struct screen *screen_open(void);
void screen_close(struct screen *s);

/* Lines of the page now, that of @foot in screen_draw() included. */
size_t screen_lines(const struct screen *s);

/* Show @text (lines of printable ASCII; those that begin with a capital letter
 * stand out), and @foot on the last line. What does not fit is not shown. */
void screen_draw(struct screen *s, const char *text, const char *foot);

enum screen_event {
	SCREEN_TIMEOUT,
	SCREEN_KEY,
	SCREEN_RESIZED,
	SCREEN_END, /* a signal, or the terminal is gone */
};

/* Wait at most @timeout_ms for something. SCREEN_KEY: *@key is the character. */
enum screen_event screen_wait(struct screen *s, int timeout_ms, char *key);

#endif
