/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule file with a few rules more, or less. */
#include "lab/rulefile_edit.h"

#include <stdio.h>
#include <stdlib.h>

/* Behind the last line: a table that is not there. */
#define AT_END UINT32_MAX

static uint32_t last_line(const struct rule *r)
{
	return r->line + r->lines - 1;
}

/* The last line of @chain's rules, or its policy's. */
static uint32_t chain_end(const struct rulefile *f,
			  const struct rulefile_chain *c)
{
	uint32_t last = c->last != RULEFILE_NONE ? c->last : c->policy;

	return last != RULEFILE_NONE ? last_line(&f->rule[last]) : 0;
}

/* The last line in iptables' table nat; AT_END: there is none. */
static uint32_t nat_end(const struct rulefile *f)
{
	uint32_t end = 0;

	for (uint32_t i = 0; i < f->chains; i++)
		if (span_equal(f->chain[i].table, span_str("nat")) &&
		    chain_end(f, &f->chain[i]) > end)
			end = chain_end(f, &f->chain[i]);
	return end ? end : AT_END;
}

/* The line behind which it is added. */
static uint32_t place(const struct rulefile *f, const struct rule_edit *e)
{
	if (e->rule != RULEFILE_NONE)
		return f->rule[e->rule].line - 1;
	if (e->chain != RULEFILE_NONE)
		return chain_end(f, &f->chain[e->chain]);
	return f->nft ? AT_END : nat_end(f);
}

static void put_table(FILE *to, const struct rule_edit *e)
{
	fprintf(to,
		"table %s sallyport-advice {\n\tchain prerouting {\n"
		"\t\ttype nat hook prerouting priority dstnat; policy "
		"accept;\n\t\t%s\n\t}\n}\n",
		e->family, e->text);
}

/* @at: the place of each. */
static void put_added(FILE *to, const struct rulefile *f,
		      const struct rule_edit *edit, const uint32_t *at,
		      size_t count, uint32_t line)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		if (edit[i].remove || at[i] != line)
			continue;
		if (line == AT_END && f->nft) {
			put_table(to, &edit[i]);
			continue;
		}
		if (line == AT_END && !any)
			fputs("*nat\n", to);
		fprintf(to, "%s\n", edit[i].text);
		any = true;
	}
	if (line == AT_END && any)
		fputs("COMMIT\n", to);
}

static bool is_removed(const struct rulefile *f, const struct rule_edit *edit,
		       size_t count, uint32_t line)
{
	for (size_t i = 0; i < count; i++) {
		const struct rule *r;

		if (!edit[i].remove)
			continue;
		r = &f->rule[edit[i].rule];
		if (line >= r->line && line <= last_line(r))
			return true;
	}
	return false;
}

static void put_all(FILE *to, const struct rulefile *f,
		    const struct rule_edit *edit, const uint32_t *at,
		    size_t count)
{
	struct span rest = span_of(f->bytes, f->len);

	put_added(to, f, edit, at, count, 0);
	for (uint32_t line = 1; rest.len > 0; line++) {
		size_t end = span_find(rest, '\n');

		if (is_removed(f, edit, count, line))
			fputc('#', to);
		fwrite(rest.at, 1, end, to);
		fputc('\n', to);
		put_added(to, f, edit, at, count, line);
		rest = span_sub(rest, end + 1, rest.len);
	}
	put_added(to, f, edit, at, count, AT_END);
}

char *rulefile_edited(const struct rulefile *f, const struct rule_edit *edit,
		      size_t count, size_t *len)
{
	/* One more, as there may be none. */
	uint32_t *at = calloc(count + 1, sizeof(*at));
	char *text = NULL;
	FILE *to = at ? open_memstream(&text, len) : NULL;

	if (!to) {
		free(at);
		return NULL;
	}
	for (size_t i = 0; i < count; i++)
		at[i] = place(f, &edit[i]);
	put_all(to, f, edit, at, count);
	free(at);
	if (fclose(to) == 0)
		return text;
	free(text);
	return NULL;
}
