/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What outlives the process: the engine's memory as records, one for each
 * session and each pinhole, so that another engine can go on from them.
 *
 * A daemon that wants to lose nothing writes, after each call of the engine and
 * before it gives the verdicts,
 *
 *	while (engine_changed(e, &name))
 *		write or remove what engine_save(e, name, ...) gives;
 *
 * and the next one feeds all that was written to its own new engine, kind by
 * kind in the order of enum record_kind, through engine_restore(), and ends
 * with engine_restored().
 *
 * A record is input like any other: it is checked field by field. It is for the
 * same machine, and says nothing that points into memory.
 */
#ifndef SALLYPORT_RECORD_H
#define SALLYPORT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/engine.h>
#include <sallyport/span.h>

enum record_kind {
	RECORD_ENGINE,  /* one: the numbers that go on */
	RECORD_SESSION, /* a control connection, with its grants */
	RECORD_HOLE,    /* a pinhole, or the data connection through it */
	RECORD_KINDS
};

/* Which one: the @index-th of its kind, from 0 to engine_records() - 1. */
struct record_name {
	enum record_kind kind;
	uint32_t index;
};

/*
 * Longest record. All but 1 % of it is bytes under way: the longest line that is
 * withheld, ENGINE_LINE_MAX, must have room. A session that has more than
 * RECORD_BYTES_MAX under way (a listing that nobody acknowledges, a chain of
 * many certificates) is saved without them: it will not be trusted any more,
 * its numbers stay right.
 */
#define RECORD_BYTES_MAX (20u * 1024)
#define RECORD_MAX       (RECORD_BYTES_MAX + 4096)

/* How many records of that kind there can be. */
uint32_t engine_records(const struct engine_limits *limits,
			enum record_kind kind);

/* A number that changes with what records look like. */
uint64_t record_layout(void);

/* Remember what changes from now on. */
void engine_track(struct engine *e);

/* Take the name of one record that is not any more as it was when it was saved
 * last; false: all are. What a bare acknowledgement changes does not count. */
bool engine_changed(struct engine *e, struct record_name *name);

/* Write the record to @out; gives its length, 0 if there is nothing to keep
 * under that name (any more). */
size_t engine_save(const struct engine *e, struct record_name name,
		   uint8_t out[RECORD_MAX]);

enum restore {
	RESTORE_FINE,
	RESTORE_DAMAGED, /* it breaks a rule of its layout */
	RESTORE_FULL,    /* no room in a table */
	RESTORE_ORPHAN,  /* a pinhole whose session is not there */
	RESTORE_REFUSED, /* the configuration does not allow it any more */
	RESTORE_RESULTS
};

/* "damaged", and so on. */
const char *restore_text(enum restore result);

/*
 * Take one record into @e, which has seen no packet yet. @shift_us is what must
 * be added to the times in it: the clock may have been set in between. @out gets
 * what there is to tell and to do in the kernel: carry it out as that of a
 * packet. What is not FINE changes nothing in @e.
 */
enum restore engine_restore(struct engine *e, enum record_kind kind,
			    struct span record, int64_t shift_us,
			    uint64_t now_us, struct outcome *out);

/* All are in. */
void engine_restored(struct engine *e);

/* Conntrack says that the control connection between @ends (the inside view) is
 * over, or does not know it: it ended while nobody looked. */
void engine_control_missed(struct engine *e, const struct ends *ends,
			   uint64_t now_us, struct outcome *out);

#endif
