/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files that `sallyport audit` was given. */
#ifndef CMD_AUDIT_FILES_H
#define CMD_AUDIT_FILES_H

#include <stddef.h>

#include "cmd/audit_options.h"
#include "lab/rulefile.h"
#include "lab/serverfile.h"

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
