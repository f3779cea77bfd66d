/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Phrases for people: what was said, by whom to whom, how much. No newline in
 * any of them; network text is escaped; a secret argument prints as "***".
 */
#ifndef REPORT_PHRASE_H
#define REPORT_PHRASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <sallyport/event.h>
#include <sallyport/span.h>

/*
 * Bytes of one network text in a line for people. 64 hold every text with an
 * endpoint but an LPRT over IPv6 (78), and most greetings. What is longer ends
 * in "...".
 */
#define PHRASE_TEXT_MAX 64

/* No bound. */
#define PHRASE_WHOLE SIZE_MAX

/* @raw in at most @most bytes: 4 to PHRASE_TEXT_MAX, or PHRASE_WHOLE. Neither
 * half a character nor half an escape stands before the "...". */
void phrase_text(FILE *to, struct span raw, size_t most);

/* "RETR down.bin", "230 Logged in. (3 lines)"; @most is that of the argument
 * and the text. */
void phrase_command(FILE *to, const struct event *e, size_t most);
void phrase_reply(FILE *to, const struct event *e, size_t most);

/* "10.1.4.4:40000"; "10.1.4.4:40000 > 10.2.5.5:21" */
void phrase_endpoint(FILE *to, const struct endpoint *e);
void phrase_pair(FILE *to, const struct endpoint *from,
		 const struct endpoint *target);

/* "active", "passive" */
const char *phrase_mode(bool active);

/* The engine's short words ("fin"), said to somebody who reads a capture; its
 * longer ones, and those of others, stay as they are. */
const char *phrase_reason(const char *reason);

/* "1 byte", "10,485,760 bytes": @one is the singular, and takes an s. */
void phrase_count(FILE *to, uint64_t n, const char *one);

/* "passive data 10.1.4.4:40001 > 10.2.5.5:42017" */
void phrase_data(FILE *to, bool active, const struct endpoint *from,
		 const struct endpoint *target);

/*
 * What a peer said or did: "PASV", "TLS 1.3 ClientHello, SNI ftp.example"; or
 * which connection opened or closed. Events that only tell what the gateway
 * decided have nothing here (see report/verdict.h).
 */
void phrase_said(FILE *to, const struct event *e);

#endif
