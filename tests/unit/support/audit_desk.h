/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A directory with rule files, and audits of them: one at a time, whose output is
 * at hand until the next. Include it after cmocka's own headers.
 */
#ifndef SUPPORT_AUDIT_DESK_H
#define SUPPORT_AUDIT_DESK_H

#include <stddef.h>

#include <sys/types.h>

#include <jansson.h>

#include "audit_run.h"

/* An ordinary user, on Debian "nobody". */
#define DESK_SOMEBODY 65534

/* What the last audit did. */
extern struct audit_run desk;

/* Setup and teardown of a group of tests, and teardown of each. */
int desk_make(void **state);
int desk_remove(void **state);
int desk_forget(void **state);

#define desk_test(test) cmocka_unit_test_teardown(test, desk_forget)

/* Make a file of the directory anew: "rules", "conf" or "evil". */
void desk_write(const char *file, const char *text);
void desk_write_bytes(const char *file, const void *bytes, size_t len,
		      mode_t mode);

/* The path of one. */
char *desk_path(const char *file, char out[80]);

/* Run `sallyport` with @argv there, as @uid (0: as we are); skips where users
 * may make no namespaces. */
void desk_run(uid_t uid, char *const argv[]);

/*
 * Audit the file "rules", of iptables, with @more (up to a NULL): IPv4 alone,
 * between "in0" 10.1.4.1/24 and "out0" 10.2.5.1/24. What is advised is not
 * tried. desk_audit() writes it first.
 */
void desk_audit_as(uid_t uid, char *const more[]);
void desk_audit(const char *rules, char *const more[]);

/* @argv is refused as bad usage or input, with @why, and nothing else is said. */
void desk_refused(char *const argv[], const char *why);

/* @part is in @text. */
void desk_says(const char *text, const char *part);

/* What the last audit printed; json_decref() is the caller's. */
json_t *desk_json(void);

#endif
