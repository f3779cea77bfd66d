/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of subcommands. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "io/config.h"
#include "report/escape.h"

static const struct command {
	const char *name;
	int (*run)(const char *config_path, int argc, char **argv);
	const char *summary;
} command[] = {
	{ "run", cmd_run, "follow FTP control connections (the daemon)" },
	{ "check", cmd_check, "say what the configuration means" },
	{ "rules", cmd_rules, "print, load or unload the firewall rules" },
	{ "replay", cmd_replay, "the same with captures instead of packets" },
	{ "audit", cmd_audit, "say which kinds of FTP your rules let through" },
	{ "probe", cmd_probe, "say what an FTP server needs of a firewall" },
	{ "ctl", cmd_ctl, "ask the running daemon" },
};

#define COMMANDS (sizeof(command) / sizeof(command[0]))

/* A mistyped command is shown up to here. */
#define SHOWN_MAX 40

static void print_usage(FILE *to)
{
	fputs("usage: sallyport [-c FILE] COMMAND [options]\n\ncommands:\n",
	      to);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-9s %s\n", command[i].name, command[i].summary);
	fputs("\noptions:\n"
	      "  -c, --config FILE  configuration (default " CONFIG_PATH ")\n"
	      "  -h, --help         this text; behind a command, its own\n"
	      "  -V, --version      print the version\n",
	      to);
}

static int run_command(const char *config_path, int argc, char **argv)
{
	char shown[SHOWN_MAX];

	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[0], command[i].name) != 0)
			continue;
		optind = 0; /* glibc: begin anew with the command's own */
		opterr = 0;
		return command[i].run(config_path, argc, argv);
	}
	escape_text(span_str(argv[0]), shown, sizeof(shown));
	return cmd_fail(EXIT_BAD_INPUT, NULL,
			"no such command, see sallyport --help: '%s'", shown);
}

/* Lost output is not "done, and all is well". */
static int finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	return cmd_fail(EXIT_SYSTEM, NULL, "cannot write (%s): standard output",
			strerror(errno));
}

static int start(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	const char *config_path = NULL;
	int option;

	opterr = 0;
	/* "+": what stands behind the command belongs to the command. */
	while ((option = getopt_long(argc, argv, "+c:hV", options, NULL)) !=
	       -1) {
		switch (option) {
		case 'c':
			config_path = optarg;
			break;
		case 'h':
			print_usage(stdout);
			return EXIT_WELL;
		case 'V':
			puts("sallyport " SALLYPORT_VERSION);
			return EXIT_WELL;
		default:
			return cmd_bad_option(NULL, argv);
		}
	}
	if (optind == argc) {
		print_usage(stderr);
		return EXIT_BAD_INPUT;
	}
	return run_command(config_path, argc - optind, argv + optind);
}

int main(int argc, char **argv)
{
	return finish(start(argc, argv));
}
