/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users and groups of this system, by name. */
#include "io/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>

/* getpwnam(3) and getgrnam(3) name many errors that mean no more than that. */
static int why_not(int error)
{
	switch (error) {
	case 0:
	case ESRCH:
	case EBADF:
	case EPERM:
		return -ENOENT;
	default:
		return -error;
	}
}

int account_find(const char *user, struct account *out)
{
	const struct passwd *p;

	errno = 0;
	p = getpwnam(user);
	if (!p)
		return why_not(errno);
	*out = (struct account){ p->pw_uid, p->pw_gid };
	return 0;
}

int account_group(const char *group, gid_t *out)
{
	const struct group *g;

	errno = 0;
	g = getgrnam(group);
	if (!g)
		return why_not(errno);
	*out = g->gr_gid;
	return 0;
}
