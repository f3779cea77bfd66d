/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `sallyport audit` was asked, and the files that it was given. */
#ifndef CMD_AUDIT_FILES_H
#define CMD_AUDIT_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/rulefile.h"
#include "lab/serverfile.h"
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
};

/* What was read for it. */
struct audit_files {
	struct rulefile rules[TWIN_FAMILIES], against[TWIN_FAMILIES];
	struct audit_text_file {
		char *at; /* NULL: none */
		size_t len;
	} sets, modules;
	struct serverfile server;
};

/* Read all files. Gives an exit status, and has said what is wrong;
 * audit_files_free() is due in either case. @f is all zero before. */
int audit_files_read(const struct audit_request *q, struct audit_files *f);
void audit_files_free(struct audit_files *f);

#endif
