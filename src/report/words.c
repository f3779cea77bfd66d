/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each reason once. */
#include "report/words.h"

#include <stdlib.h>
#include <string.h>

#include "report/escape.h"
#include "report/phrase.h"

uint16_t words_number(struct words *w, const char *text)
{
	char *shown = text ? escape_dup(span_str(phrase_reason(text))) : NULL;
	size_t i;

	if (!shown)
		return WORDS_MAX;
	for (i = 0; i < w->count; i++)
		if (strcmp(w->text[i], shown) == 0)
			break;
	if (i == w->count && i < WORDS_MAX) {
		w->text[w->count++] = shown;
		return (uint16_t)i;
	}
	free(shown);
	return (uint16_t)i;
}

const char *words_text(const struct words *w, uint16_t number)
{
	return number < w->count ? w->text[number] : "another reason";
}

void words_free(struct words *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->text[i]);
	w->count = 0;
}
