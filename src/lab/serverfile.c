/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration files of FTP servers: bytes, lines, and which kind it is. */
#include "lab/serverfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lab/serverfile_private.h"

static const struct kind {
	const char *name;
	const char *hint; /* in the name of a file */
	bool (*is)(struct span line);
	void (*read)(struct serverfile_lines *in);
	const char *stripped;
} kinds[SERVERFILE_KINDS] = {
	[SERVERFILE_UNKNOWN] = { .name = "unknown" },
	/* vsftpd takes what stands at the end for a part of the value. */
	[SERVERFILE_VSFTPD] = { "vsftpd", "vsftpd", serverfile_is_vsftpd,
				serverfile_vsftpd, "" },
	[SERVERFILE_PROFTPD] = { "proftpd", "proftpd", serverfile_is_proftpd,
				 serverfile_proftpd, " \t\r" },
	[SERVERFILE_PUREFTPD] = { "pure-ftpd", "pure", serverfile_is_pureftpd,
				  serverfile_pureftpd, " \t\r" },
};

/* --- problems ------------------------------------------------------------------- */

static void problem_add(struct serverfile *f, struct serverfile_problem p)
{
	if (f->problems < SERVERFILE_PROBLEMS_MAX)
		f->problem[f->problems++] = p;
	else
		f->problems_more++;
}

void serverfile_problem(struct serverfile *f, uint32_t line, const char *id,
			const char *text)
{
	problem_add(f, (struct serverfile_problem){
			       .line = line, .id = id, .text = text });
}

void serverfile_note(struct serverfile *f, uint32_t line, const char *id,
		     const char *text)
{
	problem_add(f, (struct serverfile_problem){ line, .harmless = true,
						    .id = id, .text = text });
}

void serverfile_bad_value(struct serverfile *f, uint32_t line)
{
	serverfile_problem(f, line, "unknown-value",
			   "the value is none that the server takes");
}

/* --- lines and values ----------------------------------------------------------- */

static struct span stripped(struct span s, const char *bytes)
{
	while (s.len > 0 && (s.at[0] == ' ' || s.at[0] == '\t'))
		s = span_sub(s, 1, s.len);
	while (s.len > 0 && strchr(bytes, s.at[s.len - 1]))
		s = span_sub(s, 0, s.len - 1);
	return s;
}

bool serverfile_next(struct serverfile_lines *in, struct span *line)
{
	while (in->rest.len > 0) {
		size_t end = span_find(in->rest, '\n');

		*line = stripped(span_sub(in->rest, 0, end), in->stripped);
		in->rest = span_sub(in->rest, end + 1, in->rest.len);
		in->line++;
		if (line->len == 0 || line->at[0] == '#')
			continue;
		if (line->len <= SERVERFILE_LINE_MAX)
			return true;
		if (in->out)
			serverfile_problem(in->out, in->line, "line-too-long",
					   "the line is too long: it is left "
					   "out");
	}
	return false;
}

bool serverfile_flag(const char *word, uint16_t *out)
{
	static const char *const words[2][4] = {
		{ "no", "off", "false", "0" },
		{ "yes", "on", "true", "1" },
	};

	for (uint16_t v = 0; v < 2; v++)
		for (size_t i = 0; i < 4; i++)
			if (strcasecmp(word, words[v][i]) == 0) {
				*out = v;
				return true;
			}
	return false;
}

bool serverfile_number(struct span text, uint16_t *out)
{
	struct cursor c = cursor_of(text);
	uint32_t value = rd_decimal(&c, 5, UINT16_MAX);

	if (c.bad || c.rest.len > 0)
		return false;
	*out = (uint16_t)value;
	return true;
}

void serverfile_host(struct serverfile_host *h, uint32_t line, struct span text)
{
	size_t len =
		text.len < sizeof(h->text) - 1 ? text.len : sizeof(h->text) - 1;

	*h = (struct serverfile_host){ .line = line };
	if (len > 0)
		memcpy(h->text, text.at, len);
	h->is_addr = addr_parse(text, &h->addr) == PARSE_OK;
}

size_t serverfile_words(struct span line,
			char word[SERVERFILE_WORDS_MAX][RULE_WORD_MAX])
{
	size_t n = 0;

	while (n < SERVERFILE_WORDS_MAX && rule_word(&line, word[n]))
		n++;
	return n;
}

bool serverfile_has_range(const struct serverfile_site *site)
{
	return site->fact[FACT_PASSIVE_MIN].line != 0 ||
	       site->fact[FACT_PASSIVE_MAX].line != 0;
}

/* --- which kind ----------------------------------------------------------------- */

/* Lines that only one server has; all other lines say nothing. */
static uint32_t kind_lines(enum serverfile_kind kind, struct span bytes)
{
	struct serverfile_lines in = { NULL, bytes, 0, " \t\r" };
	struct span line;
	uint32_t n = 0;

	while (serverfile_next(&in, &line))
		n += kinds[kind].is(line);
	return n;
}

static enum serverfile_kind kind_by_name(const char *name)
{
	const char *slash = name ? strrchr(name, '/') : NULL;

	if (!name)
		return SERVERFILE_UNKNOWN;
	for (size_t i = SERVERFILE_UNKNOWN + 1; i < SERVERFILE_KINDS; i++)
		if (strcasestr(slash ? slash + 1 : name, kinds[i].hint))
			return (enum serverfile_kind)i;
	return SERVERFILE_UNKNOWN;
}

static enum serverfile_kind kind_of(struct span bytes, const char *name)
{
	enum serverfile_kind best = SERVERFILE_UNKNOWN;
	uint32_t most = 0;

	for (size_t i = SERVERFILE_UNKNOWN + 1; i < SERVERFILE_KINDS; i++) {
		uint32_t n = kind_lines((enum serverfile_kind)i, bytes);

		if (n > 0 && n == most)
			best = SERVERFILE_UNKNOWN;
		if (n > most) {
			most = n;
			best = (enum serverfile_kind)i;
		}
	}
	return best ? best : kind_by_name(name);
}

const char *serverfile_kind_name(enum serverfile_kind kind)
{
	return kinds[kind].name;
}

/* --- the file ------------------------------------------------------------------- */

/* A text has no byte below space but these. */
static bool is_text(struct span bytes, uint32_t *line)
{
	*line = 1;
	for (size_t i = 0; i < bytes.len; i++) {
		uint8_t c = bytes.at[i];

		if (c < ' ' && c != '\n' && c != '\t' && c != '\r')
			return false;
		*line += c == '\n';
	}
	*line = 0;
	return true;
}

enum serverfile_result serverfile_parse(struct span bytes, const char *name,
					struct serverfile *out, uint32_t *line)
{
	struct serverfile_lines in = { .out = out, .rest = bytes };
	enum serverfile_kind kind;

	*line = 0;
	if (bytes.len > SERVERFILE_SIZE_MAX)
		return SERVERFILE_TOO_LARGE;
	if (!is_text(bytes, line))
		return SERVERFILE_BINARY;
	kind = kind_of(bytes, name);
	if (kind == SERVERFILE_UNKNOWN)
		return SERVERFILE_NOT_ONE;
	*out = (struct serverfile){ .kind = kind, .sites = 1 };
	in.stripped = kinds[kind].stripped;
	kinds[kind].read(&in);
	serverfile_check(out);
	return SERVERFILE_OK;
}

static enum serverfile_result read_bytes(FILE *from, char *room, size_t *len)
{
	*len = fread(room, 1, SERVERFILE_SIZE_MAX + 1, from);
	if (ferror(from))
		return errno == EISDIR ? SERVERFILE_DIRECTORY
				       : SERVERFILE_SYSTEM;
	return SERVERFILE_OK;
}

static enum serverfile_result load_from(FILE *from, const char *path,
					struct serverfile *out, uint32_t *line)
{
	char *room = malloc(SERVERFILE_SIZE_MAX + 1);
	enum serverfile_result result;
	size_t len;
	int saved;

	if (!room)
		return SERVERFILE_SYSTEM;
	result = read_bytes(from, room, &len);
	saved = errno;
	if (result == SERVERFILE_OK)
		result = serverfile_parse(span_of(room, len), path, out, line);
	free(room);
	errno = saved;
	return result;
}

enum serverfile_result serverfile_load(const char *path, struct serverfile *out,
				       uint32_t *line)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *from = standard ? stdin : fopen(path, "re");
	enum serverfile_result result;
	int saved;

	*line = 0;
	if (!from)
		return SERVERFILE_SYSTEM;
	result = load_from(from, path, out, line);
	saved = errno;
	if (!standard)
		fclose(from);
	errno = saved;
	return result;
}

/* --- words ---------------------------------------------------------------------- */

const char *serverfile_result_text(enum serverfile_result result)
{
	static const char *const text[] = {
		[SERVERFILE_NOT_ONE] = "no configuration of vsftpd, proftpd or "
				       "pure-ftpd",
		[SERVERFILE_BINARY] = "not a text",
		[SERVERFILE_TOO_LARGE] = "too large",
		[SERVERFILE_DIRECTORY] =
			"a directory; pure-ftpd's, with a file "
			"for each option, is not read",
	};

	return text[result];
}

const char *serverfile_tls_name(enum serverfile_tls tls)
{
	static const char *const name[] = { "off", "allowed", "required" };

	return name[tls];
}

const char *serverfile_fact_name(enum serverfile_fact fact)
{
	static const char *const name[SERVERFILE_FACTS] = {
		[FACT_CONTROL_PORT] = "control-port",
		[FACT_TLS] = "tls",
		[FACT_DATA_TLS] = "data-tls",
		[FACT_IMPLICIT] = "implicit-tls",
		[FACT_REUSE] = "session-reuse",
		[FACT_PASSIVE] = "passive",
		[FACT_PASSIVE_MIN] = "passive-min",
		[FACT_PASSIVE_MAX] = "passive-max",
		[FACT_ACTIVE] = "active",
		[FACT_DATA_PORT] = "data-port",
		[FACT_FOREIGN] = "foreign-data",
		[FACT_IPV4] = "ipv4",
		[FACT_IPV6] = "ipv6",
	};

	return name[fact];
}
