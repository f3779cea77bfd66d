/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the subcommands share: errors, help, and loading the configuration. */
#include "cmd/cmd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <getopt.h>

#include "io/config.h"
#include "report/escape.h"

/* A bad option is shown up to here. */
#define OPTION_SHOWN_MAX 80

int cmd_fail(int status, const char *command, const char *fmt, ...)
{
	va_list args;

	fflush(stdout); /* so that a terminal shows both in order */
	fputs("sallyport: ", stderr);
	if (command)
		fprintf(stderr, "%s: ", command);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return status;
}

int cmd_help(const char *synopsis, const char *text)
{
	printf("usage: sallyport %s\n\n%s", synopsis, text);
	return EXIT_WELL;
}

int cmd_usage_error(const char *command, const char *what)
{
	return cmd_fail(EXIT_BAD_INPUT, command, "%s; see sallyport %s%s--help",
			what, command ? command : "", command ? " " : "");
}

int cmd_bad_option(const char *command, char **argv)
{
	char what[OPTION_SHOWN_MAX + 80], shown[OPTION_SHOWN_MAX];

	escape_text(span_str(argv[optind - 1]), shown, sizeof(shown));
	snprintf(what, sizeof(what),
		 "option is not known or lacks its argument: '%s'", shown);
	return cmd_usage_error(command, what);
}

static int print_problems(const char *path, const struct problems *p,
			  const char *command)
{
	size_t all = p->count + p->more;

	for (size_t i = 0; i < p->count; i++) {
		fprintf(stderr, "%s:", path);
		if (p->item[i].line > 0)
			fprintf(stderr, "%u:", p->item[i].line);
		fprintf(stderr, " %s\n", p->item[i].text);
	}
	return cmd_fail(EXIT_BAD_INPUT, command,
			"%zu problem%s in the configuration%s: %s", all,
			all == 1 ? "" : "s",
			p->more ? " (not all are shown)" : "", path);
}

int cmd_config(struct config *out, const char *config_path, const char *command)
{
	const char *path = config_path ? config_path : CONFIG_PATH;
	struct problems problems;

	switch (config_load(out, path, config_path != NULL, &problems)) {
	case CONFIG_OK:
		return EXIT_WELL;
	case CONFIG_BAD:
		return print_problems(path, &problems, command);
	default:
		return cmd_fail(EXIT_SYSTEM, command,
				"cannot read the configuration (%s); run as "
				"root or make it readable: %s",
				strerror(errno), path);
	}
}
