/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the server's files know of each other. */
#ifndef LAB_SERVER_PRIVATE_H
#define LAB_SERVER_PRIVATE_H

#include <sallyport/ftp_command.h>
#include <sallyport/hostport.h>

#include "lab/lines.h"
#include "lab/link.h"
#include "lab/server.h"

/* A session; all false and closed at its start. */
struct session_state {
	const struct server_spec *spec;
	uint8_t *file; /* SERVER_FILE_MAX bytes: what STOR left */
	size_t file_len;
	bool has_file;
	struct link control;
	struct lines lines;
	struct endpoint local, peer; /* of the control connection */
	bool named, logged_in, secured, buffer_size, protected;
	int listener;            /* passive; -1: none */
	bool active;             /* a PORT or EPRT was taken: */
	struct endpoint data_to; /* what it said */
};

/* Obeys one command, whose spans are valid until the next line is read. False:
 * the session ends. */
typedef bool server_handler(struct session_state *s,
			    const struct ftp_command *cmd);

/* One line; false: it could not be sent. */
bool server_say(struct session_state *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The fault of @stage, if it is this server's. True: there is none, go on.
 * False: it was done, and *@on says if the session goes on.
 */
bool server_goes_on(struct session_state *s, enum stage stage, bool *on);

/* Say nothing until the client closes. */
void server_stall(struct session_state *s);

void server_forget_data(struct session_state *s);

/* server_data.c */
server_handler server_passive, server_port, server_transfer;

#endif
