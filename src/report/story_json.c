/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/story_json.h"

#include <stdlib.h>

#include "report/jsonl.h"

static void put(FILE *out, char *line)
{
	if (!line)
		return;
	fputs(line, out);
	fputc('\n', out);
	free(line);
}

static void on_note(void *arg, const struct story_note *note)
{
	put(arg, note->decrypted ? jsonl_format_decrypted(note->event)
				 : jsonl_format(note->event));
}

static void on_flow(void *arg, const struct story_flow *flow)
{
	const struct event ev = {
		.type = EVENT_DATA,
		.at_us = flow->closed_us,
		.session = flow->session,
		.client = flow->client,
		.server = flow->server,
		.data = { .active = flow->active,
			  .from = flow->from,
			  .to = flow->to,
			  .has_bytes = true,
			  .bytes_from = flow->bytes_from,
			  .bytes_to = flow->bytes_to,
			  .tls = flow->tls,
			  .reason = flow->reason },
	};

	if (!flow->related && !flow->midstream)
		put(arg, jsonl_format(&ev));
}

struct listener story_json(FILE *out)
{
	return (struct listener){ .arg = out,
				  .note = on_note,
				  .flow = on_flow };
}
