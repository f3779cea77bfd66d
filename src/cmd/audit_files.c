/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files that `sallyport audit` is given. */
#include "cmd/audit_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "report/escape.h"

/* `ipset save` of the largest sets. */
#define TEXT_MAX (64u << 20)

static int fail_path(int status, const char *what, const char *path)
{
	char shown[AUDIT_SHOWN_MAX];

	escape_text(span_str(path), shown, sizeof(shown));
	return cmd_fail(status, "audit", "%s: %s", what, shown);
}

static int read_rules(const char *path, bool nft, struct rulefile *out)
{
	char shown[AUDIT_SHOWN_MAX];
	uint32_t line;
	enum rulefile_result result = nft ? rulefile_load_nft(path, out, &line)
					  : rulefile_load(path, out, &line);
	const char *why;

	if (result == RULEFILE_OK)
		return EXIT_WELL;
	if (result == RULEFILE_SYSTEM)
		return fail_path(errno == ENOENT || errno == EISDIR
					 ? EXIT_BAD_INPUT
					 : EXIT_SYSTEM,
				 strerror(errno), path);
	why = result == RULEFILE_NOT_ONE && nft
		      ? "not what nft list ruleset prints"
		      : rulefile_result_text(result);
	escape_text(span_str(path), shown, sizeof(shown));
	if (line == 0)
		return cmd_fail(EXIT_BAD_INPUT, "audit", "%s: %s", why, shown);
	return cmd_fail(EXIT_BAD_INPUT, "audit", "%s: %s:%u", why, shown, line);
}

/* NULL as @path: none is wanted. */
static int read_text(const char *path, struct audit_text_file *out)
{
	FILE *from, *to;
	int byte = 0;

	if (!path)
		return EXIT_WELL;
	from = fopen(path, "re");
	if (!from)
		return fail_path(EXIT_BAD_INPUT, strerror(errno), path);
	to = open_memstream(&out->at, &out->len);
	for (size_t n = 0; to && n < TEXT_MAX && (byte = fgetc(from)) > 0; n++)
		fputc(byte, to);
	fclose(from);
	if (!to || fclose(to) != 0)
		return cmd_fail(EXIT_SYSTEM, "audit", "no memory");
	if (byte != EOF)
		return fail_path(EXIT_BAD_INPUT,
				 byte == 0 ? "not a text" : "too large", path);
	return EXIT_WELL;
}

static int read_server(const char *path, struct serverfile *out)
{
	char shown[AUDIT_SHOWN_MAX];
	enum serverfile_result result;
	uint32_t line;

	if (!path)
		return EXIT_WELL;
	result = serverfile_load(path, out, &line);
	if (result == SERVERFILE_OK)
		return EXIT_WELL;
	if (result == SERVERFILE_SYSTEM)
		return fail_path(EXIT_BAD_INPUT, strerror(errno), path);
	if (line == 0)
		return fail_path(EXIT_BAD_INPUT, serverfile_result_text(result),
				 path);
	escape_text(span_str(path), shown, sizeof(shown));
	return cmd_fail(EXIT_BAD_INPUT, "audit", "%s: %s:%u",
			serverfile_result_text(result), shown, line);
}

int audit_files_read(const struct audit_request *q, struct audit_files *m)
{
	int status = EXIT_WELL;

	for (int f = 0; f < TWIN_FAMILIES && status == EXIT_WELL; f++) {
		if (q->rules[f])
			status = read_rules(q->rules[f], q->nft, &m->rules[f]);
		if (q->against[f] && status == EXIT_WELL)
			status = read_rules(q->against[f], q->nft,
					    &m->against[f]);
	}
	if (status == EXIT_WELL)
		status = read_text(q->sets, &m->sets);
	if (status == EXIT_WELL)
		status = read_text(q->modules, &m->modules);
	return status == EXIT_WELL ? read_server(q->server, &m->server)
				   : status;
}

void audit_files_free(struct audit_files *m)
{
	for (int f = 0; f < TWIN_FAMILIES; f++) {
		rulefile_free(&m->rules[f]);
		rulefile_free(&m->against[f]);
	}
	free(m->sets.at);
	free(m->modules.at);
}
