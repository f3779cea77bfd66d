/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `sallyport audit` in a process of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "audit_run.h"

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/cmd.h"

static char *whole(FILE *from)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	int byte;

	rewind(from);
	while ((byte = fgetc(from)) != EOF)
		fputc(byte, to);
	fclose(to);
	fclose(from);
	return text;
}

static void child(FILE *out, FILE *err, uid_t uid, const char *directory,
		  char *const argv[])
{
	int argc = 0;

	while (argv[argc])
		argc++;
	if (dup2(fileno(out), STDOUT_FILENO) < 0 ||
	    dup2(fileno(err), STDERR_FILENO) < 0 || chdir(directory) < 0)
		_exit(99);
	if (uid != 0 &&
	    (setgroups(0, NULL) < 0 || setgid(uid) < 0 || setuid(uid) < 0))
		_exit(98);
	/* As after an exec(2): or /proc/self would still be root's. */
	if (prctl(PR_SET_DUMPABLE, 1) < 0)
		_exit(97);
	argc = cmd_audit(NULL, argc, (char **)argv);
	fflush(NULL);
	_exit(argc);
}

void audit_run(struct audit_run *r, uid_t uid, const char *directory,
	       char *const argv[])
{
	FILE *out = tmpfile(), *err = tmpfile();
	pid_t pid;
	int status;

	assert_non_null(out);
	assert_non_null(err);
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		child(out, err, uid, directory, argv);
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	r->status = WEXITSTATUS(status);
	r->out = whole(out);
	r->err = whole(err);
}

void audit_run_free(struct audit_run *r)
{
	free(r->out);
	free(r->err);
}

bool audit_run_denied(const struct audit_run *r)
{
	bool denied =
		r->status == EXIT_SYSTEM && strstr(r->err, "no namespaces");

	if (denied)
		print_message("skip: %s", r->err);
	return denied;
}
