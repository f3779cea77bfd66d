/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came of it: see wire.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "wire.h"

unsigned int wire_logged(const struct wire *w, const char *start)
{
	unsigned int n = 0;
	size_t len = strlen(start);

	for (const char *at = w->log; *at; at = strchr(at, '\n') + 1)
		n += strncmp(at, start, len) == 0;
	return n;
}

struct span wire_received(const struct wire *w, enum side to)
{
	return span_of(w->end[to].got, w->end[to].received);
}

void wire_expect(const struct wire *w, enum side to, const char *text)
{
	struct span got = wire_received(w, to);

	if (!span_equal(got, span_str(text)))
		fail_msg("expected <%s>, got <%.*s>", text, (int)got.len,
			 (const char *)got.at);
}

bool wire_dropped(const struct wire *w)
{
	assert_true(w->packets > 0 && w->verdicts[w->packets - 1]);
	return w->verdicts[w->packets - 1] == 2;
}

void wire_expect_settled(const struct wire *w)
{
	for (uint32_t i = 0; i < w->packets; i++)
		if (!w->verdicts[i])
			fail_msg("packet %u has no verdict", i);
}
