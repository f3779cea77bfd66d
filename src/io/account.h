/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users and groups of this system, by name. */
#ifndef IO_ACCOUNT_H
#define IO_ACCOUNT_H

#include <sys/types.h>

struct account {
	uid_t uid;
	gid_t gid; /* the user's primary group */
};

/* Both give 0 or a negative errno: -ENOENT if there is none of that name. */
int account_find(const char *user, struct account *out);
int account_group(const char *group, gid_t *out);

#endif
