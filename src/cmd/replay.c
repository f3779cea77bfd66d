/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sallyport replay: what `run` would have done with captures. */
#include "cmd/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "cmd/progress.h"
#include "io/config.h"
#include "replay/replay.h"
#include "report/escape.h"
#include "report/ladder.h"
#include "report/listeners.h"
#include "report/story_json.h"
#include "report/suggest.h"
#include "report/summary.h"
#include "report/table.h"
#include "tls/keylog.h"

enum view { VIEW_TABLE, VIEW_LADDER, VIEW_JSON, VIEW_SUGGEST };

struct request {
	enum view view;
	const char *write_path, *keylog_path;
	const char *const *path;
	size_t paths;
};

/* Who prints; only those of the view are there. */
struct viewers {
	struct table *table;
	struct ladder *ladder;
	struct summary *summary;
	struct suggest *suggest;
	struct listeners all;
};

/* Sessions that the key log does not open, by name; then only their number. */
#define UNREAD_SHOWN_MAX 10

/* What a pipe holds (pipe(7)). */
#define OUTPUT_BUFFER 65536

/* A file's name is shown up to here. */
#define SHOWN_MAX 256

static const char *shown(const char *path)
{
	static char text[SHOWN_MAX];

	escape_text(span_str(path), text, sizeof(text));
	return text;
}

static bool writes_stdout(const struct request *request)
{
	return request->write_path && strcmp(request->write_path, "-") == 0;
}

/* --- who prints ------------------------------------------------------------- */

static bool add_summary(struct viewers *v)
{
	v->summary = summary_new(stdout);
	if (v->summary)
		listeners_add(&v->all, summary_listener(v->summary));
	return v->summary != NULL;
}

static bool view_table(struct viewers *v)
{
	v->table = table_new(stdout);
	if (!v->table)
		return false;
	listeners_add(&v->all, table_listener(v->table));
	return add_summary(v);
}

static bool view_ladder(struct viewers *v)
{
	v->ladder = ladder_new(stdout);
	if (!v->ladder)
		return false;
	listeners_add(&v->all, ladder_listener(v->ladder));
	return add_summary(v);
}

static bool view_json(struct viewers *v)
{
	listeners_add(&v->all, story_json(stdout));
	return true;
}

static bool view_suggest(struct viewers *v)
{
	v->suggest = suggest_new(stdout);
	if (v->suggest)
		listeners_add(&v->all, suggest_listener(v->suggest));
	return v->suggest != NULL;
}

static bool viewers_make(struct viewers *v, const struct request *request)
{
	static bool (*const make[])(struct viewers * v) = {
		[VIEW_TABLE] = view_table,
		[VIEW_LADDER] = view_ladder,
		[VIEW_JSON] = view_json,
		[VIEW_SUGGEST] = view_suggest,
	};

	/* The capture itself goes to standard output. */
	if (writes_stdout(request))
		return true;
	return make[request->view](v);
}

static void viewers_free(struct viewers *v)
{
	table_free(v->table);
	ladder_free(v->ladder);
	summary_free(v->summary);
	suggest_free(v->suggest);
}

/* --- what is read ----------------------------------------------------------- */

static void say_keylog_problems(const struct keylog *log, const char *path)
{
	const struct keylog_facts *f = keylog_facts(log);

	for (size_t i = 0; i < f->count; i++)
		fprintf(stderr, "%s:%u: %s\n", shown(path), f->problem[i].line,
			f->problem[i].text);
	if (f->more)
		fprintf(stderr, "%s: %zu more lines were skipped\n",
			shown(path), f->more);
}

static int open_keylog(const char *path, struct keylog **out)
{
	switch (keylog_load(out, path)) {
	case KEYLOG_OK:
		break;
	case KEYLOG_TOO_LONG:
		return cmd_fail(EXIT_BAD_INPUT, "replay",
				"too long for a key log: %s", shown(path));
	case KEYLOG_TOO_MANY:
		return cmd_fail(EXIT_BAD_INPUT, "replay",
				"the key log has too many secrets: %s",
				shown(path));
	case KEYLOG_SYSTEM:
		return cmd_fail(errno == ENOMEM ? EXIT_SYSTEM : EXIT_BAD_INPUT,
				"replay", "cannot read the key log (%s): %s",
				strerror(errno), shown(path));
	}
	say_keylog_problems(*out, path);
	if (!keylog_facts(*out)->secrets)
		fprintf(stderr,
			"sallyport: replay: no secrets in the key log: %s\n",
			shown(path));
	return EXIT_WELL;
}

static int open_captures(const struct request *request,
			 struct capture_merge **out)
{
	char why[CAPTURE_WHY_MAX];
	size_t which = 0;
	int error = capture_merge_open(request->path, request->paths, out,
				       &which, why);

	if (error == 0)
		return EXIT_WELL;
	return cmd_fail(error == -ENOMEM ? EXIT_SYSTEM : EXIT_BAD_INPUT,
			"replay", "%s: %s", why,
			which < request->paths ? shown(request->path[which])
					       : "-");
}

static bool is_same_file(const char *path, const struct stat *other)
{
	struct stat st;

	/* Pipes and terminals are not written over. */
	return (strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &st)
				       : stat(path, &st)) == 0 &&
	       S_ISREG(st.st_mode) && st.st_dev == other->st_dev &&
	       st.st_ino == other->st_ino;
}

/* Writing begins before all is read: no capture may be lost by it. */
static int check_write_path(const struct request *request)
{
	const char *path = request->write_path;
	struct stat out;

	if (!path || (strcmp(path, "-") == 0 ? fstat(STDOUT_FILENO, &out)
					     : stat(path, &out)) != 0)
		return EXIT_WELL;
	for (size_t i = 0; i < request->paths; i++)
		if (is_same_file(request->path[i], &out))
			return cmd_fail(EXIT_BAD_INPUT, "replay",
					"cannot write what is being read: %s",
					shown(request->path[i]));
	if (request->keylog_path && is_same_file(request->keylog_path, &out))
		return cmd_fail(EXIT_BAD_INPUT, "replay",
				"cannot write what is being read: %s",
				shown(request->keylog_path));
	return EXIT_WELL;
}

/* --- what comes of it ------------------------------------------------------- */

static int say_damage(const struct request *request,
		      const struct capture_merge *m)
{
	char text[CAPTURE_WHY_MAX];
	int status = EXIT_WELL;

	for (size_t i = 0; i < request->paths; i++) {
		const struct capture_damage *d =
			capture_damage(capture_merge_file(m, i));

		if (!d)
			continue;
		capture_damage_text(d, text);
		status = cmd_fail(EXIT_BAD_INPUT, "replay", "%s: %s", text,
				  shown(request->path[i]));
	}
	return status;
}

static void remark(uint64_t count, const char *what)
{
	if (count)
		fprintf(stderr, "sallyport: replay: %llu %s\n",
			(unsigned long long)count, what);
}

static int judge(const struct request *request, const struct capture_merge *m,
		 enum replay_result result, const struct replay_counts *counts,
		 const char *why)
{
	int status;

	if (result == REPLAY_MEMORY)
		return cmd_fail(EXIT_SYSTEM, "replay", "no memory");
	/* Of standard output main() tells. */
	if (result == REPLAY_WRITE && writes_stdout(request))
		return EXIT_SYSTEM;
	if (result == REPLAY_WRITE)
		return cmd_fail(EXIT_SYSTEM, "replay", "%s: %s", why,
				shown(request->write_path));
	remark(counts->bad_fragments, "IP fragments were of no use");
	remark(counts->unread, "encrypted sessions are not, or not to their "
			       "end, opened by the key log");
	remark(counts->mute, "control connections were not followed: one "
			     "direction is missing, or checksums are wrong");
	status = say_damage(request, m);
	if (status == EXIT_WELL && (counts->unfollowed || counts->mute))
		status = EXIT_ANSWER_NO;
	return status;
}

/* What replay_run() tells while it runs. */
struct audience {
	struct progress progress;
	unsigned int unread; /* sessions that were named */
};

/* Nobody reads any more: nothing is left to do. */
static bool on_progress(void *arg, struct capture_progress at)
{
	struct audience *a = arg;

	progress_show(&a->progress, at);
	return !ferror(stdout);
}

static void on_unread(void *arg, uint64_t session, const char *why)
{
	struct audience *a = arg;

	if (a->unread++ >= UNREAD_SHOWN_MAX)
		return;
	progress_end(&a->progress);
	fprintf(stderr, "sallyport: replay: session %llu: %s\n",
		(unsigned long long)session, why);
}

static int run(const struct request *request, const struct config *config,
	       struct capture_merge *m, const struct keylog *log)
{
	struct audience audience = { .progress = progress_start() };
	struct viewers viewers = { 0 };
	struct replay_options options = {
		.config = config,
		.files = request->paths,
		.write_path = request->write_path,
		.keylog = log,
		.progress = on_progress,
		.unread = on_unread,
		.arg = &audience,
	};
	struct replay_counts counts;
	enum replay_result result;
	char why[CAPTURE_WHY_MAX] = "";

	if (!viewers_make(&viewers, request)) {
		viewers_free(&viewers);
		return cmd_fail(EXIT_SYSTEM, "replay", "no memory");
	}
	options.to = listeners_all(&viewers.all);
	result = replay_run(m, &options, &counts, why);
	progress_end(&audience.progress);
	viewers_free(&viewers);
	return judge(request, m, result, &counts, why);
}

static int replay(const char *config_path, const struct request *request)
{
	struct capture_merge *m = NULL;
	struct keylog *log = NULL;
	struct config config;
	int status = cmd_config(&config, config_path, "replay");

	if (status != EXIT_WELL)
		return status;
	/* A closed pipe is an error of fwrite(), which main() tells. */
	signal(SIGPIPE, SIG_IGN);
	/* The thread that reads ahead prints nothing. */
	__fsetlocking(stdout, FSETLOCKING_BYCALLER);
	/* A terminal gets each line. */
	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
	status = check_write_path(request);
	if (status == EXIT_WELL && request->keylog_path)
		status = open_keylog(request->keylog_path, &log);
	if (status == EXIT_WELL)
		status = open_captures(request, &m);
	if (status == EXIT_WELL)
		status = run(request, &config, m, log);
	capture_merge_close(m);
	keylog_free(log);
	config_free(&config);
	return status;
}

static int help(void)
{
	return cmd_help(
		"[-c FILE] replay [--json | --ladder | --suggest] [-w OUT] "
		"[--keylog FILE] FILE...",
		"Say what `sallyport run` would have done with captures (pcap "
		"or pcapng, also packed\nwith gzip; - is standard input). "
		"Several are read as one, in the order of time.\nWithout an "
		"option it prints a table, one line for each control line or "
		"step of TLS,\nand a summary of each session.\n\n"
		"  -j, --json         the events, as `run` logs them\n"
		"  -l, --ladder       a sequence diagram for each session\n"
		"  -s, --suggest      a servers: block that would let these "
		"sessions through\n"
		"  -w, --write OUT    write what would leave the gateway, "
		"translated as replay.nat\n"
		"                     of the configuration says; - is standard "
		"output, and then\n"
		"                     nothing else is printed\n"
		"  -k, --keylog FILE  decrypt control connections with the "
		"secrets in FILE\n"
		"                     (SSLKEYLOGFILE)\n\n"
		"Exit status: 0 all sessions could be followed; 1 some could "
		"not; 2 bad input (what\ncould be read was); 3 the system "
		"refused something.\n");
}

int cmd_replay(const char *config_path, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "ladder", no_argument, NULL, 'l' },
		{ "suggest", no_argument, NULL, 's' },
		{ "write", required_argument, NULL, 'w' },
		{ "keylog", required_argument, NULL, 'k' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	static const struct {
		int option;
		enum view view;
	} views[] = { { 'j', VIEW_JSON },
		      { 'l', VIEW_LADDER },
		      { 's', VIEW_SUGGEST } };
	struct request request = { 0 };
	int option;

	while ((option = getopt_long(argc, argv, ":jlsw:k:h", options, NULL)) !=
	       -1) {
		if (option == 'h')
			return help();
		if (option == '?' || option == ':')
			return cmd_bad_option(argv[0], argv);
		if (option == 'w')
			request.write_path = optarg;
		if (option == 'k')
			request.keylog_path = optarg;
		for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
			if (views[i].option != option)
				continue;
			if (request.view != VIEW_TABLE &&
			    request.view != views[i].view)
				return cmd_usage_error(
					argv[0], "one of --json, --ladder and "
						 "--suggest");
			request.view = views[i].view;
		}
	}
	if (optind == argc)
		return cmd_usage_error(argv[0], "a capture is missing");
	request.path = (const char *const *)argv + optind;
	request.paths = (size_t)(argc - optind);
	return replay(config_path, &request);
}
