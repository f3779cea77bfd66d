/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One kind of FTP from its first packet to its last. */
#include "lab/scenario.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/client_private.h"

/* Odd, so that the pattern does not repeat with records or segments. */
#define PATTERN_STEP 167

void scenario_name(const struct scenario *s, char out[SCENARIO_NAME_MAX])
{
	static const char *const tls[] = {
		[CLIENT_FTP] = "FTP",
		[CLIENT_EXPLICIT] = "FTPS explicit",
		[CLIENT_IMPLICIT] = "FTPS implicit",
	};

	snprintf(out, SCENARIO_NAME_MAX, "%s %s %s", tls[s->client.tls],
		 via_name(s->via),
		 addr_is_v4(&s->client.server.addr) ? "IPv4" : "IPv6");
}

bool scenario_exists(const struct scenario *s)
{
	return addr_is_v4(&s->client.server.addr) ||
	       (s->via != VIA_PORT && s->via != VIA_PASV);
}

static bool agree(struct client *c, enum via via)
{
	return via_is_active(via) ? client_active(c, via)
				  : client_passive(c, via);
}

static void fill(uint8_t *bytes)
{
	for (size_t i = 0; i < SCENARIO_BYTES; i++)
		bytes[i] = (uint8_t)(i * PATTERN_STEP >> 3);
}

static bool converse(struct client *c, const struct scenario *s,
		     struct scenario_result *out)
{
	return client_begin(c) && client_login(c, s->user, s->password) &&
	       client_protect(c) && client_command(c, STAGE_TYPE, "TYPE I") &&
	       agree(c, s->via) && client_transfer(c, &out->up) &&
	       agree(c, s->via) && client_transfer(c, &out->down);
}

/* The first byte that differs is named. */
static void compare(struct client *c, const struct client_transfer *down,
		    const uint8_t *sent)
{
	const uint8_t *got = down->bytes;
	char text[STOP_TEXT_MAX];
	size_t at = 0;

	while (at < down->moved && got[at] == sent[at])
		at++;
	if (at == SCENARIO_BYTES && !down->more)
		return;
	snprintf(text, sizeof(text), "%zu of %d bytes are right", at,
		 SCENARIO_BYTES);
	client_stop(c, STAGE_TRANSFER, STOP_DIFFERENT, span_str(text));
}

static void run(struct client *c, const struct scenario *s,
		struct scenario_result *out, uint8_t *bytes)
{
	fill(bytes);
	out->up = (struct client_transfer){ .command = "STOR sallyport",
					    .direction = CLIENT_UP,
					    .bytes = bytes,
					    .size = SCENARIO_BYTES };
	out->down = (struct client_transfer){ .command = "RETR sallyport",
					      .direction = CLIENT_DOWN,
					      .bytes = bytes + SCENARIO_BYTES,
					      .size = SCENARIO_BYTES };
	client_open(c, &s->client);
	if (converse(c, s, out)) {
		compare(c, &out->down, bytes);
		client_quit(c);
	}
	client_close(c);
	out->announced = c->announced.endpoint;
	/* They go with this function. */
	out->up.bytes = out->down.bytes = NULL;
}

bool scenario_run(const struct scenario *s, struct scenario_result *out)
{
	uint8_t *bytes = malloc(2 * SCENARIO_BYTES);
	struct client *c = malloc(sizeof(*c));

	memset(out, 0, sizeof(*out));
	if (bytes && c) {
		run(c, s, out, bytes);
		out->stop = c->stop;
	} else {
		out->stop =
			(struct stop){ .reason = STOP_SYSTEM, .error = ENOMEM };
	}
	free(c);
	free(bytes);
	return out->stop.reason == STOP_NOT;
}
