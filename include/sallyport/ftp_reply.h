/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replies of the server, over any number of lines (RFC 959 4.2). */
#ifndef SALLYPORT_FTP_REPLY_H
#define SALLYPORT_FTP_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/span.h>

/*
 * Most lines one reply may have. A STAT of a directory is the longest honest
 * one; 65536 entries is more than servers list over the control connection.
 */
#define FTP_REPLY_LINES_MAX 65536

/* Where a reply stands; one per session, starts as all zero. */
struct ftp_reply_state {
	uint16_t code;  /* of the multi-line reply that is open; 0: none */
	uint32_t lines; /* lines of it so far */
};

enum ftp_reply_step {
	FTP_REPLY_DONE,  /* this line ends a reply (single, or last of many) */
	FTP_REPLY_FIRST, /* "ddd-": a multi-line reply begins */
	FTP_REPLY_INNER, /* a line inside it, whatever it looks like */
	FTP_REPLY_BAD,   /* not a reply, or too many lines */
};

struct ftp_reply_line {
	enum ftp_reply_step step;
	uint16_t code;    /* 100 to 659; 0 for INNER and BAD */
	uint32_t lines;   /* DONE: lines of the whole reply, from 1 */
	struct span text; /* behind the code and its separator */
	size_t text_at;   /* where text starts in the line */
};

/*
 * Take the next line, without its end. Inside a multi-line reply only "ddd "
 * with the same code ends it; a line of another code is text (RFC 959 4.2).
 * "ddd" alone, without a space, is taken as a reply with empty text.
 */
struct ftp_reply_line ftp_reply_take(struct ftp_reply_state *st,
				     struct span line);

/* 1yz: more is to come for the same command. */
bool ftp_reply_is_preliminary(uint16_t code);

/* 2yz */
bool ftp_reply_is_success(uint16_t code);

/*
 * Could more bytes turn @start, the beginning of a line outside a multi-line
 * reply, into a 227, 228 or 229 whose endpoint is still to come? If so
 * @text_at is where its text starts, or would start.
 */
bool ftp_reply_may_name_endpoint(struct span start, size_t *text_at);

#endif
