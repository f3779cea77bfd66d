/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sallyport ctl: ask the running daemon. */
#include "cmd/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "cmd/ctl_top.h"
#include "io/config.h"
#include "io/control_socket.h"
#include "report/ctl_table.h"
#include "report/escape.h"
#include "report/prometheus.h"

/* One `ctl`: what was asked, of whom. */
struct ask {
	const struct request *request;
	char path[CONFIG_SOCKET_MAX];
	bool json;
	bool prometheus;            /* `stats` alone */
	struct ctl_top_options top; /* `top` alone */
	FILE *from;                 /* the daemon */
};

struct request {
	const char *name;
	/* The exit status, from a good answer; prints what people read. */
	int (*print)(const struct ask *a, const json_t *answer);
	const char *summary;
};

static int fail_reading(const struct ask *a)
{
	if (ferror(a->from) && errno == EAGAIN)
		return cmd_fail(EXIT_SYSTEM, "ctl", "%s: %s",
				control_text(CONTROL_SILENT), a->path);
	return cmd_fail(EXIT_SYSTEM, "ctl",
			"the answer broke off; see if the daemon runs: %s",
			a->path);
}

/* --- answers ------------------------------------------------------------------------ */

static int print_table(const struct ask *a, const json_t *answer,
		       void (*table)(FILE *to, const json_t *answer))
{
	if (!a->json)
		table(stdout, answer);
	return EXIT_WELL;
}

static int print_status(const struct ask *a, const json_t *answer)
{
	return print_table(a, answer, ctl_table_status);
}

static int print_sessions(const struct ask *a, const json_t *answer)
{
	return print_table(a, answer, ctl_table_sessions);
}

static int print_pinholes(const struct ask *a, const json_t *answer)
{
	return print_table(a, answer, ctl_table_pinholes);
}

static int print_grants(const struct ask *a, const json_t *answer)
{
	return print_table(a, answer, ctl_table_grants);
}

static int print_stats(const struct ask *a, const json_t *answer)
{
	return print_table(a, answer,
			   a->prometheus ? prometheus_stats : ctl_table_stats);
}

static void print_event(const struct ask *a, const char *line)
{
	json_t *event = a->json ? NULL : json_loads(line, 0, NULL);

	if (event)
		ctl_table_event(stdout, event);
	else
		fputs(line, stdout);
	json_decref(event);
	fflush(stdout);
}

static int print_stop(const struct ask *a, const json_t *answer)
{
	(void)answer;
	if (!a->json)
		puts("stopped");
	return EXIT_WELL;
}

/* Problems go to standard error as FILE:LINE: what, as `check` has them. */
static int print_problems(const json_t *answer, const char *path)
{
	const json_t *problems = json_object_get(answer, "problems");
	size_t count = json_array_size(problems);

	for (size_t i = 0; i < count; i++) {
		const json_t *p = json_array_get(problems, i);
		const char *text =
			json_string_value(json_object_get(p, "text"));
		json_int_t line =
			json_integer_value(json_object_get(p, "line"));

		fprintf(stderr, "%s:", path);
		if (line > 0)
			fprintf(stderr, "%" JSON_INTEGER_FORMAT ":", line);
		fprintf(stderr, " %s\n", text ? text : "-");
	}
	return cmd_fail(EXIT_BAD_INPUT, "ctl",
			"not loaded, the daemon goes on as before: %s", path);
}

static void print_reloaded(const json_t *answer, const char *path)
{
	const json_t *names = json_object_get(answer, "needs_restart");

	printf("loaded: %s\n", path);
	for (size_t i = 0; i < json_array_size(names); i++)
		printf("%s stays as it was until a restart\n",
		       json_string_value(json_array_get(names, i)));
	if (json_is_true(json_object_get(answer, "needs_rules")))
		puts("the rules have changed; load them: sallyport rules "
		     "--load");
}

static int print_reload(const struct ask *a, const json_t *answer)
{
	const char *path =
		json_string_value(json_object_get(answer, "configuration"));

	if (!path)
		return fail_reading(a);
	if (json_object_get(answer, "problems"))
		return print_problems(answer, path);
	if (!a->json)
		print_reloaded(answer, path);
	return EXIT_WELL;
}

static const struct request requests[] = {
	{ "status", print_status, "what runs, and how much there is to do" },
	{ "sessions", print_sessions, "the control connections" },
	{ "pinholes", print_pinholes, "pinholes and data connections" },
	{ "grants", print_grants, "what encrypted sessions may open" },
	{ "stats", print_stats, "all counters" },
	{ "top", NULL, "what goes on, live" },
	{ "events", NULL, "events as they come, until interrupted" },
	{ "reload", print_reload, "read the configuration again" },
	{ "stop", print_stop, "stop the daemon; returns when it is gone" },
};

#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

/* --- asking -------------------------------------------------------------------------- */

static int print_answer(const struct ask *a, const char *text)
{
	json_t *answer = json_loads(text, 0, NULL);
	const char *error = json_string_value(json_object_get(answer, "error"));
	int status;

	if (!answer)
		return fail_reading(a);
	if (a->json)
		fputs(text, stdout);
	if (error)
		status = cmd_fail(EXIT_SYSTEM, "ctl", "the daemon says: %s: %s",
				  error, a->path);
	else
		status = a->request->print(a, answer);
	json_decref(answer);
	return status;
}

/* What the daemon answers where it has no events for us. */
static int refusal(const struct ask *a, const char *line)
{
	json_t *answer = json_loads(line, 0, NULL);
	bool refused = json_object_get(answer, "error");

	json_decref(answer);
	return refused ? print_answer(a, line) : EXIT_WELL;
}

/* The answer is one line; the daemon ends it, or itself. */
static int read_answer(const struct ask *a)
{
	char *text = NULL;
	size_t room = 0;
	int status;

	if (getdelim(&text, &room, '\0', a->from) < 0 || ferror(a->from))
		status = fail_reading(a);
	else
		status = print_answer(a, text);
	free(text);
	return status;
}

static int read_events(const struct ask *a)
{
	char *line = NULL;
	size_t room = 0;
	int status = EXIT_WELL;

	while (status == EXIT_WELL && !ferror(stdout) &&
	       getline(&line, &room, a->from) > 0) {
		status = refusal(a, line);
		if (status == EXIT_WELL)
			print_event(a, line);
	}
	free(line);
	if (status != EXIT_WELL)
		return status;
	if (ferror(stdout))
		return EXIT_SYSTEM; /* main() says why */
	return cmd_fail(EXIT_SYSTEM, "ctl",
			"the daemon stopped, or this was too slow for it: %s",
			a->path);
}

static int ask(struct ask *a)
{
	bool stream = !a->request->print;
	int fd, status;
	enum control_result result = control_connect(a->path, &fd);

	if (result == CONTROL_FAILED)
		return cmd_fail(EXIT_SYSTEM, "ctl", "%s (%s): %s",
				control_text(result), strerror(errno), a->path);
	if (result != CONTROL_FINE)
		return cmd_fail(EXIT_SYSTEM, "ctl", "%s: %s",
				control_text(result), a->path);
	a->from = fdopen(fd, "r");
	if (!a->from)
		return cmd_fail(EXIT_SYSTEM, "ctl", "no memory");
	if (control_request(fd, a->request->name, stream) < 0)
		status = fail_reading(a);
	else
		status = stream ? read_events(a) : read_answer(a);
	fclose(a->from);
	return status;
}

/* --- the command line --------------------------------------------------------------------- */

static int help(void)
{
	cmd_help(
		"[-c FILE] ctl [--json] [--format prometheus] "
		"[--socket PATH]\n"
		"                     [--interval SECONDS] [--count N] REQUEST",
		"Ask the running daemon, at the control socket that the "
		"configuration names.\n\n");
	for (size_t i = 0; i < REQUESTS; i++)
		printf("  %-9s %s\n", requests[i].name, requests[i].summary);
	puts("\n  -j, --json         the answer as the daemon gives it\n"
	     "  -s, --socket PATH  ask there; no configuration is read\n"
	     "  -F, --format NAME  prometheus: stats in its text format\n"
	     "  -i, --interval S   top: a sample every S seconds (2)\n"
	     "  -n, --count N      top: end after N samples");
	return EXIT_WELL;
}

static const struct request *request_find(const char *name)
{
	for (size_t i = 0; i < REQUESTS; i++)
		if (strcmp(name, requests[i].name) == 0)
			return &requests[i];
	return NULL;
}

/* Of the two places that nobody has to configure, the one that is there. */
static void use_path(struct ask *a, const char *path)
{
	if (strcmp(path, CONFIG_SOCKET) == 0 && access(path, F_OK) < 0 &&
	    access(CONFIG_SERVICE_SOCKET, F_OK) == 0)
		path = CONFIG_SERVICE_SOCKET;
	memcpy(a->path, path, strlen(path) + 1);
}

static int find_socket(struct ask *a, const char *given,
		       const char *config_path)
{
	struct config config;
	int status;

	if (given && strlen(given) >= sizeof(a->path))
		return cmd_fail(EXIT_BAD_INPUT, "ctl",
				"the path is too long for a socket");
	if (given) {
		memcpy(a->path, given, strlen(given) + 1);
		return EXIT_WELL;
	}
	status = cmd_config(&config, config_path, "ctl");
	if (status != EXIT_WELL)
		return status;
	use_path(a, config.control_socket);
	config_free(&config);
	return EXIT_WELL;
}

/* Options that take a word, as given; NULL: not given. */
struct given {
	const char *socket, *format, *interval, *count;
};

/* Each gives NULL, or what is wrong. */

static const char *check_format(struct ask *a, const char *format)
{
	if (!format)
		return NULL;
	if (strcmp(format, "prometheus") != 0)
		return "the only --format is prometheus";
	if (a->json)
		return "--json and --format are two forms; give one of them";
	if (a->request->print != print_stats)
		return "--format prometheus is for stats alone";
	a->prometheus = true;
	return NULL;
}

static bool is_top(const struct ask *a)
{
	return strcmp(a->request->name, "top") == 0;
}

static const char *check_top(struct ask *a, const struct given *g)
{
	if (!is_top(a))
		return g->interval || g->count
			       ? "--interval and --count are for top alone"
			       : NULL;
	a->top = (struct ctl_top_options){ .socket = a->path,
					   .interval_us = CTL_TOP_INTERVAL_US,
					   .json = a->json };
	if (g->interval && !ctl_top_interval(g->interval, &a->top.interval_us))
		return "--interval wants seconds, 0.1 to 3600";
	if (g->count && !ctl_top_count(g->count, &a->top.count))
		return "--count wants a number, 1 or more";
	return NULL;
}

int cmd_ctl(const char *config_path, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "format", required_argument, NULL, 'F' },
		{ "socket", required_argument, NULL, 's' },
		{ "interval", required_argument, NULL, 'i' },
		{ "count", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct given given = { NULL, NULL, NULL, NULL };
	struct ask a = { .json = false };
	const char *wrong;
	int option, status;

	while ((option = getopt_long(argc, argv, ":js:F:i:n:h", options,
				     NULL)) != -1) {
		if (option == 'h')
			return help();
		if (option == 'j')
			a.json = true;
		else if (option == 's')
			given.socket = optarg;
		else if (option == 'F')
			given.format = optarg;
		else if (option == 'i')
			given.interval = optarg;
		else if (option == 'n')
			given.count = optarg;
		else
			return cmd_bad_option(argv[0], argv);
	}
	if (optind + 1 != argc)
		return cmd_usage_error(argv[0], "wants one request");
	a.request = request_find(argv[optind]);
	if (!a.request)
		return cmd_usage_error(argv[0], "no such request");
	wrong = check_format(&a, given.format);
	if (!wrong)
		wrong = check_top(&a, &given);
	if (wrong)
		return cmd_usage_error(argv[0], wrong);
	status = find_socket(&a, given.socket, config_path);
	if (status != EXIT_WELL)
		return status;
	return is_top(&a) ? ctl_top(&a.top) : ask(&a);
}
