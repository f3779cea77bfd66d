/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A name in a directory that is held open: it can still be reached when the
 * process has another root directory, and whatever becomes of the path to it.
 * A symbolic link there must be relative.
 */
#ifndef IO_PLACE_H
#define IO_PLACE_H

/* For openat(2) and its like; dir -1: none is held. */
struct place {
	int dir;
	const char *name; /* last part of the path, and of the same memory */
};

/* Hold the directory of @path, which must stay where it is. Gives 0 or a
 * negative errno, and then *@p holds none. */
int place_hold(struct place *p, const char *path);

/* Harmless where none is held. */
void place_release(struct place *p);

#endif
