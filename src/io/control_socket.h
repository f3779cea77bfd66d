/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name in the file system where the daemon is asked. */
#ifndef IO_CONTROL_SOCKET_H
#define IO_CONTROL_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>

#include "io/place.h"

enum control_result {
	CONTROL_FINE,
	CONTROL_TOO_LONG,     /* does not fit into sun_path of unix(7) */
	CONTROL_NO_DIRECTORY, /* or one of the path's parts is no directory */
	CONTROL_NOT_SOCKET,   /* something else has the name */
	CONTROL_BUSY,         /* a living daemon answers there */
	CONTROL_NO_DAEMON,    /* nobody listens there */
	CONTROL_SILENT,       /* one does, but takes no connection in time */
	CONTROL_DENIED,
	CONTROL_FAILED, /* anything else: see errno */
};

/* One line for people: what is wrong and the cure. */
const char *control_text(enum control_result result);

/* sun_path of unix(7), with its NUL. */
#define CONTROL_PATH_MAX 108

/* A name that we listen at; it stays where it is. */
struct control_name {
	int fd; /* listens; -1: none */
	char path[CONTROL_PATH_MAX];
	struct place place; /* the same in its directory */
	dev_t dev;          /* of the name: it may have become another's */
	ino_t ino;
};

/*
 * Take the name @path and listen there with mode 0600. The socket of a daemon
 * that died is replaced; nothing else is. CONTROL_FINE: control_unlisten()
 * ends it.
 */
enum control_result control_listen(struct control_name *out, const char *path);

/* Give the name to @uid, (uid_t)-1: it stays whose it is. Unless @group is
 * (gid_t)-1 that group may connect too: mode 0660. Gives 0 or a negative errno.
 */
int control_give(const struct control_name *name, uid_t uid, gid_t group);

/*
 * Close, and remove the name if it is still ours, which works in another root
 * directory too; harmless twice. Gives 0 or a negative errno: the name stays
 * where the process may not write to its directory any more.
 */
int control_unlisten(struct control_name *name);

/* Seconds; the daemon answers in milliseconds, or with its last act when it
 * stops. */
#define CONTROL_PATIENCE_S 10

/* Connect to the daemon at @path; CONTROL_FINE gives *@fd. What blocks longer
 * than CONTROL_PATIENCE_S fails with EAGAIN. */
enum control_result control_connect(const char *path, int *fd);

/* Send @request as one line. @wait_forever: reading the answer may take any
 * time. Gives 0 or a negative errno. */
int control_request(int fd, const char *request, bool wait_forever);

#endif
