/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving up what a daemon that has opened everything needs no more. In this
 * order, before the process has a second thread:
 *
 *	isolation_empty_root()  no file has a path any more
 *	isolation_drop()        another user, CAP_NET_ADMIN alone
 *	isolation_filter()      only the system calls that it makes
 *
 * Each is for ever, and for all threads that are made afterwards. Each gives 0
 * or a negative errno, and then what it is to take away may be there still:
 * a user namespace, or a start without root, does not allow everything.
 */
#ifndef IO_ISOLATION_H
#define IO_ISOLATION_H

#include "io/account.h"

/* Make the root directory one that is empty and that nobody can fill: it is
 * removed already. Needs CAP_SYS_CHROOT. */
int isolation_empty_root(void);

/*
 * Become @to (NULL: stay who we are) without any other group, and keep no
 * capability but CAP_NET_ADMIN, whether the user could be changed or not; an
 * execve(2) would give none back. -EPERM and -EINVAL: this process, or its
 * user namespace, cannot become that user.
 */
int isolation_drop(const struct account *to);

/* What the process may do with files that it has not opened. Directories that
 * are held open (io/place.h), -1: none. */
struct isolation_files {
	int read;   /* files there may be opened for reading */
	int append; /* ... may be made, and opened for appending */
	int unlink; /* names there may be removed */
};

/*
 * From now on any system call that the table in isolation_filter.c does not
 * list ends the whole process with SIGSYS. -EINVAL or -ENOSYS: the kernel has
 * no such filters.
 */
int isolation_filter(const struct isolation_files *files);

#endif
