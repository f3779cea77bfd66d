/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Broken captures: `sallyport replay` must end with an exit status, never with
 * a signal, and what it prints and writes must be whole.
 *
 *	mutate [options] cut FILE...     every capture, cut after every byte
 *	mutate [options] change FILE...  captures changed at random
 *
 *	-c CONF   a configuration; several take turns
 *	-d DIR    for logs, and for each case that failed
 *	-e N      every Nth case only (which, changes from round to round)
 *	-f N      begin with case N
 *	-n N      this many cases; by default all cuts, or 100,000 changes
 *	-s SEED   of "change"
 *	-j N      processes at a time
 *
 * One case alone, again: -f CASE -n 1. Exit status: 0 all well, 1 a case
 * failed, 2 bad usage, 3 the system refused something.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"

#include "change.h"
#include "crew.h"
#include "play.h"

#define CHANGES 100000

#define STATUS_TEXT "the exit status is not what was to be expected"

/* A text, not a number: the sanitizers read it. */
#define TEXT(x)  #x
#define VALUE(x) TEXT(x)

/* What sanitizers ask for when the program starts. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
	/* The rest is for speed: tables are made anew for every case. */
	return "exitcode=" VALUE(
		CREW_SANITIZER) ":detect_leaks=1"
				":quarantine_size_mb=64:malloc_context_size=8"
				":clear_shadow_mmap_threshold=1000000000";
}

const char *__ubsan_default_options(void)
{
	return "exitcode=" VALUE(CREW_SANITIZER) ":print_stacktrace=1";
}

struct mutate {
	struct sample *samples;
	size_t count;
	struct player player;
	const char *folder;
	uint64_t seed, every, first, number;
	unsigned int jobs;
};

/* One case: what is read, and what the exit status may be. */
struct trial {
	struct bytes file, log;
	const struct sample *from;
	uint64_t kind;
	bool known; /* is the status known beforehand... */
	bool bad;   /* ...to be EXIT_BAD_INPUT, or just not to be? */
	bool owned; /* file and log are to be freed */
};

static void begin(void *arg)
{
	struct mutate *m = arg;

	player_begin(&m->player);
}

/* Is a file of @len bytes of @s one that ends with a whole packet? */
static bool whole(const struct sample *s, size_t len)
{
	for (size_t i = 0; i <= s->packets; i++)
		if (s->packet[i] == len)
			return true;
	return false;
}

static uint64_t cuts(const struct mutate *m)
{
	uint64_t total = 0;

	for (size_t i = 0; i < m->count; i++)
		total += m->samples[i].file.len + 1;
	return total;
}

/* Cases are numbered file after file, and in each from length 0 on. The copy
 * ends where the file does, so that a sanitizer sees who reads on. */
static struct trial cut_trial(const struct mutate *m, uint64_t number)
{
	const struct sample *s = m->samples;
	struct trial t = { .kind = number, .owned = true };
	size_t len;

	while (number > s->file.len)
		number -= s++->file.len + 1;
	len = (size_t)number;
	t.from = s;
	t.file = (struct bytes){ sample_memory(len), len };
	memcpy(t.file.at, s->file.at, len);
	t.log = (struct bytes){ sample_memory(s->keylog.len), s->keylog.len };
	if (s->keylog.len > 0)
		memcpy(t.log.at, s->keylog.at, s->keylog.len);
	t.known = s->packets > 0;
	t.bad = t.known && !whole(s, len);
	return t;
}

static struct trial change_trial(const struct mutate *m, uint64_t number)
{
	struct dice first = { m->seed + number };
	struct dice dice = { dice_roll(&first) };
	struct trial t = { .kind = dice_roll(&dice), .owned = true };
	size_t which =
		change_capture(&dice, m->samples, m->count, &t.file, &t.log);

	t.from = &m->samples[which];
	return t;
}

static void trial_end(struct trial *t)
{
	free(t->file.at);
	free(t->log.at);
}

/* With -e 100, case 3 of the first round, 10 of the second, and so on: the
 * cases that are left out are not always the same bytes of a header. */
static uint64_t spread(const struct mutate *m, uint64_t number)
{
	uint64_t most = m->number - 1;
	uint64_t at = number * m->every + number * 7 % m->every;

	return m->first + (at < most ? at : most);
}

static const char *judge(const struct trial *t, int status)
{
	if (status < EXIT_WELL || status > EXIT_BAD_INPUT)
		return STATUS_TEXT;
	if (t->known && (status == EXIT_BAD_INPUT) != t->bad)
		return STATUS_TEXT;
	return NULL;
}

static const char *run(struct mutate *m, struct trial t)
{
	int status = player_play(&m->player, &t.file, &t.log, t.kind);
	const char *fault = judge(&t, status);

	if (!fault)
		fault = player_fault(&m->player);
	trial_end(&t);
	return fault;
}

static const char *run_cut(void *arg, uint64_t number)
{
	return run(arg, cut_trial(arg, spread(arg, number)));
}

static const char *run_change(void *arg, uint64_t number)
{
	return run(arg, change_trial(arg, spread(arg, number)));
}

static void keep(const struct mutate *m, uint64_t number, const char *ending,
		 const struct bytes *b)
{
	char path[PATH_MAX];
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/case-%" PRIu64 ".%s", m->folder,
		     number, ending) >= (int)sizeof(path))
		return;
	f = fopen(path, "wb");
	if (!f || fwrite(b->at, 1, b->len, f) != b->len || fclose(f) != 0)
		fprintf(stderr, "mutate: %s: %s\n", path, strerror(errno));
}

static void print_log(const char *path)
{
	char line[512];
	unsigned int lines = 0;
	FILE *f = fopen(path, "r");

	while (f && lines++ < 25 && fgets(line, sizeof(line), f))
		printf("    %s", line);
	if (f)
		fclose(f);
}

static void report(struct mutate *m, uint64_t number, struct trial t,
		   const char *how, const char *log)
{
	printf("FAIL case %" PRIu64 ", %s, %zu bytes, %s: %s\n", number,
	       t.from->path, t.file.len, player_kind(t.kind), how);
	print_log(log);
	keep(m, number, "pcap", &t.file);
	if (t.log.len > 0)
		keep(m, number, "keylog", &t.log);
	trial_end(&t);
}

static void failed_cut(void *arg, uint64_t number, const char *how,
		       const char *log)
{
	number = spread(arg, number);
	report(arg, number, cut_trial(arg, number), how, log);
}

static void failed_change(void *arg, uint64_t number, const char *how,
			  const char *log)
{
	number = spread(arg, number);
	report(arg, number, change_trial(arg, number), how, log);
}

static int work(struct mutate *m, bool cutting)
{
	struct crew crew = {
		.jobs = m->jobs,
		.folder = m->folder,
		.begin = begin,
		.run = cutting ? run_cut : run_change,
		.failed = cutting ? failed_cut : failed_change,
		.arg = m,
	};
	uint64_t there = cutting ? cuts(m) : UINT64_MAX, failures, cases;

	if (!cutting && m->number == UINT64_MAX)
		m->number = CHANGES;
	if (m->first >= there || m->number == 0) {
		fprintf(stderr, "mutate: no such case\n");
		return 2;
	}
	if (m->number > there - m->first)
		m->number = there - m->first;
	cases = (m->number - 1) / m->every + 1;
	failures = crew_work(&crew, 0, cases);
	printf("%s: %" PRIu64 " of %" PRIu64 " cases, %" PRIu64 " failed\n",
	       cutting ? "cut" : "change", cases, m->number, failures);
	return failures > 0 ? 1 : 0;
}

static _Noreturn void usage(void)
{
	fprintf(stderr, "use: mutate -c CONF -d DIR [-e N] [-f N] [-n N] "
			"[-s SEED] [-j N] cut|change FILE...\n");
	exit(2);
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno)
		usage();
	return value;
}

static void options(struct mutate *m, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "c:d:e:f:n:s:j:")) != -1) {
		switch (c) {
		case 'c':
			if (m->player.configs == PLAY_CONFIGS_MAX)
				usage();
			m->player.config[m->player.configs++] = optarg;
			break;
		case 'd':
			m->folder = optarg;
			break;
		case 'e':
			m->every = number(optarg);
			break;
		case 'f':
			m->first = number(optarg);
			break;
		case 'n':
			m->number = number(optarg);
			break;
		case 's':
			m->seed = number(optarg);
			break;
		case 'j':
			m->jobs = (unsigned int)number(optarg);
			break;
		default:
			usage();
		}
	}
	if (m->every == 0 || m->jobs == 0 || m->jobs > CREW_JOBS_MAX ||
	    m->player.configs == 0 || !m->folder || argc - optind < 2)
		usage();
}

int main(int argc, char **argv)
{
	/* Static: what hangs on it is no leak. */
	static struct mutate m = { .every = 1, .number = UINT64_MAX };
	bool cutting;

	m.jobs = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);
	options(&m, argc, argv);
	cutting = strcmp(argv[optind], "cut") == 0;
	if (!cutting && strcmp(argv[optind], "change") != 0)
		usage();
	m.count = (size_t)(argc - optind - 1);
	m.samples = sample_memory(m.count * sizeof(*m.samples));
	for (size_t i = 0; i < m.count; i++)
		sample_read(&m.samples[i], argv[optind + 1 + (int)i]);
	return work(&m, cutting);
}
