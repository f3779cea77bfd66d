/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a peer of the control socket may ask for. */
#ifndef IO_CONTROL_RIGHT_H
#define IO_CONTROL_RIGHT_H

#include <sys/types.h>

/* Each includes those before it. */
enum control_right {
	CONTROL_NOTHING,
	CONTROL_LOOK,   /* what changes nothing */
	CONTROL_CHANGE, /* stop, reload */
};

/*
 * The right of the process that connected to the other end of @fd, as the
 * kernel knows it: everything for root and for this process's own user, looks
 * for members of @group ((gid_t)-1: of none), whether by their primary group
 * or another; nothing for the rest, though the socket's mode may let them in.
 */
enum control_right control_right(int fd, gid_t group);

#endif
