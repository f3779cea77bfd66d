/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `sallyport audit` in a process of its own. Include it after cmocka's own
 * headers. */
#ifndef SUPPORT_AUDIT_RUN_H
#define SUPPORT_AUDIT_RUN_H

#include <stdbool.h>

#include <sys/types.h>

/* An audit's arguments, with its name and the NULL. */
#define AUDIT_ARGS_MAX 24

struct audit_run {
	int status; /* exit status */
	char *out;  /* standard output; audit_run_free() frees it */
	char *err;  /* standard error, likewise */
};

/* Run it as @uid (0: as we are) in @directory, with @argv (from "audit" to a
 * NULL). */
void audit_run(struct audit_run *r, uid_t uid, const char *directory,
	       char *const argv[]);
void audit_run_free(struct audit_run *r);

/* Did it say that this user may make no namespaces? Says so. */
bool audit_run_denied(const struct audit_run *r);

#endif
