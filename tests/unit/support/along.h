/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading along with two TLS peers, and what came of it. */
#ifndef SUPPORT_ALONG_H
#define SUPPORT_ALONG_H

#include "tls_peers.h"

#define ALONG_MESSAGES_MAX 64

/* What was handed out, by the side that sent it. */
struct along {
	struct keylog *log;
	struct decryptor *d;
	char text[2][PEERS_TEXT_MAX];
	size_t text_len[2];
	uint8_t message[2][ALONG_MESSAGES_MAX]; /* types */
	size_t messages[2];
	unsigned int alerts[2];
};

/* How the bytes of a piece come: all at once, one by one, or @seed says. */
enum along_cut { ALONG_WHOLE, ALONG_BYTES, ALONG_RANDOM };

/* With the key log @log. */
struct along *along_start(struct span log);
void along_stop(struct along *a);

/* Give it @bytes; what it answers. */
enum decrypt_result along_take(struct along *a, enum decrypt_side from,
			       struct span bytes);

/* Give it all that the peers sent. The result is OK, or CLOSED for those
 * sides that said so, or the first of the others. */
enum decrypt_result along_take_all(struct along *a, const struct peers *p,
				   enum along_cut cut);

/* Fails the test unless it gets all that @p said, with every cut; @close: both
 * sides have said good-bye. */
void along_expect(const struct peers *p, bool close);

/* How often @from sent an encrypted message of that type. */
unsigned int along_count(const struct along *a, enum decrypt_side from,
			 uint8_t type);

/* Fails the test unless nothing was handed out that @p did not say. */
void along_expect_start(const struct along *a, const struct peers *p);

#endif
