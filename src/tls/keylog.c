/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Key logs.
 *
 * Lines go into an array in their order; a sorted array of pointers finds
 * them. Programs append to one file for years, also the same line twice, so
 * the order of the lines means nothing, but two secrets for one purpose cannot
 * both be right: the first is kept and the other named.
 */
#include "tls/keylog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

/* Secrets there is room for at first: a test's worth. */
#define ROOM_FIRST 16

struct secret {
	uint8_t random[KEYLOG_RANDOM_LEN];
	uint8_t label; /* enum keylog_label */
	uint8_t len;
	uint8_t at[KEYLOG_SECRET_MAX];
	unsigned int line;
};

struct keylog {
	struct secret *secret; /* in the order of the file */
	size_t count, room;
	const struct secret **sorted; /* by random, label and line */
	struct keylog_facts facts;
};

static const struct label {
	const char *name;
	uint8_t len[2]; /* that its secret may have */
} labels[KEYLOG_LABELS] = {
	[KEYLOG_MASTER] = { "CLIENT_RANDOM", { 48, 48 } },
	[KEYLOG_CLIENT_HANDSHAKE] = { "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
				      { 32, 48 } },
	[KEYLOG_SERVER_HANDSHAKE] = { "SERVER_HANDSHAKE_TRAFFIC_SECRET",
				      { 32, 48 } },
	[KEYLOG_CLIENT_TRAFFIC] = { "CLIENT_TRAFFIC_SECRET_0", { 32, 48 } },
	[KEYLOG_SERVER_TRAFFIC] = { "SERVER_TRAFFIC_SECRET_0", { 32, 48 } },
};

const char *keylog_label_name(enum keylog_label label)
{
	return labels[label].name;
}

static void add_problem(struct keylog *log, unsigned int line, const char *text)
{
	struct keylog_facts *f = &log->facts;

	if (f->count == KEYLOG_PROBLEMS_MAX)
		f->more++;
	else
		f->problem[f->count++] = (struct keylog_problem){ line, text };
}

/* Take the text up to the next @end off @rest, and @end with it. */
static struct span take_until(struct span *rest, uint8_t end)
{
	size_t at = span_find(*rest, end);
	struct span part = span_sub(*rest, 0, at);

	*rest = span_sub(*rest, at + 1, rest->len);
	return part;
}

/* -1: no such digit. */
static int digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* All of @text, which must be @len bytes in hexadecimal. */
static bool read_hex(struct span text, uint8_t *out, size_t len)
{
	if (text.len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = digit_of(text.at[2 * i]);
		int low = digit_of(text.at[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* Labels of the format: capitals, digits and underscores. */
static bool is_label(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.at[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '_')
			return false;
	}
	return text.len > 0;
}

static bool find_label(struct span text, uint8_t *out)
{
	for (size_t i = 0; i < KEYLOG_LABELS; i++)
		if (span_equal(text, span_str(labels[i].name))) {
			*out = (uint8_t)i;
			return true;
		}
	return false;
}

/* One more place at the end; NULL if there is no memory. */
static struct secret *make_room(struct keylog *log)
{
	size_t room = log->room ? 2 * log->room : ROOM_FIRST;
	struct secret *bigger;

	if (log->count < log->room)
		return &log->secret[log->count];
	/* The old place is wiped, which realloc() would not do. */
	bigger = OPENSSL_clear_realloc(log->secret,
				       log->room * sizeof(*log->secret),
				       room * sizeof(*log->secret));
	if (!bigger)
		return NULL;
	log->secret = bigger;
	log->room = room;
	return &log->secret[log->count];
}

/* What is wrong with the rest of a line with the label of @s; NULL: nothing,
 * and @s is written. */
static const char *read_secret(struct span rest, struct secret *s)
{
	const struct label *label = &labels[s->label];
	struct span random = take_until(&rest, ' ');

	if (!read_hex(random, s->random, sizeof(s->random)))
		return "the random must be 64 hexadecimal digits";
	if (rest.len != 2u * label->len[0] && rest.len != 2u * label->len[1])
		return "the secret has the wrong length";
	s->len = (uint8_t)(rest.len / 2);
	if (!read_hex(rest, s->at, s->len))
		return "the secret must be in hexadecimal digits";
	return NULL;
}

/* One line, without its end. */
static enum keylog_result read_line(struct keylog *log, struct span text,
				    unsigned int line)
{
	struct span rest = text, label = take_until(&rest, ' ');
	struct secret *s;
	const char *wrong;
	uint8_t number;

	if (text.len == 0 || text.at[0] == '#')
		return KEYLOG_OK;
	if (!find_label(label, &number)) {
		if (is_label(label) && rest.len > 0)
			log->facts.ignored++;
		else
			add_problem(log, line, "this is no line of a key log");
		return KEYLOG_OK;
	}
	if (log->count == KEYLOG_SECRETS_MAX)
		return KEYLOG_TOO_MANY;
	s = make_room(log);
	if (!s)
		return KEYLOG_SYSTEM;
	s->label = number;
	s->line = line;
	wrong = read_secret(rest, s);
	if (wrong)
		add_problem(log, line, wrong);
	else
		log->count++;
	return KEYLOG_OK;
}

static enum keylog_result read_lines(struct keylog *log, struct span rest)
{
	enum keylog_result result = KEYLOG_OK;

	for (unsigned int line = 1; rest.len > 0 && result == KEYLOG_OK;
	     line++) {
		struct span text = take_until(&rest, '\n');

		if (text.len > 0 && text.at[text.len - 1] == '\r')
			text.len--;
		result = read_line(log, text, line);
	}
	return result;
}

static int compare_key(const struct secret *a, const uint8_t *random,
		       uint8_t label)
{
	int order = memcmp(a->random, random, sizeof(a->random));

	return order != 0 ? order : a->label - label;
}

static int compare(const void *a, const void *b)
{
	const struct secret *x = *(const struct secret *const *)a;
	const struct secret *y = *(const struct secret *const *)b;
	int order = compare_key(x, y->random, y->label);

	return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

/* For the same purpose, but not the same. */
static bool contradict(const struct secret *a, const struct secret *b)
{
	return compare_key(a, b->random, b->label) == 0 &&
	       (a->len != b->len || memcmp(a->at, b->at, a->len) != 0);
}

/* Pointers are sorted, not secrets: qsort() may copy what it sorts to the
 * heap. */
static enum keylog_result sort(struct keylog *log)
{
	const struct secret *first = NULL;

	log->sorted = calloc(log->count + 1, sizeof(const struct secret *));
	if (!log->sorted)
		return KEYLOG_SYSTEM;
	for (size_t i = 0; i < log->count; i++)
		log->sorted[i] = &log->secret[i];
	qsort(log->sorted, log->count, sizeof(const struct secret *), compare);
	for (size_t i = 0; i < log->count; i++) {
		const struct secret *s = log->sorted[i];

		if (first && contradict(first, s))
			add_problem(log, s->line,
				    "an earlier line has another secret for "
				    "the same session");
		if (!first || compare_key(first, s->random, s->label) != 0) {
			first = s;
			log->facts.secrets++;
		}
	}
	return KEYLOG_OK;
}

enum keylog_result keylog_read(struct keylog **out, struct span bytes)
{
	struct keylog *log = calloc(1, sizeof(*log));
	enum keylog_result result = KEYLOG_SYSTEM;

	*out = NULL;
	if (bytes.len > KEYLOG_FILE_MAX)
		result = KEYLOG_TOO_LONG;
	else if (log)
		result = read_lines(log, bytes);
	if (result == KEYLOG_OK)
		result = sort(log);
	if (result == KEYLOG_SYSTEM)
		errno = ENOMEM;
	if (result == KEYLOG_OK)
		*out = log;
	else
		keylog_free(log);
	return result;
}

void keylog_free(struct keylog *log)
{
	if (!log)
		return;
	OPENSSL_clear_free(log->secret, log->room * sizeof(*log->secret));
	free(log->sorted);
	free(log);
}

const struct keylog_facts *keylog_facts(const struct keylog *log)
{
	return &log->facts;
}

struct span keylog_find(const struct keylog *log, enum keylog_label label,
			struct span client_random)
{
	size_t low = 0, high = log->count;
	const struct secret *s;

	if (client_random.len != KEYLOG_RANDOM_LEN)
		return span_of(NULL, 0);
	/* The first that is not less: of equal ones that is the first line. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_key(log->sorted[middle], client_random.at,
				(uint8_t)label) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	s = low < log->count ? log->sorted[low] : NULL;
	if (!s || compare_key(s, client_random.at, (uint8_t)label) != 0)
		return span_of(NULL, 0);
	return span_of(s->at, s->len);
}
