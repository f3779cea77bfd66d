/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stages of an FTP or FTPS conversation, and how one of them can stop it.
 * The scripted client and the scripted server have them in common. */
#ifndef LAB_STOP_H
#define LAB_STOP_H

#include <stdint.h>

/* In the order in which an explicit FTPS session takes them; an implicit one
 * has its handshake before the greeting. */
enum stage {
	STAGE_RESOLVE, /* the server's name */
	STAGE_CONNECT,
	STAGE_GREETING,
	STAGE_FEAT,
	STAGE_AUTH,
	STAGE_HANDSHAKE,
	STAGE_LOGIN, /* USER and PASS */
	STAGE_PBSZ,
	STAGE_PROT,
	STAGE_TYPE,
	STAGE_ENDPOINT, /* EPSV, PASV, EPRT or PORT */
	STAGE_DATA_CONNECT,
	STAGE_DATA_HANDSHAKE,
	STAGE_TRANSFER, /* the bytes, and the replies around them */
	STAGE_QUIT,
	STAGES
};

/* Stable words: "greeting", "data connect". */
const char *stage_name(enum stage stage);

enum stop_reason {
	STOP_NOT,       /* it went on */
	STOP_TIMEOUT,   /* nothing, or not enough, within the stage's time */
	STOP_CLOSED,    /* the other end closed the connection */
	STOP_BROKEN,    /* reset, unreachable ...: see error */
	STOP_TLS,       /* TLS failed: see text */
	STOP_REFUSED,   /* a reply that says no: see code and text */
	STOP_MALFORMED, /* what came is not FTP: see text */
	STOP_TOO_LONG,  /* more came than this stage has room for */
	STOP_DIFFERENT, /* what came is not what was sent; see text */
	STOP_SYSTEM,    /* this machine refuses what it takes: see error */
	STOP_REASONS
};

/* A reply's first words say enough. */
#define STOP_TEXT_MAX 256

/* Where a conversation stopped, and why. All zero: it did not. */
struct stop {
	enum stage stage;
	enum stop_reason reason;
	int error;     /* positive errno of BROKEN and SYSTEM; else 0 */
	uint16_t code; /* of the server's reply that came with it; or 0 */
	/* The reply's or OpenSSL's words, as they came: escape them. */
	uint16_t text_len;
	char text[STOP_TEXT_MAX];
};

/* Stable words: "timeout", "refused". */
const char *stop_reason_name(enum stop_reason reason);

#endif
