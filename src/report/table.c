/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A replay as a table. */
#include "report/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/columns.h"
#include "report/elapsed.h"
#include "report/step.h"

/*
 * What is said takes 48 columns where a verdict stands behind it: a 227 has 45
 * at most in the lab's addresses, a 229 has 47. Longer ones push it on.
 */
#define SAID_WIDTH 48

struct table {
	FILE *out;
	struct steps *steps;
	struct elapsed clock;
	bool headed;
};

static void put_head(struct table *t)
{
	if (t->headed)
		return;
	t->headed = true;
	fprintf(t->out, "%6s %10s %-4s %-8s %-*s  %s\n", "frame", "time",
		"sess", "who", SAID_WIDTH, "what", "verdict");
}

static const char *who(const struct step *s)
{
	static const char *const name[] = {
		[STEP_FROM_NOBODY] = "",
		[STEP_FROM_CLIENT] = "client >",
		[STEP_FROM_SERVER] = "< server",
	};

	return s->kind == STEP_GATEWAY ? "gateway" : name[s->from];
}

/* "    34   0.007891 #1   < server " */
static void put_place(struct table *t, const struct step *s)
{
	char number[24], time[ELAPSED_TEXT_MAX];

	if (s->place.frame != 0)
		fprintf(t->out, "%6" PRIu64, s->place.frame);
	else
		fprintf(t->out, "%6s", "-");
	elapsed_text(&t->clock, s->place.at_us, time);
	snprintf(number, sizeof(number), s->session ? "#%" PRIu64 : "-",
		 s->session);
	fprintf(t->out, " %10s %-4s ", time, number);
}

static void put_decisions(FILE *to, const char *decisions)
{
	size_t line;

	for (;; decisions += line + 1) {
		line = strcspn(decisions, "\n");
		fwrite(decisions, 1, line, to);
		if (!decisions[line])
			return;
		fputs("; ", to);
	}
}

static void take(void *arg, const struct step *s)
{
	struct table *t = arg;
	int used = (int)columns_of(s->said);

	put_head(t);
	put_place(t, s);
	fprintf(t->out, "%-8s %s", who(s), s->said);
	if (*s->decisions) {
		fprintf(t->out, "%*s  ",
			used < SAID_WIDTH ? SAID_WIDTH - used : 0, "");
		put_decisions(t->out, s->decisions);
	}
	fputc('\n', t->out);
}

struct table *table_new(FILE *out)
{
	struct table *t = calloc(1, sizeof(*t));
	const struct steps_viewer viewer = { .arg = t, .take = take };

	if (!t)
		return NULL;
	t->out = out;
	t->steps = steps_new(&viewer);
	if (t->steps)
		return t;
	free(t);
	return NULL;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	steps_free(t->steps);
	free(t);
}

struct listener table_listener(struct table *t)
{
	return steps_listener(t->steps);
}
