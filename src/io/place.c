/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A name in a directory that is held open. */
#include "io/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Needs no more than the right to pass through it. */
#define HOLD (O_PATH | O_DIRECTORY | O_CLOEXEC)

int place_hold(struct place *p, const char *path)
{
	const char *slash = strrchr(path, '/');
	/* The slash stays: the root has nothing else. */
	size_t len = slash ? (size_t)(slash + 1 - path) : 0;
	char dir[PATH_MAX];

	*p = (struct place){ -1, path + len };
	if (len >= sizeof(dir))
		return -ENAMETOOLONG;
	memcpy(dir, path, len);
	dir[len] = '\0';
	p->dir = open(len > 0 ? dir : ".", HOLD);
	return p->dir < 0 ? -errno : 0;
}

void place_release(struct place *p)
{
	if (p->dir >= 0)
		close(p->dir);
	p->dir = -1;
}
