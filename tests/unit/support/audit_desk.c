/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory with rule files, and audits of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "audit_desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const files[] = { "rules", "conf", "evil" };
static char directory[] = "/tmp/sallyport-audit-XXXXXX";

struct audit_run desk;

char *desk_path(const char *file, char out[80])
{
	snprintf(out, 80, "%s/%s", directory, file);
	return out;
}

int desk_make(void **state)
{
	(void)state;
	/* An ordinary user is to read there, too. */
	return mkdtemp(directory) ? chmod(directory, 0755) : -1;
}

int desk_remove(void **state)
{
	char path[80];

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(desk_path(files[i], path));
	return rmdir(directory);
}

int desk_forget(void **state)
{
	(void)state;
	audit_run_free(&desk);
	desk = (struct audit_run){ .status = 0 };
	return 0;
}

void desk_write_bytes(const char *file, const void *bytes, size_t len,
		      mode_t mode)
{
	char path[80];
	FILE *to = fopen(desk_path(file, path), "w");

	assert_non_null(to);
	fwrite(bytes, 1, len, to);
	fclose(to);
	chmod(path, mode);
}

void desk_write(const char *file, const char *text)
{
	desk_write_bytes(file, text, strlen(text), 0644);
}

void desk_run(uid_t uid, char *const argv[])
{
	desk_forget(NULL);
	audit_run(&desk, uid, directory, argv);
	if (audit_run_denied(&desk))
		skip();
}

void desk_audit_as(uid_t uid, char *const more[])
{
	char *argv[AUDIT_ARGS_MAX] = { "audit",
				       "--rules",
				       "rules",
				       "--inside",
				       "in0=10.1.4.1/24",
				       "--outside",
				       "out0=10.2.5.1/24",
				       "--unchecked" };
	size_t count = 8;

	while (*more) {
		assert_true(count + 1 < AUDIT_ARGS_MAX);
		argv[count++] = *more++;
	}
	argv[count] = NULL;
	desk_run(uid, argv);
}

void desk_audit(const char *rules, char *const more[])
{
	desk_write("rules", rules);
	desk_audit_as(0, more);
}

void desk_says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in:\n%s", part, text);
}

void desk_refused(char *const argv[], const char *why)
{
	desk_run(0, argv);
	desk_says(desk.err, why);
	assert_int_equal(desk.status, 2);
	assert_string_equal(desk.out, "");
}

json_t *desk_json(void)
{
	json_t *json = json_loads(desk.out, 0, NULL);

	assert_non_null(json);
	return json;
}
