/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one end has seen: see totals.h. */
#include "totals.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct totals totals;

void totals_fault(const struct place *p, const char *what, const char *got)
{
	size_t len = got ? strcspn(got, "\r\n") : 0;

	if (++totals.faults > FAULTS_TOLD)
		return;
	fprintf(stderr, "%s: session %u, %s, at %s (%u): %s%s%.*s\n",
		program_invocation_short_name, p->session,
		script_kind[p->kind].name, place_step(p)->verb, p->round, what,
		got ? ": " : "", (int)len, got ? got : "");
}

static void put(const char *name, uint64_t value)
{
	printf("\"%s\": %" PRIu64 ", ", name, value);
}

void totals_print(const char *more)
{
	putchar('{');
	put("begun", totals.begun);
	put("open", totals.open);
	put("lines", totals.lines);
	put("files", totals.files);
	put("bytes", totals.bytes);
	put("faults", totals.faults);
	printf("\"ended\": {");
	for (int i = 0; i < SCRIPT_KINDS; i++)
		printf("%s\"%s\": %" PRIu64, i ? ", " : "", script_kind[i].name,
		       totals.ended[i]);
	printf("}%s%s}\n", *more ? ", " : "", more);
	fflush(stdout);
}
