/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the survey's files know of each other. */
#ifndef LAB_SURVEY_PRIVATE_H
#define LAB_SURVEY_PRIVATE_H

#include "lab/survey.h"

struct surveyor {
	const struct survey_spec *spec;
	struct survey *out;
	struct client *client;
	struct tls_role *role; /* NULL: no TLS */
	uint8_t *room;         /* SURVEY_LIST_MAX bytes for listings */
};

/* See to it that the client's session can go on, with a new one if it must.
 * False: it cannot. */
bool surveyor_ready(struct surveyor *v);

/* Try the ways to a data connection. */
void surveyor_ways(struct surveyor *v);

#endif
