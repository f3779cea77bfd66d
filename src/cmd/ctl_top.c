/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl top: a live view for a terminal, or one text after the other. */
#include "cmd/ctl_top.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "cmd/cmd.h"
#include "io/clock.h"
#include "io/control_socket.h"
#include "io/screen.h"
#include "report/text.h"
#include "report/top.h"

#define US_PER_S  1000000u
#define US_PER_MS 1000u

/* Where all of a snapshot is text, so much of each table is enough. */
#define TEXT_ROWS   20
#define TEXT_LATELY 10

/* The head, the rates and their heading: what stands above "Lately". */
#define LINES_ABOVE 10

struct watch {
	const struct ctl_top_options *o;
	struct top *top;
	struct top_look look;
	bool paused;
	const char *wrong; /* why the last sample failed; NULL: it did not */
};

/* --- the command line ------------------------------------------------------------ */

bool ctl_top_interval(const char *text, uint64_t *us)
{
	char *end;
	double seconds;

	if (!isdigit((unsigned char)*text) ||
	    strspn(text, "0123456789.") != strlen(text))
		return false;
	seconds = strtod(text, &end);
	if (*end || seconds * US_PER_S < CTL_TOP_INTERVAL_MIN_US ||
	    seconds * US_PER_S > CTL_TOP_INTERVAL_MAX_US)
		return false;
	*us = (uint64_t)(seconds * US_PER_S);
	return true;
}

bool ctl_top_count(const char *text, uint64_t *count)
{
	char *end;
	unsigned long n;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	n = strtoul(text, &end, 10);
	*count = n;
	return !*end && !errno && n > 0;
}

/* --- a sample ----------------------------------------------------------------------- */

static json_t *read_answer(int fd, const char *request)
{
	FILE *from = fdopen(fd, "r");
	json_t *answer = NULL;

	if (!from) {
		close(fd);
		return NULL;
	}
	if (control_request(fd, request, false) == 0)
		answer = json_loadf(from, 0, NULL);
	fclose(from);
	return answer;
}

/* NULL: w->wrong says why. */
static json_t *ask(struct watch *w, const char *request)
{
	enum control_result result;
	json_t *answer;
	int fd;

	result = control_connect(w->o->socket, &fd);
	if (result != CONTROL_FINE) {
		w->wrong = control_text(result);
		return NULL;
	}
	answer = read_answer(fd, request);
	if (answer && !json_object_get(answer, "error"))
		return answer;
	json_decref(answer);
	w->wrong = "the answer broke off; see if the daemon runs";
	return NULL;
}

static bool sample(struct watch *w)
{
	struct top_answers a = { NULL, NULL, NULL, NULL, NULL };

	w->wrong = NULL;
	a.status = ask(w, "status");
	if (a.status)
		a.stats = ask(w, "stats");
	if (!a.stats) {
		json_decref(a.status);
		return false;
	}
	if (top_lists_sessions(a.stats))
		a.sessions = ask(w, "sessions");
	a.pinholes = ask(w, "pinholes");
	a.grants = ask(w, "grants");
	top_sample(w->top, &a, clock_now_us());
	return true;
}

/* --- as text -------------------------------------------------------------------------- */

static void print_json(const struct watch *w)
{
	json_t *o = top_json(w->top, &w->look);
	char ts[TEXT_TIME_MAX], *text;

	text_time(clock_now_us(), ts);
	if (o)
		json_object_set_new(o, "ts", json_string(ts));
	text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	if (text)
		puts(text);
	free(text);
	json_decref(o);
}

static void print_text(const struct watch *w, bool first)
{
	if (!first)
		putchar('\n');
	top_print(stdout, w->top, &w->look);
}

static void sleep_until(uint64_t due_us)
{
	uint64_t now = clock_now_us();

	if (due_us > now)
		poll(NULL, 0,
		     (int)((due_us - now + US_PER_MS - 1) / US_PER_MS));
}

/* The first sample has no rates: they say what changes between two. */
static int watch_text(struct watch *w)
{
	uint64_t due = clock_now_us();

	w->look = (struct top_look){ .order = TOP_BUSIEST,
				     .tables = (1u << TOP_TABLES) - 1,
				     .lately = TEXT_LATELY,
				     .rows = TEXT_ROWS };
	for (uint64_t i = 0; !w->o->count || i < w->o->count; i++) {
		if (i)
			sleep_until(due += w->o->interval_us);
		if (!sample(w))
			return cmd_fail(EXIT_SYSTEM, "ctl", "%s: %s", w->wrong,
					w->o->socket);
		if (w->o->json)
			print_json(w);
		else
			print_text(w, i == 0);
		if (fflush(stdout) != 0)
			return EXIT_SYSTEM; /* main() says why */
	}
	return EXIT_WELL;
}

/* --- on a terminal ---------------------------------------------------------------------- */

static const struct key {
	char key;
	unsigned int table; /* shown from now on; 0: as before */
	int order;          /* -1: as before */
} keys[] = {
	{ 's', 1u << TOP_SESSIONS, -1 },
	{ 'p', 1u << TOP_PINHOLES, -1 },
	{ 'g', 1u << TOP_GRANTS, -1 },
	{ 'b', 1u << TOP_SESSIONS, TOP_BUSIEST },
	{ 'n', 1u << TOP_SESSIONS, TOP_NEWEST },
	{ 'd', 1u << TOP_SESSIONS, TOP_DATA },
};

static void take_key(struct watch *w, char c)
{
	if (c == ' ')
		w->paused = !w->paused;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (keys[i].key != c)
			continue;
		w->look.tables = keys[i].table;
		if (keys[i].order >= 0)
			w->look.order = (enum top_order)keys[i].order;
	}
}

/* A third of what is below the rates for what happened lately, at most five
 * lines; the rest for the table and its heading. */
static void fit(struct watch *w, size_t lines)
{
	size_t below = lines > LINES_ABOVE + 1 ? lines - LINES_ABOVE - 1 : 0;

	w->look.lately = below / 3 < 5 ? below / 3 : 5;
	w->look.rows = below;
}

static void draw(struct watch *w, struct screen *s)
{
	static const char usual[] =
		"q quit  space pause  s sessions (b busiest, n newest, d data)"
		"  p pinholes  g grants";
	const char *foot = usual;
	char *text = NULL;
	size_t len = 0;
	FILE *to;

	if (w->wrong)
		foot = w->wrong;
	else if (w->paused)
		foot = "paused; space goes on, q quits";
	fit(w, screen_lines(s));
	to = open_memstream(&text, &len);
	if (!to)
		return;
	top_print(to, w->top, &w->look);
	if (fclose(to) == 0)
		screen_draw(s, text, foot);
	free(text);
}

/* Until the next sample is due. False: this is the end. */
static bool attend(struct watch *w, struct screen *s, uint64_t due)
{
	uint64_t now;
	char key;

	while (w->paused || (now = clock_now_us()) < due) {
		int ms = w->paused ? -1
				   : (int)((due - now + US_PER_MS - 1) /
					   US_PER_MS);
		enum screen_event event = screen_wait(s, ms, &key);

		if (event == SCREEN_END ||
		    (event == SCREEN_KEY && (key == 'q' || key == 'Q')))
			return false;
		if (event == SCREEN_KEY)
			take_key(w, key);
		if (event != SCREEN_TIMEOUT)
			draw(w, s);
	}
	return true;
}

/* A daemon that goes away may come back: the view waits for it. */
static int watch_screen(struct watch *w)
{
	struct screen *s;
	uint64_t samples = 1;

	w->look = (struct top_look){ .order = TOP_BUSIEST,
				     .tables = 1u << TOP_SESSIONS };
	if (!sample(w))
		return cmd_fail(EXIT_SYSTEM, "ctl", "%s: %s", w->wrong,
				w->o->socket);
	s = screen_open();
	if (!s)
		return cmd_fail(EXIT_SYSTEM, "ctl",
				"this terminal cannot be driven; set TERM, or "
				"send the output to a pipe: top");
	do {
		draw(w, s);
		if (!attend(w, s, clock_now_us() + w->o->interval_us))
			break;
		if (w->o->count && samples++ >= w->o->count)
			break;
		sample(w);
	} while (true);
	screen_close(s);
	return EXIT_WELL;
}

int ctl_top(const struct ctl_top_options *o)
{
	struct watch w = { .o = o, .top = top_new() };
	int status;

	if (!w.top)
		return cmd_fail(EXIT_SYSTEM, "ctl", "no memory");
	status = !o->json && screen_possible() ? watch_screen(&w)
					       : watch_text(&w);
	top_free(w.top);
	return status;
}
