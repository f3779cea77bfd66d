/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What both ends say, word for word, made from numbers that both know: so each
 * of them knows every byte that must come.
 *
 * The first line, USER, names the kind of the session and its number. From
 * there on the n-th step's command, its reply and the contents of its file
 * follow from these numbers alone. Only endpoints cannot be foretold: they are
 * read from the line, judged, and then the whole line must be the one that is
 * made with that endpoint.
 */
#ifndef LOAD_SCRIPT_H
#define LOAD_SCRIPT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a step does besides its line and its reply. */
enum act {
	ACT_SAY,
	ACT_SECURE,   /* (sham) TLS from its reply on */
	ACT_PASSIVE,  /* its reply names an endpoint */
	ACT_ACTIVE,   /* its command names an endpoint */
	ACT_GET,      /* the file comes */
	ACT_PUT,      /* the file goes */
	ACT_GET_CUT,  /* the client resets the data connection in the middle */
	ACT_GET_ABOR, /* the client sends the next command in the middle */
	ACT_VANISH,   /* the client resets both connections in the middle */
	ACT_HOLD,     /* said again and again, until the client has enough */
	ACT_FLOOD,    /* SCRIPT_FLOOD endpoints that nobody uses */
	ACT_QUIT,
};

struct step {
	char verb[5];
	char code[4]; /* of its last reply */
	uint8_t act;  /* enum act */
};

/* Kinds by number; the name is that of the command line and of the report. */
struct kind {
	const char *name;
	const struct step *step;
	bool secure;
};

#define SCRIPT_KINDS 11
extern const struct kind script_kind[SCRIPT_KINDS];

/* The number of the kind with this name; SCRIPT_KINDS: there is none. */
unsigned int script_kind_find(const char *name);

/* PASV commands of one ACT_FLOOD: three times what the engine takes for an
 * attack. */
#define SCRIPT_FLOOD 192

/* Where a session is. */
struct place {
	uint8_t kind;
	uint8_t step;
	uint16_t round; /* of ACT_HOLD and ACT_FLOOD */
	uint32_t session;
};

const struct step *place_step(const struct place *p);

/* A reply of three lines of noise is the longest text. */
#define SCRIPT_TEXT_MAX 256

/* Write the text, with its line ends and NUL, to @out; gives its length. @at:
 * the endpoint that it names, where it names one. */
size_t script_command(const struct place *p, const struct sockaddr_in *at,
		      char out[SCRIPT_TEXT_MAX]);
size_t script_reply(const struct place *p, const struct sockaddr_in *at,
		    char out[SCRIPT_TEXT_MAX]);
/* The 150 before a transfer. */
size_t script_mark(const struct place *p, char out[SCRIPT_TEXT_MAX]);
/* Where nobody has said yet which session it is. */
size_t script_greeting(char out[SCRIPT_TEXT_MAX]);

/* Read kind and session from a USER command; false if it is none. */
bool script_user(const char *line, struct place *out);

/* The file of this step: its seed (see contents.h) and length. */
uint64_t script_seed(const struct place *p);
uint64_t script_length(const struct place *p);

/* Does a line of this length go out in two pieces, and cut @where? */
bool script_cuts(const struct place *p, size_t len, size_t *where);

#endif
