/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The output of iptables-save, rule by rule. */
#include "lab/rulefile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 65536

/* What is being read: which table, if any. */
struct reading {
	struct rulefile *f;
	struct span table; /* empty: outside */
	uint32_t line;
	uint32_t chain; /* the last one that was looked for */
	bool any;       /* a table was there */
};

/* --- chains --------------------------------------------------------------------- */

static bool chain_is(const struct rulefile_chain *c, struct span table,
		     struct span name)
{
	return span_equal(c->name, name) && span_equal(c->table, table);
}

const struct rulefile_chain *rulefile_chain(const struct rulefile *f,
					    struct span table, struct span name)
{
	for (uint32_t i = 0; i < f->chains; i++)
		if (chain_is(&f->chain[i], table, name))
			return &f->chain[i];
	return NULL;
}

uint32_t rulefile_add_chain(struct rulefile *f, struct span table,
			    struct span name)
{
	struct rulefile_chain *c = &f->chain[f->chains];

	if (f->chains == RULEFILE_CHAINS_MAX)
		return RULEFILE_NONE;
	*c = (struct rulefile_chain){ .table = table,
				      .name = name,
				      .first = RULEFILE_NONE,
				      .last = RULEFILE_NONE,
				      .policy = RULEFILE_NONE };
	return f->chains++;
}

/* Rules of one chain stand together, so the last answer is mostly the next. */
static uint32_t chain_of(struct reading *in, struct span name)
{
	const struct rulefile_chain *c;

	if (in->chain < in->f->chains &&
	    chain_is(&in->f->chain[in->chain], in->table, name))
		return in->chain;
	c = rulefile_chain(in->f, in->table, name);
	in->chain = c ? (uint32_t)(c - in->f->chain)
		      : rulefile_add_chain(in->f, in->table, name);
	return in->chain;
}

/* --- rules ---------------------------------------------------------------------- */

static struct rule *rule_add(struct rulefile *f)
{
	uint32_t room = f->room ? 2 * f->room : 256;
	struct rule *grown;

	if (f->rules == f->room) {
		grown = realloc(f->rule, room * sizeof(*grown));
		if (!grown)
			return NULL;
		f->rule = grown;
		f->room = room;
	}
	return &f->rule[f->rules++];
}

static void chain_link(struct rulefile *f, uint32_t chain, uint32_t rule)
{
	struct rulefile_chain *c = &f->chain[chain];

	if (c->last == RULEFILE_NONE)
		c->first = rule;
	else
		f->rule[c->last].next = rule;
	c->last = rule;
	f->rule[rule].number = ++c->rules;
}

static void stray(struct reading *in, const char *problem)
{
	struct rulefile *f = in->f;

	if (f->strays < RULEFILE_STRAYS_MAX)
		f->stray[f->strays] =
			(struct rulefile_stray){ in->line, problem };
	f->strays++;
}

static bool begins(struct span s, const char *start)
{
	struct span begin = span_str(start);

	return span_equal(span_sub(s, 0, begin.len), begin);
}

/* The word behind @skip bytes. */
static struct span word_at(struct span text, size_t skip)
{
	struct span rest = span_sub(text, skip, text.len);

	return span_sub(rest, 0, span_find(rest, ' '));
}

uint32_t rulefile_add_rule(struct rulefile *f, uint32_t chain, bool policy,
			   const struct rule *r)
{
	uint32_t at = f->rules;
	struct rule *added = rule_add(f);

	if (!added)
		return RULEFILE_NONE;
	*added = *r;
	added->chain = chain;
	added->next = RULEFILE_NONE;
	if (policy)
		f->chain[chain].policy = at;
	else
		chain_link(f, chain, at);
	return at;
}

/* False: no memory. */
static bool read_rule(struct reading *in, struct span text, const char *problem)
{
	bool policy = text.at[0] == ':';
	uint32_t chain = chain_of(in, word_at(text, policy ? 1 : 3));
	const struct rule r = {
		.line = in->line, .lines = 1, .text = text, .problem = problem
	};

	if (chain == RULEFILE_NONE) {
		stray(in, "there are too many chains");
		return true;
	}
	return rulefile_add_rule(in->f, chain, policy, &r) != RULEFILE_NONE;
}

/* "[12:3456] -A ..." as iptables-save -c writes it. */
static struct span without_counters(struct span text)
{
	size_t end = span_find(text, ']');

	if (text.len == 0 || text.at[0] != '[' || end == text.len)
		return text;
	text = span_sub(text, end + 1, text.len);
	while (text.len > 0 && text.at[0] == ' ')
		text = span_sub(text, 1, text.len);
	return text;
}

static struct span trimmed(struct span s)
{
	while (s.len > 0 && (s.at[0] == ' ' || s.at[0] == '\t'))
		s = span_sub(s, 1, s.len);
	while (s.len > 0 && strchr(" \t\r", s.at[s.len - 1]))
		s = span_sub(s, 0, s.len - 1);
	return s;
}

static const char *rule_problem(const struct reading *in, struct span text)
{
	if (in->table.len == 0)
		return "it stands in no table";
	if (text.len > RULEFILE_LINE_MAX)
		return "it is too long";
	return rule_unsafe(text);
}

static bool read_line(struct reading *in, struct span line)
{
	struct span text = without_counters(trimmed(line));

	if (text.len == 0 || text.at[0] == '#')
		return true;
	if (text.at[0] == '*') {
		in->table = word_at(text, 1);
		in->any = true;
		return true;
	}
	if (span_equal(text, span_str("COMMIT"))) {
		in->table = span_str("");
		return true;
	}
	if (begins(text, "-A ") || text.at[0] == ':')
		return read_rule(in, text, rule_problem(in, text));
	stray(in, "iptables-save writes no such line");
	return true;
}

/* A text has no byte below space but these. */
static bool is_text(const char *bytes, size_t len, uint32_t *line)
{
	*line = 1;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c < ' ' && c != '\n' && c != '\t' && c != '\r')
			return false;
		*line += c == '\n';
	}
	return true;
}

static enum rulefile_result read_all(struct rulefile *f, uint32_t *line)
{
	struct reading in = { .f = f, .chain = RULEFILE_NONE };
	struct span rest = span_of(f->bytes, f->len);

	if (!is_text(f->bytes, f->len, line))
		return RULEFILE_BINARY;
	if (f->nft)
		return rulefile_read_nft(f, line);
	while (rest.len > 0) {
		size_t end = span_find(rest, '\n');

		in.line++;
		if (!read_line(&in, span_sub(rest, 0, end)))
			return RULEFILE_SYSTEM;
		*line = in.line;
		if (f->strays > RULEFILE_STRAYS_MAX)
			return RULEFILE_NOT_ONE;
		rest = span_sub(rest, end + 1, rest.len);
	}
	*line = 0;
	return in.any ? RULEFILE_OK : RULEFILE_NOT_ONE;
}

/* --- the file ------------------------------------------------------------------- */

static enum rulefile_result finish(struct rulefile *f, uint32_t *line)
{
	enum rulefile_result result = RULEFILE_SYSTEM;

	f->chain = calloc(RULEFILE_CHAINS_MAX, sizeof(*f->chain));
	if (f->chain)
		result = read_all(f, line);
	else
		errno = ENOMEM;
	if (result != RULEFILE_OK)
		rulefile_free(f);
	return result;
}

static enum rulefile_result parse(struct span bytes, bool nft,
				  struct rulefile *out, uint32_t *line)
{
	*out = (struct rulefile){ .nft = nft, .len = bytes.len };
	*line = 0;
	if (bytes.len > RULEFILE_SIZE_MAX)
		return RULEFILE_TOO_LARGE;
	out->bytes = malloc(bytes.len + 1);
	if (!out->bytes)
		return RULEFILE_SYSTEM;
	memcpy(out->bytes, bytes.at, bytes.len);
	out->bytes[bytes.len] = '\0';
	return finish(out, line);
}

static enum rulefile_result read_bytes(FILE *from, struct rulefile *f)
{
	size_t room = 0, n;
	char *grown;

	do {
		if (f->len > RULEFILE_SIZE_MAX)
			return RULEFILE_TOO_LARGE;
		if (room < f->len + CHUNK + 1) {
			room = 2 * f->len + CHUNK + 1;
			grown = realloc(f->bytes, room);
			if (!grown)
				return RULEFILE_SYSTEM;
			f->bytes = grown;
		}
		n = fread(f->bytes + f->len, 1, CHUNK, from);
		f->len += n;
	} while (n > 0);
	f->bytes[f->len] = '\0';
	return ferror(from) ? RULEFILE_SYSTEM : RULEFILE_OK;
}

static enum rulefile_result load(const char *path, bool nft,
				 struct rulefile *out, uint32_t *line)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *from = standard ? stdin : fopen(path, "re");
	enum rulefile_result result;
	int saved;

	*out = (struct rulefile){ .nft = nft };
	*line = 0;
	if (!from)
		return RULEFILE_SYSTEM;
	result = read_bytes(from, out);
	saved = errno;
	if (!standard)
		fclose(from);
	errno = saved;
	if (result == RULEFILE_OK)
		return finish(out, line);
	rulefile_free(out);
	return result;
}

enum rulefile_result rulefile_parse(struct span bytes, struct rulefile *out,
				    uint32_t *line)
{
	return parse(bytes, false, out, line);
}

enum rulefile_result rulefile_parse_nft(struct span bytes, struct rulefile *out,
					uint32_t *line)
{
	return parse(bytes, true, out, line);
}

enum rulefile_result rulefile_load(const char *path, struct rulefile *out,
				   uint32_t *line)
{
	return load(path, false, out, line);
}

enum rulefile_result rulefile_load_nft(const char *path, struct rulefile *out,
				       uint32_t *line)
{
	return load(path, true, out, line);
}

void rulefile_free(struct rulefile *f)
{
	int saved = errno;

	free(f->bytes);
	free(f->rule);
	free(f->chain);
	*f = (struct rulefile){ .len = 0 };
	errno = saved;
}

const char *rulefile_result_text(enum rulefile_result result)
{
	static const char *const text[] = {
		[RULEFILE_NOT_ONE] = "not what iptables-save prints",
		[RULEFILE_BINARY] = "not a text",
		[RULEFILE_TOO_LARGE] = "too large",
	};

	return text[result];
}

struct span rule_table(const struct rulefile *f, const struct rule *r)
{
	return f->chain[r->chain].table;
}

struct span rule_chain(const struct rulefile *f, const struct rule *r)
{
	return f->chain[r->chain].name;
}

/* Is @line one of a rule with a problem, or a stray? Both are in the order of
 * the file, but for the policies of nft. */
static bool is_left_out(const struct rulefile *f, uint32_t line, uint32_t *rule,
			uint32_t *odd)
{
	const struct rule *r;

	while (*odd < f->strays && f->stray[*odd].line < line)
		(*odd)++;
	if (*odd < f->strays && f->stray[*odd].line == line)
		return true;
	while (*rule < f->rules &&
	       f->rule[*rule].line + f->rule[*rule].lines <= line)
		(*rule)++;
	if (*rule == f->rules)
		return false;
	r = &f->rule[*rule];
	return r->problem && line >= r->line;
}

void rulefile_write(FILE *to, const struct rulefile *f)
{
	struct span rest = span_of(f->bytes, f->len);
	uint32_t line = 0, rule = 0, odd = 0;

	while (rest.len > 0) {
		size_t end = span_find(rest, '\n');

		line++;
		if (is_left_out(f, line, &rule, &odd))
			fputc('#', to);
		else
			fwrite(rest.at, 1, end, to);
		fputc('\n', to);
		rest = span_sub(rest, end + 1, rest.len);
	}
}
