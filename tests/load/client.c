/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client's end of the load.
 *
 *   load_client NAME=VALUE...
 *
 * origin=N      of several clients: their sessions' numbers differ; 0 to 255
 * from=ADDR     its own address; may come several times, as the next two
 * to=ADDR       a server
 * secure=ADDR   a server for kinds with TLS
 * kind=NAME:N   so many of this kind among all
 * held=N        connections that are opened first and closed last
 * sessions=N    sessions on top of them
 * rate=N        new ones a second, if the machine can; 0: as many as it can
 * window=N      no more than this under way
 *
 * It prints "held" when those are open, and at its end what it has seen. Exit
 * status 1: not all was as it should be.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "client_session.h"
#include "ftp_socket.h"
#include "loop.h"
#include "noise.h"
#include "totals.h"

#define SESSIONS_MAX 32768
#define ADDRS_MAX    64

/* Of the number of a session, the bits of its own. */
#define NUMBER_BITS 24

#define NS 1000000000u

/* Each held connection says something so often. */
#define HELD_PERIOD_NS (20ull * NS)

/* A segment may be lost eight times in a row before this is over (RFC 6298:
 * 0.2 s, doubled each time), as good as never where two in a hundred are. */
#define STALL_NS (60ull * NS)

/* Under way while the held ones are opened and closed. */
#define HELD_WINDOW 512

struct addrs {
	struct sockaddr_in at[ADDRS_MAX];
	unsigned int count;
};

static struct plan {
	struct addrs from, to, secure;
	uint64_t weight[SCRIPT_KINDS], weights;
	uint64_t origin, held, sessions, rate, window;
} plan;

static struct session *sessions, *unused;
static unsigned int fresh;

/* Those that wait in HELD, as a ring in the order of their last word. */
static struct session *held[SESSIONS_MAX];
static uint64_t held_first, held_last;

void session_free(struct session *s)
{
	loop_close(&s->data);
	loop_close(&s->wire.source);
	s->state = FREE;
	s->next = unused;
	unused = s;
	totals.open--;
}

void session_held(struct session *s)
{
	held[held_last++ % SESSIONS_MAX] = s;
}

static uint64_t held_count(void)
{
	return held_last - held_first;
}

static uint64_t under_way(void)
{
	return totals.open - held_count();
}

static struct session *session_take(void)
{
	struct session *s = unused;

	if (s)
		unused = s->next;
	else if (fresh < SESSIONS_MAX)
		s = &sessions[fresh++];
	else
		bench_die("too many sessions");
	memset(s, 0, offsetof(struct session, next));
	return s;
}

static struct sockaddr_in pick(const struct addrs *a, uint64_t number)
{
	return a->at[number % a->count];
}

static void begin(unsigned int kind)
{
	struct session *s = session_take();
	uint64_t n = totals.begun++, chance = noise(n);
	const struct addrs *to =
		script_kind[kind].secure ? &plan.secure : &plan.to;

	totals.open++;
	s->place.kind = (uint8_t)kind;
	s->place.session = (uint32_t)(plan.origin << NUMBER_BITS | n);
	s->from = pick(&plan.from, chance);
	s->to = pick(to, chance >> 32);
	session_begin(s);
}

static unsigned int any_kind(void)
{
	uint64_t at = noise(~totals.begun) % plan.weights;
	unsigned int kind = 0;

	while (at >= plan.weight[kind])
		at -= plan.weight[kind++];
	return kind;
}

/* --- time -------------------------------------------------------------------- */

static void look_for_stalled(uint64_t now)
{
	static uint64_t due;

	if (now < due)
		return;
	due = now + NS;
	for (unsigned int i = 0; i < fresh; i++) {
		struct session *s = &sessions[i];

		if (s->state != FREE && s->state != HELD &&
		    now > s->moved_ns + STALL_NS)
			session_stalled(s);
	}
}

/* Milliseconds until the next look. */
#define TURN_MS 2

static void turn(void)
{
	loop_turn(TURN_MS);
	look_for_stalled(bench_now());
}

/* Everybody who waits speaks once in HELD_PERIOD_NS. */
static void poke_held(uint64_t now)
{
	while (held_count()) {
		struct session *s = held[held_first % SESSIONS_MAX];

		if (now < s->moved_ns + HELD_PERIOD_NS)
			return;
		held_first++;
		session_poke(s, false);
	}
}

static void open_held(void)
{
	unsigned int kind = script_kind_find("held");

	while (totals.begun < plan.held || held_count() < totals.open) {
		while (totals.begun < plan.held && under_way() < HELD_WINDOW)
			begin(kind);
		turn();
	}
}

/* Gives how long it took to begin them all. */
static uint64_t run_sessions(void)
{
	uint64_t start = bench_now(), now = start, begun = 0, took = 0;

	while (begun < plan.sessions || under_way()) {
		uint64_t due = plan.rate ? (now - start) * plan.rate / NS + 1
					 : plan.sessions;

		for (; begun < due && begun < plan.sessions &&
		       under_way() < plan.window;
		     begun++)
			begin(any_kind());
		if (begun == plan.sessions && !took)
			took = now - start;
		poke_held(now);
		turn();
		now = bench_now();
	}
	return took;
}

static void close_held(void)
{
	while (totals.open) {
		while (held_count() && under_way() < HELD_WINDOW)
			session_poke(held[held_first++ % SESSIONS_MAX], true);
		turn();
	}
}

/* --- the command line -------------------------------------------------------- */

static bool add_addr(struct addrs *a, const char *text, uint16_t port)
{
	if (a->count == ADDRS_MAX)
		return false;
	a->at[a->count++] = socket_name(text, port);
	return true;
}

static bool add_kind(char *text)
{
	char *colon = strchr(text, ':');
	unsigned int kind;

	if (!colon)
		return false;
	*colon = '\0';
	kind = script_kind_find(text);
	if (kind == SCRIPT_KINDS)
		return false;
	plan.weight[kind] = bench_number(colon + 1);
	plan.weights += plan.weight[kind];
	return true;
}

static const struct {
	const char *name;
	uint64_t *value;
} numbers[] = {
	{ "origin", &plan.origin },     { "held", &plan.held },
	{ "sessions", &plan.sessions }, { "rate", &plan.rate },
	{ "window", &plan.window },
};

static bool add_number(const char *name, const char *value)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (strcmp(numbers[i].name, name) == 0) {
			*numbers[i].value = bench_number(value);
			return true;
		}
	}
	return false;
}

static bool argument(char *arg)
{
	char *value = strchr(arg, '=');

	if (!value)
		return false;
	*value++ = '\0';
	if (strcmp(arg, "from") == 0)
		return add_addr(&plan.from, value, 0);
	if (strcmp(arg, "to") == 0)
		return add_addr(&plan.to, value, FTP_PORT);
	if (strcmp(arg, "secure") == 0)
		return add_addr(&plan.secure, value, FTP_PORT);
	if (strcmp(arg, "kind") == 0)
		return add_kind(value);
	return add_number(arg, value);
}

static bool plan_read(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!argument(argv[i]))
			return false;
	for (int i = 0; i < SCRIPT_KINDS; i++)
		if (plan.weight[i] && script_kind[i].secure &&
		    !plan.secure.count)
			return false;
	return plan.from.count && plan.to.count &&
	       (plan.weights || !plan.sessions) && plan.window &&
	       plan.held + plan.window <= SESSIONS_MAX;
}

int main(int argc, char **argv)
{
	char seconds[64];
	uint64_t took;

	if (!plan_read(argc, argv)) {
		fputs("usage: see the head of client.c\n", stderr);
		return 2;
	}
	loop_make();
	sessions = bench_alloc(SESSIONS_MAX * sizeof(*sessions));
	open_held();
	puts("held");
	fflush(stdout);
	took = run_sessions();
	close_held();
	snprintf(seconds, sizeof(seconds), "\"seconds\": %.3f",
		 (double)took / NS);
	totals_print(seconds);
	return totals.faults > 0;
}
