/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a peer of the control socket may ask for; see unix(7), socket(7). */
#include "io/control_right.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* The peer's supplementary groups, from malloc(), and their number; NULL: none,
 * or they cannot be had. */
static gid_t *groups_of(int fd, size_t *count)
{
	socklen_t len = 0;
	gid_t *list;

	/* It says how much room it wants. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) == 0 ||
	    errno != ERANGE)
		return NULL;
	list = malloc(len);
	if (list && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, list, &len) < 0) {
		free(list);
		return NULL;
	}
	*count = len / sizeof(*list);
	return list;
}

static bool has_group(int fd, gid_t group)
{
	size_t count = 0;
	gid_t *list = groups_of(fd, &count);
	bool found = false;

	for (size_t i = 0; list && i < count; i++)
		found = found || list[i] == group;
	free(list);
	return found;
}

enum control_right control_right(int fd, gid_t group)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return CONTROL_NOTHING;
	if (peer.uid == 0 || peer.uid == geteuid())
		return CONTROL_CHANGE;
	if (group != (gid_t)-1 && (peer.gid == group || has_group(fd, group)))
		return CONTROL_LOOK;
	return CONTROL_NOTHING;
}
