/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every kind of FTP, one conversation after another. */
#include "lab/twin_private.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/server.h"
#include "lab/socket.h"

const enum via twin_via[TWIN_WAYS] = { VIA_PORT, VIA_EPRT, VIA_PASV, VIA_EPSV };

/*
 * A connection takes less than a millisecond here. What has not come by the
 * short times was dropped, if the kernel told of a packet that was; if not, the
 * machine may be busy, and the long times decide.
 */
#define SHORT_TIMES ((struct client_times){ 500, 2000, 2000, 500, 2000 })
#define LONG_TIMES  ((struct client_times){ 4000, 8000, 8000, 4000, 8000 })

/* No conversation lasts longer than all its long times. */
#define TALK_MS 40000

/* How long it may take to see that the client has ended. */
#define POLL_MS 2

uint16_t twin_control_port(const struct twin_spec *spec, int tls)
{
	return tls == CLIENT_IMPLICIT ? spec->implicit_port
				      : spec->control_port;
}

uint16_t twin_passive_port(const struct twin_spec *spec, int tls, int way)
{
	return (way + tls) % 2 != 0 ? spec->passive.hi : spec->passive.lo;
}

struct endpoint twin_server(const struct twin_spec *s,
			    const struct twin_talk *talk)
{
	return (struct endpoint){
		.addr = talk->client == TWIN_INSIDE
				? s->layout.host[TWIN_OUTSIDE][talk->family]
					  .server
				: s->reach[talk->family],
		.port = twin_control_port(s, (int)talk->tls),
	};
}

static enum twin_place other_side(enum twin_place place)
{
	return place == TWIN_INSIDE ? TWIN_OUTSIDE : TWIN_INSIDE;
}

static int start_server(struct twin *t, const struct twin_talk *talk,
			struct server *server)
{
	enum twin_place place = other_side(talk->client);
	uint16_t passive =
		twin_passive_port(t->spec, (int)talk->tls, (int)talk->way);
	struct server_spec spec = {
		.at = { t->spec->layout.host[place][talk->family].server,
			twin_server(t->spec, talk).port },
		.implicit = talk->tls == CLIENT_IMPLICIT,
		.role = talk->tls == CLIENT_FTP ? NULL : t->server,
		.passive = { passive, passive },
		.announces = place == TWIN_INSIDE && t->spec->announces &&
			     talk->family == TWIN_V4,
		.announced = t->spec->announced,
		.no_active = place == TWIN_INSIDE && t->spec->no_active,
	};
	int error;

	spec.data_port = spec.at.port - 1;
	if (!twin_net_go(&t->net, place))
		return -errno;
	error = server_start(server, &spec);
	return twin_net_go(&t->net, TWIN_FIREWALL) ? error : -errno;
}

static void converse(struct twin *t, const struct twin_talk *talk,
		     struct client_times times)
{
	struct scenario s = {
		.client = { .server = twin_server(t->spec, talk),
			    .tls = talk->tls,
			    .sni = "twin.invalid",
			    .role = talk->tls == CLIENT_FTP ? NULL : t->client,
			    .times = times,
			    .follow = true },
		.via = twin_via[talk->way],
		.user = "anonymous",
		.password = "twin@",
	};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!twin_net_go(&t->net, talk->client))
		_exit(1);
	scenario_run(&s, t->said);
	_exit(0);
}

/*
 * Listen to the kernel until the client has ended. There is no need to let it
 * wait for what the kernel has dropped: true, and *@stop is where it would
 * have stopped.
 */
static bool attend(struct twin *t, pid_t client, struct stop *stop)
{
	uint64_t until = deadline_in(TALK_MS);
	struct pollfd p = { .fd = trace_fd(t->trace), .events = POLLIN };
	bool lost = false;

	while (waitpid(client, NULL, WNOHANG) == 0) {
		poll(&p, 1, POLL_MS);
		trace_take(t->trace);
		lost = twin_is_lost(t, stop);
		if (lost || deadline_in(0) > until)
			kill(client, SIGKILL);
	}
	trace_take(t->trace);
	return lost;
}

static void stop_at(struct scenario_result *r, int error)
{
	r->stop = (struct stop){ .stage = STAGE_CONNECT,
				 .reason = STOP_SYSTEM,
				 .error = error };
}

static void talk_once(struct twin *t, const struct twin_talk *talk,
		      struct client_times times, struct twin_cell *cell)
{
	struct server server;
	int error = start_server(t, talk, &server);
	struct stop stop;
	pid_t client;

	/* What stays there if the client dies. */
	stop_at(t->said, error < 0 ? -error : ECHILD);
	if (error < 0) {
		cell->detail = t->said->stop;
		return;
	}
	trace_clear(t->trace);
	client = fork();
	if (client == 0)
		converse(t, talk, times);
	if (client > 0 && attend(t, client, &stop))
		t->said->stop = stop;
	server_stop(&server);
	cell->detail = t->said->stop;
	twin_judge(t, talk, cell);
}

/* Is it to be believed at once? */
static bool is_certain(const struct twin_cell *cell)
{
	return cell->stop == TWIN_WORKS ||
	       cell->cause.kind == TWIN_CAUSE_DROPPED ||
	       cell->detail.reason == STOP_REFUSED ||
	       (cell->detail.reason == STOP_BROKEN &&
		cell->cause.kind != TWIN_CAUSE_LOST);
}

static void have(struct twin *t, const struct twin_talk *talk,
		 struct twin_cell *cell)
{
	bool *confirmed = t->confirmed[talk->client][talk->family];
	enum twin_stop first;

	cell->tried = true;
	talk_once(t, talk, SHORT_TIMES, cell);
	first = cell->stop;
	if (is_certain(cell) || confirmed[first])
		return;
	talk_once(t, talk, LONG_TIMES, cell);
	confirmed[first] = cell->stop == first;
}

/* The control connection is the same for every way, and for FTP and explicit
 * FTPS: what stopped it once need not stop it again. */
static const struct twin_cell *known(struct twin_cell cell[TWIN_TLS][TWIN_WAYS],
				     const struct twin_talk *talk)
{
	for (int tls = 0; tls <= (int)talk->tls; tls++)
		for (int way = 0; way < TWIN_WAYS; way++) {
			const struct twin_cell *c = &cell[tls][way];

			if (c->tried && c->stop == TWIN_CONTROL &&
			    (tls == CLIENT_IMPLICIT) ==
				    (talk->tls == CLIENT_IMPLICIT))
				return c;
		}
	return NULL;
}

/* PORT and PASV name IPv4 addresses alone (RFC 2428 1). */
static bool exists(const struct twin_talk *talk)
{
	return talk->family == TWIN_V4 ||
	       (talk->way != TWIN_PORT && talk->way != TWIN_PASV);
}

static void talk_ways(struct twin *t, struct twin_talk talk,
		      struct twin_cell cell[TWIN_TLS][TWIN_WAYS])
{
	for (int way = 0; way < TWIN_WAYS; way++) {
		struct twin_cell *c = &cell[talk.tls][way];
		const struct twin_cell *same;

		talk.way = (enum twin_ways)way;
		if (!exists(&talk))
			continue;
		same = known(cell, &talk);
		if (same)
			*c = *same;
		else
			have(t, &talk, c);
	}
}

static bool has_family(const struct twin *t, int family)
{
	const struct twin_port *port = t->spec->layout.port;

	return port[TWIN_OUTSIDE].has[family] &&
	       (port[TWIN_INSIDE].name[0] == '\0' ||
		port[TWIN_INSIDE].has[family]);
}

void twin_talks(struct twin *t, struct twin_answers *to)
{
	to->there = true;
	for (int place = TWIN_INSIDE; place <= TWIN_OUTSIDE; place++)
		for (int family = 0; family < TWIN_FAMILIES; family++)
			for (int tls = 0; tls < TWIN_TLS; tls++) {
				struct twin_talk talk = {
					(enum twin_place)place,
					(enum twin_family)family,
					(enum client_tls)tls, TWIN_PORT
				};

				if (has_family(t, family) &&
				    !t->spec->skip[place])
					talk_ways(t, talk,
						  to->cell[place][family]);
			}
}
