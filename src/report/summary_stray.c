/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections and alerts that belong to no session. */
#include "report/summary_stray.h"

#include "report/amount.h"
#include "report/phrase.h"
#include "report/summary_put.h"
#include "report/summary_session.h"

static bool is_of(const struct summary_stray *s, const struct story_flow *f,
		  uint16_t reason)
{
	return s->class == sum_class(f) && s->reason == reason &&
	       addr_equal(&s->from, &f->from.addr) &&
	       addr_equal(&s->to, &f->to.addr);
}

/* Where @f belongs; NULL: there is no room for one more kind. */
static struct summary_stray *place(struct summary_strays *s,
				   const struct story_flow *f, uint16_t reason)
{
	struct summary_stray *stray;

	for (size_t i = 0; i < s->strays; i++)
		if (is_of(&s->stray[i], f, reason))
			return &s->stray[i];
	if (s->strays == SUMMARY_STRAYS_MAX)
		return NULL;
	stray = &s->stray[s->strays++];
	*stray = (struct summary_stray){ .from = f->from.addr,
					 .to = f->to.addr,
					 .class = sum_class(f),
					 .reason = reason };
	return stray;
}

void summary_stray_flow(struct summary_strays *s, const struct story_flow *f,
			struct words *words)
{
	uint16_t reason = WORDS_MAX;
	struct summary_stray *stray;

	if (sum_class(f) == CLASS_UNMATCHED)
		reason = words_number(words, f->reason);
	stray = place(s, f, reason);
	if (!stray) {
		s->more++;
		return;
	}
	stray->flows++;
	stray->bytes_from += f->bytes_from;
	stray->bytes_to += f->bytes_to;
	port_set_add(&stray->ports, f->to.port, SUMMARY_RANGES_MAX);
}

static void put_stray(FILE *to, const struct summary_stray *s,
		      const struct words *words)
{
	static const char *const fate[CLASSES] = {
		[CLASS_MATCHED] = "matched (related)",
		[CLASS_MIDSTREAM] = "begun before the capture; no verdict",
	};
	char from_text[ADDR_TEXT_MAX], to_text[ADDR_TEXT_MAX];

	addr_format(&s->from, from_text);
	addr_format(&s->to, to_text);
	fputs("  ", to);
	phrase_count(to, s->flows, "data connection");
	fprintf(to, ", %s > %s port ", from_text, to_text);
	port_set_put(to, &s->ports, UINT16_MAX);
	fputs("; ", to);
	phrase_count(to, s->bytes_from, "byte");
	fputs(" there, ", to);
	amount_put(to, s->bytes_to);
	fprintf(to, " back: %s\n",
		fate[s->class] ? fate[s->class] : words_text(words, s->reason));
}

void summary_stray_put(FILE *to, const struct summary_strays *s,
		       const struct words *words)
{
	if (s->strays == 0 && s->sum.things == 0)
		return;
	fputs("\nwithout a session:\n", to);
	for (size_t i = 0; i < s->strays; i++)
		put_stray(to, &s->stray[i], words);
	if (s->more) {
		fputs("  ", to);
		phrase_count(to, s->more, "data connection");
		fputs(" between other hosts or for other reasons\n", to);
	}
	summary_put_sum(to, &s->sum, words, NULL);
}

void summary_stray_free(struct summary_strays *s)
{
	for (size_t i = 0; i < s->strays; i++)
		port_set_free(&s->stray[i].ports);
	sum_free(&s->sum);
}
