/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Root directory, user and capabilities. */
#include "io/isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cap-ng.h>

/* --- the root directory ---------------------------------------------------------- */

/* Gives a directory that has no name any more, or a negative errno. */
static int removed_directory(const char *template)
{
	char path[32];
	int fd, error;

	memcpy(path, template, strlen(template) + 1);
	if (!mkdtemp(path))
		return -errno;
	fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	error = errno;
	rmdir(path);
	return fd < 0 ? -error : fd;
}

/* Some systems have one of them alone that can be written to. */
static int empty_directory(void)
{
	int fd = removed_directory("/tmp/sallyport-XXXXXX");

	return fd < 0 ? removed_directory("/run/sallyport-XXXXXX") : fd;
}

int isolation_empty_root(void)
{
	int fd = empty_directory(), error = 0;

	if (fd < 0)
		return fd;
	if (fchdir(fd) < 0 || chroot(".") < 0)
		error = -errno;
	/* Nor may a working directory lead out of it. */
	if (error < 0 && chdir("/") < 0)
		error = -errno;
	close(fd);
	return error;
}

/* --- user and capabilities ------------------------------------------------------- */

static void choose(void)
{
	capng_clear(CAPNG_SELECT_ALL);
	capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
		     CAP_NET_ADMIN);
}

/* In a user namespace of one user there is no way to say who is in no group:
 * better seen before anything else has changed. */
static int become(const struct account *to)
{
	if (setgroups(0, NULL) < 0)
		return -errno;
	choose();
	errno = 0;
	if (capng_change_id((int)to->uid, (int)to->gid, CAPNG_CLEAR_BOUNDING) ==
	    0)
		return 0;
	return errno ? -errno : -EPERM;
}

/* Without CAP_SETPCAP the bounding set stays: with no_new_privs nothing can be
 * had from it, as no program is run with more than this one has. */
static int keep_net_admin(void)
{
	choose();
	capng_apply(CAPNG_SELECT_BOUNDS);
	choose();
	return capng_apply(CAPNG_SELECT_CAPS) == 0 ? 0 : -EPERM;
}

int isolation_drop(const struct account *to)
{
	int error = to ? become(to) : 0, kept;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		error = -errno;
	if (to && error == 0)
		return 0;
	kept = keep_net_admin();
	return error < 0 ? error : kept;
}
