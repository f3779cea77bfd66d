/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capture of pcaps/ read with its key log: the engine follows the sessions,
 * replay/hidden tells what was encrypted. Include it after cmocka's headers.
 */
#ifndef SUPPORT_OVERHEAR_H
#define SUPPORT_OVERHEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/engine.h>

#include "replay/hidden.h"
#include "tls/certificate.h"

#define OVERHEAR_TEXT_MAX  16384
#define OVERHEAR_NOTES_MAX 64

/* An endpoint that was told, and what else is known about it. */
struct overheard {
	struct endpoint endpoint;
	bool active;
	bool accepted;  /* hidden says so */
	bool connected; /* a SYN went there */
	bool granted;   /* and the engine let it in, by a grant */
};

struct overhear {
	struct config config;
	struct keylog *log;
	struct hidden *hidden;
	struct listener to;
	struct engine *engine;
	void *memory;
	struct outcome *out;
	struct hidden_packet session; /* the newest; one is enough here */
	bool closed;

	/* What came of it: */
	char text[OVERHEAR_TEXT_MAX]; /* see overhear() */
	size_t len;
	char why[256]; /* why it cannot be decrypted; or empty */
	unsigned int certificates, requests; /* that were encrypted */
	char subject[CERTIFICATE_NAME_MAX];
	struct overheard endpoint[OVERHEAR_NOTES_MAX];
	size_t endpoints;
	struct endpoint syn[OVERHEAR_NOTES_MAX], let_in[OVERHEAR_NOTES_MAX];
	size_t syns, lets_in;
	uint64_t frame; /* of the last packet */
	struct hidden_counts counts;
};

/* What may differ from one run to the next. Zero: nothing. */
struct overhear_ways {
	const char *keylog;    /* another one than the capture's own */
	uint64_t lose, repeat; /* the frame that is not there, or there twice */
	uint64_t swap;         /* the frame that comes behind the next one */
	uint64_t spoil;        /* the frame with a byte changed: of its payload,
				* or of its numbers */
	uint64_t seed;         /* says which byte, and how */
};

/*
 * Read pcaps/@name.pcap with pcaps/@name.keylog under the configuration @yaml.
 * ->text has each command's verb (with "=" and its argument where it is PROT,
 * PBSZ or PASS), each reply's code, "(PASV)" for an endpoint that is let through and
 * "(PASV: reason)" for others, "!name" for an alert; with a space behind each.
 */
struct overhear *overhear(const char *name, const char *yaml,
			  const struct overhear_ways *ways);
void overhear_free(struct overhear *o);

#endif
