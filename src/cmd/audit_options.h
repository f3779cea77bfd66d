/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `sallyport audit` was asked. */
#ifndef CMD_AUDIT_OPTIONS_H
#define CMD_AUDIT_OPTIONS_H

#include <stdbool.h>

#include "lab/twin_plan.h"

/* A path or an option's value in a message. */
#define AUDIT_SHOWN_MAX 200

/* What the command line says. */
struct audit_request {
	const char *rules[TWIN_FAMILIES], *sets, *server, *modules;
	const char *against[TWIN_FAMILIES]; /* the rules before; NULL: none */
	struct twin_wish wish;
	bool nft; /* both rules[0] and against[0] are of nft, for both families */
	bool skip[2], json, plain;
	bool unchecked; /* do not try what is advised */
};

/*
 * Read the command line; @q is all zero before, and keeps pointers into it.
 * Gives an exit status, and has said what is wrong. *@done: nothing else is
 * wanted (--help).
 */
int audit_options(struct audit_request *q, int argc, char **argv, bool *done);

#endif
