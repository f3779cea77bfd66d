/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Load the rules into the twin.
 *
 * The programs take a file as a whole or not at all, and name one line that
 * they cannot take: leave that out, note it, and try again.
 */
#include "lab/twin_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/process.h"

/* --- what is noted ---------------------------------------------------------------- */

static void clean(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static void note(struct twin *t, int from, uint32_t line, const char *text,
		 size_t len)
{
	struct twin_result *out = t->out;
	struct twin_unloaded *u;

	if (out->unloadeds == TWIN_UNLOADED_MAX)
		return;
	u = &out->unloaded[out->unloadeds++];
	u->from = from;
	u->line = line;
	snprintf(u->text, sizeof(u->text), "%.*s", (int)len, text);
	clean(u->text);
}

static bool refused(struct twin *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static bool refused(struct twin *t, const char *fmt, ...)
{
	va_list args;

	t->out->failure = TWIN_REFUSED;
	va_start(args, fmt);
	vsnprintf(t->out->text, sizeof(t->out->text), fmt, args);
	va_end(args);
	clean(t->out->text);
	return false;
}

/* --- what the programs say --------------------------------------------------------- */

/* The number behind the first @word, as in "line 5: RULE_APPEND failed",
 * "Error occurred at line: 5" and "/dev/stdin:5:3-9: Error"; 0: there is none. */
static uint32_t line_behind(const char *err, const char *word)
{
	for (const char *at = strstr(err, word); at;
	     at = strstr(at + 1, word)) {
		uint32_t n = 0;

		at += strlen(word);
		at += strspn(at, ": ");
		while (isdigit((unsigned char)*at) && n < UINT32_MAX / 10 - 1)
			n = n * 10 + (uint32_t)(*at++ - '0');
		if (n != 0)
			return n;
	}
	return 0;
}

static uint32_t line_named(const char *err)
{
	uint32_t line = line_behind(err, "stdin");

	return line ? line : line_behind(err, "line");
}

/* What is wrong, without the program's name and version, or the place. */
static const char *reason(const char *err, size_t *len)
{
	const char *end = err + strcspn(err, "\n"), *at = err;
	const char *version = strstr(err, "): "), *nft = strstr(err, "Error: ");

	if (version && version < end)
		at = version + strlen("): ");
	else if (nft && nft < end)
		at = nft + strlen("Error: ");
	at += strspn(at, "\n ");
	*len = strcspn(at, "\n");
	return at;
}

/* --- rules -------------------------------------------------------------------------- */

static const char refused_text[] = "it could not be loaded";

/* Leave out the rules of @table that lead to chain @name. */
static bool leave_jumps(struct rulefile *f, struct span table, const char *name)
{
	char target[RULE_WORD_MAX];
	bool negated, any = false;

	for (uint32_t i = 0; i < f->rules; i++) {
		struct rule *r = &f->rule[i];

		if (r->problem || !span_equal(rule_table(f, r), table))
			continue;
		if (!rule_option(r, "-j", target, &negated) &&
		    !rule_option(r, "-g", target, &negated))
			continue;
		if (strcmp(target, name) != 0)
			continue;
		r->problem = refused_text;
		any = true;
	}
	return any;
}

/* The table whose COMMIT is at @line. */
static struct span table_ending(const struct rulefile *f, uint32_t line)
{
	struct span table = span_str("");

	for (uint32_t i = 0; i < f->rules && f->rule[i].line < line; i++)
		table = rule_table(f, &f->rule[i]);
	return table;
}

/* A table was refused as a whole. False: nothing is left to leave out. */
static bool leave_table(struct rulefile *f, uint32_t line, const char *err)
{
	struct span table = table_ending(f, line);
	const char *chain = strstr(err, "Chain '");
	bool any = false;

	if (chain) {
		char name[RULE_WORD_MAX];

		chain += strlen("Chain '");
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(chain, "'\n"),
			 chain);
		if (leave_jumps(f, table, name))
			return true;
	}
	for (uint32_t i = 0; i < f->rules; i++)
		if (!f->rule[i].problem &&
		    span_equal(rule_table(f, &f->rule[i]), table)) {
			f->rule[i].problem = refused_text;
			any = true;
		}
	return any;
}

static struct rule *rule_at(struct rulefile *f, uint32_t line)
{
	for (uint32_t i = 0; i < f->rules; i++)
		if (line >= f->rule[i].line &&
		    line - f->rule[i].line < f->rule[i].lines)
			return &f->rule[i];
	return NULL;
}

/* Note each of the rules that were left out since @before. */
static void note_left(struct twin *t, enum twin_family family,
		      const bool *before, const char *text, size_t len)
{
	const struct rulefile *f = t->spec->rules[family];

	for (uint32_t i = 0; i < f->rules; i++)
		if (f->rule[i].problem && !before[i])
			note(t, (int)family, f->rule[i].line, text, len);
}

/* False: it is of no use to try again. */
static bool leave_out(struct twin *t, enum twin_family family, const char *err)
{
	struct rulefile *f = t->spec->rules[family];
	uint32_t line = line_named(err);
	bool *before = calloc(f->rules + 1, sizeof(*before));
	struct rule *r;
	const char *text;
	bool any = false;
	size_t len;

	if (!before)
		return false;
	for (uint32_t i = 0; i < f->rules; i++)
		before[i] = f->rule[i].problem != NULL;
	r = rule_at(f, line);
	if (r && !r->problem && !(f->nft && r->number == 0)) {
		r->problem = refused_text;
		any = true;
	} else if (line != 0 && !f->nft) {
		any = leave_table(f, line, err);
	}
	text = reason(err, &len);
	note_left(t, family, before, text, len);
	free(before);
	return any;
}

static bool restore(struct twin *t, enum twin_family family,
		    struct process_result *r)
{
	static const char *const program[] = { "iptables-nft-restore",
					       "ip6tables-nft-restore" };
	const bool nft = t->spec->rules[family]->nft;
	const char *argv[] = { nft ? "nft" : program[family], nft ? "-f" : NULL,
			       "-", NULL };
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	int error;

	if (!to)
		return refused(t, "no memory");
	rulefile_write(to, t->spec->rules[family]);
	if (fclose(to) != 0)
		return refused(t, "no memory");
	error = process_run(argv, span_of(text, size), r);
	free(text);
	if (error < 0)
		return refused(
			t, "cannot run %s (install iptables or nftables): %s",
			argv[0], strerror(-error));
	return true;
}

static bool load_rules(struct twin *t, enum twin_family family)
{
	struct process_result r = { .status = -1 };

	while (restore(t, family, &r)) {
		bool fine = r.status == 0;
		bool again = !fine && t->out->unloadeds < TWIN_UNLOADED_MAX &&
			     leave_out(t, family, r.err);
		const char *text;
		size_t len;

		text = reason(r.err, &len);
		if (!fine && !again)
			refused(t, "the rules cannot be loaded: %.*s", (int)len,
				text);
		process_free(&r);
		if (!again)
			return fine;
	}
	return false;
}

static void note_problems(struct twin *t, enum twin_family family)
{
	const struct rulefile *f = t->spec->rules[family];

	for (uint32_t i = 0; i < f->rules; i++)
		if (f->rule[i].problem)
			note(t, (int)family, f->rule[i].line,
			     f->rule[i].problem, strlen(f->rule[i].problem));
	for (uint32_t i = 0; i < f->strays; i++)
		note(t, (int)family, f->stray[i].line, f->stray[i].problem,
		     strlen(f->stray[i].problem));
}

static bool load_family(struct twin *t, enum twin_family family)
{
	static const uint8_t af[] = { AF_INET, AF_INET6 };
	const struct rulefile *f = t->spec->rules[family];
	int error;

	if (!f)
		return true;
	/* One file of nft's has both families. */
	if (family == TWIN_V4 || f != t->spec->rules[TWIN_V4]) {
		note_problems(t, family);
		if (!load_rules(t, family))
			return false;
	}
	error = trace_rules_read(&t->rules[family],
				 f->nft ? AF_UNSPEC : af[family], f);
	if (error < 0)
		return refused(t, "cannot read the rules back: %s",
			       strerror(-error));
	return true;
}

/* --- sets --------------------------------------------------------------------------- */

/* Make line @line of @text a comment. */
static bool comment_out(char *text, uint32_t line)
{
	char *at = text;

	for (uint32_t i = 1; i < line && at; i++) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	if (!at || *at == '#' || *at == '\0' || *at == '\n')
		return false;
	*at = '#';
	return true;
}

static bool load_sets_text(struct twin *t, char *text)
{
	static const char *const argv[] = { "ipset", "restore", NULL };
	struct process_result r;
	bool again = true;

	while (again) {
		int error = process_run(argv, span_str(text), &r);

		if (error < 0)
			return refused(t, "cannot run ipset (install it): %s",
				       strerror(-error));
		again = false;
		if (r.status != 0) {
			uint32_t line = line_named(r.err);
			size_t len;
			const char *why = reason(r.err, &len);

			note(t, TWIN_FROM_SETS, line, why, len);
			again = t->out->unloadeds < TWIN_UNLOADED_MAX &&
				comment_out(text, line);
			/* What was made so far is made once more. */
			if (again) {
				static const char *const flush[] = { "ipset",
								     "destroy",
								     NULL };
				struct process_result gone;

				if (process_run(flush, span_str(""), &gone) ==
				    0)
					process_free(&gone);
			}
		}
		process_free(&r);
	}
	return true;
}

static bool load_sets(struct twin *t)
{
	char *text;
	bool fine;

	if (t->spec->sets.len == 0)
		return true;
	text = strndup((const char *)t->spec->sets.at, t->spec->sets.len);
	if (!text)
		return refused(t, "no memory");
	fine = load_sets_text(t, text);
	free(text);
	return fine;
}

bool twin_load(struct twin *t)
{
	return load_sets(t) && load_family(t, TWIN_V4) &&
	       load_family(t, TWIN_V6);
}
