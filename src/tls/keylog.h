/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Key logs in NSS's format, which SSLKEYLOGFILE names (RFC 9850): a label, the
 * random of the ClientHello and a secret on each line, both in hexadecimal.
 *
 * Secrets are wiped from memory when the log is freed, and what is said about
 * a broken line never shows its bytes.
 */
#ifndef TLS_KEYLOG_H
#define TLS_KEYLOG_H

#include <stddef.h>
#include <stdint.h>

#include <sallyport/span.h>

/* RFC 8446 4.1.2, RFC 5246 7.4.1.2 */
#define KEYLOG_RANDOM_LEN 32

/* The master secret (RFC 5246 8.1), and secrets of suites with SHA-384, which
 * is the longest hash of TLS 1.3 (RFC 8446 B.4). */
#define KEYLOG_SECRET_MAX 48

/* A session of TLS 1.3 takes about 900 bytes: room for 70,000 of them, more
 * than anybody replays at once. A larger file is most likely no key log. */
#define KEYLOG_FILE_MAX (64u << 20)

/* Four of each of 64,000 sessions; they fill 25 MB. */
#define KEYLOG_SECRETS_MAX (256u << 10)

/* After that many somebody will look at the file. */
#define KEYLOG_PROBLEMS_MAX 64

/* The secrets that records are read with. Other labels are counted, no more. */
enum keylog_label {
	KEYLOG_MASTER, /* CLIENT_RANDOM: TLS 1.2 and older */
	KEYLOG_CLIENT_HANDSHAKE,
	KEYLOG_SERVER_HANDSHAKE,
	KEYLOG_CLIENT_TRAFFIC,
	KEYLOG_SERVER_TRAFFIC,
	KEYLOG_LABELS
};

/* A line that was skipped. */
struct keylog_problem {
	unsigned int line; /* from 1 */
	const char *text;  /* what is wrong, without the file's own bytes */
};

struct keylog_facts {
	size_t secrets; /* that can be found */
	size_t ignored; /* lines with a label that is not needed */
	size_t count;   /* used in problem[] */
	size_t more;    /* lines skipped that did not fit there */
	struct keylog_problem problem[KEYLOG_PROBLEMS_MAX];
};

enum keylog_result {
	KEYLOG_OK,       /* there may be problems */
	KEYLOG_TOO_LONG, /* over KEYLOG_FILE_MAX */
	KEYLOG_TOO_MANY, /* over KEYLOG_SECRETS_MAX */
	KEYLOG_SYSTEM,   /* it cannot be read, or no memory: see errno */
};

struct keylog;

/* Read the file at @path. OK: *@out is the caller's, for keylog_free();
 * anything else leaves it NULL. */
enum keylog_result keylog_load(struct keylog **out, const char *path);

/* The same from memory; @bytes may go afterwards. */
enum keylog_result keylog_read(struct keylog **out, struct span bytes);

/* Wipe it. NULL is fine. */
void keylog_free(struct keylog *log);

/* What was found in the file; it lies in @log. */
const struct keylog_facts *keylog_facts(const struct keylog *log);

/* The secret of the session whose ClientHello had @client_random, in @log:
 * 48 bytes for KEYLOG_MASTER, 32 or 48 for others. Empty: not there. */
struct span keylog_find(const struct keylog *log, enum keylog_label label,
			struct span client_random);

/* "CLIENT_RANDOM", "SERVER_TRAFFIC_SECRET_0", ... */
const char *keylog_label_name(enum keylog_label label);

#endif
