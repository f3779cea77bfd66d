/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The requests of the control socket. A request is a word, or an object that
 * holds one: {"command": "status"}. What the answers hold is in the manual.
 */
#include "cmd/daemon_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "io/control_right.h"
#include "io/log.h"

/* Consumes @o; NULL: there was no memory, and the answer stays empty. */
static void answer(struct control_peer *peer, json_t *o)
{
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	FILE *to = text ? open_memstream(&peer->text, &peer->len) : NULL;

	json_decref(o);
	if (to) {
		fprintf(to, "%s\n", text);
		if (fclose(to) != 0)
			peer->len = 0;
	}
	free(text);
}

static void refuse(struct control_peer *peer, const char *why)
{
	answer(peer, json_pack("{s:s}", "error", why));
}

/* To those who have no more right than this. */
static const char *const refusal[] = {
	[CONTROL_NOTHING] = "not permitted; ask as root, or as a member of "
			    "control-socket-group",
	[CONTROL_LOOK] = "not permitted to the group; ask as root",
};

static void ask_status(struct daemon *d, struct control_peer *peer)
{
	answer(peer, daemon_answer_status(d));
}

static void ask_stats(struct daemon *d, struct control_peer *peer)
{
	answer(peer, daemon_answer_stats(d));
}

static void ask_events(struct daemon *d, struct control_peer *peer)
{
	if (journal_reader_add(d->journal, peer->fd) == 0)
		peer->stay = true;
	else
		refuse(peer, "too many readers of events");
}

static void ask_reload(struct daemon *d, struct control_peer *peer)
{
	struct reload r;

	daemon_reload(d, &r);
	daemon_reload_log(d, &r);
	answer(peer, daemon_answer_reload(d, &r));
}

/* The connection ends with the daemon: who reads to its end knows. */
static void ask_stop(struct daemon *d, struct control_peer *peer)
{
	peer->stay = true;
	d->forget = true;
	answer(peer, json_pack("{s:b}", "stopping", 1));
	daemon_stop(d);
}

static const struct request {
	const char *name;
	enum control_right needs;
	void (*ask)(struct daemon *d, struct control_peer *peer);
} requests[] = {
	{ "status", CONTROL_LOOK, ask_status },
	{ "sessions", CONTROL_LOOK, daemon_answer_sessions },
	{ "pinholes", CONTROL_LOOK, daemon_answer_pinholes },
	{ "grants", CONTROL_LOOK, daemon_answer_grants },
	{ "stats", CONTROL_LOOK, ask_stats },
	{ "events", CONTROL_LOOK, ask_events },
	{ "reload", CONTROL_CHANGE, ask_reload },
	{ "stop", CONTROL_CHANGE, ask_stop },
};

#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

static const struct request *request_find(struct span word)
{
	for (size_t i = 0; i < REQUESTS; i++)
		if (span_equal(word, span_str(requests[i].name)))
			return &requests[i];
	return NULL;
}

/* A line may end as Telnet's do. */
static struct span without_cr(struct span line)
{
	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

void daemon_request(void *arg, struct control_peer *peer, struct span line)
{
	struct span word = without_cr(line);
	struct daemon *d = arg;
	enum control_right right = control_right(peer->fd, d->identity.ask);
	const struct request *r;
	json_t *o = json_loadb((const char *)word.at, word.len, 0, NULL);
	const char *command = json_string_value(json_object_get(o, "command"));

	r = request_find(command ? span_str(command) : word);
	json_decref(o);
	if (right < (r ? r->needs : CONTROL_LOOK)) {
		d->count.requests_denied++;
		refuse(peer, refusal[right]);
	} else if (r) {
		r->ask(d, peer);
	} else {
		refuse(peer, "no such request; see sallyport(8)");
	}
}

void daemon_reader_gone(void *arg, struct control_peer *peer)
{
	struct daemon *d = arg;

	if (d->journal)
		journal_reader_remove(d->journal, peer->fd);
}

void daemon_stop(struct daemon *d)
{
	const uint64_t one = 1;

	/* It cannot fail before it was written 2^64 times. */
	if (write(d->stop, &one, sizeof(one)) < 0)
		return;
}
