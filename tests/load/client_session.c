/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One control connection of the client: see client_session.h. */
#include "client_session.h"

#include <string.h>

#include "bench.h"
#include "client_data.h"
#include "ftp_socket.h"
#include "totals.h"

/* PASV commands sent at once: each makes an edit that waits for its
 * acknowledgement. */
#define FLOOD_BURST 8

static void step_begin(struct session *s);

void session_fault(struct session *s, const char *what, const char *got)
{
	if (s->over)
		return;
	totals_fault(&s->place, what, got);
	loop_reset(&s->data);
	loop_reset(&s->wire.source);
	s->over = true;
}

void session_say(struct session *s, const char *text, size_t len, bool whole)
{
	size_t cut;
	bool cuts = script_cuts(&s->place, len, &cut) && !whole;

	if (!wire_say(&s->wire, text, len, cuts ? cut : 0))
		session_fault(s, "a command could not be sent", NULL);
}

static void say_step(struct session *s)
{
	char text[SCRIPT_TEXT_MAX];

	session_say(s, text, script_command(&s->place, &s->at, text), false);
}

static const struct step *step_of(const struct session *s)
{
	return place_step(&s->place);
}

/* --- steps ------------------------------------------------------------------- */

static void next_step(struct session *s)
{
	bool said = s->aborted;

	s->place.step++;
	s->place.round = 0;
	s->aborted = false;
	s->replied = s->marked = false;
	if (!said)
		step_begin(s);
}

static void do_flood(struct session *s)
{
	char text[SCRIPT_TEXT_MAX * FLOOD_BURST];
	size_t len = 0;

	if (s->place.round % FLOOD_BURST != 0)
		return; /* said already */
	for (int i = 0; i < FLOOD_BURST; i++)
		len += script_command(&s->place, NULL, text + len);
	session_say(s, text, len, true);
}

static void step_begin(struct session *s)
{
	s->replied = s->marked = false;
	s->state = ASKED;
	if (step_of(s)->act == ACT_ACTIVE)
		data_listen(s);
	if (session_transfers(s))
		s->file = (struct contents){ script_seed(&s->place),
					     script_length(&s->place), 0 };
	if (s->over)
		return;
	if (step_of(s)->act == ACT_FLOOD)
		do_flood(s);
	else
		say_step(s);
}

static void step_ended(struct session *s)
{
	switch (step_of(s)->act) {
	case ACT_SECURE:
		if (!wire_secure(&s->wire))
			session_fault(s, "the handshake broke", NULL);
		s->state = SECURING;
		return;
	case ACT_PASSIVE:
		data_connect(s);
		break;
	case ACT_HOLD:
		s->state = HELD;
		s->place.round++;
		session_held(s);
		return;
	case ACT_FLOOD:
		if (++s->place.round < SCRIPT_FLOOD) {
			step_begin(s);
			return;
		}
		break;
	case ACT_QUIT:
		totals.ended[s->place.kind]++;
		/* Either may be the first to close. */
		s->state = LEAVING;
		if (s->place.session % 2)
			s->over = true;
		return;
	default:
		break;
	}
	if (!s->over)
		next_step(s);
}

static void step_go_on(struct session *s)
{
	if (s->replied && !s->over &&
	    (!session_transfers(s) || s->data_state == DATA_NONE))
		step_ended(s);
}

/* --- replies ----------------------------------------------------------------- */

/* What must come next. 0: a line of it is not whole yet. */
static size_t wanted(struct session *s, char want[SCRIPT_TEXT_MAX])
{
	const char *line = wire_line(&s->wire);
	enum act act = step_of(s)->act;

	if (!line)
		return 0;
	if (s->state == GREETING)
		return script_greeting(want);
	if (session_transfers(s) && !s->marked)
		return script_mark(&s->place, want);
	if (act != ACT_PASSIVE && act != ACT_FLOOD)
		return script_reply(&s->place, NULL, want);
	if (!hostport_read(line + strlen("227 "), &s->at))
		s->at = (struct sockaddr_in){ .sin_port = 0 };
	/* Whoever floods is not served for ever. */
	if (act == ACT_PASSIVE && s->wire.tls == SHAM_OFF)
		s->at.sin_addr = s->to.sin_addr;
	return script_reply(&s->place, &s->at, want);
}

static void heard(struct session *s)
{
	totals.lines++;
	if (s->state == GREETING) {
		step_begin(s);
		return;
	}
	if (session_transfers(s) && !s->marked) {
		s->marked = true;
		data_go_on(s);
		return;
	}
	s->replied = true;
	if (s->aborted)
		data_go_on(s);
	step_go_on(s);
}

/* Take one reply off; false if there is none. */
static bool hear_reply(struct session *s)
{
	char want[SCRIPT_TEXT_MAX];
	size_t len;

	if (s->state == SECURING && wire_is_ready(&s->wire))
		next_step(s);
	if (s->over || s->state == HELD || s->state == SECURING || s->replied)
		return false;
	len = wanted(s, want);
	if (len == 0)
		return false;
	switch (wire_match(&s->wire, want, len)) {
	case HEARD_PART:
		return false;
	case HEARD_ALL:
		heard(s);
		return true;
	default:
		session_fault(s, "a wrong reply", s->wire.in);
		return false;
	}
}

static void hear_replies(struct session *s)
{
	while (hear_reply(s))
		;
}

void session_data_moved(struct session *s)
{
	step_go_on(s);
	/* The reply to ABOR may be here already. */
	hear_replies(s);
	if (s->over)
		session_free(s);
}

static void wire_ready(struct source *source)
{
	struct session *s = (void *)source; /* its wire begins with it */
	bool more;

	if (s->state == GREETING && loop_connected(source->fd) == 0)
		return;
	s->moved_ns = bench_now();
	more = wire_hear(&s->wire);
	hear_replies(s);
	if (!s->over && s->wire.used > 0 &&
	    (s->state == HELD || s->state == LEAVING))
		session_fault(s, "nobody asked for that", s->wire.in);
	if (!s->over && !more) {
		if (s->state == LEAVING)
			s->over = true;
		else
			session_fault(s, "the control connection ended", NULL);
	}
	if (s->over)
		session_free(s);
}

/* --- life -------------------------------------------------------------------- */

void session_begin(struct session *s)
{
	int fd = loop_connect(&s->from, &s->to);

	s->data.fd = -1;
	s->wire.source.fd = -1;
	s->state = GREETING;
	s->moved_ns = bench_now();
	if (fd >= 0) {
		wire_open(&s->wire, fd, true, wire_ready);
		return;
	}
	session_fault(s, "no way to the server", NULL);
	session_free(s);
}

void session_poke(struct session *s, bool go_on)
{
	s->moved_ns = bench_now();
	if (go_on)
		next_step(s);
	else
		step_begin(s);
	if (s->over)
		session_free(s);
}

void session_stalled(struct session *s)
{
	session_fault(s, "nothing came for too long",
		      s->wire.used ? s->wire.in : NULL);
	session_free(s);
}
