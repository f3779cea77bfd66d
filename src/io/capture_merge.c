/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each file has its next packet ready. The earliest is searched among all:
 * most runs have one or two files, for which a heap would only be slower.
 */
#include "io/capture_merge.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct part {
	struct capture *capture;
	enum capture_result result; /* of the newest capture_next() */
	struct capture_packet next; /* valid if it is CAPTURE_PACKET */
};

struct capture_merge {
	struct part *given; /* its packet is the caller's now; NULL: none */
	size_t count;
	struct part part[];
};

static int complain(char why[CAPTURE_WHY_MAX], int error, const char *what)
{
	snprintf(why, CAPTURE_WHY_MAX, "%s", what);
	return error;
}

/* Files that cannot be merged whatever they hold. */
static int check(const char *const *paths, size_t count, size_t *which,
		 char why[CAPTURE_WHY_MAX])
{
	size_t pipes = 0;

	*which = 0;
	if (count == 0)
		return complain(why, -EINVAL, "no file");
	if (count > CAPTURE_FILES_MAX) {
		*which = CAPTURE_FILES_MAX;
		snprintf(why, CAPTURE_WHY_MAX, "more than %d files",
			 CAPTURE_FILES_MAX);
		return -E2BIG;
	}
	for (size_t i = 0; i < count; i++) {
		*which = i;
		if (strcmp(paths[i], "-") == 0 && ++pipes > 1)
			return complain(why, -EINVAL,
					"standard input can be read once");
	}
	return 0;
}

static void advance(struct part *p)
{
	p->result = capture_next(p->capture, &p->next);
}

int capture_merge_open(const char *const *paths, size_t count,
		       struct capture_merge **out, size_t *which,
		       char why[CAPTURE_WHY_MAX])
{
	struct capture_merge *m;
	int error = check(paths, count, which, why);

	if (error != 0)
		return error;
	m = calloc(1, sizeof(*m) + count * sizeof(m->part[0]));
	if (!m)
		return complain(why, -ENOMEM, strerror(ENOMEM));
	for (size_t i = 0; i < count; i++) {
		*which = i;
		error = capture_open(paths[i], &m->part[i].capture, why);
		if (error != 0) {
			capture_merge_close(m);
			return error;
		}
		m->count++;
	}
	for (size_t i = 0; i < count; i++)
		advance(&m->part[i]);
	*out = m;
	return 0;
}

static struct part *earliest(struct capture_merge *m)
{
	struct part *best = NULL;

	for (size_t i = 0; i < m->count; i++) {
		struct part *p = &m->part[i];

		if (p->result == CAPTURE_PACKET &&
		    (!best || p->next.at_us < best->next.at_us))
			best = p;
	}
	return best;
}

static bool any_damaged(const struct capture_merge *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->part[i].result == CAPTURE_DAMAGED)
			return true;
	return false;
}

enum capture_result capture_merge_next(struct capture_merge *m,
				       struct capture_packet *out, size_t *file)
{
	/* Not before: that would have taken the bytes from the caller. */
	if (m->given)
		advance(m->given);
	m->given = earliest(m);
	if (!m->given)
		return any_damaged(m) ? CAPTURE_DAMAGED : CAPTURE_END;
	*out = m->given->next;
	*file = (size_t)(m->given - m->part);
	return CAPTURE_PACKET;
}

const struct capture *capture_merge_file(const struct capture_merge *m,
					 size_t file)
{
	return m->part[file].capture;
}

struct capture_progress capture_merge_progress(const struct capture_merge *m)
{
	struct capture_progress sum = { 0, 0 };
	bool known = true;

	for (size_t i = 0; i < m->count; i++) {
		struct capture_progress p =
			capture_progress(m->part[i].capture);

		sum.read += p.read;
		sum.size += p.size;
		known = known && p.size > 0;
	}
	if (!known)
		sum.size = 0;
	return sum;
}

void capture_merge_close(struct capture_merge *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->count; i++)
		capture_close(m->part[i].capture);
	free(m);
}
