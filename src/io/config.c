/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading a configuration: file to bytes, defaults, list of problems. */
#include "io/config_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void problem_add(struct problems *p, unsigned int line, const char *fmt, ...)
{
	struct problem *new;
	va_list args;

	if (p->count == PROBLEMS_MAX) {
		p->more++;
		return;
	}
	new = &p->item[p->count++];
	new->line = line;
	va_start(args, fmt);
	vsnprintf(new->text, sizeof(new->text), fmt, args);
	va_end(args);
}

/* By line; those of one line stay in the order in which they were found. */
static void problems_sort(struct problems *p)
{
	for (size_t i = 1; i < p->count; i++) {
		struct problem moved = p->item[i];
		size_t at = i;

		for (; at > 0 && p->item[at - 1].line > moved.line; at--)
			p->item[at] = p->item[at - 1];
		p->item[at] = moved;
	}
}

/* Parsing cannot fail: a test loads an empty file, which walks all rows. */
static void set_default(const struct schema_row *row, char *base)
{
	char why[SCHEMA_WHY_MAX];
	size_t one = 1;

	if (!row->fallback || row->fallback[0] == '\0')
		return;
	schema_parse(row, span_str(row->fallback), base + row->offset, why);
	if (row->capacity > 0)
		memcpy(base + row->count_offset, &one, sizeof(one));
}

void config_defaults(const struct schema_row *parent, void *base)
{
	for (const struct schema_row *row = schema; row < schema + schema_rows;
	     row++) {
		if (!schema_below(row, parent))
			continue;
		if (row->type == SCHEMA_SECTION)
			config_defaults(row, base);
		else if (row->type != SCHEMA_SECTIONS)
			set_default(row, base);
	}
}

enum config_result config_load_bytes(struct config *out, struct span bytes,
				     struct problems *problems)
{
	struct reader r = { .config = out,
			    .problems = problems,
			    .bytes = bytes };

	memset(out, 0, sizeof(*out));
	problems->count = problems->more = 0;
	config_defaults(NULL, out);
	out->limits.verify_checksums = true;
	config_read(&r);
	if (!r.stopped)
		config_cross_check(&r);
	free(r.place);
	problems_sort(problems);
	if (!r.no_memory && problems->count == 0)
		return CONFIG_OK;
	config_free(out);
	errno = ENOMEM;
	return r.no_memory ? CONFIG_SYSTEM : CONFIG_BAD;
}

/* Read @fd to its end, or to @room bytes; -1 and errno if that fails. */
static ssize_t read_all(int fd, uint8_t *to, size_t room)
{
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < room) {
		n = read(fd, to + len, room - len);
		if (n > 0)
			len += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	return n < 0 ? -1 : (ssize_t)len;
}

static enum config_result load_fd(struct config *out, int fd,
				  struct problems *problems)
{
	uint8_t *bytes = malloc(CONFIG_FILE_MAX + 1);
	enum config_result result = CONFIG_SYSTEM;
	ssize_t len = -1;
	int saved;

	if (bytes)
		len = read_all(fd, bytes, CONFIG_FILE_MAX + 1);
	if (len > (ssize_t)CONFIG_FILE_MAX) {
		problem_add(problems, 0,
			    "is larger than %u bytes; is it a configuration?",
			    CONFIG_FILE_MAX);
		result = CONFIG_BAD;
	} else if (len >= 0) {
		result = config_load_bytes(out, span_of(bytes, (size_t)len),
					   problems);
		out->from_file = result == CONFIG_OK;
	}
	if (len < 0 && errno == EISDIR) {
		problem_add(problems, 0, "is a directory; name a file");
		result = CONFIG_BAD;
	}
	saved = errno;
	free(bytes);
	errno = saved;
	return result;
}

/* Without a file: only the default path may be missing. */
static enum config_result load_nothing(struct config *out, bool must_exist,
				       struct problems *problems)
{
	if (errno != ENOENT && errno != ENOTDIR)
		return CONFIG_SYSTEM;
	if (!must_exist)
		return config_load_bytes(out, span_str(""), problems);
	problem_add(problems, 0, "does not exist; an empty file is valid");
	return CONFIG_BAD;
}

enum config_result config_load_at(struct config *out, int dir, const char *name,
				  bool must_exist, struct problems *problems)
{
	enum config_result result;
	int fd, saved;

	memset(out, 0, sizeof(*out));
	problems->count = problems->more = 0;
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return load_nothing(out, must_exist, problems);
	result = load_fd(out, fd, problems);
	saved = errno;
	close(fd);
	errno = saved;
	return result;
}

enum config_result config_load(struct config *out, const char *path,
			       bool must_exist, struct problems *problems)
{
	return config_load_at(out, AT_FDCWD, path ? path : CONFIG_PATH,
			      must_exist, problems);
}

void config_free(struct config *c)
{
	/* The policy sees these as constant; the memory is ours. */
	free((void *)c->policy.server);
	free((void *)c->policy.client);
	free(c->nat);
	memset(c, 0, sizeof(*c));
}
