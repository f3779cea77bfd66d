/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What outlives the daemon: read at its start, written as it changes.
 *
 * Records are written before the verdicts are given: when a packet leaves, it
 * is remembered that it did. And before an acknowledgement is sent in a
 * receiver's name, which nobody could take back.
 */
#include "cmd/daemon.h"

#include <errno.h>
#include <string.h>

#include "cmd/cmd.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/state_file.h"

/* What became of the records, by kind. */
struct tally {
	uint64_t taken[RECORD_KINDS];
	uint64_t lost[RECORD_KINDS];
	uint64_t why[RESTORE_RESULTS];
};

static void take(struct daemon *d, const struct state_record *r, int64_t shift,
		 struct tally *n)
{
	enum restore result = RESTORE_DAMAGED;
	uint64_t now = clock_now_us();

	if (!r->damaged) {
		result = engine_restore(d->engine, r->kind, r->bytes, shift,
					now, d->hand.out);
		daemon_settle(d, &d->hand, now);
	}
	n->why[result]++;
	if (result == RESTORE_FINE)
		n->taken[r->kind]++;
	else
		n->lost[r->kind]++;
}

static void say(const struct tally *n, const char *path)
{
	log_info("state", "%llu sessions and %llu pinholes taken over: %s",
		 (unsigned long long)n->taken[RECORD_SESSION],
		 (unsigned long long)n->taken[RECORD_HOLE], path);
	for (int why = RESTORE_FINE + 1; why < RESTORE_RESULTS; why++)
		if (n->why[why])
			log_warn("state", "%llu records lost, %s: %s",
				 (unsigned long long)n->why[why],
				 restore_text((enum restore)why), path);
}

/* What the last daemon left. False: it may not be touched. */
static enum state_result read_old(struct daemon *d, const char *path)
{
	struct state_reader *reader;
	enum state_result result = state_reader_open(&reader, path);
	struct state_record r;
	struct tally n;
	int64_t shift;

	if (result != STATE_FINE)
		return result;
	memset(&n, 0, sizeof(n));
	shift = (int64_t)(clock_offset_us() - state_reader_clock(reader));
	while (state_reader_next(reader, &r))
		take(d, &r, shift, &n);
	state_reader_close(reader);
	engine_restored(d->engine);
	say(&n, path);
	daemon_ends_missed(d);
	return STATE_FINE;
}

static int write_record(struct daemon *d, struct record_name name)
{
	return state_file_write(d->state, name, d->record,
				engine_save(d->engine, name, d->record));
}

static int write_all(struct daemon *d)
{
	for (int kind = 0; kind < RECORD_KINDS; kind++) {
		uint32_t count = engine_records(&d->config->limits, kind);

		for (uint32_t i = 0; i < count; i++) {
			int error = write_record(d, (struct record_name){ kind,
									  i });

			if (error < 0)
				return error;
		}
	}
	return 0;
}

static void go_without(const char *path, const char *why)
{
	log_error("state",
		  "a restart will lose the sessions, as no state can be kept "
		  "(%s): %s",
		  why, path);
}

/* The file of this daemon takes the place of the old one when all that was
 * taken over is in it. */
static void make_new(struct daemon *d, const char *path)
{
	enum state_result result =
		state_file_create(&d->state, path, &d->config->limits,
				  clock_offset_us());
	int error;

	if (result != STATE_FINE) {
		go_without(path, strerror(errno));
		return;
	}
	error = write_all(d);
	if (error == 0)
		error = state_file_publish(d->state, path);
	if (error < 0) {
		go_without(path, strerror(-error));
		state_file_close(d->state);
		d->state = NULL;
		return;
	}
	engine_track(d->engine);
}

int daemon_state_open(struct daemon *d)
{
	char room[CONTROL_PATH_MAX];
	const char *path =
		daemon_runtime_path(d->config->state_file, CONFIG_STATE, room);
	enum state_result result;

	if (!*path)
		return EXIT_WELL;
	result = read_old(d, path);
	if (result == STATE_UNSAFE || result == STATE_IN_USE)
		return cmd_fail(EXIT_SYSTEM, "run", "%s: %s",
				state_text(result), path);
	if (result != STATE_FINE && result != STATE_MISSING)
		log_warn("state", "not taken over, %s%s%s: %s",
			 state_text(result), result == STATE_FAILED ? ", " : "",
			 result == STATE_FAILED ? strerror(errno) : "", path);
	make_new(d, path);
	return EXIT_WELL;
}

void daemon_state_save(struct daemon *d)
{
	struct record_name name;

	if (!d->state)
		return;
	while (engine_changed(d->engine, &name)) {
		int error = write_record(d, name);

		if (error == 0)
			continue;
		d->count.state_errors++;
		if (daemon_complains(d, COMPLAINT_STATE))
			log_error(
				"state",
				"a restart will lose some sessions (%s); make "
				"room: %s",
				strerror(-error), d->config->state_file);
	}
}

void daemon_state_close(struct daemon *d)
{
	state_file_close(d->state);
	d->state = NULL;
}
