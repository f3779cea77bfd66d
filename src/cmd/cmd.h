/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The subcommands, and what they share: exit status and error line. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

struct config;

/* What the exit status says; scripts depend on it. */
enum exit_status {
	EXIT_WELL = 0,      /* done, and all is well */
	EXIT_ANSWER_NO = 1, /* done, and the answer is no */
	EXIT_BAD_INPUT = 2, /* bad usage, configuration or input */
	EXIT_SYSTEM = 3,    /* the system refused something */
};

/*
 * One subcommand. @config_path: the file given with -c, or NULL for the
 * default (which may be missing). @argv[0] is the command's name, the rest are
 * its own arguments; getopt is reset. Gives the exit status. Every command
 * understands --help.
 */
int cmd_run(const char *config_path, int argc, char **argv);
int cmd_check(const char *config_path, int argc, char **argv);
int cmd_rules(const char *config_path, int argc, char **argv);
int cmd_replay(const char *config_path, int argc, char **argv);
int cmd_audit(const char *config_path, int argc, char **argv);
int cmd_probe(const char *config_path, int argc, char **argv);
int cmd_ctl(const char *config_path, int argc, char **argv);

/*
 * Print "sallyport: COMMAND: message" to standard error, one line, and give
 * @status back, so that a command can say `return cmd_fail(...)`. @command NULL
 * is the program itself. Text from files or the network must be escaped
 * before it comes here.
 */
int cmd_fail(int status, const char *command, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Load the configuration for @command: -c's file, or the default one where
 * @config_path is NULL. Every problem goes to standard error as
 * "FILE:LINE: what", and a last line says how many there were. Gives EXIT_WELL (then config_free()
 * is the caller's), EXIT_BAD_INPUT or EXIT_SYSTEM.
 */
int cmd_config(struct config *out, const char *config_path,
	       const char *command);

/*
 * "usage: sallyport @synopsis", an empty line and @text (lines, ended by a
 * newline) to standard output. Gives EXIT_WELL: this is what --help does.
 */
int cmd_help(const char *synopsis, const char *text);

/*
 * A command was called wrongly: "sallyport: COMMAND: @what; see sallyport
 * COMMAND --help". Gives EXIT_BAD_INPUT. getopt_long prints its own line where
 * opterr is set: keep it 0 and call cmd_bad_option() instead.
 */
int cmd_usage_error(const char *command, const char *what);

/* The same for what getopt_long just refused (it gave '?' or ':'). */
int cmd_bad_option(const char *command, char **argv);

#endif
