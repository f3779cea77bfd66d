/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the readers of the three kinds of file share. */
#ifndef LAB_SERVERFILE_PRIVATE_H
#define LAB_SERVERFILE_PRIVATE_H

#include "lab/rulefile.h"
#include "lab/serverfile.h"

/* A directive and its arguments: TLSOptions has a dozen to choose from. */
#define SERVERFILE_WORDS_MAX 16

/* A run over the lines of a file. */
struct serverfile_lines {
	struct serverfile *out; /* NULL: only looked at */
	struct span rest;
	uint32_t line;        /* of the last one that was given */
	const char *stripped; /* bytes that are taken off both its ends */
};

/* The next line that is neither empty nor a comment. */
bool serverfile_next(struct serverfile_lines *in, struct span *line);

/* @text and @id last for ever. */
void serverfile_problem(struct serverfile *f, uint32_t line, const char *id,
			const char *text);
void serverfile_note(struct serverfile *f, uint32_t line, const char *id,
		     const char *text);

/* The value is none that the server takes. */
void serverfile_bad_value(struct serverfile *f, uint32_t line);

/* "yes", "on", "true", "1" and their contraries in any case; false: none. */
bool serverfile_flag(const char *word, uint16_t *out);

/* A decimal of at most 65535 with nothing around it. */
bool serverfile_number(struct span text, uint16_t *out);

void serverfile_host(struct serverfile_host *h, uint32_t line,
		     struct span text);

/* The words of a line, as many as there is room for. */
size_t serverfile_words(struct span line,
			char word[SERVERFILE_WORDS_MAX][RULE_WORD_MAX]);

/* Each reads the lines of its kind into out->site, which is zeroed. */
void serverfile_vsftpd(struct serverfile_lines *in);
void serverfile_proftpd(struct serverfile_lines *in);
void serverfile_pureftpd(struct serverfile_lines *in);

/* Is this a line that only that server has? */
bool serverfile_is_vsftpd(struct span line);
bool serverfile_is_proftpd(struct span line);
bool serverfile_is_pureftpd(struct span line);

/* serverfile_check.c: what contradicts itself. */
void serverfile_check(struct serverfile *f);

#endif
