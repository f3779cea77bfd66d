/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One control connection of the server: see server_session.h. */
#include "server_session.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "ftp_socket.h"
#include "totals.h"

/* What is not as it should be ends the session at once. */
static void fault(struct session *s, const char *what, const char *got)
{
	if (s->over)
		return;
	totals_fault(&s->place, what, got);
	loop_reset(&s->data);
	loop_reset(&s->wire.source);
	s->over = true;
}

static void say(struct session *s, const char *text, size_t len)
{
	size_t cut;
	bool cuts = script_cuts(&s->place, len, &cut);

	if (!wire_say(&s->wire, text, len, cuts ? cut : 0))
		fault(s, "a reply could not be sent", NULL);
}

static void reply(struct session *s, const struct sockaddr_in *at)
{
	char text[SCRIPT_TEXT_MAX];

	say(s, text, script_reply(&s->place, at, text));
}

static void next_step(struct session *s)
{
	s->place.step++;
	s->place.round = 0;
}

static void data_close(struct session *s)
{
	loop_close(&s->data);
	s->data_state = DATA_NONE;
	s->transferring = false;
}

/* --- transfers --------------------------------------------------------------- */

/* The client is gone, but its RST may be lost: then this brings another. */
static void tell_nobody(struct session *s)
{
	char text[SCRIPT_TEXT_MAX];

	(void)wire_say(&s->wire, text, script_reply(&s->place, NULL, text), 0);
}

static void transfer_ended(struct session *s, enum moved moved)
{
	enum act act = place_step(&s->place)->act;
	bool breaks =
		act == ACT_GET_CUT || act == ACT_VANISH || act == ACT_GET_ABOR;

	if (breaks ? moved != MOVED_BROKEN : moved != MOVED_ALL) {
		fault(s, "the file did not arrive whole", NULL);
		return;
	}
	if (!breaks) {
		totals.files++;
		totals.bytes += s->file.length;
	}
	data_close(s);
	if (act == ACT_VANISH) {
		tell_nobody(s);
		return;
	}
	reply(s, NULL);
	next_step(s);
}

static void transfer_go_on(struct session *s)
{
	enum moved moved;

	if (!s->transferring || s->data_state != DATA_OPEN)
		return;
	moved = place_step(&s->place)->act == ACT_PUT
			? contents_receive(&s->file, s->data.fd)
			: contents_send(&s->file, s->data.fd);
	if (moved != MOVED_SOME)
		transfer_ended(s, moved);
}

static void data_ready(struct source *data);

/* What a client interrupts it must drain: keep that short. */
#define SEND_BUFFER (64 * 1024)

static void data_add(struct session *s, int fd)
{
	int size = SEND_BUFFER;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	loop_add(&s->data, fd, data_ready);
}

static void data_accept(struct session *s)
{
	struct sockaddr_in from;
	int fd = loop_accept(s->data.fd, &from);

	if (fd < 0)
		return;
	loop_close(&s->data);
	data_add(s, fd);
	s->data_state = DATA_OPEN;
	if (from.sin_addr.s_addr != s->peer.sin_addr.s_addr)
		fault(s, "a data connection from somebody else", NULL);
}

static void data_ready(struct source *data)
{
	struct session *s =
		(void *)((char *)data - offsetof(struct session, data));

	if (s->data_state == DATA_LISTENING)
		data_accept(s);
	if (s->data_state == DATA_CONNECTING) {
		int connected = loop_connected(data->fd);

		if (connected > 0)
			s->data_state = DATA_OPEN;
		if (connected < 0)
			fault(s, "no connection to the client", NULL);
	}
	transfer_go_on(s);
	if (s->over)
		session_free(s);
}

static void do_passive(struct session *s)
{
	struct sockaddr_in at = s->here;
	int fd;

	at.sin_port = 0;
	data_close(s);
	fd = loop_listen(&at, 1);
	if (fd < 0) {
		fault(s, "no port to listen on", NULL);
		return;
	}
	loop_add(&s->data, fd, data_ready);
	s->data_state = DATA_LISTENING;
	at = socket_local(fd);
	reply(s, &at);
	if (place_step(&s->place)->act == ACT_PASSIVE ||
	    ++s->place.round == SCRIPT_FLOOD)
		next_step(s);
}

static void do_transfer(struct session *s)
{
	char text[SCRIPT_TEXT_MAX];
	struct sockaddr_in at = s->here;
	int fd;

	s->file = (struct contents){ script_seed(&s->place),
				     script_length(&s->place), 0 };
	s->transferring = true;
	say(s, text, script_mark(&s->place, text));
	if (s->data_state == DATA_NAMED) {
		at.sin_port = 0;
		fd = loop_connect(&at, &s->named);
		if (fd < 0) {
			fault(s, "no way to the client", NULL);
			return;
		}
		data_add(s, fd);
		s->data_state = DATA_CONNECTING;
	}
	transfer_go_on(s);
}

/* --- commands ---------------------------------------------------------------- */

static void do_step(struct session *s)
{
	switch (place_step(&s->place)->act) {
	case ACT_PASSIVE:
	case ACT_FLOOD:
		do_passive(s);
		return;
	case ACT_GET:
	case ACT_PUT:
	case ACT_GET_CUT:
	case ACT_GET_ABOR:
	case ACT_VANISH:
		do_transfer(s);
		return;
	default:
		reply(s, NULL);
	}
	switch (place_step(&s->place)->act) {
	case ACT_SECURE:
		wire_secure(&s->wire);
		next_step(s);
		return;
	case ACT_ACTIVE:
		data_close(s);
		s->data_state = DATA_NAMED;
		next_step(s);
		return;
	case ACT_HOLD:
		s->place.round++;
		return;
	case ACT_QUIT:
		totals.ended[s->place.kind]++;
		s->over = true;
		return;
	default:
		next_step(s);
	}
}

/* Some steps end by the line of the one after them. */
static bool is_next(const struct session *s, const char *line)
{
	enum act act = place_step(&s->place)->act;
	const char *verb = place_step(&s->place)[1].verb;

	return (act == ACT_HOLD || (act == ACT_GET_ABOR && s->transferring)) &&
	       strncmp(line, verb, strlen(verb)) == 0;
}

static void leave_step(struct session *s)
{
	if (place_step(&s->place)->act == ACT_GET_ABOR)
		transfer_ended(s, MOVED_BROKEN);
	else
		next_step(s);
}

static void hear_line(struct session *s, const char *line)
{
	char want[SCRIPT_TEXT_MAX];
	enum heard heard;

	if (!s->known)
		s->known = script_user(line, &s->place);
	if (is_next(s, line))
		leave_step(s);
	if (place_step(&s->place)->act == ACT_ACTIVE &&
	    (!hostport_read(line, &s->named) ||
	     s->named.sin_addr.s_addr != s->peer.sin_addr.s_addr)) {
		fault(s, "that is not where the client is", line);
		return;
	}
	heard = wire_match(&s->wire, want,
			   script_command(&s->place, &s->named, want));
	if (heard != HEARD_ALL || s->transferring) {
		fault(s, "a wrong command", line);
		return;
	}
	totals.lines++;
	do_step(s);
}

static void ended(struct session *s)
{
	if (s->known && place_step(&s->place)->act == ACT_VANISH) {
		totals.ended[s->place.kind]++;
		s->over = true;
		return;
	}
	fault(s, "the control connection ended", NULL);
}

static void wire_ready(struct source *source)
{
	struct session *s = (void *)source; /* its wire begins with it */
	bool more = wire_hear(&s->wire);
	const char *line;

	while (!s->over && wire_is_ready(&s->wire) &&
	       (line = wire_line(&s->wire)))
		hear_line(s, line);
	if (!s->over && !more)
		ended(s);
	if (s->over)
		session_free(s);
}

void session_begin(struct session *s, int fd, const struct sockaddr_in *peer)
{
	char text[SCRIPT_TEXT_MAX];

	s->peer = *peer;
	s->here = socket_local(fd);
	s->data.fd = -1;
	wire_open(&s->wire, fd, false, wire_ready);
	say(s, text, script_greeting(text));
	if (s->over)
		session_free(s);
}
