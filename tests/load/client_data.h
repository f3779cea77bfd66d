/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The data connection of one session of the client. */
#ifndef LOAD_CLIENT_DATA_H
#define LOAD_CLIENT_DATA_H

#include "client_session.h"

/* Does the step that it is at move a file? */
bool session_transfers(const struct session *s);

/* Wait for the server, and say in s->at where. */
void data_listen(struct session *s);

/* Connect to the port of s->at, at the server. */
void data_connect(struct session *s);

/* Move what there is, if the step moves anything; DATA_NONE when it is moved. */
void data_go_on(struct session *s);

#endif
