/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client's data connections: see client_data.h. */
#include "client_data.h"

#include <stddef.h>
#include <string.h>

#include "bench.h"
#include "ftp_socket.h"
#include "totals.h"

bool session_transfers(const struct session *s)
{
	switch (place_step(&s->place)->act) {
	case ACT_GET:
	case ACT_PUT:
	case ACT_GET_CUT:
	case ACT_GET_ABOR:
	case ACT_VANISH:
		return true;
	default:
		return false;
	}
}

static void data_close(struct session *s)
{
	loop_close(&s->data);
	s->data_state = DATA_NONE;
}

static void data_reset(struct session *s)
{
	loop_reset(&s->data);
	s->data_state = DATA_NONE;
}

static void vanish(struct session *s)
{
	static const char half[] = "NOO";

	(void)wire_say(&s->wire, half, strlen(half), 0);
	data_reset(s);
	loop_reset(&s->wire.source);
	totals.ended[s->place.kind]++;
	s->over = true;
}

/* The transfers that the client breaks off, when something has come. */
static void interrupt(struct session *s)
{
	struct place next = s->place;
	char text[SCRIPT_TEXT_MAX];

	switch (place_step(&s->place)->act) {
	case ACT_GET_CUT:
		data_reset(s);
		return;
	case ACT_VANISH:
		vanish(s);
		return;
	default:
		if (s->aborted)
			return;
		s->aborted = true;
		next.step++;
		session_say(s, text, script_command(&next, NULL, text), true);
	}
}

static void data_ended(struct session *s, enum moved moved)
{
	bool aborted = place_step(&s->place)->act == ACT_GET_ABOR && s->aborted;

	if (moved == MOVED_ALL) {
		totals.files++;
		totals.bytes += s->file.length;
	} else if (!aborted || moved == MOVED_WRONG) {
		session_fault(s, "the file did not arrive whole", NULL);
		return;
	}
	data_close(s);
}

static enum moved data_move(struct session *s)
{
	int fd = s->data.fd;

	switch (place_step(&s->place)->act) {
	case ACT_PUT:
		return contents_send(&s->file, fd);
	case ACT_GET:
		return contents_receive(&s->file, fd);
	default:
		return s->aborted ? contents_receive(&s->file, fd)
				  : contents_taste(&s->file, fd);
	}
}

static bool is_interrupted(const struct session *s)
{
	enum act act = place_step(&s->place)->act;

	return act != ACT_GET && act != ACT_PUT && s->file.at > 0;
}

void data_go_on(struct session *s)
{
	enum moved moved;

	if (!session_transfers(s) || s->data_state != DATA_OPEN)
		return;
	/* Else the file could be here before ABOR is there. */
	if (s->aborted && !s->replied)
		return;
	moved = data_move(s);
	if (moved == MOVED_SOME && is_interrupted(s) && !s->aborted) {
		interrupt(s);
		data_go_on(s);
		return;
	}
	if (moved != MOVED_SOME)
		data_ended(s, moved);
}

static void data_ready(struct source *data);

static void data_accept(struct session *s)
{
	struct sockaddr_in peer;
	int fd = loop_accept(s->data.fd, &peer);

	if (fd < 0)
		return;
	loop_close(&s->data);
	loop_add(&s->data, fd, data_ready);
	s->data_state = DATA_OPEN;
	if (peer.sin_addr.s_addr != s->to.sin_addr.s_addr)
		session_fault(s, "a data connection from somebody else", NULL);
}

static void data_open(struct session *s)
{
	int connected;

	if (s->data_state == DATA_LISTENING)
		data_accept(s);
	if (s->data_state != DATA_CONNECTING)
		return;
	connected = loop_connected(s->data.fd);
	if (connected > 0)
		s->data_state = DATA_OPEN;
	if (connected < 0)
		session_fault(s, "no data connection to the server", NULL);
}

static void data_ready(struct source *data)
{
	struct session *s =
		(void *)((char *)data - offsetof(struct session, data));

	s->moved_ns = bench_now();
	data_open(s);
	if (!s->over)
		data_go_on(s);
	session_data_moved(s);
}

void data_listen(struct session *s)
{
	struct sockaddr_in at = socket_local(s->wire.source.fd);
	int fd;

	at.sin_port = 0;
	fd = loop_listen(&at, 1);
	if (fd < 0) {
		session_fault(s, "no port to listen on", NULL);
		return;
	}
	loop_add(&s->data, fd, data_ready);
	s->data_state = DATA_LISTENING;
	s->at = socket_local(fd);
}

void data_connect(struct session *s)
{
	struct sockaddr_in from = s->from;
	int fd;

	/* Under TLS nobody could have translated the address. */
	s->at.sin_addr = s->to.sin_addr;
	fd = loop_connect(&from, &s->at);
	if (fd < 0) {
		session_fault(s, "no way to the server", NULL);
		return;
	}
	loop_add(&s->data, fd, data_ready);
	s->data_state = DATA_CONNECTING;
}
