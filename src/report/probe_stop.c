/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a scripted conversation stopped, for people and as JSON. */
#include "report/probe_stop.h"

#include <string.h>

#include "report/escape.h"
#include "report/object.h"

static struct span words(const struct stop *s)
{
	return span_of(s->text, s->text_len);
}

void stop_text(FILE *to, const struct stop *s)
{
	char shown[ESCAPE_SIZE(STOP_TEXT_MAX)];

	fprintf(to, "%s: %s", stage_name(s->stage),
		stop_reason_name(s->reason));
	if (s->error != 0)
		fprintf(to, ": %s", strerror(s->error));
	if (s->code != 0)
		fprintf(to, ": %u", s->code);
	if (s->text_len == 0)
		return;
	escape_text(words(s), shown, sizeof(shown));
	fprintf(to, "%s%s", s->code != 0 ? " " : ": ", shown);
}

json_t *stop_json(const struct stop *s)
{
	struct object o;

	if (s->reason == STOP_NOT)
		return json_null();
	o = object_new();
	object_add(&o, "stage", json_string(stage_name(s->stage)));
	object_add(&o, "reason", json_string(stop_reason_name(s->reason)));
	if (s->code != 0)
		object_add(&o, "code", number_json(s->code));
	if (s->text_len > 0)
		object_add(&o, "text", text_json(words(s)));
	if (s->error != 0)
		object_add(&o, "error", json_string(strerror(s->error)));
	return object_done(&o);
}
