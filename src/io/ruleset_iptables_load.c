/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Load and remove the rules of iptables.
 *
 * Each table is read with iptables-save, and one text for iptables-restore
 * --noflush makes it right: it deletes every jump to our chain that is there,
 * by the very words that it was listed with, refills the chain, and puts the
 * jumps back in front. iptables takes such a text as a whole or not at all.
 */
#include "io/ruleset_iptables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "io/process.h"
#include "io/sets.h"

/*
 * nf_tables lets go of the set that a deleted rule named only after it has
 * answered, in a work queue, and tells nobody: ask again, for a second.
 */
#define DESTROY_TRIES    50
#define DESTROY_PAUSE_NS 20000000

/* The first line that a program said about its failure, without what would
 * disturb a terminal. */
static void first_line(char *err)
{
	err[strcspn(err, "\n")] = '\0';
	for (; *err; err++)
		if (*err < ' ' || *err > '~')
			*err = '?';
}

static enum ruleset_result program_problem(const char *program, int error,
					   struct process_result *r,
					   char text[RULESET_TEXT_MAX])
{
	if (error == -ENOENT)
		return ruleset_problem(
			RULESET_NO_PROGRAM, text,
			"%s is not there; install the package iptables, "
			"and see that PATH has its directory",
			program);
	if (error < 0)
		return ruleset_problem(RULESET_REFUSED, text,
				       "cannot run %s: %s", program,
				       strerror(-error));
	first_line(r->err);
	if (strstr(r->err, "Permission denied") ||
	    strstr(r->err, "Operation not permitted"))
		return ruleset_problem(
			RULESET_DENIED, text,
			"not permitted to change rules; run as root or "
			"with CAP_NET_ADMIN and CAP_NET_RAW");
	return ruleset_problem(
		RULESET_REFUSED, text,
		"%s failed: %.200s; where the kernel lacks them, load "
		"the modules xt_NFQUEUE, xt_set, xt_multiport, "
		"xt_connmark and xt_mark",
		program, r->err);
}

/* Run a program that must end well; on RULESET_FINE @r is the caller's. */
static enum ruleset_result run(const char *const argv[], const char *input,
			       struct process_result *r,
			       char text[RULESET_TEXT_MAX])
{
	int error = process_run(argv, span_str(input), r);
	enum ruleset_result result;

	if (error == 0 && r->status == 0)
		return RULESET_FINE;
	result = program_problem(argv[0], error, r, text);
	if (error == 0)
		process_free(r);
	return result;
}

static bool ends_with(const char *line, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && memcmp(line + len - n, end, n) == 0;
}

static bool begins_with(const char *line, const char *start)
{
	return strncmp(line, start, strlen(start)) == 0;
}

/*
 * Go through what iptables-save printed: write a deletion for each jump to our
 * chain. Nothing but a jump can end like one, since what a rule quotes ends
 * with a quotation mark.
 */
static void put_deletions(FILE *to, const char *saved)
{
	while (*saved) {
		size_t len = strcspn(saved, "\n");

		if (begins_with(saved, "-A ") &&
		    (ends_with(saved, len, " -j " RULESET_CHAIN) ||
		     ends_with(saved, len, " -g " RULESET_CHAIN)))
			fprintf(to, "-D %.*s\n", (int)len - 3, saved + 3);
		saved += len + (saved[len] == '\n');
	}
}

static void put_loaded(FILE *to, const struct ruleset *rules,
		       const struct ruleset_family *family, const char *table,
		       const char *saved)
{
	fprintf(to, "*%s\n:" RULESET_CHAIN " - [0:0]\n", table);
	put_deletions(to, saved);
	ruleset_put_chain(to, rules, family, table);
	ruleset_put_jumps(to, table);
	fputs("COMMIT\n", to);
}

/* A jump needs its chain: where that is not, nothing of ours is. */
static void put_unloaded(FILE *to, const char *table, const char *saved)
{
	if (!strstr(saved, "\n:" RULESET_CHAIN " "))
		return;
	fprintf(to, "*%s\n", table);
	put_deletions(to, saved);
	fputs("-F " RULESET_CHAIN "\n-X " RULESET_CHAIN "\nCOMMIT\n", to);
}

/* Write what makes one family's tables right; @rules NULL: remove ours. */
static enum ruleset_result text_write(FILE *to, const struct ruleset *rules,
				      const struct ruleset_family *family,
				      char text[RULESET_TEXT_MAX])
{
	for (size_t i = 0; i < RULESET_TABLES; i++) {
		const char *table = ruleset_tables[i];
		const char *const argv[] = { family->save, "-t", table, NULL };
		struct process_result r;
		enum ruleset_result result = run(argv, "", &r, text);

		if (result != RULESET_FINE)
			return result;
		if (rules)
			put_loaded(to, rules, family, table, r.out);
		else
			put_unloaded(to, table, r.out);
		process_free(&r);
	}
	return RULESET_FINE;
}

/* Make one family's tables right; @rules NULL: remove ours. */
static enum ruleset_result family_apply(const struct ruleset *rules,
					const struct ruleset_family *family,
					char text[RULESET_TEXT_MAX])
{
	const char *const argv[] = { family->restore, "-w", "--noflush", NULL };
	struct process_result r;
	enum ruleset_result result;
	char *input = NULL;
	size_t len;
	FILE *to = open_memstream(&input, &len);

	if (!to)
		return ruleset_problem(RULESET_REFUSED, text, "no memory");
	result = text_write(to, rules, family, text);
	if (fclose(to) != 0)
		result = ruleset_problem(RULESET_REFUSED, text, "no memory");
	if (result == RULESET_FINE && len > 0) {
		result = run(argv, input, &r, text);
		if (result == RULESET_FINE)
			process_free(&r);
	}
	free(input);
	return result;
}

static enum ruleset_result families_apply(const struct ruleset *rules,
					  char text[RULESET_TEXT_MAX])
{
	enum ruleset_result result = RULESET_FINE;

	for (size_t i = 0; i < RULESET_FAMILIES && result == RULESET_FINE; i++)
		result = family_apply(rules, &ruleset_families[i], text);
	return result;
}

enum ruleset_result ruleset_iptables_load(const struct ruleset *rules,
					  char text[RULESET_TEXT_MAX])
{
	struct sets *sets;
	enum sets_result made = sets_open(&sets);

	if (made != SETS_FINE)
		return ruleset_sets_problem(made, text);
	made = sets_create(sets, rules->pinholes);
	sets_close(sets);
	if (made != SETS_FINE)
		return ruleset_sets_problem(made, text);
	return families_apply(rules, text);
}

static enum sets_result destroy_patiently(struct sets *sets)
{
	const struct timespec pause = { .tv_nsec = DESTROY_PAUSE_NS };
	enum sets_result result = sets_destroy(sets);

	for (int i = 0; i < DESTROY_TRIES && result == SETS_IN_USE; i++) {
		nanosleep(&pause, NULL);
		result = sets_destroy(sets);
	}
	return result;
}

enum ruleset_result ruleset_iptables_unload(char text[RULESET_TEXT_MAX])
{
	enum ruleset_result result;
	struct sets *sets = NULL;
	enum sets_result gone = sets_open(&sets);

	/* Where there can be no sets there are none. */
	if (gone != SETS_FINE && gone != SETS_UNSUPPORTED)
		return ruleset_sets_problem(gone, text);
	result = families_apply(NULL, text);
	if (sets && result == RULESET_FINE) {
		gone = destroy_patiently(sets);
		if (gone != SETS_FINE)
			result = ruleset_sets_problem(gone, text);
	}
	sets_close(sets);
	return result;
}
