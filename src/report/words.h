/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each reason once, so that a session remembers only its number. */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include <stddef.h>
#include <stdint.h>

/* Engine, replay and TLS know some 60 reasons altogether. */
#define WORDS_MAX 256

/* Zeroed it is empty. */
struct words {
	char *text[WORDS_MAX]; /* escaped */
	size_t count;
};

/* The number of @text, which is copied where it is new, in the words that
 * phrase_reason() has for it. NULL, and what there is
 * no room for, are WORDS_MAX. */
uint16_t words_number(struct words *w, const char *text);

/* Printable; "another reason" for WORDS_MAX. Lives as long as @w. */
const char *words_text(const struct words *w, uint16_t number);

void words_free(struct words *w);

#endif
